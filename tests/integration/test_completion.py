"""Completion in the shells themselves, at their own prompts."""
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from conftest import STACK
from terminal import Terminal

FILE = """
    services:
      web: {image: "host:", command: sleep infinity}
      worker: {image: "host:", command: sleep infinity, profiles: [jobs]}
"""
START = {
    "bash": (["bash", "--norc", "--noprofile", "-i"], "eval \"$(stack completion bash)\""),
    "zsh": (["zsh", "-f", "-i"], "autoload -Uz compinit; compinit -D -u; eval \"$(stack completion zsh)\""),
}


@pytest.fixture
def environment(stack, tmp_path):
    """A shell's, in which `stack` is the one under test."""
    stack.write(FILE)
    home = tmp_path / "home"
    (home / "bin").mkdir(parents=True)
    (home / "bin/stack").symlink_to(STACK)
    return dict(os.environ, PATH=f"{home}/bin:{os.environ['PATH']}", HOME=str(home), TERM="dumb", PS1="ready> ",
                COMPOSE_PROJECT_NAME=stack.name, BASH_SILENCE_DEPRECATION_WARNING="1")


class Prompt(Terminal):
    """A shell that has our completion."""

    def __init__(self, shell, folder, environment):
        command, setup = START[shell]
        super().__init__(command, folder, environment)
        self.type(setup + "; echo set-$((1+1))\n")
        self.expect("set-2")

    def completes(self, keys, line):
        self.output = ""
        self.type("\x15" + keys + "\t")  # on an empty line
        self.expect(re.escape(line))

    def close(self):
        os.close(self.master)  # SIGHUP
        os.waitpid(self.pid, 0)


@pytest.fixture(params=START)
def prompt(request, stack, environment):
    assert shutil.which(request.param)
    one = Prompt(request.param, stack.folder, environment)
    yield one
    one.close()


def test_at_a_prompt(prompt):
    prompt.completes("stack comp", "stack completion")
    prompt.completes("stack logs wor", "stack logs worker")  # of any profile
    prompt.completes("stack up --exit-code-f", "stack up --exit-code-from")
    prompt.completes("stack check compose.y", "stack check compose.yaml")  # nothing of ours: a file
    prompt.completes("stack config --format=j", "stack config --format=json")


def test_fish(stack, environment):
    def complete(line):
        return subprocess.run(["fish", "-N", "-c", f"stack completion fish | source; complete -C '{line}'"], cwd=stack.folder,
                              env=environment, stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()

    assert complete("stack unp") == ["unpause\tLet the processes of paused services go on"]
    assert complete("stack up w") == ["web", "worker"]
    assert complete("stack up web w") == ["worker"]
    assert complete("stack check compose.y") == ["compose.yaml"]


def asked(stack, *words):
    """What the shells' scripts ask and get."""
    return subprocess.run([STACK, "__complete", *words], cwd=stack.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, check=True)


def test_of_stacks_by_name(stack):
    stack.up(FILE)
    assert stack.name in asked(stack, "-p", stack.name[:-1]).stdout.splitlines()


def test_a_file_with_faults_is_no_noise(stack):
    stack.write("services: {web: {image: 1, nonsense: 2}")
    end = asked(stack, "up", "")
    assert (end.stdout, end.stderr) == ("", "")


def test_the_scripts_are_for_the_shells_that_there_are(stack):
    for shell in ("bash", "zsh", "fish"):
        script = Path(stack.folder) / shell
        script.write_text(stack.run("completion", shell).stdout)
        subprocess.run([shell, "-n", script], check=True)
    end = stack.run("completion", "csh", check=False)
    assert end.returncode == 1 and "csh" in end.stderr
