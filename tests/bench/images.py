#!/usr/bin/python3
"""Measures images: pull and unpack beside podman and skopeo + umoci, and the start from one of 30 layers beside the floor.

usage: tests/bench/images.py [--rounds 5] [--stack-bin build/bin/stack] [--images FOLDER] [--json FILE]

The image is PostgreSQL on Debian with a layer that brings it to 200 MB, in a registry on loopback. Each round begins with empty
stores and measures every tool. "ours" is the peak of our own processes (VmHWM of each, the largest), "largest" that of any process,
skopeo's too. What is printed are medians, and in brackets their ratio to the first column. Needs root, and
docker-registry, skopeo and mmdebstrap; podman and umoci are measured where they are installed. Leaves nothing behind.
"""
import argparse
import json
import os
import pickle
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests/e2e"), str(ROOT / "tests/integration")]
import debian_images  # noqa: E402
import image_factory as factory  # noqa: E402
from environment import Environment  # noqa: E402
from registry import Registry  # noqa: E402

PROJECT = "stackbenchimages"
SIZE = 200 << 20
LAYERS = 30
UNITS = {"ms": "ms", "ours": "MiB", "largest": "MiB"}


def status_kib(pid, key):
    try:
        with open(f"/proc/{pid}/status") as file:
            return next((int(line.split()[1]) for line in file if line.startswith(key + ":")), 0)
    except (FileNotFoundError, ProcessLookupError):
        return 0


class Peaks(threading.Thread):
    """The high water in KiB of each process of a session, looked up so often that little can be missed.

    Not by wait4(2): its figure begins with that of the process that forked, which is this one.
    """

    def __init__(self, ours):
        super().__init__(daemon=True)
        self.ours, self.sessions, self.ending = ours, set(), threading.Event()
        self.old = set(os.listdir("/proc"))
        self.largest = self.largest_of_ours = 0

    def run(self):
        while not self.ending.wait(0.004):
            for pid in set(os.listdir("/proc")) - self.old:
                if pid.isdigit():
                    self._look(pid)

    def _look(self, pid):
        try:
            name, _, rest = Path(f"/proc/{pid}/stat").read_text().partition("(")[2].rpartition(")")
        except OSError:
            return
        if int(rest.split()[3]) not in self.sessions:
            self.old.add(pid)
            return
        peak = status_kib(pid, "VmHWM")
        if name == "python3":  # not yet what it is to execute
            return
        self.largest = max(self.largest, peak)
        if self.ours and name.startswith(self.ours):
            self.largest_of_ours = max(self.largest_of_ours, peak)


def timed(commands, environment, cwd, ours=None):
    """{ms, largest, and ours where a name of processes is given} of commands one after another."""
    os.sync()
    peaks = Peaks(ours)
    start = time.perf_counter()
    with tempfile.TemporaryFile("w+") as said:
        # One session for all, which is the shell's.
        process = subprocess.Popen(["sh", "-c", " && ".join(shlex.join(map(str, command)) for command in commands)], cwd=cwd, env=environment,
                                   stdout=said, stderr=said, stdin=subprocess.DEVNULL, start_new_session=True)
        peaks.sessions.add(process.pid)
        peaks.start()
        code = process.wait()
        figures = {"ms": (time.perf_counter() - start) * 1000}
        peaks.ending.set()
        peaks.join()
        said.seek(0)
        if code != 0:
            raise RuntimeError(f"{commands}: {code}\n{said.read()[-2000:]}")
    figures["largest"] = peaks.largest / 1024
    if ours:
        figures["ours"] = peaks.largest_of_ours / 1024
    return figures


class Bench:
    def __init__(self, options, folder):
        self.stack = Path(options.stack_bin).resolve()
        self.floor = self.stack.parent / "floor"
        self.folder = folder
        self.settings = folder / "settings"
        self.settings.mkdir()
        self.environment = Environment(self.settings)
        self.registry = Registry(folder / "registry").start()
        self.environment.trust(self.registry.host)
        self.images(options)

    @property
    def variables(self):
        return self.environment.variables()

    def images(self, options):
        workshop = Path(options.images or self.folder / "workshop")
        workshop.mkdir(parents=True, exist_ok=True)
        if not (workshop / "images").exists():
            (workshop / "images").write_bytes(pickle.dumps(debian_images.make(workshop)))
        base = pickle.loads((workshop / "images").read_bytes())["postgres"]
        missing = max(SIZE - sum(layer.size for layer in base.layers), 1)
        padding = [factory.folder("srv")] + [factory.file(f"srv/{i}", os.urandom(missing // 64)) for i in range(64)]
        image = factory.Image([*base.layers, factory.layer(workshop, padding)], base.config)
        self.big = image.push(self.registry.reference("big:1"), self.variables, self.folder)
        print(f"{sum(layer.size for layer in image.layers) / 1e6:.0f} MB in {len(image.layers)} layers", file=sys.stderr)
        tiny = factory.layer(workshop, debian_images.busybox_entries())
        more = [factory.layer(workshop, [factory.folder("etc"), factory.file(f"etc/layer-{i}", os.urandom(1000))]) for i in range(LAYERS - 1)]
        config = {"Cmd": ["sleep", "infinity"], "Env": [f"PATH={debian_images.PATH}"]}
        self.many = factory.Image([tiny, *more], config).push(self.registry.reference("many:1"), self.variables, self.folder)
        self.one = factory.Image([factory.layer(workshop, debian_images.busybox_entries(), "none")], config).push(
            self.registry.reference("one:1"), self.variables, self.folder)

    def run_stack(self, *words, check=True):
        return subprocess.run([self.stack, "-p", PROJECT, *words], cwd=self.folder, env=self.variables, check=check, stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE)

    def write(self, image):
        (self.folder / "compose.yaml").write_text(f'services: {{s: {{image: "{image}", stop_signal: SIGKILL}}}}\n')

    # Each gives {what: figure}; the store is empty before, and again after.
    def pull_stack(self):
        self.write(self.big)
        self.run_stack("rmi", self.big, check=False)
        try:
            return timed([[self.stack, "-p", PROJECT, "pull"]], self.variables, self.folder, ours="stack")
        finally:
            self.run_stack("rmi", self.big, check=False)
            self.run_stack("image", "prune", "-f", check=False)

    def podman(self, *words):
        place = self.folder / "podman"
        return ["podman", "--root", place / "root", "--runroot", place / "run", "--storage-driver", "overlay", "--cgroup-manager", "cgroupfs", *words]

    def pull_podman(self):
        variables = {key: value for key, value in self.variables.items() if key != "CONTAINERS_STORAGE_CONF"}
        try:
            return timed([self.podman("pull", "-q", self.big)], variables, self.folder)
        finally:
            self.remove_podman()

    def remove_podman(self):
        place = self.folder / "podman"
        subprocess.run(["umount", "-q", place / "root/overlay"], check=False, stderr=subprocess.DEVNULL)
        shutil.rmtree(place, ignore_errors=True)

    def pull_umoci(self):
        layout, bundle = self.folder / "layout", self.folder / "bundle"
        try:
            return timed([["skopeo", "copy", "-q", f"docker://{self.big}", f"oci:{layout}:x"], ["umoci", "unpack", "--image", f"{layout}:x", bundle]],
                         self.variables, self.folder)
        finally:
            for place in (layout, bundle):
                shutil.rmtree(place, ignore_errors=True)

    def start_floor(self):
        return {"ms": json.loads(subprocess.run([self.floor, "--services", "1"], stdout=subprocess.PIPE, check=True).stdout)["up_ms"]}

    def start_stack(self, image):
        """Up and down once before, so that the image is here and its files are warm."""
        self.write(image)
        for _ in range(2):
            figures = timed([[self.stack, "-p", PROJECT, "up", "-d"]], self.variables, self.folder)
            self.run_stack("down", "-t", "0")
        return {"ms": figures["ms"]}

    def measures(self):
        pulls = {"stack": self.pull_stack}
        if shutil.which("podman"):
            pulls["podman"] = self.pull_podman
        if shutil.which("umoci"):
            pulls["skopeo+umoci"] = self.pull_umoci
        starts = {"floor": self.start_floor} if self.floor.exists() else {}
        starts |= {f"{LAYERS} layers": lambda: self.start_stack(self.many), "1 layer": lambda: self.start_stack(self.one),
                   "host:": lambda: self.start_stack("host:\", command: \"sleep infinity")}
        return {"pull and unpack 200 MB": pulls, f"start from {LAYERS} layers": starts}

    def end(self):
        self.run_stack("down", "-t", "0", check=False)
        for image in (self.big, self.many, self.one):
            self.run_stack("rmi", image, check=False)
        self.remove_podman()
        self.registry.stop()


def measure_all(bench, rounds):
    figures = {}
    for turn in range(rounds):
        for what, tools in bench.measures().items():
            for tool, measure in list(tools.items())[turn % len(tools):] + list(tools.items())[:turn % len(tools)]:
                print(f"round {turn + 1} of {rounds}: {what}: {tool}", file=sys.stderr, flush=True)
                try:
                    measured = measure()
                except RuntimeError as fault:
                    print(fault, file=sys.stderr)
                    continue
                for key, figure in measured.items():
                    figures.setdefault(what, {}).setdefault(key, {}).setdefault(tool, []).append(figure)
    return figures


def table(figures, bench):
    lines = []
    for what, keys in figures.items():
        names = [tool for tool in bench.measures()[what] if any(tool in tools for tools in keys.values())]
        rows = [[what, "unit", *names]]
        for key, unit in UNITS.items():
            medians = {tool: statistics.median(rounds) for tool, rounds in keys.get(key, {}).items()}
            first = next((medians[name] for name in names if name in medians), None)
            cells = ["-" if name not in medians else f"{medians[name]:.1f} ({medians[name] / first:.2f}x)" for name in names]
            if medians:
                rows.append([key, unit, *cells])
        widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
        lines += ["  ".join(cell.rjust(width) for cell, width in zip(row, widths)) for row in rows] + [""]
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--stack-bin", default=ROOT / "build/bin/stack")
    parser.add_argument("--images", help="a folder where Debian's images are kept for the next run")
    parser.add_argument("--json", help="all figures, into this file")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix=PROJECT, dir="/var/tmp") as folder:
        bench = Bench(options, Path(folder))
        try:
            figures = measure_all(bench, options.rounds)
            text = table(figures, bench)
        finally:
            bench.end()
    if options.json:
        Path(options.json).write_text(json.dumps(figures, indent=1))
    print(f"medians of {options.rounds} rounds, {os.cpu_count()} processors, Linux {os.uname().release}")
    print(text)


main()
