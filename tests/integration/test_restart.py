"""What becomes of a service that ends: by its policy, at once the first time, and with its end told."""
import os
import signal
import time

import pytest
import reconciler


def sleeper(policy, more=""):
    return f"""
        services:
          a: {{image: "host:", command: [sh, -c, "while :; do sleep 0.05; done"], restart: {policy} {more}}}
    """


def test_a_killed_service_comes_back_and_says_why(stack, successor):
    stack.up(sleeper("always"))
    first = stack.pid("a")
    os.kill(first, signal.SIGKILL)
    one = successor("a", first)
    assert one["Restarts"] == 1
    assert "signal 9" in one["ExitReason"]
    assert "1 restart, last: signal 9" in stack.run("ps").stdout


def test_without_a_policy_it_stays_down(stack, until):
    stack.up(sleeper('"no"'))
    os.kill(stack.pid("a"), signal.SIGTERM)
    os.kill(stack.pid("a"), signal.SIGKILL)
    until(lambda: stack.ps()["a"]["State"] == "exited")
    assert stack.ps()["a"]["ExitCode"] == 137


@pytest.mark.parametrize("code, restarts", [(0, 0), (3, 2)])
def test_on_failure_tells_success_from_failure_and_gives_up(stack, until, code, restarts):
    stack.write(f"""
        services:
          a: {{image: "host:", command: [sh, -c, "exit {code}"], restart: "on-failure:2"}}
    """)
    stack.run("up", "-d", check=False)
    until(lambda: stack.ps()["a"]["State"] == "exited", "it ends for good")
    one = stack.ps()["a"]
    assert (one["ExitCode"], one["Restarts"]) == (code, restarts)


def test_a_service_that_fails_at_once_is_backed_off(stack, until):
    stack.write("""
        services:
          a: {image: "host:", command: [sh, -c, exit 5], restart: always}
    """)
    stack.run("up", "-d", check=False)
    until(lambda: stack.ps()["a"]["Restarts"] >= 4)
    until(lambda: "Restarting (5) in" in stack.run("ps").stdout, "the pause is told")
    began = stack.ps()["a"]["Restarts"]
    time.sleep(1)
    assert stack.ps()["a"]["Restarts"] - began <= 3


def test_stopped_by_hand_stays_stopped_also_for_a_new_reconciler(stack, until):
    stack.up(sleeper("always"))
    stack.run("stop", "-t", "0", "a")
    reconciler.kill(stack.name)
    assert stack.ps()["a"]["State"] == "exited"


def test_a_restart_of_the_owner_leaves_the_sharer_its_network(stack, until, successor):
    stack.up("""
        services:
          api: {image: "host:", command: [sh, -c, "while :; do sleep 0.05; done"], restart: always}
          sidecar: {image: "host:", command: [python3, -m, http.server, "8000"], network_mode: "service:api", ipc: "service:api"}
    """)

    def addresses():
        return stack.sh("sidecar", "ip -o addr; ip route")

    before, sidecar, api = addresses(), stack.pid("sidecar"), stack.pid("api")
    os.kill(api, signal.SIGKILL)
    successor("api", api)
    assert stack.pid("sidecar") == sidecar
    assert addresses() == before
    assert os.readlink(f"/proc/{stack.pid('api')}/ns/net") == os.readlink(f"/proc/{sidecar}/ns/net")
    fetch = "import urllib.request as u; print(u.urlopen('http://127.0.0.1:8000').status)"
    assert until(lambda: stack.exec("api", "python3", "-c", fetch, check=False).stdout) == "200\n"


def test_killing_the_reconciler_touches_no_service(stack, until):
    stack.up(sleeper("always"))
    pid = stack.pid("a")
    for _ in range(10):
        reconciler.kill(stack.name)
        assert stack.pid("a") == pid
    assert stack.ps()["a"]["Restarts"] == 0


def test_a_changed_restart_policy_restarts_nobody(stack):
    stack.up(sleeper("always"))
    pid = stack.pid("a")
    stack.up(sleeper("unless-stopped"))
    assert stack.pid("a") == pid


def test_stopping_waits_for_the_grace_and_no_longer(stack):
    stack.up(sleeper("always").replace("while :", "trap '' TERM; while :"))
    began = time.monotonic()
    stack.run("stop", "-t", "1", "a")
    assert 0.9 < time.monotonic() - began < 5
    assert stack.ps()["a"]["ExitCode"] == 137
