"""Configs and secrets: where they come from, how they are seen in the container, and where a secret is never seen."""
import os
import subprocess
from pathlib import Path

import pytest
from conftest import one

WORD = "xyzzy-of-the-secret"

FILE = """
    services:
      web:
        image: "{image}"
        init: true
        configs:
          - plain
          - {{source: plain, target: /etc/app/deep/plain.conf, uid: "1234", gid: "4321", mode: 0640}}
          - {{source: inline, target: /inline}}
          - {{source: from_env, target: /from-env}}
        secrets:
          - word
          - {{source: word, target: other-name, uid: "1234", gid: "777", mode: 0400}}
          - {{source: word, target: /etc/absolute, mode: 0444}}
          - env_word
    configs:
      plain: {{file: ./plain.conf}}
      inline: {{content: "port ${{PORT:-80}}\\n"}}
      from_env: {{environment: CONFIG_WORD}}
    secrets:
      word: {{file: ./word}}
      env_word: {{environment: SECRET_WORD}}
"""
SET = {"CONFIG_WORD": "config-of-env", "SECRET_WORD": f"{WORD}-of-env"}


@pytest.fixture
def both(stack, tiny):
    (stack.folder / "plain.conf").write_text("plain\n")
    (stack.folder / "word").write_text(f"{WORD}\n")
    os.chmod(stack.folder / "word", 0o600)
    stack.write(FILE.format(image=tiny().reference))
    stack.run("up", "-d", "--wait", env=SET)
    return stack


def test_uid_gid_mode_and_target_are_honoured(both):
    assert both.sh("web", "stat -c '%n %u %g %a' /plain /etc/app/deep/plain.conf /inline /from-env") == \
        "/plain 0 0 444\n/etc/app/deep/plain.conf 1234 4321 440\n/inline 0 0 444\n/from-env 0 0 444\n"
    assert both.sh("web", "cd /run/secrets; stat -c '%n %u %g %a' word other-name /etc/absolute env_word") == \
        "word 0 0 444\nother-name 1234 777 400\n/etc/absolute 0 0 444\nenv_word 0 0 444\n"
    assert both.sh("web", "cat /plain /inline /from-env") == "plain\nport 80\nconfig-of-env"
    assert both.sh("web", "cat /run/secrets/word /run/secrets/env_word") == f"{WORD}\n{WORD}-of-env"
    denied = both.run("exec", "-T", "-u", "65534", "web", "cat", "/run/secrets/other-name", check=False)
    assert denied.returncode != 0 and WORD not in denied.stdout
    assert both.run("exec", "-T", "-u", "1234", "web", "cat", "/run/secrets/other-name").stdout == f"{WORD}\n"


def test_they_are_on_a_tmpfs_and_cannot_be_written(both):
    for line in both.sh("web", "cat /proc/self/mountinfo").splitlines():
        words = line.split()
        if words[4].startswith("/run/secrets") or words[4] in ("/etc/absolute", "/inline"):
            assert words[words.index("-") + 1] == "tmpfs", line
            assert "ro" in words[5].split(","), line
    for path in ("/run/secrets/word", "/etc/absolute", "/inline"):
        assert both.sh("web", f"df {path} | tail -n 1").split()[0] in ("tmpfs", "none", "shm", "secrets", "stack")
        assert both.exec("web", "sh", "-c", f"echo x >{path}", check=False).returncode != 0


def _processes_of_ours():
    for one_ in Path("/proc").glob("[0-9]*"):
        try:
            line, environment = (one_ / "cmdline").read_bytes(), (one_ / "environ").read_bytes()
        except OSError:
            continue
        words = line.split(b"\0")
        if os.path.basename(words[0]) == b"stack-keeper" or words[1:2] == [b"reconcile"]:
            yield one_.name, line, environment


def test_a_secret_is_in_no_command_line_environment_log_or_config(both):
    assert list(_processes_of_ours())
    for pid, line, environment in _processes_of_ours():
        assert WORD.encode() not in line + environment, pid
    pid = both.pid("web")
    assert WORD.encode() not in Path(f"/proc/{pid}/environ").read_bytes() + Path(f"/proc/{pid}/cmdline").read_bytes()
    for words in (["config"], ["config", "--format", "json"], ["ps", "--format", "json"], ["logs"], ["plan"]):
        end = both.run(*words, env=SET, check=False)
        assert WORD not in end.stdout + end.stderr, words
    assert WORD not in both.run("up", "-d", "--force-recreate", env=SET).stderr


def test_a_secret_is_on_no_disk_and_readable_for_nobody(both):
    found = subprocess.run(["grep", "-rlas", WORD, "/var/lib/stack", "--exclude-dir=.images"], stdout=subprocess.PIPE, text=True).stdout
    assert found == ""
    places = subprocess.run(["grep", "-rlas", WORD, "/run/stack"], stdout=subprocess.PIPE, text=True).stdout.split("\n")[:-1]
    for place in places:
        assert subprocess.run(["stat", "-f", "-c", "%T", place], stdout=subprocess.PIPE, text=True).stdout == "tmpfs\n", place
        nobody = subprocess.run(["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "cat", place], stdout=subprocess.PIPE,
                                stderr=subprocess.DEVNULL, text=True)
        assert nobody.returncode != 0 and nobody.stdout == "", place
    both.run("down")
    assert subprocess.run(["grep", "-rlas", WORD, "/run/stack", "/dev/shm"], stdout=subprocess.PIPE, text=True).stdout == ""


def test_a_changed_secret_is_planned_by_its_file_and_not_shown(both):
    (both.folder / "word").write_text("another-secret-word\n")
    plan = both.run("plan", check=False, env=SET)
    assert plan.returncode == 2
    assert "word" in plan.stdout and str(both.folder / "word") in plan.stdout or "./word" in plan.stdout
    assert WORD not in plan.stdout and "another-secret-word" not in plan.stdout
    before = both.pid("web")
    both.run("up", "-d", "--wait", env=SET)
    assert both.pid("web") != before
    assert both.sh("web", "cat /run/secrets/word") == "another-secret-word\n"
    assert both.run("plan", check=False, env=SET).returncode == 0


def test_a_config_that_is_touched_and_not_changed_is_no_change(both):
    os.utime(both.folder / "plain.conf")
    assert both.run("plan", check=False, env=SET).returncode == 0


def test_they_are_there_again_after_a_death_and_after_a_killed_reconciler(both, until):
    os.kill(both.pid("web"), 9)
    for pid, line, _ in list(_processes_of_ours()):
        if b"reconcile" in line and both.name.encode() in line:
            os.kill(int(pid), 9)
    both.write((both.folder / "compose.yaml").read_text())
    both.run("start", check=False)
    until(lambda: both.ps()["web"]["State"] == "running", "it runs again")
    until(lambda: both.exec("web", "cat", "/run/secrets/word", check=False).stdout == f"{WORD}\n", "the secret is there")


@pytest.mark.parametrize("text, words", [
    ("secrets: {s: {file: ./missing}}", ["missing"]), ("secrets: {s: {environment: NOT_SET_AT_ALL}}", ["NOT_SET_AT_ALL"]),
    ("secrets: {s: {external: true}}", ["external"]), ("secrets: {}", ['"s"|secret s', "undefined|no secret|unknown"])])
def test_a_secret_that_is_not_there_is_one_error(stack, tiny, text, words):
    stack.write(one(tiny(), "secrets: [s]") + f"\n    {text}\n")
    stack.refused("up", "-d", says=words)
    stack.nothing_started()


def test_a_secret_file_may_be_binary_and_big_but_not_endless(stack, tiny):
    content = os.urandom(200_000)
    (stack.folder / "word").write_bytes(content)
    stack.up(one(tiny(), "secrets: [word]") + "\n    secrets: {word: {file: ./word}}\n")
    assert stack.sh("web", "wc -c </run/secrets/word").strip() == "200000"
    stack.write(one(tiny(), "secrets: [word]") + "\n    secrets: {word: {file: /dev/zero}}\n")
    stack.refused("up", "-d", says=["/dev/zero"])
