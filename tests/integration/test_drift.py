"""What is broken below a running stack comes back by itself, and no process is disturbed by it."""
import json
import os
import shutil
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


def live(stack):
    return Path("/run/stack", stack.name, "live")


def mounted(path):
    """What is mounted there, known by device and inode; nothing where nothing is."""
    points = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    return (path.stat().st_dev, path.stat().st_ino) if str(path) in points else None


@pytest.mark.parametrize("kind", ["net", "uts", "ipc", "shm", "user"])
def test_a_pin_that_was_unmounted_is_pinned_again_from_who_lives_there(stack, until, kind):
    one = Running(stack, TWO)
    pins = [pin for pin in (live(stack) / "ns").iterdir() if pin.name.endswith("." + kind)]
    before = {pin: mounted(pin) for pin in pins}
    assert before and all(before.values())
    for pin in pins:
        sh("umount", str(pin))
    until(lambda: {pin: mounted(pin) for pin in pins} == before, "it is what it was")
    expect_told(stack, until, "namespaces of web", expected="pinned", found=f"{kind} unmounted", cause="mount event")
    one.expect_undisturbed()
    stack.run("restart", "-t", "0", "web")


def test_a_pin_that_is_covered_by_another_namespace_is_uncovered(stack, until):
    one = Running(stack, TWO)
    pin = live(stack) / "ns" / "web.net"
    before = mounted(pin)
    sh("mount", "--bind", "/proc/self/ns/net", str(pin))
    until(lambda: mounted(pin) == before, "it is what it was")
    expect_told(stack, until, "namespaces of web")
    one.expect_undisturbed()


def test_pins_that_went_while_nobody_looked_are_pinned_again(stack, until):
    one = Running(stack, TWO)
    pins = [live(stack) / "ns" / f"{service}.net" for service in ("web", "db")]
    before = {pin: mounted(pin) for pin in pins}
    brain, = reconciler.pids(stack.name)
    os.kill(brain, signal.SIGSTOP)
    for pin in pins:
        sh("umount", str(pin))
    os.kill(brain, signal.SIGKILL)
    until(lambda: {pin: mounted(pin) for pin in pins} == before, "they are what they were")
    one.expect_undisturbed()


def test_a_pin_whose_namespace_is_gone_for_good_makes_the_container_anew_and_says_so(stack, until, successor):
    stack.up("""
        services:
          web: {image: "host:", command: sleep infinity, cap_add: [SYS_ADMIN], security_opt: [seccomp=unconfined]}
          away: {image: "host:", command: [unshare, --net, sleep, infinity], cap_add: [SYS_ADMIN],
                 security_opt: ["seccomp=unconfined"]}
    """)
    pids = {service: stack.pid(service) for service in ("web", "away")}
    until(lambda: Path(f"/proc/{pids['away']}/comm").read_text() == "sleep\n", "it has left its namespace")
    pins = {service: live(stack) / "ns" / f"{service}.net" for service in pids}
    own = mounted(pins["web"])
    for pin in pins.values():
        sh("umount", str(pin))
    successor("away", pids["away"])
    until(lambda: mounted(pins["web"]) == own and mounted(pins["away"]), "both are pinned")
    assert stack.pid("web") == pids["web"]
    expect_told(stack, until, "namespaces of away", found="net unmounted")
    until(lambda: stack.run("plan", check=False).returncode == 0, "all is as it is to be")


def test_the_folder_of_the_boot_comes_back_with_all_that_was_in_it(stack, until):
    one = Running(stack, """
        services:
          web: {image: "host:", command: [python3, -m, http.server, "8000"], secrets: [word]}
          db: {image: "host:", command: sleep infinity}
        secrets: {word: {environment: HOME}}
    """)
    folder = live(stack)
    before = {str(file.relative_to(folder)) for file in folder.rglob("*")}
    pin = folder / "ns" / "web.net"
    net = mounted(pin)
    sh("umount", "-l", str(folder))
    until(lambda: mounted(folder) and mounted(pin) == net, "it is mounted")
    expect_told(stack, until, "folder live", expected="mounted", found="unmounted")
    expect_told(stack, until, "namespaces of web")
    assert {str(file.relative_to(folder)) for file in folder.rglob("*")} == before
    one.expect_undisturbed()
    reconciler.kill(stack.name)
    one.expect_undisturbed()
    stack.run("restart", "-t", "0", "web")
    assert stack.sh("web", "cat /run/secrets/word") == os.environ["HOME"]


def ask_over_tcp(stack, service):
    """The resolver's answer to a question for web, over TCP, which begins with its length."""
    question = r"\0\x15\0\1\1\0\0\1\0\0\0\0\0\0\3web\0\0\1\0\1"
    script = f"import socket; s = socket.create_connection(('127.0.0.11', 53), 5); s.sendall(b'{question}'); print(len(s.recv(512)))"
    return stack.exec(service, "python3", "-c", script, check=False)


@pytest.mark.parametrize("nobody_looks", [False, True])
def test_a_resolver_that_was_destroyed_listens_again(running, until, nobody_looks):
    stack = running.stack
    assert int(ask_over_tcp(stack, "db").stdout) > 20
    pid = running.processes["db"][0]
    brain, = reconciler.pids(stack.name)
    if nobody_looks:
        os.kill(brain, signal.SIGSTOP)
    for what in ("-t", "-u"):
        sh("nsenter", "-t", str(pid), "-n", "ss", "-K", what, "-a", "src", "127.0.0.11")
    if nobody_looks:
        os.kill(brain, signal.SIGKILL)
    expect_told(stack, until, "resolver of db", expected="listening", found="destroyed")
    assert int(ask_over_tcp(stack, "db").stdout) > 20
    assert running.reaches("db", "web", 8000)
    reconciler.kill(stack.name)
    assert int(ask_over_tcp(stack, "db").stdout) > 20
    running.expect_undisturbed()


def rewritten(stack, until, file, name, how, **more):
    before = file.read_text()
    how(file)
    until(lambda: file.exists() and file.read_text() == before, f"{name} is as it was")
    expect_told(stack, until, f"file {name}", expected="as it was written", cause="file event", **more)


def test_state_files_that_were_deleted_or_changed_are_written_anew(stack, until):
    one = Running(stack, TWO)
    lib = Path("/var/lib/stack", stack.name)
    rewritten(stack, until, live(stack) / "state" / "web.json", "state/web.json", Path.unlink, found="deleted")
    rewritten(stack, until, live(stack) / "state" / "db.json", "state/db.json", lambda file: file.write_text("{}"), found="changed")
    rewritten(stack, until, live(stack) / "kernel.json", "kernel.json", lambda file: file.rename(f"{file}.old"), found="deleted")
    rewritten(stack, until, lib / "intent.json", "intent.json", Path.unlink, found="deleted")
    rewritten(stack, until, lib / "intent.json", "intent.json", lambda file: os.truncate(file, 10))
    one.expect_undisturbed()
    assert stack.ps()["web"]["Drifts"] == 4 and stack.ps()["db"]["Drifts"] == 4
    reconciler.kill(stack.name)
    one.expect_undisturbed()
    assert stack.ps()["web"]["Drifts"] == 4


ECHOING = """
    services:
      web: {image: "host:", command: [sh, -c, "trap 'echo again' USR1; echo first; while :; do sleep 0.05; done"]}
"""


@pytest.mark.parametrize("gone", [["stdout.log"], ["stdout.idx"], ["stdout.log", "stdout.idx"]])
def test_a_log_that_was_deleted_goes_on_in_a_new_file(stack, until, gone):
    one = Running(stack, ECHOING)
    until(lambda: stack.logs("web") == "first\n", "it speaks")
    folder = Path("/var/lib/stack", stack.name, "logs", "web")
    for name in gone:
        (folder / name).unlink(missing_ok=True)  # the index goes with its log
    expect_told(stack, until, "log of web", cause="file event")
    until(lambda: all((folder / name).exists() for name in gone), "they are there again")
    for n in range(3):
        stack.run("kill", "-s", "USR1", "web")
        until(lambda: stack.logs("web").count("again") == n + 1, "it is written down")
    assert ("first" in stack.logs("web")) == ("stdout.log" not in gone)
    one.expect_undisturbed()


def test_a_folder_of_logs_that_was_deleted_comes_back_as_often_as_it_goes(stack, until):
    one = Running(stack, ECHOING)
    until(lambda: stack.logs("web") == "first\n", "it speaks")
    folder = Path("/var/lib/stack", stack.name, "logs")
    for _ in range(2):
        before = len(told(stack))
        shutil.rmtree(folder, ignore_errors=True)  # what is made anew meanwhile is in its way
        # One file after the other may be heard of, each as a drift.
        until(lambda: len(told(stack)) > before and told(stack)[-1]["action"] == "mended", "it is mended")
        until(lambda: (folder / "web" / "stdout.log").exists(), "it is there again")
        stack.run("kill", "-s", "USR1", "web")
        until(lambda: stack.logs("web") == "again\n", "it is written down")
    one.expect_undisturbed()


def test_a_log_that_is_rotated_has_not_drifted(stack, until):
    one = Running(stack, """
        services:
          web: {image: "host:", command: [sh, -c, "yes | head -c 4000000; exec sleep infinity"],
                logging: {driver: local, options: {max-size: 64k, max-file: "3"}}}
    """)
    until(lambda: state_of(one.processes["web"][0]) == "S" and "sleep" in Path(f"/proc/{one.processes['web'][0]}/comm").read_text(), "all is written")
    assert told(stack) == []
    one.expect_undisturbed()
