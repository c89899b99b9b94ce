"""Paused services: held still by the kernel, known as such, and let go by whatever ends them."""
import os
import signal
from pathlib import Path

import reconciler

TICKING = """
    services:
      a: {image: "host:", command: [sh, -c, "trap 'echo ends; exit 5' TERM; while :; do echo tick; sleep 0.05; done"]}
      b: {image: "host:", command: sleep infinity, init: true}
"""


def held(stack, service):
    """What the kernel says, on either generation of cgroups."""
    v1 = Path(f"/sys/fs/cgroup/freezer/stack/{stack.name}/{service}/freezer.state")
    if v1.exists():
        return v1.read_text().strip() == "FROZEN"
    return "frozen 1" in Path(f"/sys/fs/cgroup/stack/{stack.name}/{service}/cgroup.events").read_text()


def state(stack, service):
    return stack.ps()[service]["State"]


def test_a_paused_service_stands_still_and_goes_on_where_it_was(stack, until):
    stack.up(TICKING)
    pid = stack.pid("a")
    stack.run("pause", "a")
    until(lambda: held(stack, "a"), "the kernel holds it")
    assert not held(stack, "b")
    assert (state(stack, "a"), state(stack, "b")) == ("paused", "running")
    assert "(Paused)" in stack.run("ps").stdout
    assert stack.run("ps", "--status", "paused", "--services").stdout == "a\n"
    assert stack.run("ps", "--status", "running", "--services").stdout == "b\n"
    before = stack.logs("a")
    stack.run("unpause", "a")
    until(lambda: len(stack.logs("a")) > len(before), "it goes on")
    assert (state(stack, "a"), stack.pid("a")) == ("running", pid)
    assert not held(stack, "a")


def test_all_that_run_are_paused_and_again_is_no_error(stack, until):
    stack.up(TICKING)
    stack.run("stop", "-t", "0", "b")
    stack.run("pause")
    stack.run("pause")
    until(lambda: held(stack, "a"))
    assert (state(stack, "a"), state(stack, "b")) == ("paused", "exited")
    named = stack.run("pause", "b", check=False)
    assert (named.returncode, named.stderr) == (1, 'stack: "b" is not running\n')
    assert "no such service: c" in stack.run("pause", "c", check=False).stderr
    stack.run("unpause")
    stack.run("unpause")
    assert state(stack, "a") == "running"


def test_a_new_reconciler_knows_of_it_and_up_repairs_nothing(stack, until):
    stack.up(TICKING)
    pid = stack.pid("a")
    stack.run("pause", "a")
    reconciler.kill(stack.name)
    assert state(stack, "a") == "paused"
    assert held(stack, "a")
    assert stack.run("plan").returncode == 0
    stack.run("up", "-d")
    assert (state(stack, "a"), stack.pid("a")) == ("paused", pid)
    assert held(stack, "a")


def test_a_new_reconciler_finishes_what_the_last_was_killed_in(stack, until):
    stack.up(TICKING)
    stack.run("pause", "a")
    until(lambda: held(stack, "a"))
    v1 = Path(f"/sys/fs/cgroup/freezer/stack/{stack.name}/a/freezer.state")
    v2 = Path(f"/sys/fs/cgroup/stack/{stack.name}/a/cgroup.freeze")
    v1.write_text("THAWED") if v1.exists() else v2.write_text("0")
    reconciler.kill(stack.name)
    until(lambda: held(stack, "a"), "it is held again, as its record says")


def test_exec_into_a_paused_service_says_what_to_do(stack):
    stack.up(TICKING)
    stack.run("pause", "a")
    end = stack.exec("a", "true", check=False)
    assert end.returncode != 0
    assert end.stderr == 'stack: "a" is paused: let it go on with "stack unpause a"\n'


def test_stop_and_restart_let_it_go_first(stack, until):
    stack.up(TICKING)
    first = stack.pid("a")
    stack.run("pause", "a")
    stack.run("stop", "-t", "60", "a")
    one = stack.ps()["a"]
    assert (one["State"], one["ExitCode"]) == ("exited", 5), "its own handler ran"
    stack.run("start", "a")
    stack.run("pause", "a")
    stack.run("restart", "-t", "60", "a")
    assert state(stack, "a") == "running"
    assert stack.pid("a") not in (0, first)
    assert not held(stack, "a")


def test_kill_ends_it_and_other_signals_wait(stack, until):
    stack.up(TICKING)
    stack.run("pause", "a")
    stack.run("kill", "-s", "WINCH", "a")
    assert state(stack, "a") == "paused"
    stack.run("kill", "a")
    one = stack.ps()["a"]
    assert (one["State"], one["ExitCode"]) == ("exited", 137)
    stack.run("start", "a")
    stack.run("pause", "a")
    stack.run("kill", "-s", "TERM", "a")
    until(lambda: stack.ps()["a"]["ExitCode"] == 5, "the signal that stops it lets it go")


def test_killed_from_outside_its_successor_is_not_held(stack, successor):
    stack.up(TICKING.replace("a: {", "a: {restart: always, "))
    pid = stack.pid("a")
    stack.run("pause", "a")
    os.kill(pid, signal.SIGKILL)  # v1's freezer keeps even that waiting
    if state(stack, "a") == "paused" and Path("/sys/fs/cgroup/freezer").exists():
        stack.run("unpause", "a")
    successor("a", pid)
    assert not held(stack, "a")


def test_down_takes_a_paused_stack(stack, until):
    stack.up(TICKING)
    stack.run("pause")
    stack.down()
    assert stack.run("ps", "-aq").stdout == ""


def test_a_paused_service_is_not_checked(stack, until):
    stack.up("""
        services:
          a: {image: "host:", command: sleep infinity, init: true,
              healthcheck: {test: [CMD, sh, -c, "date +%s%N >> /tmp/checks"], interval: 50ms, retries: 1, timeout: 100ms}}
    """)
    checks = Path(f"/var/lib/stack/{stack.name}/containers/a/upper/tmp/checks")
    until(lambda: checks.exists() and checks.read_text().count("\n") > 3, "it is checked")
    stack.run("pause", "a")
    until(lambda: held(stack, "a"))
    # A check of a held service would run out of time; whoever asks often enough would see it unhealthy.
    for _ in range(50):
        assert stack.ps()["a"]["Health"] == "healthy"
    before = checks.read_text()
    stack.run("unpause", "a")
    until(lambda: len(checks.read_text()) > len(before), "it is checked again")
    assert stack.ps()["a"]["Health"] == "healthy"
