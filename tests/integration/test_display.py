"""How the command line shows what it does, and what it refuses to be asked."""
import json
import os
from pathlib import Path

import pytest

import census
from terminal import Terminal

FILE = """
    services:
      a: {image: "host:", command: sleep infinity, stop_signal: SIGKILL}
"""
ESCAPE = "\x1b"


def events(text):
    return [json.loads(line) for line in text.splitlines()]


def test_progress_as_json_is_a_line_an_event(stack):
    stack.write(FILE)
    shown = events(stack.run("--progress", "json", "up", "-d").stderr)
    assert {"id": stack.container("a"), "text": "Started", "status": "Done"} in [
        dict(one, id=one["id"].removeprefix("Container ")) for one in shown]
    assert {one["status"] for one in shown} <= {"Working", "Done"}
    assert events(stack.run("down", "--progress", "json", "-t", "0").stderr)[-1]["text"] == "Removed"


def test_progress_may_be_quiet_plain_or_live_anywhere(stack):
    stack.write(FILE)
    assert stack.run("--progress", "quiet", "up", "-d").stderr == ""
    assert "[+] " in stack.run("--progress", "tty", "restart", "-t", "0").stderr
    assert stack.run("down", "-t", "0", env={"COMPOSE_PROGRESS": "quiet"}).stderr == ""
    terminal = Terminal.of(stack, "--progress", "plain", "up", "-d")
    terminal.expect("Container .*  Started")
    assert terminal.end() == 0
    assert "[+]" not in terminal.output


def test_colour_where_it_is_wanted_and_nowhere_else(stack):
    stack.write(FILE)
    assert ESCAPE not in stack.run("plan", check=False).stdout
    assert ESCAPE in stack.run("--ansi", "always", "plan", check=False).stdout
    assert ESCAPE in stack.run("plan", check=False, env={"COMPOSE_ANSI": "always"}).stdout
    terminal = Terminal.of(stack, "--ansi", "never", "up", "-d")
    terminal.expect("Container .*  Started")
    assert terminal.end() == 0
    assert ESCAPE not in terminal.output


@pytest.mark.parametrize("option, value, variable", [("--progress", "loud", "COMPOSE_PROGRESS"), ("--ansi", "some", "COMPOSE_ANSI")])
def test_another_value_is_refused(stack, option, value, variable):
    for end in (stack.run(option, value, "ls", check=False), stack.run("ls", check=False, env={variable: value})):
        assert end.returncode == 1 and option in end.stderr and "auto" in end.stderr


def everything():
    """Kernel objects, and every file of ours with its time."""
    files = {}
    for root in ("/run/stack", "/var/lib/stack"):
        for folder, _, names in os.walk(root):
            files.update({path: Path(path).lstat().st_mtime_ns for path in (f"{folder}/{name}" for name in names)})
            files[folder] = Path(folder).lstat().st_mtime_ns
    return census.take(), files


def test_a_dry_run_shows_the_plan_and_changes_nothing(stack):
    stack.write(FILE)
    before = everything()
    end = stack.run("--dry-run", "up", "-d")
    assert "+ start container a" in end.stdout
    assert end.stdout == stack.run("plan", check=False).stdout
    assert everything() == before


def test_a_dry_run_of_a_stack_that_runs(stack):
    stack.up(FILE)
    pid = stack.pid("a")
    stack.write(FILE.replace("sleep infinity", "sleep 1000000"))
    before = everything()
    end = stack.run("up", "--dry-run")
    assert "command" in end.stdout
    assert everything() == before and stack.pid("a") == pid
    assert stack.run("ps", check=False).returncode == 0


@pytest.mark.parametrize("line, words", [
    (["--dry-run", "down"], "only `up` has"),
    (["--dry-run", "up", "--build"], "leave out --build"),
    (["--parallel", "4", "up"], "--parallel"),
    (["--compatibility", "up"], "hyphens"),
    (["up", "--no-recreate"], "stack plan"),
    (["up", "--no-build"], "not supported yet"),
])
def test_what_is_not_kept_is_refused_with_its_reason(stack, line, words):
    stack.write(FILE)
    end = stack.run(*line, check=False)
    assert end.returncode == 1 and words in end.stderr, end.stderr
    assert stack.ps() == {}


def test_yes_is_taken(stack):
    stack.write(FILE)
    assert "Started" in stack.run("up", "-d", "-y", "--quiet-pull").stderr
