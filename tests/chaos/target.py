"""A running stack to be damaged: its links, rules, limits and processes, and what all of them look like."""
import json
import os
import subprocess
import sys
from pathlib import Path

from damages import LIMITS

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/integration"))
import reconciler  # noqa: E402  (how a reconciler is found, as in the integration tests)

STACK = os.environ.get("STACK_BIN", str(ROOT / "build/bin/stack"))
FILE = """
x-whole: &whole {image: "host:", restart: always}
services:
  web:
    <<: *whole
    command: [python3, -m, http.server, "80"]
    networks: [front, back]
    ports: ["127.0.0.1:PORT:80"]
    mem_limit: 128m
    mem_reservation: 32m
    pids_limit: 60
    cpus: 0.8
    cpu_shares: 512
    cpuset: "0"
    x-stack: {bandwidth: {ingress: 50mbit}}
  db: {<<: *whole, command: [python3, -m, http.server, "80"], networks: [back], pids_limit: 40}
  side: {<<: *whole, command: [sleep, infinity], network_mode: "service:db"}
  worker: {<<: *whole, command: [sleep, infinity], networks: {front: {}}, mem_limit: 64m}
  asker:
    <<: *whole
    networks: [front, back]
    command:
      - python3
      - -u
      - -c
      - |
        import socket, time
        while True:
            try:
                socket.getaddrinfo("db", 80)
            except OSError:
                pass
            time.sleep(0.01)
networks:
  front: {}
  back: {internal: true, driver_opts: {com.docker.network.bridge.name: BRIDGE}}
"""
SERVICES = ["asker", "db", "side", "web", "worker"]
FORWARDING = ["ipv4/ip_forward", "ipv6/conf/all/forwarding"]


def told(*command):
    """What a command prints; again where it says that things changed while it read."""
    while True:
        end = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
        if end.returncode == 0 and not end.stderr:
            return end.stdout


def listed(*command):
    return json.loads(told(*command) or "[]")


def links():
    return {link["ifname"]: link for link in listed("ip", "-d", "-j", "address", "show")}


def read(path):
    try:
        return Path(path).read_text().strip()
    except OSError:
        return None


def start_time(pid):
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[19]


class Target:
    def __init__(self, name, folder, port):
        self.name, self.folder, self.port = name, folder, port
        self.named = f"tdrift{port}"  # the bridge that the file gives a name
        self.killed = set()  # services whose process was killed

    def up(self):
        (self.folder / "compose.yaml").write_text(FILE.replace("PORT", str(self.port)).replace("BRIDGE", self.named))
        before = set(links())
        self.run("up", "-d", "--wait")
        self.links = sorted(set(links()) - before)
        kinds = {name: link["linkinfo"]["info_kind"] for name, link in links().items() if name in self.links}
        self.bridges = [name for name, kind in kinds.items() if kind == "bridge"]
        self.veths = [name for name, kind in kinds.items() if kind == "veth"]
        self.limited = [veth for veth in self.veths if "tbf" in told("tc", "qdisc", "show", "dev", veth)]
        self.processes = self.identities()
        self.whole = self.snapshot()
        return self

    def run(self, *words, check=True):
        end = subprocess.run([STACK, "-p", self.name, *words], cwd=self.folder, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, text=True, check=False, timeout=120)
        assert not check or end.returncode == 0, f"stack {' '.join(words)}: {end.returncode}\n{end.stdout}"
        return end

    def containers(self):
        out = self.run("ps", "-a", "--format", "json", check=False).stdout
        return {one["Service"]: one for one in map(json.loads, (line for line in out.splitlines() if line[:1] == "{"))}

    def identities(self):
        return {service: (one["Pid"], start_time(one["Pid"])) for service, one in self.containers().items()}

    def all_run(self):
        states = {service: one["State"] for service, one in self.containers().items()}
        return states == dict.fromkeys(SERVICES, "running")

    def events(self):
        out = self.run("events", "--json", "--since", "24h", "--until", "0s").stdout
        return list(map(json.loads, out.splitlines()))

    def mended(self):
        """How often something was."""
        return sum(event["action"] == "mended" for event in self.events())

    def reconciler(self):
        return reconciler.pids(self.name)

    def keeper(self):
        return reconciler.keepers(self.name)

    def guarded(self):
        """Whether reconciler and keeper both hold what the other needs to begin again: who kills both kills the stack."""
        brains, keepers = self.reconciler(), self.keeper()
        if len(brains) != 1 or len(keepers) != 1:
            return False
        stat = read(f"/proc/{brains[0]}/stat")
        return bool(stat) and int(stat.rsplit(")", 1)[1].split()[1]) == keepers[0] and bool(self.containers())

    # What is compared.

    def table(self):
        end = subprocess.run(["nft", "list", "table", "inet", f"stack_{self.name}"], stdout=subprocess.PIPE,
                             stderr=subprocess.DEVNULL, text=True, check=False)
        return end.stdout

    def limit_files(self, service):
        """By name, in whichever hierarchies there are."""
        found = Path("/sys/fs/cgroup").glob(f"**/stack/{self.name}/{service}/*")
        return {file.name: file for file in found if file.is_file()}

    def limits_of(self, service):
        """Those that are kept. A set of processors that the file does not ask for is that from above, whatever it is."""
        return {name: file for name, file in self.limit_files(service).items()
                if name in LIMITS and (name != "cpuset.cpus" or service == "web")}

    def limits(self):
        return {f"{service} {name}": read(file) for service in SERVICES for name, file in self.limits_of(service).items()}

    def settings(self):
        names = FORWARDING + [f"ipv{v}/conf/{bridge}/forwarding" for bridge in self.bridges for v in (4, 6)]
        return {name: read(f"/proc/sys/net/{name}") for name in names}

    def routes(self):
        """Without the metric, which holds the link's index, and what the kernel adds to a link in its own time."""
        found = set()
        for version in "-4", "-6":
            for route in listed("ip", version, "-j", "route", "show", "table", "all"):
                if route.get("dev") in self.links and route.get("type") not in ("multicast", "anycast"):
                    found.add((route["dev"], route["dst"], route.get("type"), route.get("table"), route.get("protocol")))
        return found

    def queues(self):
        return {f"queue of {queue['dev']}": (queue["kind"], queue["options"]) for queue in listed("tc", "-j", "qdisc", "show")
                if queue["dev"] in self.limited}

    def snapshot(self):
        now = links()
        return {"table": self.table(), "routes": self.routes()} | self.queues() | self.limits() | self.settings() | {
            name: seen(now[name]) for name in self.links if name in now}

    def differences(self):
        """"" where everything is as it was when the stack was up."""
        now = self.snapshot()
        return "\n".join(f"{key}: {now.get(key)} instead of {self.whole.get(key)}"
                         for key in sorted(now.keys() | self.whole.keys()) if now.get(key) != self.whole.get(key))


def seen(link):
    """Of a link, what its maker chose. A veth's own MAC is by chance."""
    info = link["linkinfo"]
    one = {"up": "UP" in link["flags"], "mtu": link["mtu"], "master": link.get("master"), "alias": link.get("ifalias"),
           "addresses": sorted((a["local"], a["prefixlen"]) for a in link["addr_info"])}
    if info["info_kind"] == "bridge":
        bridge = info["info_data"]
        one |= {"mac": link["address"], "bridge": [bridge[key] for key in ("stp_state", "forward_delay", "mcast_snooping")]}
    if "info_slave_data" in info:
        one["port"] = {key: value for key, value in info["info_slave_data"].items()
                       if isinstance(value, bool) or key == "state"}
    return one
