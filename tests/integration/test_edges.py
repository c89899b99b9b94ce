"""Ends and changes at awkward moments: nobody is lost, doubled or waited for in vain."""
import os
import signal
import subprocess
import time

import reconciler

SHARED_PID = """
    services:
      a: {image: "host:", command: sleep infinity}
      b: {image: "host:", command: sleep infinity, pid: "service:a", restart: always}
"""


def kill_everybody(stack):
    """Keeper and reconciler at once, as a lack of memory or a careless hand would: stopped first, so that neither
    finds time to start the other anew."""
    brains = reconciler.pids(stack.name)
    keepers = {int(open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()[1]) for pid in brains}
    for number in (signal.SIGSTOP, signal.SIGKILL):
        for pid in [*keepers, *brains]:
            os.kill(pid, number)


def gone(pid):
    return not os.path.exists(f"/proc/{pid}/exe")


def test_the_owner_of_a_pid_namespace_may_be_stopped_and_started(stack, until):
    stack.up(SHARED_PID)
    stack.run("stop", "-t", "0", "a")
    assert stack.ps()["b"]["State"] != "running"
    stack.run("start", "a")
    until(lambda: stack.ps()["b"]["State"] == "running", "b joins the new namespace")
    stack.run("stop", "-t", "0", "a")
    stack.down()


def test_who_shares_a_pid_namespace_comes_back_with_its_owner(stack, until):
    stack.up("""
        services:
          a: {image: "host:", command: sleep infinity, restart: always}
          b: {image: "host:", command: sleep infinity, pid: "service:a"}
    """)
    before = stack.pid("b")
    os.kill(stack.pid("a"), signal.SIGKILL)
    until(lambda: {one["State"] for one in stack.ps().values()} == {"running"} and stack.pid("b") != before, "both are back")


def test_a_program_may_end_with_any_code(stack, until):
    # Many at once, so that the news of an exec and that of the end arrive together.
    stack.write("services:\n" + "".join(f'  s{n}: {{image: "host:", command: [sh, -c, "echo ran; exit 125"]}}\n' for n in range(30)))
    stack.run("up", "-d")
    until(lambda: {one["State"] for one in stack.ps().values()} == {"exited"}, "all have ended")
    assert {(one["ExitCode"], one["Restarts"]) for one in stack.ps().values()} == {(125, 0)}
    assert stack.run("logs", "--no-log-prefix").stdout.count("ran") == 30


def test_down_in_the_middle_of_up(stack, until):
    stack.write("services:\n" + "".join(f'  s{n}: {{image: "host:", command: sleep infinity}}\n' for n in range(30)))
    for pause in (0, 0.02, 0.05, 0.1):
        up = stack.start("up", "-d", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        # A down that comes before it has asked for anything is none in the middle.
        until(lambda: stack.run("ps", "-aq", check=False).stdout, "the up has begun")
        time.sleep(pause)
        stack.run("down", "-t", "0")
        up.wait(timeout=60)
        assert stack.run("ps", "-aq").stdout == ""


def test_after_the_end_of_keeper_and_reconciler_nobody_runs_twice(stack, until):
    text = """
        services:
          db: {image: "host:", command: sleep infinity, restart: always}
    """
    stack.up(text)
    before = stack.pid("db")
    kill_everybody(stack)
    stack.up(text)
    assert gone(before) and stack.pid("db") != before
    kill_everybody(stack)
    stack.run("down", "-t", "0")


def test_a_port_of_another_stack_is_refused(stack, tmp_path):
    text = """
        services:
          web: {image: "host:", command: sleep infinity, ports: ["127.0.0.1:18453:80"]}
    """
    stack.up(text)
    other = type(stack)(tmp_path / "other", stack.name[:30] + "x")
    other.folder.mkdir()
    other.write(text)
    refused = other.run("up", "-d", check=False)
    assert refused.returncode == 1 and "18453" in refused.stderr


def test_a_changed_health_check_is_in_force_at_once(stack):
    text = """
        services:
          db: {image: "host:", command: sleep infinity, healthcheck: {test: [CMD, CHECK], interval: 200ms, retries: 1}}
    """
    stack.up(text.replace("CHECK", "true"))
    pid = stack.pid("db")
    stack.write(text.replace("CHECK", "false"))
    refused = stack.run("up", "-d", "--wait", check=False)
    assert refused.returncode == 1 and "unhealthy" in refused.stderr
    stack.up(text.replace("CHECK", "true"))
    assert stack.ps()["db"]["Health"] == "healthy" and stack.pid("db") == pid


def test_an_abandoned_exec_holds_nobody_up(stack):
    stack.up("""
        services:
          web: {image: "host:", command: sleep infinity, init: true}
    """)
    client = stack.start("exec", "-T", "web", "sh", "-c", "echo up; exec sleep 600", stdout=subprocess.PIPE)
    assert client.stdout.readline() == "up\n"
    client.kill()
    client.wait()
    before = time.monotonic()
    stack.run("restart", "-t", "1", "web")
    assert time.monotonic() - before < 30  # not the minute for which an exit status is kept


def test_a_service_may_live_in_the_hosts_namespaces_alone(stack):
    stack.up("""
        services:
          a: {image: "host:", command: sleep infinity, network_mode: host, ipc: host, uts: host}
    """)
    assert stack.sh("a", "readlink /proc/self/ns/net").strip() == os.readlink("/proc/self/ns/net")
    assert stack.sh("a", "cat /proc/self/uid_map").split()[1] != "0"


def test_who_need_not_be_healthy_is_not_waited_for(stack):
    stack.write("""
        services:
          db: {image: "host:", command: sleep infinity, healthcheck: {test: [CMD, "false"], interval: 100ms, retries: 1}}
          web:
            image: "host:"
            command: sleep infinity
            depends_on: {db: {condition: service_healthy, required: false}}
    """)
    stack.run("up", "-d")
    assert stack.ps()["web"]["State"] == "running"
    stack.down()
    stack.run("up", "-d", "--no-deps", "web")
    assert stack.ps()["web"]["State"] == "running"


def test_a_null_device_of_the_container_masks_nothing_with_the_hosts_files(stack):
    (stack.folder / "dev").mkdir()
    (stack.folder / "secret").write_text("of the host\n")
    stack.up("""
        services:
          a: {image: "host:", command: sleep infinity, volumes: ["./dev:/dev"]}
    """)
    stack.sh("a", f"rm -f /dev/null; ln -s {stack.folder}/secret /dev/null")
    stack.run("restart", "-t", "0", "a")
    assert "of the host" not in stack.sh("a", "cat /proc/timer_list /proc/keys")


def test_a_sysctl_of_the_host_is_refused_before_anything_starts(stack):
    stack.write("""
        services:
          a: {image: "host:", command: sleep infinity, sysctls: {kernel.core_pattern: x}}
    """)
    refused = stack.run("up", "-d", check=False)
    assert refused.returncode == 1 and "compose.yaml:3" in refused.stderr and "core_pattern" in refused.stderr
    assert stack.run("ps", "-aq").stdout == ""
