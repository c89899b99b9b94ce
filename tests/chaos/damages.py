"""The kinds of damage that the drift fuzzer does: a table, one function each.

A function gets the target and a source of chance. What it wants to break may be broken already: that is no fault. Who adds a
kind adds its name to `DIES` where a process is what ends: there is no event `mended` then, but a new process.
"""
import os
import signal
import subprocess
from pathlib import Path

KINDS = {}  # name -> function(target, chance)
DIES = set()  # those that end a process
# What is written into a control file instead of what is there; the containers live with it.
LIMITS = {
    "memory.limit_in_bytes": str(96 << 20), "memory.memsw.limit_in_bytes": str(512 << 20),
    "memory.soft_limit_in_bytes": str(16 << 20), "pids.max": "77", "cpu.shares": "300",
    "cpu.cfs_quota_us": "70000", "cpu.cfs_period_us": "90000", "cpuset.cpus": "0-1", "blkio.bfq.weight": "55",
    "memory.max": str(96 << 20), "memory.swap.max": str(512 << 20), "memory.low": str(16 << 20),
    "cpu.max": "70000 90000", "cpu.weight": "55", "io.weight": "default 55",
}


def kind(name):
    def add(function):
        KINDS[name] = function
        return function
    return add


def sh(*words, text=None):
    subprocess.run(words, input=text, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True, check=False)


def write(path, text):
    try:
        Path(path).write_text(text)
    except OSError:
        pass


def kill(pids):
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


# Processes

@kind("process killed")
def kill_process(target, chance):
    """Found by its cgroup: whom the reconciler would tell may have ended, and its pid be another's."""
    service = chance.choice(sorted(target.processes))
    file = target.limit_files(service).get("cgroup.procs")
    try:
        pids = file.read_text().split() if file else []
    except OSError:
        return
    if pids:
        target.killed.add(service)
        kill([int(pids[0])])


@kind("reconciler killed")
def kill_reconciler(target, chance):
    if target.guarded():
        kill(target.reconciler())


@kind("keeper killed")
def kill_keeper(target, chance):
    if target.guarded():
        kill(target.keeper())


DIES |= {"process killed", "reconciler killed", "keeper killed"}


# Links by one command: B is a bridge, V the host's end of a veth, O the bridge that it is not on.

COMMANDS = {
    "veth deleted": "ip link del V",
    "veth down": "ip link set V down",
    "veth out of its bridge": "ip link set V nomaster",
    "veth in the other bridge": "ip link set V master O",
    "veth mtu": "ip link set V mtu 1280",
    "veth renamed": "ip link set V down name tdriftv",
    "port isolated": "bridge link set dev V isolated on",
    "port without flooding": "bridge link set dev V flood off learning off",
    "port held back": "bridge link set dev V state 0",
    "bridge deleted": "ip link del B",
    "bridge down": "ip link set B down",
    "bridge address removed": "ip address flush dev B",
    "bridge mtu": "ip link set B mtu 1300",
    "bridge mac": "ip link set B address 02:00:00:00:00:99",
    "bridge alias": "ip link set NAMED alias somebody's",
    "bridge spanning tree": "ip link set B type bridge stp_state 1",
    "bridge renamed": "ip link set B name tdriftb",
    "bridge snooping": "ip link set B type bridge mcast_snooping 1",
    "route removed": "ip -4 route flush dev B",
    "route of IPv6 removed": "ip -6 route flush dev B",
    "route to ::1 removed": "ip -6 route del local ::1 dev B table local",
    "rate limit deleted": "tc qdisc del dev LIMITED root",
    "rate limit changed": "tc qdisc replace dev LIMITED root tbf rate 5mbit burst 16k latency 50ms",
    "another queue": "tc qdisc replace dev LIMITED root pfifo limit 10",
}


def by_command(command):
    def harm(target, chance):
        veth = chance.choice(target.veths)
        other = next(bridge for bridge in target.bridges if bridge != target.whole[veth]["master"])
        words = {"B": chance.choice(target.bridges), "V": veth, "O": other, "LIMITED": chance.choice(target.limited),
                 "NAMED": target.named}
        sh(*(words.get(word, word) for word in command.split()))
    return harm


for _name, _command in COMMANDS.items():
    kind(_name)(by_command(_command))


# The firewall

def nft(target, text):
    sh("nft", "-f", "-", text=text.replace("TABLE", f"inet stack_{target.name}"))


@kind("table deleted")
def delete_table(target, chance):
    nft(target, "delete table TABLE")


@kind("table flushed")
def flush_table(target, chance):
    nft(target, "flush table TABLE")


@kind("chain flushed")
def flush_chain(target, chance):
    nft(target, f"flush chain TABLE {chance.choice(['raw', 'published', 'postrouting', 'forward', 'input'])}")


@kind("rule deleted")
def delete_rule(target, chance):
    end = subprocess.run(["nft", "-a", "list", "chain", "inet", f"stack_{target.name}", "forward"],
                         stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False)
    handles = [line.split()[-1] for line in end.stdout.splitlines() if "# handle" in line and "chain" not in line]
    if handles:
        nft(target, f"delete rule TABLE forward handle {chance.choice(handles)}")


@kind("rule added")
def add_rule(target, chance):
    nft(target, f"{chance.choice(['add', 'insert'])} rule TABLE forward accept")


@kind("table put again by somebody else")
def replace_table(target, chance):
    """All of it, and a rule of theirs."""
    if text := target.table():
        nft(target, f"delete table TABLE\n{text}\ninsert rule TABLE postrouting accept")


# Limits and settings

@kind("limit rewritten")
def rewrite_limit(target, chance):
    service = chance.choice(sorted(target.processes))
    files = target.limits_of(service)
    if files:
        name = chance.choice(sorted(files))
        write(files[name], LIMITS[name])


def stop_forwarding(version, of_whom):
    def harm(target, chance):
        bridge = chance.choice(target.bridges)
        name = {"bridge": f"ipv{version}/conf/{bridge}", "host": f"ipv{version}/conf/all"}[of_whom]
        write(f"/proc/sys/net/{name}/forwarding", "0")
    return harm


for _version in 4, 6:
    for _whom in "bridge", "host":
        kind(f"forwarding of the {_whom}, IPv{_version}")(stop_forwarding(_version, _whom))
