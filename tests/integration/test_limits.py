"""Each limit is measured to bite."""
import re
import time
from pathlib import Path


def test_a_fork_bomb_stops_at_pids_limit(stack):
    stack.up("""
        services:
          a: {image: "host:", command: sleep infinity, pids_limit: 20}
    """)
    script = "i=0; while [ $i -lt 100 ]; do sleep 5 & i=$((i+1)); done; wait"
    end = stack.exec("a", "sh", "-c", script, check=False)
    assert "Resource temporarily unavailable" in end.stderr or "Cannot fork" in end.stderr, end.stderr
    assert end.returncode != 0


def test_an_allocator_is_killed_and_named_so(stack, until):
    stack.write("""
        services:
          a:
            image: "host:"
            command: [python3, -c, "b = bytearray(1 << 20)\\nwhile True: b += bytearray(1 << 20)"]
            mem_limit: 64m
    """)
    stack.run("up", "-d")
    until(lambda: stack.ps()["a"]["State"] == "exited", "the allocator ends")
    one = stack.ps()["a"]
    assert one["ExitCode"] == 137
    assert "out of memory" in stack.run("ps", "-a").stdout
    assert "64" in one["ExitReason"], one


def test_spinners_get_their_share_of_a_cpu(stack):
    stack.up("""
        services:
          a: {image: "host:", command: [sh, -c, "while :; do :; done"], cpus: 0.2}
    """)
    pid = stack.pid("a")

    def ticks():
        return sum(map(int, Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[11:13]))

    began, used = time.monotonic(), ticks()
    time.sleep(2)
    share = (ticks() - used) / 100 / (time.monotonic() - began)
    assert 0.05 < share < 0.30, share


def test_cpuset_ulimits_and_oom_score(stack):
    stack.up("""
        services:
          a:
            image: "host:"
            command: sleep infinity
            cpuset: "0"
            oom_score_adj: 333
            ulimits: {nofile: {soft: 100, hard: 200}, core: 0}
    """)
    pid = stack.pid("a")
    assert re.search(r"Cpus_allowed_list:\s+0\n", Path(f"/proc/{pid}/status").read_text())
    assert Path(f"/proc/{pid}/oom_score_adj").read_text() == "333\n"
    limits = Path(f"/proc/{pid}/limits").read_text()
    assert re.search(r"Max open files\s+100\s+200", limits), limits
    assert stack.sh("a", "ulimit -n") == "100\n"


def test_a_changed_limit_is_written_into_the_live_cgroup(stack):
    text = """
        services:
          a: {image: "host:", command: sleep infinity, mem_limit: MEM, pids_limit: 50}
    """
    stack.up(text.replace("MEM", "64m"))
    pid = stack.pid("a")
    stack.write(text.replace("MEM", "96m"))
    plan = stack.run("plan", check=False)
    assert plan.returncode == 2 and "update limits of a" in plan.stdout, plan.stdout
    stack.up()
    assert stack.pid("a") == pid
    held = list(Path("/sys/fs/cgroup").glob(f"**/stack/{stack.name}/*/memory.limit_in_bytes"))
    held += list(Path("/sys/fs/cgroup").glob(f"stack/{stack.name}/*/memory.max"))
    assert [int(path.read_text()) for path in held] == [96 << 20]
