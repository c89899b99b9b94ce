"""`develop.watch`: what files of the host bring about in containers while they are watched."""
import os
import signal
import subprocess

import pytest

FILE = """
    services:
      web:
        image: "host:"
        command: sleep infinity
        init: true
        stop_grace_period: 1s
        develop:
          watch:
            - {path: ./src, action: sync, target: /app, ignore: ["cache/", "*.log"]}
            - {path: ./conf/app.conf, action: sync+restart, target: /etc/app/app.conf}
            - {path: ./reload, action: sync+exec, target: /reload, exec: {command: [sh, -c, "cat /reload/x > /tmp/$$SAW"], environment: {SAW: saw}}}
            - {path: ./begin, action: restart}
            - {path: ./seed, action: sync, target: /seed, initial_sync: true, include: ["**/*.txt"]}
"""


class Watching:
    """`stack watch` (or another command) at work, its words in a file."""

    def __init__(self, stack, until, *arguments):
        self.log = stack.folder.parent / "words"
        self.until = until
        with open(self.log, "w") as words:
            self.process = stack.start(*arguments, stdin=subprocess.DEVNULL, stdout=words, stderr=words)
        self.says("Watch enabled")

    def words(self):
        return self.log.read_text()

    def says(self, text):
        self.until(lambda: text in self.words() or self.process.poll() is not None, f"{text!r} in {self.words()!r}")
        assert text in self.words()

    def end(self):
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(60)


@pytest.fixture
def watching(stack, until):
    for folder in ("src", "conf", "reload", "begin", "seed"):
        (stack.folder / folder).mkdir()
    (stack.folder / "seed" / "first.txt").write_text("first")
    (stack.folder / "seed" / "first.bin").write_text("no")
    stack.write(FILE)
    one = Watching(stack, until, "watch")
    yield one
    if one.process.poll() is None:
        assert one.end() == 130


@pytest.fixture
def has(stack, until):
    """Waits until a file of the container has that content; None: until it is not there."""

    def wait(path, content, service="web"):
        def it():
            end = stack.exec(service, "cat", path, check=False)
            return end.returncode != 0 if content is None else end.returncode == 0 and end.stdout == content

        until(it, f"{path} has {content!r}")

    return wait


def test_files_come_change_and_go(stack, watching, has):
    src = stack.folder / "src"
    (src / "deep" / "er").mkdir(parents=True)
    (src / "deep" / "er" / "a").write_text("one")
    (src / "run").write_text("#!/bin/sh\n")
    (src / "run").chmod(0o755)
    (src / "link").symlink_to("deep/er/a")
    has("/app/link", "one")
    assert stack.sh("web", "stat -c '%a %u' /app/run; readlink /app/link") == "755 0\ndeep/er/a\n"
    (src / ".a.tmp").write_text("renamed over")  # as editors save
    (src / ".a.tmp").rename(src / "deep" / "er" / "a")
    has("/app/deep/er/a", "renamed over")
    (src / "deep").rename(src / "moved")
    has("/app/moved/er/a", "renamed over")
    has("/app/deep/er/a", None)
    (src / "moved" / "er" / "a").unlink()
    has("/app/moved/er/a", None)
    assert "Syncing service \"web\" after" in watching.words()


def test_what_is_ignored_stays_out(stack, watching, has):
    src = stack.folder / "src"
    for name in ("cache/x", ".git/index", "a.log", "b~", ".b.swp", "sub/a.log"):
        (src / name).parent.mkdir(exist_ok=True)
        (src / name).write_text("x")
    (src / "z").write_text("x")  # of one batch the last
    has("/app/z", "x")
    assert stack.sh("web", "cd /app; find . -type f | sort") == "./sub/a.log\n./z\n"


def test_actions(stack, watching, has, successor):
    before = stack.pid("web")
    (stack.folder / "conf" / "app.conf").write_text("new")
    successor("web", before)
    has("/etc/app/app.conf", "new")
    before = stack.pid("web")
    (stack.folder / "begin" / "now").write_text("")
    successor("web", before)
    (stack.folder / "reload" / "x").write_text("seen by the command")
    has("/tmp/saw", "seen by the command")
    watching.says("Restarted \"web\"")
    (stack.folder / "src" / "after").write_text("still watched")
    has("/app/after", "still watched")


def test_what_changed_while_a_service_did_not_run_comes_when_it_does(stack, watching, has):
    stack.run("stop", "web")
    (stack.folder / "src" / "meanwhile").write_text("x")
    (stack.folder / "src" / "gone").write_text("x")
    (stack.folder / "src" / "gone").unlink()
    stack.run("start", "web")
    has("/app/meanwhile", "x")


def test_initial_sync_is_for_each_container(stack, watching, has):
    has("/seed/first.txt", "first")
    assert stack.sh("web", "ls /seed") == "first.txt\n"
    (stack.folder / "seed" / "second.txt").write_text("second")
    has("/seed/second.txt", "second")
    stack.run("up", "-d", "--force-recreate")
    has("/seed/first.txt", "first")
    has("/seed/second.txt", "second")


def test_links_of_the_container_lead_nowhere(stack, watching, has):
    victim = stack.folder.parent / "victim"
    victim.mkdir()
    (victim / "kept").write_text("kept")
    stack.sh("web", f"mkdir -p /app /inside; ln -s {victim} /app/a; ln -s /inside /app/b; ln -s ../../../.. /app/c")
    for name in ("a", "b", "c"):
        (stack.folder / "src" / name).mkdir()
        (stack.folder / "src" / name / "kept").write_text("evil")
    (stack.folder / "src" / "last").write_text("x")
    has("/app/last", "x")
    assert (victim / "kept").read_text() == "kept"
    (stack.folder / "src" / "b" / "kept").unlink()
    (stack.folder / "src" / "a" / "kept").unlink()
    (stack.folder / "src" / "last").unlink()
    has("/app/last", None)
    assert (victim / "kept").read_text() == "kept"


def test_ctrl_c_ends_the_watch_and_not_the_stack(stack, watching):
    before = stack.pid("web")
    assert watching.end() == 130
    assert stack.ps()["web"]["State"] == "running" and stack.pid("web") == before


def test_the_watch_ends_with_the_stack(stack, watching):
    stack.run("down")
    assert watching.process.wait(60) == 1
    assert "was taken down" in watching.words()


def test_up_watches(stack, until, has):
    (stack.folder / "src").mkdir()
    stack.write("""
        services:
          web:
            image: "host:"
            command: sh -c 'echo begun; exec sleep infinity'
            init: true
            develop: {watch: [{path: src, action: sync+restart, target: /app}]}
    """)
    one = Watching(stack, until, "up", "--watch")
    one.says("begun")
    (stack.folder / "src" / "x").write_text("x")
    has("/app/x", "x")
    until(lambda: one.words().count("begun") == 2, "restarted")
    assert one.end() == 130
    assert "web" not in stack.ps()
    end = stack.run("up", "-d", "-w", check=False)
    assert end.returncode == 1 and "excludes" in end.stderr


def test_what_cannot_be_watched_is_said(stack):
    stack.write("services: {a: {image: 'host:', command: sleep infinity, init: true}}")
    end = stack.run("watch", check=False)
    assert end.returncode == 1 and "develop.watch" in end.stderr and not stack.ps()
    stack.write("""
        services:
          a:
            image: "host:"
            command: sleep infinity
            develop: {watch: [{path: ., action: rebuild}]}
    """)
    end = stack.run("watch", check=False)
    assert end.returncode == 1 and "needs a \"build\"" in end.stderr
    stack.write("""
        services:
          a:
            image: "host:"
            command: sleep infinity
            init: true
            develop: {watch: [{path: ., action: restart}]}
    """)
    end = stack.run("watch", "--no-up", check=False)
    assert end.returncode == 1 and "is not running" in end.stderr


def test_no_up_watches_what_runs(stack, until, has):
    (stack.folder / "src").mkdir()
    stack.up("""
        services:
          a:
            image: "host:"
            command: sleep infinity
            init: true
            volumes: ["./bound:/bound"]
            develop:
              watch:
                - {path: src, action: sync, target: /app}
                - {path: bound/in, action: sync, target: /elsewhere}
    """)
    before = stack.pid("a")
    one = Watching(stack, until, "watch", "--no-up", "a")
    assert "a bind mount shows it" in one.words()
    (stack.folder / "src" / "x").write_text("x")
    has("/app/x", "x", service="a")
    assert stack.pid("a") == before
    os.kill(one.process.pid, signal.SIGTERM)
    assert one.process.wait(60) == 130
