#!/usr/bin/python3
"""Measures stack beside the floor (the bare system calls, tests/bench/floor) and, where installed, docker compose and podman-compose.

usage: tests/bench/bench.py [--services 1,5,20,50] [--rounds 5] [--stack-bin build/bin/stack] [--image busybox] [--json FILE]

Every round measures every tool at every size, so that a busy moment of the machine meets all of them. What is printed are
medians, and each tool's ratio to the floor (to stack, where there is no floor). Needs root. Leaves nothing behind.

What floor and stack write to the disk goes to an ext4 of this run's own, in a mount namespace of its own: what this machine's
file system went through before is not to count. (An ext4 without a journal, as on build machines, passes over each inode that
was deleted within the last minutes: recently_deleted() in fs/ext4/ialloc.c. That alone was a fifth of an `up`.)
"""
import argparse
import ctypes
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from exec_events import ExecEvents

ROOT = Path(__file__).resolve().parents[2]
PROJECT = "stackbench"
METRICS = {"up": "ms", "up again": "ms", "down": "ms", "restart": "ms", "memory": "MiB"}
RESTARTS = 5  # a round
PATIENCE = 60
CLONE_NEWNS = 0x00020000
DISK = "/var/lib/stack"
DISK_BYTES = 1 << 30
REST = 2


def command_of(number):
    """A command line that no other process of the machine has: by it a service's process is found, whoever started it."""
    return ["sleep", f"{987654000 + number}"]


def compose_file(services, image):
    """Services that obey at once: a program that is 1 in its pid namespace ignores a SIGTERM that it has no handler for."""
    lines = ["services:"]
    for number in range(services):
        lines += [f"  s{number}:", f'    image: "{image}"', f"    command: {json.dumps(command_of(number))}",
                  "    restart: always", "    stop_signal: SIGKILL", "    networks: [net]"]
    return "\n".join(lines + ["networks:", "  net: {}", ""])


def argv_of(pid):
    """Empty for a kernel thread, a zombie, and what is gone."""
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return file.read().decode(errors="replace").split("\0")[:-1]
    except (FileNotFoundError, ProcessLookupError):
        return []


def processes():
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def process_of(number):
    want = command_of(number)
    found = [pid for pid in processes() if argv_of(pid)[-2:] == want]
    if len(found) != 1:
        raise RuntimeError(f"service s{number} has {len(found)} processes")
    return found[0]


def pss_mib(pids):
    total = 0
    for pid in pids:
        try:
            text = Path(f"/proc/{pid}/smaps_rollup").read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue
        total += sum(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))
    return total / 1024


def restart_ms(number):
    """From the kill to the successor's exec."""
    old = process_of(number)
    want = command_of(number)
    with ExecEvents(PATIENCE) as execs:
        start = time.monotonic_ns()
        os.kill(old, signal.SIGKILL)
        return next((at - start) / 1e6 for pid, at in execs if argv_of(pid)[-2:] == want)


def run(command, **options):
    start = time.perf_counter()
    end = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
    took = (time.perf_counter() - start) * 1000
    if end.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command))}: exit {end.returncode}\n{end.stdout[-2000:]}")
    return took, end.stdout


class Floor:
    name = "floor"

    def __init__(self, program):
        self.program = program

    def measure(self, services, _folder):
        """The best of one job and two: what this machine can do."""
        best = {}
        for jobs in (1, 2):
            figures = json.loads(run([self.program, "--services", services, "--jobs", jobs])[1])
            for metric in ("up", "down"):
                best[metric] = min(best.get(metric, float("inf")), figures[f"{metric}_ms"])
        return best


class Composer:
    """Any tool with the verbs of Compose. `daemons` tells from its argv whether a process is the tool's own."""

    def __init__(self, name, command, image, daemons):
        self.name, self.command, self.image, self.daemons = name, command, image, daemons

    def verb(self, folder, *words):
        return run([*self.command, "-p", PROJECT, "-f", "compose.yaml", *words], cwd=folder)[0]

    def measure(self, services, folder):
        (folder / "compose.yaml").write_text(compose_file(services, self.image))
        figures = {}
        try:
            figures["up"] = self.verb(folder, "up", "-d")
            figures["up again"] = self.verb(folder, "up", "-d")
            time.sleep(REST)  # what a stack takes is what it takes at rest
            figures["memory"] = pss_mib(pid for pid in processes() if self.daemons(argv_of(pid)))
            # Each service once, where there are enough of them: a second death at once would meet a back-off.
            figures["restart"] = statistics.median(restart_ms(number) for number in range(min(RESTARTS, services)))
        finally:
            figures["down"] = self.verb(folder, "down")
        return figures


def is_stack_process(argv):
    if len(argv) < 2 or PROJECT not in argv:
        return False
    return Path(argv[0]).name == "stack-keeper" or (Path(argv[0]).name == "stack" and argv[1] == "reconcile")


def named(*names):
    return lambda argv: bool(argv) and Path(argv[0]).name.startswith(names)


def answers(*command):
    try:
        return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=20).returncode == 0
    except (FileNotFoundError, subprocess.TimeoutExpired):
        return False


def tools_of(options):
    binaries = Path(options.stack_bin).resolve()
    floor = Path(options.floor or binaries.parent / "floor")
    tools = []
    if floor.exists():
        tools.append(Floor(floor))
    else:
        print(f"no floor: {floor} is not built (ninja floor)", file=sys.stderr)
    tools.append(Composer("stack", [binaries], "host:", is_stack_process))
    if answers("docker", "compose", "version") and answers("docker", "info"):
        tools.append(Composer("docker", ["docker", "compose"], options.image, named("dockerd", "containerd", "docker-proxy")))
    if shutil.which("podman-compose") and answers("podman", "info"):
        tools.append(Composer("podman", ["podman-compose"], options.image, named("podman", "conmon", "aardvark-dns")))
    return tools


def measure_all(tools, sizes, rounds, folder):
    """(tool, size, metric) -> the figures of all rounds."""
    figures = {}
    for turn in range(rounds):
        for size in sizes:
            for tool in tools[turn % len(tools):] + tools[:turn % len(tools)]:
                print(f"round {turn + 1} of {rounds}: {tool.name}, {size} services", file=sys.stderr, flush=True)
                for metric, figure in tool.measure(size, folder).items():
                    figures.setdefault((tool.name, size, metric), []).append(figure)
    return figures


def cells_of(medians, names):
    """Each median, and in brackets how many times that of the first tool that has one."""
    cells = []
    first = next(iter(medians), None)
    for name in names:
        if name not in medians:
            cells.append("-")
        elif name == first:
            cells.append(f"{medians[name]:.1f}")
        else:
            cells.append(f"{medians[name]:.1f} ({medians[name] / medians[first]:.2f}x)")
    return cells


def table(figures, tools, sizes):
    names = [tool.name for tool in tools]
    rows = [["services", "what", "unit", *names]]
    for size in sizes:
        for metric, unit in METRICS.items():
            medians = {name: statistics.median(figures[name, size, metric]) for name in names if (name, size, metric) in figures}
            rows.append([str(size), metric, unit, *cells_of(medians, names)])
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join("  ".join(cell.rjust(width) for cell, width in zip(row, widths)) for row in rows)


def have_own_disk(folder):
    """At /var/lib/stack, for this process and what it starts."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNS) != 0:
        raise OSError(ctypes.get_errno(), "make a mount namespace")
    image = folder / "disk"
    with open(image, "wb") as file:
        file.truncate(DISK_BYTES)
    os.makedirs(DISK, mode=0o711, exist_ok=True)
    for command in (["mount", "--make-rprivate", "/"], ["mkfs.ext4", "-q", image], ["mount", "-o", "loop", image, DISK]):
        run(command)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--services", default="1,5,20,50", help="numbers of services, with commas")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--stack-bin", default=ROOT / "build/bin/stack")
    parser.add_argument("--floor", help="the floor program; otherwise the one beside stack")
    parser.add_argument("--image", default="docker.io/library/busybox", help="what docker and podman run")
    parser.add_argument("--json", help="all figures, into this file")
    options = parser.parse_args()
    sizes = [int(word) for word in options.services.split(",")]
    tools = tools_of(options)
    with tempfile.TemporaryDirectory(prefix=PROJECT) as folder:
        have_own_disk(Path(folder))
        try:
            figures = measure_all(tools, sizes, options.rounds, Path(folder))
        finally:
            run(["umount", DISK])
    if options.json:
        rows = [{"tool": t, "services": s, "what": m, "figures": f} for (t, s, m), f in figures.items()]
        Path(options.json).write_text(json.dumps(rows, indent=1))
    print(f"medians of {options.rounds} rounds, {os.cpu_count()} processors, Linux {os.uname().release}")
    print(table(figures, tools, sizes))


main()
