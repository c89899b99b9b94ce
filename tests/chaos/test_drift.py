"""What is broken at random below running stacks, again and again and under load, is whole again when it ends.

STACK_CHAOS_DRIFT: seconds of it (10); STACK_CHAOS_SEED: which damages, as a failed run prints it; STACK_CHAOS_PAUSE: seconds
from one to the next (0.05).
"""
import os
import random
import sys
import threading
import time
import urllib.request
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from damages import DIES, KINDS, LIMITS, write  # noqa: E402
from target import FORWARDING, Target, read  # noqa: E402  (which also finds the tests of integration)
import census  # noqa: E402
import ports  # noqa: E402

SECONDS = float(os.environ.get("STACK_CHAOS_DRIFT", "10"))
SEED = int(os.environ.get("STACK_CHAOS_SEED", "1"))
PAUSE = float(os.environ.get("STACK_CHAOS_PAUSE", "0.05"))
PATIENCE = int(os.environ.get("STACK_CHAOS_PATIENCE", "180"))
# These break the same thing once, and look at it closely: tests/integration/test_drift.py.
DONE_THERE = {"veth deleted", "veth down", "veth out of its bridge", "veth mtu", "port isolated", "port without flooding",
              "port held back", "bridge deleted", "bridge down", "bridge address removed", "bridge mtu",
              "bridge spanning tree", "route removed", "route of IPv6 removed", "rate limit deleted", "rate limit changed",
              "table deleted", "table flushed", "chain flushed", "rule added", "limit rewritten",
              "forwarding of the bridge, IPv4", "forwarding of the host, IPv4"}


def until(condition, what):
    end = time.monotonic() + PATIENCE
    while not (value := condition()):
        assert time.monotonic() < end, f"never: {what() if callable(what) else what}"
        time.sleep(0.05)
    return value


def answers(port):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=1) as answer:
            return answer.status == 200
    except OSError:
        return False


def finds(target, name):
    script = f"import socket; socket.getaddrinfo({name!r}, 80)"
    return target.run("exec", "-T", "asker", "python3", "-c", script, check=False).returncode == 0


class Load(threading.Thread):
    """Of HTTP; `asker` of each stack is that of DNS. What is broken may not answer: it only goes on."""

    def __init__(self, targets):
        super().__init__(daemon=True)
        self.targets, self.ending = targets, threading.Event()

    def run(self):
        while not self.ending.is_set():
            for target in self.targets:
                answers(target.port)
            time.sleep(0.005)

    def end(self):
        self.ending.set()
        self.join()


class ProcessorTime(threading.Thread):
    """What the reconcilers of a stack used, whichever they were."""

    def __init__(self, target):
        super().__init__(daemon=True)
        self.target, self.ending, self.ticks = target, threading.Event(), {}

    def look(self):
        for pid in self.target.reconciler():
            if stat := read(f"/proc/{pid}/stat"):
                self.ticks[pid] = sum(map(int, stat.rsplit(")", 1)[1].split()[11:13]))

    def run(self):
        while not self.ending.wait(0.1):
            self.look()

    def end(self):
        """Seconds."""
        self.ending.set()
        self.join()
        self.look()
        return sum(self.ticks.values()) / os.sysconf("SC_CLK_TCK")


@pytest.fixture(scope="module")
def targets(tmp_path_factory):
    """Makes stacks, or gives those there are; afterwards nothing of them is left, and the host forwards as it did."""
    before, settings = census.take(), {name: read(f"/proc/sys/net/{name}") for name in FORWARDING}
    made = []

    def make(count):
        for number in range(len(made), count):
            folder = tmp_path_factory.mktemp(f"chaosdrift{number}")
            made.append(Target(f"chaosdrift{number}", folder, ports.free_port()))
            made[-1].up()
        return made[:count]

    yield make
    for target in made:
        target.run("down", "-t", "0")
    for name, value in settings.items():
        write(f"/proc/sys/net/{name}", value)
    census.expect(before, 30)


def expect_whole(target):
    """Everything is as it was when the stack was up, and at rest."""
    def is_planned():
        end = target.run("plan", check=False)
        return end.returncode == 0

    until(target.all_run, lambda: f"all run: {target.containers()}")
    until(lambda: not target.differences(), target.differences)
    until(is_planned, lambda: target.run("plan", check=False).stdout)
    until(lambda: answers(target.port), "HTTP on the published port")
    until(lambda: finds(target, "db") and finds(target, "web"), "DNS")
    until(lambda: not unmended(target), lambda: f"mended is told: {unmended(target)}")
    now = target.identities()
    alive = set(target.processes) - target.killed
    assert {service: now[service] for service in alive} == {service: target.processes[service] for service in alive}


def unmended(target):
    last = {}
    for event in target.events():
        if event["type"] == "drift":
            last[event["id"]] = event
    return [event for event in last.values() if event["action"] == "drift"]


def switches(pid):
    return sum(int(line.split()[1]) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if "ctxt_switches" in line)


def expect_rest(target):
    """Nobody works on when there is nothing to be done and nobody asks; memory is given back a second after."""
    target.run("pause", "asker")
    time.sleep(2)
    pid, = target.reconciler()
    before = switches(pid)
    time.sleep(1)
    assert switches(pid) == before
    target.run("unpause", "asker")


def open_files(pid):
    return sorted(os.readlink(one) for one in Path(f"/proc/{pid}/fd").iterdir())


def resident_kib(pid):
    return next(int(line.split()[1]) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if "VmRSS" in line)


def expect_no_leak(target):
    """One reconciler has as many descriptors as its successor, who has just begun, and not much more memory."""
    def one():
        target.run("ps")
        pid, = until(target.reconciler, "a reconciler")
        return pid

    old = one()
    before, memory = open_files(old), resident_kib(old)
    KINDS["reconciler killed"](target, random)
    new = until(lambda: one() if old not in target.reconciler() else None, "a successor")
    after = open_files(new)
    print(f"{target.name}: {len(before)} descriptors, {memory} KiB; its successor: {len(after)}, {resident_kib(new)} KiB")
    assert len(before) <= len(after) + 2, f"{before}\n{after}"
    assert memory < resident_kib(new) + 4096


def harm(targets, kinds, chance):
    """How many damages there were."""
    begin, count = time.monotonic(), 0
    while (now := time.monotonic() - begin) < SECONDS:
        target, name = chance.choice(targets), chance.choice(sorted(kinds))
        print(f"{now:7.2f} {target.name}: {name}")
        KINDS[name](target, chance)
        count += 1
        time.sleep(max(0, begin + count * PAUSE - time.monotonic()))
    return count


@pytest.mark.parametrize("name", sorted(set(KINDS) - DONE_THERE - DIES))
def test_one_damage_is_mended_and_told(targets, name):
    target, = targets(1)
    before = target.mended()
    KINDS[name](target, random.Random(SEED))
    until(lambda: target.mended() > before, f"mended is told: {target.differences()}")
    expect_whole(target)


def test_every_limit_that_is_rewritten_is_written_back(targets):
    target, = targets(1)
    files = target.limits_of("web")
    assert len(files) >= 5, files
    for name, file in files.items():
        before = file.read_text()
        write(file, LIMITS[name])
        until(lambda: file.read_text() == before, name)
    expect_whole(target)


# Last: there is one stack alone until here, and nobody else who would mend what is the host's.
@pytest.mark.parametrize("count, kinds", [(1, set(KINDS) - DIES), (1, KINDS), (2, KINDS)],
                         ids=["nobody dies", "alone", "two beside each other"])
def test_random_damages_under_load_are_all_mended(targets, count, kinds):
    print(f"STACK_CHAOS_SEED={SEED}")
    stacks = targets(count)
    reconcilers = [target.reconciler() for target in stacks]
    meters = [ProcessorTime(target) for target in stacks]
    load = Load(stacks)
    for thread in [load, *meters]:
        thread.start()
    done = harm(stacks, kinds, random.Random(SEED))
    for target in stacks:
        expect_whole(target)
    load.end()
    used = [meter.end() for meter in meters]
    print(f"{done} damages, seconds of processor time: {used}")
    if not DIES & set(kinds):
        assert [target.reconciler() for target in stacks] == reconcilers
    for target in stacks:
        expect_rest(target)
        expect_no_leak(target)
    # Bounded by what was done to it: a look and a repair each, no loop.
    assert sum(used) < 1 + 0.05 * done
