#!/usr/bin/python3
"""Measures the reading of files: `stack config` of one with 200 services, and `stack check` of 600.

usage: tests/bench/files.py [--rounds 11] [--stack-bin build/bin/stack]

Prints medians beside what they may be, and ends with 1 where one is above. Needs no root, and changes nothing.
"""
import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SERVICES = 200
FILES = 600

SERVICE = """\
  s{n}:
    <<: *defaults
    image: registry.example.com/team/app{n}:${{TAG:-1.{n}}}
    command: [serve, --port, "80{n:03}", --name, "s{n}"]
    environment:
      DATABASE_URL: postgres://app:${{PASSWORD:-secret}}@db:5432/app{n}
      LOG_LEVEL: info
      WORKERS: "4"
    ports: ["127.0.0.1:{port}:80"]
    volumes: ["data{n}:/data", "./etc/{n}:/etc/app:ro"]
    networks: [front, back]
    healthcheck: {{test: [CMD, curl, -f, "http://localhost"], interval: 10s, timeout: 2s, retries: 5}}
    depends_on: {depends}
    labels: {{com.example.team: shop, com.example.number: "{n}"}}
    deploy: {{resources: {{limits: {{cpus: "0.5", memory: 256m}}}}}}
"""


def stack_file(services):
    """As people write them: defaults by anchor, variables, ports, volumes, health checks."""
    text = "x-defaults: &defaults {restart: unless-stopped, cap_drop: [ALL], read_only: true, logging: {options: {max-size: 10m}}}\nservices:\n"
    for n in range(services):
        text += SERVICE.format(n=n, port=20000 + n, depends=f"{{s{n - 1}: {{condition: service_healthy}}}}" if n else "[]")
    text += "networks: {front: {}, back: {internal: true}}\nvolumes:\n" + "".join(f"  data{n}: {{}}\n" for n in range(services))
    return text


def run(command, folder):
    """Milliseconds, and the peak of its memory in MB."""
    begin = time.monotonic()
    child = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    took = (time.monotonic() - begin) * 1000
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        raise RuntimeError(f"{command[1]} ended with {child.returncode}")
    return took, usage.ru_maxrss / 1000


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--stack-bin", default=ROOT / "build/bin/stack")
    options = parser.parse_args()
    stack = str(Path(options.stack_bin).resolve())
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "compose.yaml").write_text(stack_file(SERVICES))
        names = [f"f{n}.yaml" for n in range(FILES)]
        for n, name in enumerate(names):
            Path(folder, name).write_text(stack_file(1 + n % 12))
        config = [run([stack, "-p", "bench", "config"], folder) for _ in range(options.rounds)]
        check = [run([stack, "-p", "bench", "check", *names], folder) for _ in range(options.rounds)]
    rows = [(f"stack config, {SERVICES} services", statistics.median(t for t, _ in config), 30, "ms"),
            (f"stack config, {SERVICES} services, peak memory", statistics.median(m for _, m in config), 30, "MB"),
            (f"stack check, {FILES} files", statistics.median(t for t, _ in check), 3000, "ms")]
    for what, figure, most, unit in rows:
        print(f"{what:45} {figure:8.1f} {unit}  of {most}")
    sys.exit(any(figure > most for _, figure, most, _ in rows))


main()
