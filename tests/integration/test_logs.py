"""What services write: kept apart by stream, complete, in order, readable with nobody running."""
import os
import re
import signal
import subprocess

import reconciler


def test_streams_prefixes_tail_and_times(stack, until):
    stack.write("""
        services:
          a: {image: "host:", command: [sh, -c, "for i in 1 2 3; do echo out$$i; done; echo err >&2; sleep infinity"]}
          longer: {image: "host:", command: [sh, -c, "echo hello; sleep infinity"]}
    """)
    stack.run("up", "-d")
    until(lambda: (both := stack.run("logs")).stdout.count("\n") == 4 and both.stderr, "all that they say")
    both = stack.run("logs")
    lines = both.stdout.splitlines()
    assert [line for line in lines if line.startswith("a-1")] == [f"a-1       | out{i}" for i in (1, 2, 3)]
    assert "longer-1  | hello" in lines
    assert both.stderr == "a-1       | err\n"
    assert stack.run("logs", "--no-log-prefix", "-n", "1", "longer").stdout == "hello\n"
    timed = stack.run("logs", "-t", "--no-log-prefix", "longer").stdout
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z hello\n", timed)
    assert stack.run("logs", "nosuch", check=False).returncode == 1


def test_the_last_lines_of_each_service(stack, until):
    stack.up("""
        services:
          a: {image: "host:", command: [sh, -c, "seq 1 1000; sleep infinity"]}
    """)
    until(lambda: "1000" in stack.logs("a").split())
    assert stack.run("logs", "--no-log-prefix", "--tail", "3").stdout == "998\n999\n1000\n"
    assert stack.run("logs", "--no-log-prefix", "--tail", "0").stdout == ""


def test_only_what_was_written_in_a_span_of_time(stack, until):
    stack.up("""
        services:
          a: {image: "host:", command: [sh, -c, "echo first; while [ ! -e /go ]; do sleep 0.05; done; echo second; exec sleep infinity"]}
    """)
    until(lambda: "first" in stack.logs("a"))
    between = stack.run("exec", "a", "sh", "-c", "date -u +%Y-%m-%dT%H:%M:%S.%NZ; touch /go").stdout.strip()
    until(lambda: "second" in stack.logs("a"))
    told = lambda *arguments: stack.run("logs", "--no-log-prefix", *arguments).stdout
    assert told("--since", between) == "second\n"
    assert told("--until", between) == "first\n"
    assert told("--since", "10m") == "first\nsecond\n"
    assert told("--since", "10m", "--until", "9m") == ""
    assert told("-f", "--until", between) == "first\n"
    wrong = stack.run("logs", "--since", "yesterday", check=False)
    assert wrong.returncode == 1 and '--since: "yesterday" is no time' in wrong.stderr


def test_following_until_a_time_to_come_ends_then(stack):
    stack.up("""
        services:
          a: {image: "host:", command: [sh, -c, "echo run; exec sleep infinity"], init: true}
    """)
    soon = stack.run("exec", "a", "date", "-u", "-d", "2 seconds", "+%s").stdout.strip()
    assert stack.run("logs", "-f", "--no-log-prefix", "--until", soon).stdout == "run\n"


def test_following_goes_over_a_restart_and_ends_at_ctrl_c(stack):
    stack.up("""
        services:
          a: {image: "host:", command: [sh, -c, "echo run; exec sleep infinity"], init: true}
    """)
    follower = stack.start("logs", "-f", "--no-log-prefix", stdout=subprocess.PIPE)
    assert follower.stdout.readline() == "run\n"
    stack.run("restart", "-t", "1", "a")
    assert follower.stdout.readline() == "run\n"
    follower.send_signal(signal.SIGINT)
    follower.wait(timeout=30)
    assert follower.returncode == 130


def test_following_ends_when_the_stack_is_taken_down(stack):
    stack.up("""
        services:
          a: {image: "host:", command: [sh, -c, "echo run; exec sleep infinity"], init: true}
    """)
    follower = stack.start("logs", "-f", "--no-log-prefix", stdout=subprocess.PIPE)
    assert follower.stdout.readline() == "run\n"
    stack.down()
    follower.wait(timeout=30)
    assert follower.returncode == 0


def test_no_line_is_lost_or_doubled_while_the_reconciler_is_killed(stack, until):
    count = 20000
    stack.write(f"""
        services:
          a: {{image: "host:", command: [python3, -u, -c, "for i in range({count}): print(i)"]}}
    """)
    stack.run("up", "-d")
    for _ in range(5):
        reconciler.kill(stack.name)
        assert stack.ps()["a"]["State"] in ("running", "exited")
    until(lambda: stack.ps()["a"]["State"] == "exited", "it has written all")
    assert stack.logs("a").split() == [str(i) for i in range(count)]


def test_much_output_is_bounded_on_the_disk(stack, until):
    stack.up("""
        services:
          a: {image: "host:", command: [sh, -c, "head -c 100000000 /dev/zero | tr '\\\\0' x | fold -w 1000; sleep infinity"]}
    """)
    folder = stack.ps()["a"]["LogDir"]
    until(lambda: "sleep" in stack.exec("a", "ps", "-e", "-o", "comm").stdout, "it has written all")
    used = sum(entry.stat().st_size for entry in os.scandir(folder))
    assert used < 80 << 20, used


def test_bytes_that_are_no_text_come_through_a_pipe_as_they_are(stack, until):
    stack.write("""
        services:
          a: {image: "host:", command: [sh, -c, "printf 'a\\\\033[31mb\\\\001\\\\n'; printf unfinished"]}
    """)
    stack.run("up", "-d")
    until(lambda: stack.ps()["a"]["State"] == "exited")
    assert stack.logs("a") == "a\x1b[31mb\x01\nunfinished\n"
