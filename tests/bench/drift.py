#!/usr/bin/python3
"""Measures how long what is broken below a running stack stays broken: from the damage to the repair.

usage: tests/bench/drift.py [--services 1,50] [--rounds 10] [--stack-bin build/bin/stack] [--json FILE]

Damages are single calls of this process (netlink, cgroupfs, sysfs, kill, umount, unlink), so that no other program's start is measured with
them. The repair is seen by reading the same thing again and again. Each kind of damage is done once a round, and between two
rounds there is the quiet period after which a repair is no longer damped. Needs root and the host's own network. Leaves nothing.
"""
import argparse
import ctypes
import json
import os
import signal
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from exec_events import ExecEvents

ROOT = Path(__file__).resolve().parents[2]
PROJECT = "stackdrift"
QUIET = 10.5  # kQuietPeriod of core/reconcile/backoff.h
PATIENCE = 30
NET = Path("/sys/class/net")

NETLINK_ROUTE, NETLINK_SOCK_DIAG, NETLINK_NETFILTER = 0, 4, 12
NLM_F_REQUEST, NLM_F_ACK = 1, 4
RTM_DELLINK = 17
NFNL_SUBSYS_NFTABLES, NFNL_MSG_BATCH_BEGIN, NFNL_MSG_BATCH_END = 10, 16, 17
NFT_MSG_GETTABLE, NFT_MSG_DELTABLE = 1, 2
NFPROTO_INET = 1
SOCK_DESTROY = 21
TCP_LISTEN = 10
RESOLVER = "127.0.0.11"
CLONE_NEWNET = 0x40000000


def command_of(number):
    """A command line that no other process of the machine has."""
    return ["sleep", f"{976543000 + number}"]


def compose_file(services):
    lines = ["services:"]
    for number in range(services):
        lines += [f"  s{number}:", '    image: "host:"', f"    command: {json.dumps(command_of(number))}",
                  "    restart: always", "    stop_signal: SIGKILL", "    pids_limit: 40", "    networks: [net]"]
    return "\n".join(lines + ["networks:", "  net: {}", ""])


def netlink(protocol, *messages):
    """Sends them as one piece; the errno of the last answer."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, protocol) as one:
        one.settimeout(PATIENCE)
        one.send(b"".join(messages))
        answer = one.recv(65536)
        _, kind = struct.unpack_from("=IH", answer)
        return -struct.unpack_from("=i", answer, 16)[0] if kind == 2 else 0


def message(kind, flags, body):
    return struct.pack("=IHHII", 16 + len(body), kind, NLM_F_REQUEST | flags, 1, 0) + body


def attribute(kind, text):
    data = text.encode() + b"\0"
    return struct.pack("=HH", 4 + len(data), kind) + data + b"\0" * (-len(data) % 4)


def of_table(kind, flags):
    body = struct.pack("=BBH", NFPROTO_INET, 0, 0) + attribute(1, f"stack_{PROJECT}")
    return message((NFNL_SUBSYS_NFTABLES << 8) | kind, flags, body)


def batch(kind):
    return message(kind, 0, struct.pack("=BBH", 0, 0, socket.htons(NFNL_SUBSYS_NFTABLES)))


def delete_table():
    netlink(NETLINK_NETFILTER, batch(NFNL_MSG_BATCH_BEGIN), of_table(NFT_MSG_DELTABLE, NLM_F_ACK), batch(NFNL_MSG_BATCH_END))


def has_table():
    return netlink(NETLINK_NETFILTER, of_table(NFT_MSG_GETTABLE, 0)) == 0


def delete_link(ifname):
    netlink(NETLINK_ROUTE, message(RTM_DELLINK, NLM_F_ACK, struct.pack("=BBHiII", 0, 0, 0, 0, 0, 0) + attribute(3, ifname)))


def read(file):
    try:
        return file.read_text().strip()
    except OSError:  # gone, for now
        return ""


def is_up(link):
    flags = read(NET / link / "flags")
    return bool(flags) and int(flags, 16) & 1 == 1


def is_stopped(pid):
    return read(Path(f"/proc/{pid}/stat")).rsplit(")", 1)[-1].split()[:1] == ["T"]


class NetworkOf:
    """This process in the network namespace of another, for a while."""

    def __init__(self, pid):
        self.theirs = f"/proc/{pid}/ns/net"

    def __enter__(self):
        self.own = os.open("/proc/self/ns/net", os.O_RDONLY)
        self.enter(os.open(self.theirs, os.O_RDONLY))

    def __exit__(self, *_):
        self.enter(self.own)

    @staticmethod
    def enter(namespace):
        failed = ctypes.CDLL(None, use_errno=True).setns(namespace, CLONE_NEWNET)
        os.close(namespace)
        if failed:
            raise OSError(ctypes.get_errno(), "setns")


def destroy_resolver():
    """The request of `ss -K`: inet_diag_req_v2 of the listener, whose cookie nobody needs to know."""
    port, address, none = socket.htons(53), socket.inet_aton(RESOLVER), b"\0" * 12
    wanted = struct.pack("=BBBBI", socket.AF_INET, socket.IPPROTO_TCP, 0, 0, 1 << TCP_LISTEN)
    identity = struct.pack("=HH", port, 0) + address + none + b"\0" * 16 + struct.pack("=III", 0, 0xFFFFFFFF, 0xFFFFFFFF)
    code = netlink(NETLINK_SOCK_DIAG, message(SOCK_DESTROY, NLM_F_ACK, wanted + identity))
    if code:
        raise OSError(code, "SOCK_DESTROY")


def has_resolver():
    with socket.socket() as one:
        return one.connect_ex((RESOLVER, 53)) == 0


def unmount(path):
    if ctypes.CDLL(None, use_errno=True).umount2(str(path).encode(), 0) != 0:
        raise OSError(ctypes.get_errno(), str(path))


def mounted(path):
    """Device and inode of what is there: of the file below, or of what is mounted on it."""
    status = os.stat(path)
    return status.st_dev, status.st_ino


class Target:
    """What is broken in one round: another service each time, where there is one."""

    def __init__(self, service, pid):
        self.pid = pid
        index = int(Path(f"/proc/{pid}/root/sys/class/net/eth0/iflink").read_text())
        self.veth = next(one.name for one in NET.iterdir() if read(one / "ifindex") == str(index))
        self.bridge = (NET / self.veth / "master").resolve().name
        live = Path("/run/stack", PROJECT, "live")
        self.pin, self.record = live / "ns" / f"{service}.net", live / "state" / f"{service}.json"
        self.namespace = mounted(self.pin)
        self.pids_max = next(Path("/sys/fs/cgroup").glob(f"**/stack/{PROJECT}/{service}/pids.max"))

    def write(self, link, name, value):
        (NET / link / name).write_text(value)

    def damages(self):
        """name -> (damage, whether it is mended)"""
        veth, bridge = self.veth, self.bridge
        return {
            "cgroup: pids.max": (lambda: self.pids_max.write_text("50"), lambda: read(self.pids_max) == "40"),
            "veth: mtu": (lambda: self.write(veth, "mtu", "1400"), lambda: read(NET / veth / "mtu") == "1500"),
            "veth: down": (lambda: self.write(veth, "flags", "0x1002"), lambda: is_up(veth)),
            "veth: deleted": (lambda: delete_link(veth), lambda: is_up(veth) and (NET / veth / "master").exists()),
            "bridge: mtu": (lambda: self.write(bridge, "mtu", "1400"), lambda: read(NET / bridge / "mtu") == "1500"),
            "bridge: down": (lambda: self.write(bridge, "flags", "0x1002"), lambda: is_up(bridge)),
            "firewall: table deleted": (delete_table, has_table),
            "process: stopped": (lambda: os.kill(self.pid, signal.SIGSTOP), lambda: not is_stopped(self.pid)),
            "pin: unmounted": (lambda: unmount(self.pin), lambda: mounted(self.pin) == self.namespace),
            "record: deleted": (self.record.unlink, self.record.exists),
        }


def mended_after_ms(damage, is_mended):
    start = time.monotonic_ns()
    damage()
    while not is_mended():
        if time.monotonic_ns() - start > PATIENCE * 1_000_000_000:
            raise RuntimeError("not mended")
    return (time.monotonic_ns() - start) / 1e6


def restarted_after_ms(pid, number):
    with ExecEvents(PATIENCE) as execs:
        start = time.monotonic_ns()
        os.kill(pid, signal.SIGKILL)
        for one, at in execs:
            try:
                words = Path(f"/proc/{one}/cmdline").read_bytes().decode().split("\0")[:-1]
            except OSError:  # it has ended
                continue
            if words[-2:] == command_of(number):
                return (at - start) / 1e6
    raise RuntimeError("not restarted")


def stack(options, folder, *words):
    end = subprocess.run([str(Path(options.stack_bin).resolve()), "-p", PROJECT, *words], cwd=folder, stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE, text=True)
    if end.returncode != 0:
        raise RuntimeError(f"stack {' '.join(words)}: {end.returncode}\n{end.stderr[-2000:]}")
    return end.stdout


def measure(options, services, folder):
    (Path(folder) / "compose.yaml").write_text(compose_file(services))
    figures = {}
    try:
        stack(options, folder, "up", "-d")
        for turn in range(options.rounds):
            print(f"{services} services: round {turn + 1} of {options.rounds}", file=sys.stderr, flush=True)
            pids = {one["Service"]: one["Pid"] for one in map(json.loads, stack(options, folder, "ps", "--format", "json").splitlines())}
            number = turn % services
            pid = pids[f"s{number}"]
            with NetworkOf(pid):
                figures.setdefault("resolver: destroyed", []).append(mended_after_ms(destroy_resolver, has_resolver))
            for kind, (damage, is_mended) in Target(f"s{number}", pid).damages().items():
                figures.setdefault(kind, []).append(mended_after_ms(damage, is_mended))
                time.sleep(0.1)  # what the damage brought with it is over
            figures.setdefault("process: killed", []).append(restarted_after_ms(pid, number))
            time.sleep(QUIET)
    finally:
        stack(options, folder, "down", "-t", "0")
    return figures


def p99(values):
    return sorted(values)[max(0, -(-len(values) * 99 // 100) - 1)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--services", default="1,50", help="numbers of services, with commas (200 takes a while)")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--stack-bin", default=ROOT / "build/bin/stack")
    parser.add_argument("--json", help="all figures, into this file")
    options = parser.parse_args()
    all_figures = {}
    with tempfile.TemporaryDirectory(prefix=PROJECT) as folder:
        for services in map(int, options.services.split(",")):
            all_figures[services] = measure(options, services, folder)
    if options.json:
        Path(options.json).write_text(json.dumps(all_figures, indent=1))
    print(f"ms from the damage to the repair, {options.rounds} rounds, {os.cpu_count()} processors, Linux {os.uname().release}")
    print(f"{'services':>8}  {'damage':<24}  {'median':>7}  {'p99':>7}")
    for services, figures in all_figures.items():
        for kind, values in figures.items():
            print(f"{services:>8}  {kind:<24}  {statistics.median(values):>7.1f}  {p99(values):>7.1f}")


if __name__ == "__main__":
    main()
