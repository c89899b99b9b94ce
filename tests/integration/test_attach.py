"""`stack attach`: output, keys and signals of a service that runs."""
import os
import signal
import subprocess

import pytest

from terminal import Terminal


@pytest.fixture
def attached(stack, until):
    """`stack attach` begun, its output in a file."""
    begun = []

    def begin(*arguments, stdin=subprocess.DEVNULL):
        path = stack.folder.parent / f"attached-{len(begun)}"
        with open(path, "w") as out:
            process = stack.start("attach", *arguments, stdin=stdin, stdout=out, stderr=out)
        begun.append(process)
        # It has its log open before anything is asked for.
        until(lambda: process.poll() is not None or any("inotify" in os.readlink(f.path) for f in os.scandir(f"/proc/{process.pid}/fd")
                                                         if os.path.islink(f.path)), "attached")
        return process, path

    yield begin
    for process in begun:
        if process.poll() is None:
            process.kill()
            process.wait()


def test_output_signals_and_the_exit_code(stack, attached, until):
    stack.up("""
        services:
          a:
            image: "host:"
            command: ["bash", "-c", "trap 'printf interrupted; exit 7' INT; trap 'echo two >&2' USR1; echo ready; while :; do read -t 0.05 -u 3 x; done 3<> <(:)"]
    """)
    until(lambda: "ready" in stack.logs("a"), "ready")
    process, path = attached("a")
    process.send_signal(signal.SIGUSR1)
    until(lambda: "two" in path.read_text(), "two")
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 7
    assert path.read_text() == "two\ninterrupted"


def test_input_of_a_service_with_stdin_open(stack, attached, until):
    stack.up("""
        services:
          a: {image: "host:", command: ["sh", "-c", "while read x; do echo got $$x; done"], stdin_open: true}
    """)
    process, path = attached("a", stdin=subprocess.PIPE)
    process.stdin.write("one\n\x10\x11two\n")  # no keys of a terminal's
    process.stdin.flush()
    until(lambda: "two" in path.read_text(), "two")
    assert path.read_text() == "got one\ngot \x10\x11two\n"
    process.stdin.close()
    process.send_signal(signal.SIGHUP)
    assert process.wait(60) == 128 + signal.SIGHUP
    # Its input is open still, for who comes next.
    process, path = attached("--sig-proxy=false", "a", stdin=subprocess.PIPE)
    process.stdin.write("three\n")
    process.stdin.flush()
    until(lambda: "got three" in path.read_text(), "three")
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 130
    assert stack.ps()["a"]["State"] == "running"


def test_a_terminal_and_its_detach_keys(stack, until):
    stack.up("""
        services:
          a: {image: "host:", command: ["sh", "-c", "while printf 'prompt> '; read x; do echo got $$x; done"], stdin_open: true, tty: true}
    """)
    until(lambda: "prompt" in stack.run("logs", "--no-log-prefix", "a").stdout, "prompt")
    one = Terminal.of(stack, "attach", "a")
    one.expect("prompt> ")
    one.type("keys\r")
    one.expect("got keys\r\nprompt> ")
    one.type("\x10\x11")
    assert one.end() == 0
    assert stack.ps()["a"]["State"] == "running"
    one = Terminal.of(stack, "attach", "--detach-keys", "q", "a")
    one.expect("prompt> ")
    one.type("yes\r")
    one.expect("got yes\r\nprompt> ")
    one.type("q")
    assert one.end() == 0


def test_no_stdin_and_what_cannot_be_attached_to(stack, attached, until):
    stack.up("""
        services:
          a: {image: "host:", command: ["sh", "-c", "read x; echo got $$x; exit 3"], stdin_open: true}
          silent: {image: "host:", command: sleep infinity, init: true, logging: {driver: none}}
          replaced: {image: "host:", command: ["sh", "-c", "exec sleep infinity < /etc/hostname"], stdin_open: true, stop_grace_period: 0s}
    """)
    process, path = attached("--no-stdin", "a", stdin=subprocess.PIPE)
    process.stdin.write("x\n")
    process.stdin.close()
    assert stack.run("attach", "silent", check=False).stderr.count("logging driver \"none\"") == 1
    until(lambda: "replaced its standard input" in stack.run("attach", "replaced", check=False, input="").stderr, "refused")
    stack.run("kill", "-s", "SIGKILL", "a")
    assert process.wait(60) == 137 and path.read_text() == ""
    assert "is not running" in stack.run("attach", "a", check=False).stderr
    end = stack.run("attach", "--detach-keys", "ctrl-5", "replaced", check=False)
    assert end.returncode == 1 and "is no key" in end.stderr
    assert stack.run("attach", "nobody", check=False).returncode == 1
