"""`kill -9` of the reconciler and of the keeper at random moments, under load: nobody outside may notice."""
import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/integration"))
import census  # noqa: E402  (the litter census of the integration tests)
import reconciler  # noqa: E402

STACK = os.environ.get("STACK_BIN", str(ROOT / "build/bin/stack"))
KILLS = int(os.environ.get("STACK_CHAOS_KILLS", "200"))
NAME = "chaos"
FILE = """
name: chaos
services:
  web:
    image: "host:"
    command: [python3, -m, http.server, "80"]
    ports: ["127.0.0.1:18080:80"]
    restart: always
  counter:
    image: "host:"
    command: [sh, -c, 'i=0; while :; do echo "line $$i"; i=$$((i+1)); sleep 0.002; done']
    restart: always
  asker:
    image: "host:"
    command:
      - python3
      - -u
      - -c
      - |
        import socket, time
        while True:
            try:
                socket.getaddrinfo("web", 80)
            except OSError as fault:
                print("FAULT", fault, flush=True)
            time.sleep(0.01)
  ender:
    image: "host:"
    command: [sh, -c, "sleep 0.3; exit 7"]
    restart: always
"""


def stack(*arguments, check=True):
    return subprocess.run([STACK, "-p", NAME, *arguments], cwd=FOLDER.name, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, check=check)


FOLDER = tempfile.TemporaryDirectory(prefix="stack-chaos-")
(Path(FOLDER.name) / "compose.yaml").write_text(FILE)


def reconcilers():
    return reconciler.pids(NAME)


def keepers():
    return reconciler.keepers(NAME)


def kill_one(find, deadline=30):
    """Kills one of `find()` as soon as there is one."""
    end = time.monotonic() + deadline
    while time.monotonic() < end:
        for pid in find():
            try:
                os.kill(pid, signal.SIGKILL)
                return True
            except ProcessLookupError:
                continue
        time.sleep(0.001)
    raise AssertionError("nobody there to kill: it did not come back")


def containers():
    out = stack("ps", "-a", "--format", "json").stdout
    return {c["Service"]: c for c in map(json.loads, out.splitlines())}


def answers():
    try:
        with urllib.request.urlopen("http://127.0.0.1:18080/", timeout=20):
            return True
    except OSError:
        return False


class HttpLoad(threading.Thread):
    def __init__(self):
        super().__init__(daemon=True)
        self.ending = threading.Event()
        self.asked = 0
        self.faults = []

    def run(self):
        while not self.ending.is_set():
            self.asked += 1
            try:
                with urllib.request.urlopen("http://127.0.0.1:18080/", timeout=20) as answer:
                    answer.read()
            except OSError as fault:
                self.faults.append((time.time(), str(fault)))
            time.sleep(0.005)


@pytest.fixture
def litter():
    before = census.take()
    yield
    stack("down", "-t", "1", check=False)
    census.expect(before)


def numbered_lines():
    """The numbers that the counter's log holds, in runs: a restart of the counter begins again at 0."""
    text = stack("logs", "--no-log-prefix", "--no-color", "counter").stdout
    return [int(n) for n in re.findall(r"^line (\d+)$", text, re.M)]


def expect_unbroken(numbers):
    assert numbers, "no lines at all"
    for before, after in zip(numbers, numbers[1:]):
        assert after in (before + 1, 0), f"line {after} follows line {before}"


def wait_until(what, condition, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.02)
    raise AssertionError(f"never: {what}")


def test_killing_the_reconciler_under_load_is_not_noticed(litter):
    stack("up", "-d", "--wait")
    wait_until("the server has started", answers)
    before = containers()
    load = HttpLoad()
    load.start()
    chance = random.Random(2)
    for _ in range(KILLS):
        kill_one(reconcilers)
        time.sleep(chance.uniform(0, 0.06))
    wait_until("the reconciler answers", lambda: stack("ps", check=False).returncode == 0)
    load.ending.set()
    load.join()
    after = containers()
    for service in ("web", "counter", "asker"):
        assert after[service]["ID"] == before[service]["ID"]
        assert after[service]["Restarts"] == 0, f"{service} was restarted: {after[service]}"
    assert load.asked > 100 and load.faults == []
    assert "FAULT" not in stack("logs", "asker").stdout
    expect_unbroken(numbered_lines())
    assert numbered_lines().count(0) == 1
    # Each run of `ender` ended with 7, and each end was seen: none is unknown, none invented.
    assert after["ender"]["Restarts"] > 3
    assert "unknown" not in stack("ps", "-a").stdout


def test_killing_the_reconciler_during_up_and_down_ends_where_it_should(litter):
    chance = random.Random(3)
    for round_ in range(max(3, KILLS // 20)):
        up = subprocess.Popen([STACK, "-p", NAME, "up", "-d", "--wait"], cwd=FOLDER.name, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True)
        for _ in range(chance.randint(1, 3)):
            time.sleep(chance.uniform(0, 0.05))
            reconciler.kill(NAME)
        out, _ = up.communicate()
        assert up.returncode == 0, f"round {round_}: {out}"
        assert {c["State"] for s, c in containers().items() if s != "ender"} == {"running"}
        down = subprocess.Popen([STACK, "-p", NAME, "down", "-t", "1"], cwd=FOLDER.name, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True)
        time.sleep(chance.uniform(0, 0.05))
        reconciler.kill(NAME)
        out, _ = down.communicate()
        assert down.returncode == 0, f"round {round_}: {out}"
        wait_until("the keeper is gone", lambda: not keepers(), 20)
        assert not Path(f"/run/stack/{NAME}").exists()


def test_killing_the_keeper_is_survived(litter):
    stack("up", "-d", "--wait")
    wait_until("the server has started", answers)
    before = containers()
    load = HttpLoad()
    load.start()
    chance = random.Random(4)
    for _ in range(max(5, KILLS // 10)):
        kill_one(keepers)
        time.sleep(chance.uniform(0.05, 0.2))
        wait_until("a keeper is there", keepers)
    wait_until("the reconciler answers", lambda: stack("ps", check=False).returncode == 0)
    load.ending.set()
    load.join()
    after = containers()
    for service in ("web", "counter", "asker"):
        assert after[service]["ID"] == before[service]["ID"]
        assert after[service]["Restarts"] == 0
    assert load.faults == []
    assert "FAULT" not in stack("logs", "asker").stdout
    expect_unbroken(numbered_lines())
