"""Keys of a service's process, seen from inside its container and from the host."""
import os
import re
import signal
import subprocess

import pytest
import reconciler


def test_a_service_that_is_not_attached_is_not_shown_by_up(stack, until):
    stack.write("""
        services:
          quiet: {image: "host:", command: [sh, -c, "echo hush; exec sleep infinity"], init: true, attach: false}
          loud: {image: "host:", command: [sh, -c, "echo hear; exec sleep infinity"], init: true, depends_on: [quiet]}
    """)
    up = stack.start("up", stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    until(lambda: "hush" in stack.run("logs", check=False).stdout, "it has spoken")
    said = up.stdout.readline()  # of `loud`, which started after it
    up.send_signal(signal.SIGINT)
    said += up.communicate(timeout=60)[0]
    assert "hear" in said and "hush" not in said


def test_labels_of_files_lie_below_those_of_the_stack_file(stack):
    stack.write("a=file\nb=file\n", "some.labels")
    stack.up("""
        services:
          a: {image: "host:", command: sleep infinity, label_file: some.labels, labels: {a: own}}
    """)
    assert stack.ps()["a"]["Labels"] == "a=own,b=file"


def test_a_quota_of_cpu_time_is_in_the_cgroup(stack):
    stack.up("""
        services:
          a: {image: "host:", command: sleep infinity, cpu_period: 50000, cpu_quota: 10000}
    """)
    assert cgroup_file(stack, "cpu.cfs_quota_us", "cpu.max") in ("10000", "10000 50000")
    # Changed in place.
    before = stack.pid("a")
    stack.up("""
        services:
          a: {image: "host:", command: sleep infinity, cpu_period: 50000, cpu_quota: 20000}
    """)
    assert cgroup_file(stack, "cpu.cfs_quota_us", "cpu.max") in ("20000", "20000 50000")
    assert stack.pid("a") == before


def cgroup_file(stack, v1, v2):
    for path in (f"/sys/fs/cgroup/{v1.split('.')[0]}/stack/{stack.name}/a/{v1}", f"/sys/fs/cgroup/stack/{stack.name}/a/{v2}"):
        if os.path.exists(path):
            with open(path) as file:
                return file.read().strip()
    raise AssertionError(f"neither {v1} nor {v2}")


def test_memory_keys_of_cgroup_v1_are_kept_or_refused(stack):
    stack.write("""
        services:
          a: {image: "host:", command: sleep infinity, mem_limit: 64m, mem_swappiness: 7, oom_kill_disable: true}
    """)
    up = stack.run("up", "-d", check=False)
    if os.path.exists("/sys/fs/cgroup/memory"):
        assert up.returncode == 0, up.stderr
        assert cgroup_file(stack, "memory.swappiness", "") == "7"
        assert "oom_kill_disable 1" in cgroup_file(stack, "memory.oom_control", "")
        stack.up("""
            services:
              a: {image: "host:", command: sleep infinity, mem_limit: 64m}
        """)
        assert cgroup_file(stack, "memory.swappiness", "") != "7"
        assert "oom_kill_disable 0" in cgroup_file(stack, "memory.oom_control", "")
    else:
        assert up.returncode == 1 and "compose.yaml:3" in up.stderr and "cgroup v2 has none" in up.stderr


def test_a_terminal_is_the_containers_console(stack, until):
    stack.up("""
        services:
          a: {image: "host:", command: [sh, -c, "tty; stty size; echo err >&2; exec sleep infinity"], init: true, tty: true}
    """)
    until(lambda: "err" in stack.logs("a"), "it has spoken")
    assert stack.logs("a").replace("\r", "").splitlines() == ["/dev/pts/0", "0 0", "err"]
    reconciler.kill(stack.name)
    # The log outlives the brain, and the terminal does.
    stack.run("restart", "-t", "0", "a")
    until(lambda: stack.logs("a").count("err") == 2, "it has spoken again")


def test_an_open_standard_input_does_not_end(stack, until):
    stack.write("""
        services:
          open: {image: "host:", command: [sh, -c, "cat; echo ended"], stdin_open: true}
          shut: {image: "host:", command: [sh, -c, "cat; echo ended"]}
    """)
    stack.run("up", "-d")
    until(lambda: stack.ps()["shut"]["State"] == "exited", "the one without an input ends")
    reconciler.kill(stack.name)
    until(lambda: stack.run("ps", check=False).returncode == 0, "a reconciler answers")
    assert stack.ps()["open"]["State"] == "running"
    assert stack.logs("open") == ""


def test_a_device_is_there_and_its_permissions_hold_both_ways(stack):
    stack.up("""
        services:
          a:
            image: "host:"
            command: sleep infinity
            devices: ["/dev/fuse:/dev/readable:r", "/dev/net/tun:/dev/both"]
          b: {image: "host:", command: sleep infinity}
    """)
    assert stack.sh("a", "exec 3</dev/readable && echo read") == "read\n"
    refused = stack.exec("a", "sh", "-c", "exec 3>/dev/readable", check=False)
    assert refused.returncode != 0 and "Operation not permitted" in refused.stderr
    assert stack.sh("a", "exec 3<>/dev/both && echo opened") == "opened\n"
    assert stack.sh("b", "ls /dev").split() == stack.sh("a", "ls /dev | grep -v -e readable -e both").split()


@pytest.mark.parametrize("rule, opens", [("c 10:229 rwm", True), ("c 10:229 m", False), ("c 10:230 rwm", False)])
def test_device_rules_let_a_made_node_be_opened(stack, rule, opens):
    # Only who is root of the host's user namespace may make nodes at all.
    stack.up(f"""
        services:
          a: {{image: "host:", command: sleep infinity, userns_mode: host, cap_add: [MKNOD], device_cgroup_rules: ["{rule}"]}}
    """)
    end = stack.exec("a", "sh", "-c", "mknod /dev/made c 10 229 && exec 3<>/dev/made", check=False)
    assert (end.returncode == 0) == opens, end.stderr


def test_a_device_that_is_not_there_is_told_with_its_line(stack):
    stack.write("""
        services:
          a:
            image: "host:"
            command: sleep infinity
            devices: [/dev/nosuch]
    """)
    up = stack.run("up", "-d", check=False)
    assert up.returncode == 1
    assert re.search(r"compose.yaml:6:\d+: a: devices: look up \"/dev/nosuch\"", up.stderr), up.stderr
    assert stack.run("ps", "-aq", check=False).stdout == ""


def test_a_log_is_bounded_as_its_options_say(stack, until):
    stack.up("""
        services:
          a:
            image: "host:"
            command: [sh, -c, "seq 1 20000; echo last; sleep infinity"]
            logging: {driver: json-file, options: {max-size: 8k, max-file: "2"}}
    """)
    until(lambda: stack.logs("a").endswith("last\n"), "all is written")
    folder = f"/var/lib/stack/{stack.name}/logs/a"
    files = [name for name in os.listdir(folder) if name.startswith("stdout")]
    assert sorted(files) == ["stdout.idx", "stdout.idx.1", "stdout.log", "stdout.log.1"]
    assert sum(os.path.getsize(f"{folder}/{name}") for name in files) <= 2 * 8192


@pytest.mark.parametrize("tty", ["false", "true"])
def test_a_log_that_is_not_wanted_is_not_kept(stack, until, tty):
    stack.up(f"""
        services:
          a: {{image: "host:", command: [sh, -c, "seq 1 300000; touch /tmp/done; sleep infinity"], tty: {tty}, logging: {{driver: none}}}}
    """)
    until(lambda: stack.exec("a", "test", "-e", "/tmp/done", check=False).returncode == 0, "nobody holds it up")
    assert stack.logs("a") == ""
    assert not os.path.exists(f"/var/lib/stack/{stack.name}/logs/a/stdout.log")


def test_the_policy_of_deploy_waits_and_gives_up(stack, until):
    stack.write("""
        services:
          a:
            image: "host:"
            command: [sh, -c, "date +%s.%N; exit 3"]
            restart: "no"
            deploy: {restart_policy: {condition: on-failure, delay: 500ms, max_attempts: 2, window: 30s}}
    """)
    stack.run("up", "-d", check=False)
    until(lambda: stack.ps()["a"]["State"] == "exited", "it ends for good")
    assert stack.ps()["a"]["Restarts"] == 2
    times = [float(line) for line in stack.logs("a").split()]
    assert len(times) == 3 and all(later - sooner >= 0.5 for sooner, later in zip(times, times[1:])), times
