"""`stack events`: lives and repairs, as they happen and afterwards."""
import json
import signal
import subprocess
import time
from pathlib import Path

import reconciler

TWO = """
    services:
      web: {image: "host:", command: sleep infinity}
      job: {image: "host:", command: [sh, -c, "sleep 0.2; exit 3"]}
"""


def events(stack, *arguments):
    out = stack.run("events", "--json", *arguments).stdout
    return [json.loads(line) for line in out.splitlines()]


def past(stack, *services):
    return events(stack, "--since", "1h", "--until", "0s", *services)


def actions(found):
    return [event["action"] for event in found]


def veth_of(stack, service):
    """The host's end of its first interface."""
    index = stack.sh(service, "cat /sys/class/net/eth0/iflink").strip()
    veth, = (link.name for link in Path("/sys/class/net").iterdir() if (link / "ifindex").read_text().strip() == index)
    return veth


def test_a_life_is_told_afterwards_and_by_service(stack, until):
    stack.write(TWO)
    stack.run("up", "-d")
    until(lambda: "die" in actions(past(stack, "job")), "the job ends")
    assert actions(past(stack, "job")) == ["create", "start", "die"]
    die = past(stack, "job")[-1]
    assert die["type"] == "container" and die["service"] == "job" and die["attributes"]["exitCode"] == "3"
    assert die["id"] == stack.ps()["job"]["ID"]
    assert actions(past(stack, "web")) == ["create", "start"]
    stack.run("pause", "web")
    stack.run("unpause", "web")
    stack.run("restart", "-t", "0", "web")
    assert actions(past(stack, "web"))[2:] == ["pause", "unpause", "kill", "die", "stop", "start", "restart"]


def test_lines_are_as_compose_has_them(stack):
    stack.up("services: {web: {image: \"host:\", command: sleep infinity}}")
    line = stack.run("events", "--since", "1h", "--until", "0s").stdout.splitlines()[-1]
    assert f" container start {stack.ps()['web']['ID']} (image=host:, name={stack.container('web')})" in line


def test_a_repair_is_told_with_what_was_found(stack, until):
    stack.up(TWO.replace("exit 3", "exec sleep infinity"))
    veth = veth_of(stack, "web")
    subprocess.run(["ip", "link", "set", veth, "down"], check=True)
    until(lambda: "mended" in actions(past(stack, "web")), "it is mended")
    drift, = [event for event in past(stack, "web") if event["action"] == "drift"]
    assert drift["type"] == "drift" and drift["id"] == "network default to web" and drift["service"] == "web"
    assert drift["attributes"]["expected"] == "up" and drift["attributes"]["found"] == "down"
    assert drift["attributes"]["cause"] == "link event"
    assert "drift" not in actions(past(stack, "job"))
    one = stack.ps()["web"]
    assert one["Drifts"] == 1 and "down instead of up" in one["LastDrift"]
    table = stack.run("ps").stdout
    assert "DRIFTS" in table and "1 (" in table
    assert stack.ps()["job"]["Drifts"] == 0


def test_who_listens_hears_on_through_another_reconciler(stack, until):
    stack.up("services: {web: {image: \"host:\", command: sleep infinity}}")
    assert "DRIFTS" not in stack.run("ps").stdout
    listener = stack.start("events", "--json", "--since", "1h", stdout=subprocess.PIPE)
    try:
        assert [json.loads(listener.stdout.readline())["action"] for _ in range(2)] == ["create", "start"]
        stack.run("pause", "web")
        assert json.loads(listener.stdout.readline())["action"] == "pause"
        before = reconciler.pids(stack.name)
        reconciler.kill(stack.name)
        until(lambda: reconciler.pids(stack.name) not in ([], before), "another reconciler")
        stack.run("unpause", "web")
        assert json.loads(listener.stdout.readline())["action"] == "unpause"
        assert actions(past(stack)) == ["create", "start", "pause", "unpause"]
        stack.down()
        rest = [json.loads(line)["action"] for line in listener.stdout.read().splitlines()]
        assert rest[:2] == ["kill", "die"] and listener.wait(10) == 0
    finally:
        listener.send_signal(signal.SIGKILL)
        listener.wait()


def test_flapping_is_damped_and_named(stack, until):
    stack.up("services: {web: {image: \"host:\", command: sleep infinity}}")
    veth = veth_of(stack, "web")
    for n in range(6):
        subprocess.run(["ip", "link", "set", veth, "down"], check=True)
        until(lambda: actions(past(stack)).count("mended") == n + 1, "it is mended")
    drifts = [event for event in past(stack) if event["action"] == "drift"]
    assert [drift["attributes"].get("mendedInMs") for drift in drifts] == [None, None, None, "100", "200", "400"]
    times = [int(event["attributes"]["afterUs"]) for event in past(stack) if event["action"] == "mended"]
    assert all(took >= wait for took, wait in zip(times, (0, 0, 0, 100_000, 200_000, 400_000))), times


def flap(stack, until, harm, times):
    """Mended each time but for the last, whose repair waits."""
    for n in range(times):
        until(lambda: actions(past(stack)).count("mended") == n, "the last one is mended")
        harm()
        until(lambda: actions(past(stack)).count("drift") == n + 1, "it is noticed")


def test_a_drift_outlives_its_reconciler_and_is_called_mended_by_the_next(stack, until):
    stack.up("services: {web: {image: \"host:\", command: sleep infinity}}")
    veth = veth_of(stack, "web")
    flap(stack, until, lambda: subprocess.run(["ip", "link", "set", veth, "down"], check=True), 7)
    reconciler.kill(stack.name)
    subprocess.run(["ip", "link", "set", veth, "up"], check=True)
    until(lambda: actions(past(stack))[-1] == "mended", "the next one tells it")
    subprocess.run(["ip", "link", "set", veth, "down"], check=True)
    drift = until(lambda: [e for e in past(stack) if e["action"] == "drift"][7:], "it is noticed")[-1]
    assert int(drift["attributes"]["mendedInMs"]) >= 800 and int(drift["attributes"]["count"]) >= 8


def test_the_drift_of_a_container_that_ends_ends_with_it(stack, until):
    stack.up("services: {web: {image: \"host:\", command: sleep infinity, pids_limit: 40}}")
    limit = next(Path("/sys/fs/cgroup").glob(f"**/stack/{stack.name}/web/pids.max"))
    flap(stack, until, lambda: limit.write_text("50"), 7)
    stack.run("kill", "web")
    until(lambda: actions(past(stack)).count("mended") == 7, "nothing is to be mended any more")
    assert limit.read_text() == "50\n"


def test_an_end_in_the_future_is_waited_for(stack):
    stack.up("services: {web: {image: \"host:\", command: sleep infinity}}")
    moment = time.time() + 1
    assert events(stack, "--until", str(moment)) == []
    assert time.time() >= moment
