"""Fixtures of the integration tests: a stack from a text, its commands, and a census before and after."""
import json
import os
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import census  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
STACK = os.environ.get("STACK_BIN", str(ROOT / "build/bin/stack"))


class Stack:
    """One project in a folder of its own."""

    def __init__(self, folder, name):
        self.folder = folder
        self.name = name

    def write(self, text, file="compose.yaml"):
        (self.folder / file).write_text(textwrap.dedent(text))

    def start(self, *arguments, **more):
        """The command begun, not waited for."""
        return subprocess.Popen([STACK, "-p", self.name, *arguments], cwd=self.folder, text=True, **more)

    def run(self, *arguments, check=True, input=None, env=None):
        end = subprocess.run([STACK, "-p", self.name, *arguments], cwd=self.folder, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, text=True, input=input, timeout=120,
                             env=dict(os.environ, **env) if env else None)
        if check and end.returncode != 0:
            raise AssertionError(f"stack {' '.join(map(str, arguments))}: {end.returncode}\n{end.stdout}{end.stderr}")
        return end

    def up(self, text=None, *arguments):
        if text is not None:
            self.write(text)
        return self.run("up", "-d", "--wait", *arguments)

    def down(self, *arguments):
        return self.run("down", "-t", "1", *arguments)

    def exec(self, service, *command, check=True, input=None):
        return self.run("exec", "-T", service, *command, check=check, input=input)

    def sh(self, service, script):
        """The output of a shell script in the service's container."""
        return self.exec(service, "sh", "-c", script).stdout

    def ps(self):
        """The containers by service, ended ones too."""
        out = self.run("ps", "-a", "--format", "json").stdout
        return {c["Service"]: c for c in map(json.loads, out.splitlines())}

    def pid(self, service):
        """Of the container's first process, as the host sees it."""
        return self.ps()[service]["Pid"]

    def logs(self, service):
        return self.run("logs", "--no-log-prefix", "--no-color", service).stdout

    def container(self, service):
        return f"{self.name}-{service}-1"


@pytest.fixture
def stack(tmp_path, request):
    before = census.take()
    name = "t" + "".join(c if c.isalnum() else "-" for c in request.node.name.lower())[:40].strip("-")
    one = Stack(tmp_path, name)
    yield one
    one.run("down", "-t", "0", check=False)
    census.expect(before)


@pytest.fixture
def until():
    """Waits for what a kernel event brings about; a limit only against waiting for ever."""

    def wait(condition, what="it", seconds=60):
        end = time.monotonic() + seconds
        while not (value := condition()):
            assert time.monotonic() < end, f"never: {what}"
            time.sleep(0.02)
        return value

    return wait


@pytest.fixture
def successor(stack, until):
    """Waits until the service runs again in another process: a new pid alone is one that may still be starting."""

    def wait(service, predecessor):
        def it():
            one = stack.ps()[service]
            return one if one["State"] == "running" and one["Pid"] != predecessor else None

        return until(it, f"{service} runs again")

    return wait
