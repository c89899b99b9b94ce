"""What is broken below a running stack comes back by itself, and no process is disturbed by it."""
import json
import os
import signal
import subprocess
from pathlib import Path

import pytest
import reconciler

STACK = """
    services:
      web: {image: "host:", command: [python3, -m, http.server, "8000"], networks: [front, back],
            ports: ["127.0.0.1::8000"]}
      db: {image: "host:", command: [python3, -m, http.server, "8000"], networks: [back]}
    networks: {front: {}, back: {internal: true}}
"""


def sh(*words):
    end = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    assert end.returncode == 0, f"{' '.join(words)}: {end.stderr}"
    return end.stdout


def links(kind):
    """Links of the host by name, as `ip` tells them: while others go, it may tell of too few, and says so."""
    told = None
    while told is None or told.stderr:
        told = subprocess.run(["ip", "-d", "-j", "link", "show", "type", kind], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, check=True)
    return {link["ifname"]: link for link in json.loads(told.stdout)}


def start_time(pid):
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[19]


class Running:
    """A stack that runs, its links, and whether its processes are still those that were started."""

    def __init__(self, stack, text):
        bridges, veths = set(links("bridge")), set(links("veth"))
        stack.up(text)
        self.stack = stack
        self.bridges = sorted(set(links("bridge")) - bridges)
        self.veths = sorted(set(links("veth")) - veths)
        self.processes = self.now()

    def now(self):
        pids = {service: one["Pid"] for service, one in self.stack.ps().items()}
        return {service: (pid, start_time(pid)) for service, pid in pids.items()}

    def expect_undisturbed(self):
        assert self.now() == self.processes
        end = self.stack.run("plan", check=False)
        assert end.returncode == 0, end.stdout + end.stderr

    def reaches(self, service, host, port):
        script = f"import socket; socket.create_connection(({host!r}, {port}), 1).close()"
        return self.stack.exec(service, "python3", "-c", script, check=False).returncode == 0


@pytest.fixture
def running(stack, until):
    one = Running(stack, STACK)
    until(lambda: one.reaches("web", "db", 8000), "db answers")
    return one


def master(veth):
    return links("veth").get(veth, {}).get("master")


def test_a_deleted_veth_comes_back_with_its_addresses(running, until):
    for veth in running.veths:
        index = links("veth")[veth]["ifindex"]
        sh("ip", "link", "del", veth)
        until(lambda: links("veth").get(veth, {}).get("ifindex", index) != index, f"{veth} is there again")
    until(lambda: running.reaches("web", "db", 8000), "db answers")
    running.expect_undisturbed()


def test_a_deleted_bridge_comes_back_with_its_ports(running, until):
    ports = {veth: master(veth) for veth in running.veths}
    for bridge in running.bridges:
        sh("ip", "link", "del", bridge)
    until(lambda: {veth: master(veth) for veth in running.veths} == ports, "every port is on its bridge")
    until(lambda: running.reaches("web", "db", 8000), "db answers")
    running.expect_undisturbed()


LINK_DAMAGES = {
    "bridge down": (["ip", "link", "set", "BRIDGE", "down"], lambda b, v: "UP" in links("bridge")[b]["flags"]),
    "bridge mtu": (["ip", "link", "set", "BRIDGE", "mtu", "1300"], lambda b, v: links("bridge")[b]["mtu"] == 1500),
    "bridge stp": (["ip", "link", "set", "BRIDGE", "type", "bridge", "stp_state", "1"],
                   lambda b, v: links("bridge")[b]["linkinfo"]["info_data"]["stp_state"] == 0),
    "bridge address": (["ip", "address", "flush", "dev", "BRIDGE"],
                       lambda b, v: len(addresses(b)) == 2),
    "bridge route": (["ip", "route", "flush", "dev", "BRIDGE"], lambda b, v: sh("ip", "-4", "route", "show", "dev", b)),
    "bridge route 6": (["ip", "-6", "route", "flush", "dev", "BRIDGE"],
                       lambda b, v: sh("ip", "-6", "route", "show", "dev", b)),
    "veth down": (["ip", "link", "set", "VETH", "down"], lambda b, v: "UP" in links("veth")[v]["flags"]),
    "veth mtu": (["ip", "link", "set", "VETH", "mtu", "1300"], lambda b, v: links("veth")[v]["mtu"] == 1500),
    "veth off its bridge": (["ip", "link", "set", "VETH", "nomaster"], lambda b, v: master(v)),
    "port isolated": (["bridge", "link", "set", "dev", "VETH", "isolated", "on"],
                      lambda b, v: not port(v)["isolated"]),
    "port without flooding": (["bridge", "link", "set", "dev", "VETH", "flood", "off", "learning", "off"],
                              lambda b, v: port(v)["flood"] and port(v)["learning"]),
    "port held back": (["bridge", "link", "set", "dev", "VETH", "state", "0"],
                       lambda b, v: port(v)["state"] == "forwarding"),
    "forwarding of the bridge": (["sh", "-c", "echo 0 > /proc/sys/net/ipv4/conf/BRIDGE/forwarding"],
                                 lambda b, v: setting(f"ipv4/conf/{b}/forwarding") == "1"),
    "forwarding of the host": (["sh", "-c", "echo 0 > /proc/sys/net/ipv4/ip_forward"],
                               lambda b, v: setting("ipv4/ip_forward") == "1"),
}


def port(veth):
    return links("veth")[veth]["linkinfo"]["info_slave_data"]


def addresses(link):
    return [one["local"] for one in json.loads(sh("ip", "-j", "address", "show", "dev", link))[0]["addr_info"]]


def setting(name):
    return Path("/proc/sys/net", name).read_text().strip()


def test_every_setting_of_a_link_is_set_right_again(running, until):
    bridge, veth = running.bridges[0], running.veths[0]
    for what, (command, is_mended) in LINK_DAMAGES.items():
        sh(*(word.replace("BRIDGE", bridge).replace("VETH", veth) for word in command))
        until(lambda: is_mended(bridge, veth), what)
    until(lambda: running.reaches("web", "db", 8000), "db answers")
    running.expect_undisturbed()


def test_a_rate_limit_that_was_deleted_is_set_again(stack, until):
    one = Running(stack, """
        services:
          a: {image: "host:", command: sleep infinity, x-stack: {bandwidth: {ingress: 10mbit}}}
    """)
    veth, = one.veths
    assert "tbf" in sh("tc", "qdisc", "show", "dev", veth)
    sh("tc", "qdisc", "del", "dev", veth, "root")
    until(lambda: "tbf" in sh("tc", "qdisc", "show", "dev", veth), "the limit is there")
    sh("tc", "qdisc", "replace", "dev", veth, "root", "tbf", "rate", "5mbit", "burst", "16k", "latency", "50ms")
    until(lambda: "rate 10Mbit" in sh("tc", "qdisc", "show", "dev", veth), "the limit is what it was")
    one.expect_undisturbed()


def rules(stack):
    end = subprocess.run(["nft", "list", "table", "inet", f"stack_{stack.name}"], stdout=subprocess.PIPE,
                         stderr=subprocess.DEVNULL, text=True, check=False)
    return end.stdout


def test_the_firewall_is_put_again_however_it_was_changed(running, until):
    table = f"stack_{running.stack.name}"
    whole = rules(running.stack)
    assert "masquerade" in whole and "dnat" in whole
    for damage in (["delete", "table", "inet", table], ["flush", "table", "inet", table],
                   ["flush", "chain", "inet", table, "forward"], ["add", "rule", "inet", table, "forward", "accept"],
                   ["insert", "rule", "inet", table, "postrouting", "drop"],
                   ["add", "chain", "inet", table, "another"], ["add", "table", "inet", table, "{ flags dormant; }"]):
        sh("nft", *damage)
        until(lambda: rules(running.stack) == whole, " ".join(damage))
    running.expect_undisturbed()


def test_what_was_broken_while_nobody_looked_is_mended_by_the_next_reconciler(running, until):
    whole = rules(running.stack)
    bridge = running.bridges[0]
    reconciler.kill(running.stack.name)
    sh("ip", "link", "set", bridge, "mtu", "1400")
    sh("nft", "flush", "table", "inet", f"stack_{running.stack.name}")
    until(lambda: links("bridge")[bridge]["mtu"] == 1500 and rules(running.stack) == whole, "both are mended")
    running.expect_undisturbed()


LIMITED = """
    services:
      web: {image: "host:", command: sleep infinity, mem_limit: 64m, pids_limit: 40, cpus: 0.5}
      db: {image: "host:", command: sleep infinity}
"""


def limit_files(stack, service):
    """By name: the control files of its cgroup, in whichever hierarchies there are."""
    found = Path("/sys/fs/cgroup").glob(f"**/stack/{stack.name}/{service}/*")
    return {file.name: file for file in found if file.is_file()}


def test_every_limit_that_is_rewritten_is_written_back(stack, until):
    one = Running(stack, LIMITED)
    damages = {"memory.limit_in_bytes": str(128 << 20), "pids.max": "50", "cpu.cfs_quota_us": "80000",
               "memory.max": str(128 << 20), "cpu.max": "80000 100000"}
    files = limit_files(stack, "web")
    done = 0
    for name in sorted(damages.keys() & files.keys(), key=lambda name: name != "memory.memsw.limit_in_bytes"):
        before = files[name].read_text()
        if name == "memory.limit_in_bytes" and "memory.memsw.limit_in_bytes" in files:
            files["memory.memsw.limit_in_bytes"].write_text(damages[name])
        files[name].write_text(damages[name])
        until(lambda: files[name].read_text() == before, name)
        done += 1
    assert done >= 3, sorted(files)
    # What the file does not limit is not limited by others either.
    unlimited = limit_files(stack, "db")["pids.max"]
    before = unlimited.read_text()
    unlimited.write_text("33")
    until(lambda: unlimited.read_text() == before, "pids.max of db")
    one.expect_undisturbed()
    assert stack.ps()["web"]["Drifts"] >= 3 and stack.ps()["db"]["Drifts"] == 1


def test_a_limit_that_was_rewritten_while_nobody_looked_is_written_back(stack, until):
    one = Running(stack, LIMITED)
    file = limit_files(stack, "web")["pids.max"]
    reconciler.kill(stack.name)
    file.write_text("50")
    until(lambda: file.read_text() == "40\n", "pids.max")
    one.expect_undisturbed()


def test_the_limits_of_a_container_that_was_made_anew_are_kept_too(stack, until):
    stack.up(LIMITED)
    stack.run("up", "-d", "--force-recreate")
    for _ in range(2):
        limit = limit_files(stack, "web")["pids.max"]
        limit.write_text("50")
        until(lambda: limit.read_text() == "40\n", "pids.max")
        stack.run("restart", "-t", "0", "web")


def test_links_of_others_are_left_alone(running, until):
    """Something of ours is broken after something of others: when that is mended, the other was seen too."""
    veth = running.veths[0]
    sh("ip", "link", "add", "tdrift0", "type", "bridge")
    try:
        sh("ip", "link", "set", "tdrift0", "mtu", "1300")
        sh("ip", "link", "set", veth, "mtu", "1300")
        until(lambda: links("veth")[veth]["mtu"] == 1500)
        assert links("bridge")["tdrift0"]["mtu"] == 1300
    finally:
        sh("ip", "link", "del", "tdrift0")
    running.expect_undisturbed()


def state_of(pid):
    """R, S, T...: proc(5)."""
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]


def told(stack, *services):
    """What was told of drifts and repairs, the oldest first."""
    out = stack.run("events", "--json", "--since", "1h", "--until", "0s", *services).stdout
    return [one for one in map(json.loads, out.splitlines()) if one["type"] == "drift"]


def expect_told(stack, until, thing, **how):
    """The first drift of it with what was found and expected, and that it was mended."""
    until(lambda: "mended" in [one["action"] for one in told(stack) if one["id"] == thing], f"{thing} is mended")
    drift = next(one for one in told(stack) if one["id"] == thing)
    assert {key: drift["attributes"][key] for key in how} == how
    return drift


TWO = """
    services:
      web: {image: "host:", command: sleep infinity, ipc: shareable}
      db: {image: "host:", command: sleep infinity}
"""


def test_a_process_that_was_stopped_goes_on(stack, until):
    one = Running(stack, TWO)
    pid = one.processes["web"][0]
    os.kill(pid, signal.SIGSTOP)
    expect_told(stack, until, "process of web", expected="running", found="stopped", cause="stop event")
    until(lambda: state_of(pid) != "T", "it goes on")
    one.expect_undisturbed()
    assert (stack.ps()["web"]["Drifts"], stack.ps()["db"]["Drifts"]) == (1, 0)


def test_a_process_that_was_stopped_while_nobody_looked_goes_on(stack, until):
    one = Running(stack, TWO)
    pid = one.processes["web"][0]
    brain, = reconciler.pids(stack.name)
    os.kill(brain, signal.SIGSTOP)
    os.kill(pid, signal.SIGSTOP)
    os.kill(brain, signal.SIGKILL)
    until(lambda: state_of(pid) != "T", "it goes on")
    one.expect_undisturbed()


def test_who_is_paused_or_was_stopped_by_a_command_is_left_so(stack, until):
    one = Running(stack, TWO)
    web, db = one.processes["web"][0], one.processes["db"][0]
    stack.run("pause", "db")
    os.kill(db, signal.SIGSTOP)
    stack.run("kill", "-s", "STOP", "web")
    until(lambda: state_of(web) == "T", "it is stopped")
    reconciler.kill(stack.name)
    assert stack.run("plan", check=False).returncode == 0 and state_of(web) == "T"
    stack.run("kill", "-s", "CONT", "web")
    until(lambda: state_of(web) != "T", "it goes on")
    stack.run("unpause", "db")
    until(lambda: "mended" in [event["action"] for event in told(stack)] and state_of(db) != "T", "what came meanwhile is mended")
    assert {event["id"] for event in told(stack)} == {"process of db"}
    one.expect_undisturbed()


def test_who_stops_itself_again_and_again_is_damped_and_named(stack, until):
    one = Running(stack, """
        services:
          a: {image: "host:", command: sleep infinity}
          b: {image: "host:", pid: "service:a", command: [sh, -c, "while :; do kill -STOP $$$$; done"]}
    """)
    until(lambda: stack.ps()["b"]["Drifts"] >= 5, "it has stopped itself")
    drifts = [event for event in told(stack) if event["action"] == "drift"]
    assert {event["id"] for event in drifts} == {"process of b"}
    assert [event["attributes"].get("mendedInMs") for event in drifts[:5]] == [None, None, None, "100", "200"]
    assert one.now() == one.processes
