"""What a service is attached to, and how: interfaces, routes and names inside real containers, changed while they run."""
import json
import socket
import subprocess

import pytest

from ports import free_port
from test_network import address, get, reach, resolve

SERVE = "[python3, -m, http.server, \"8000\"]"


def interfaces(stack, service):
    """Name to MAC of all but the loopback."""
    links = json.loads(stack.sh(service, "ip -j link"))
    return {link["ifname"]: link["address"] for link in links if link["ifname"] != "lo"}


def way_out(stack, service, family="-4"):
    routes = json.loads(stack.sh(service, f"ip -j {family} route show default") or "[]")
    return [route["dev"] for route in routes]


def host(*command):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True).stdout


def has_sctp():
    try:
        socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_SCTP).close()
    except OSError:
        return False
    return True


INTERFACES = """
    services:
      web:
        image: "host:"
        command: sleep infinity
        mac_address: "02:42:ac:11:00:07"
        networks:
          back: {gw_priority: 1, mac_address: "02:42:ac:11:00:08", interface_name: lan.7, link_local_ips: [169.254.77.7]}
          dark: {}
          front: {priority: 9, driver_opts: {com.docker.network.endpoint.sysctls: "net.ipv4.conf.IFNAME.log_martians=1"}}
    networks: {back: {}, dark: {internal: true}, front: {driver_opts: {com.docker.network.container_iface_prefix: net}}}
"""


def test_an_interface_is_what_its_attachment_says(stack):
    stack.up(INTERFACES)
    links = interfaces(stack, "web")
    assert set(links) == {"net0", "lan.7", "eth0"}, links
    assert links["net0"] == "02:42:ac:11:00:07", "the service's own is that of the network attached first"
    assert links["lan.7"] == "02:42:ac:11:00:08"
    assert "169.254.77.7/16 brd 169.254.255.255 scope link lan.7" in stack.sh("web", "ip -o -4 address show lan.7")
    assert stack.sh("web", "cat /proc/sys/net/ipv4/conf/net0/log_martians") == "1\n"
    assert stack.sh("web", "cat /proc/sys/net/ipv4/conf/eth0/log_martians") == "0\n"
    assert way_out(stack, "web") == way_out(stack, "web", "-6") == ["lan.7"]


def test_interfaces_are_changed_under_a_container_that_runs(stack):
    stack.up(INTERFACES)
    pid, before = stack.pid("web"), {n: address(stack, "web", n) for n in ("back", "front")}
    stack.up(INTERFACES.replace("gw_priority: 1", "gw_priority: -1").replace("log_martians=1", "log_martians=0")
             .replace("lan.7", "wan").replace(":00:07", ":00:09"))
    links = interfaces(stack, "web")
    assert stack.pid("web") == pid
    assert set(links) == {"net0", "wan", "eth0"} and links["net0"] == "02:42:ac:11:00:09", links
    assert way_out(stack, "web") == way_out(stack, "web", "-6") == ["net0"]
    assert stack.sh("web", "cat /proc/sys/net/ipv4/conf/net0/log_martians") == "0\n"
    assert {n: address(stack, "web", n) for n in before} == before
    assert stack.run("plan", check=False).returncode == 0


def test_a_sysctl_that_the_kernel_lacks_is_told_before_anything_starts(stack):
    stack.write(INTERFACES.replace("log_martians", "log_martian"))
    end = stack.run("up", "-d", check=False)
    assert end.returncode == 1 and 'this kernel has no "net.ipv4.conf.IFNAME.log_martian"' in end.stderr
    assert stack.run("ps", "-aq").stdout == ""


COME_AND_GO = f"""
    services:
      web: {{image: "host:", command: sleep infinity, networks: [front]}}
      db: {{image: "host:", command: {SERVE}, networks: {{back: {{aliases: [store]}}}}}}
    networks: {{front: {{}}, back: {{}}}}
"""


def test_networks_come_and_go_under_a_container_that_runs(stack, until):
    stack.up(COME_AND_GO)
    pids = {service: stack.pid(service) for service in ("web", "db")}
    assert resolve(stack, "web", "store") is None
    stack.up(COME_AND_GO.replace("[front]", "[back, front]"))
    assert {service: stack.pid(service) for service in pids} == pids
    assert set(interfaces(stack, "web")) == {"eth0", "eth1"}
    assert resolve(stack, "web", "store") == [address(stack, "db", "back")]
    until(lambda: reach(stack, "web", "store", 8000), "store answers")
    assert way_out(stack, "web") == ["eth1"], "the first by name leads out"
    for network in ("back", "front"):
        assert address(stack, "web", network) in stack.sh("web", "cat /etc/hosts")
    gone = address(stack, "web", "front")
    stack.up(COME_AND_GO.replace("[front]", "[back]").replace("store", "shelf").replace("front: {}, ", ""))
    assert {service: stack.pid(service) for service in pids} == pids
    assert set(interfaces(stack, "web")) == {"eth1"} and way_out(stack, "web") == ["eth1"]
    assert gone not in stack.sh("web", "cat /etc/hosts")
    assert resolve(stack, "web", "store") is None
    assert resolve(stack, "web", "shelf") == [address(stack, "db", "back")]
    assert stack.run("plan", check=False).returncode == 0


def test_a_network_gets_another_subnet_mtu_and_bridge_under_its_containers(stack, until):
    text = f"""
        services:
          web: {{image: "host:", command: sleep infinity}}
          db: {{image: "host:", command: {SERVE}}}
        networks: {{default: {{ipam: {{config: [{{subnet: 10.213.7.0/24}}]}}, driver_opts: {{com.docker.network.driver.mtu: 1400}}}}}}
    """
    stack.up(text)
    pid = stack.pid("web")
    for change in (("10.213.7", "10.213.8"), ("1400", "1300"),
                   ("mtu: 1300", "mtu: 1300, com.docker.network.bridge.name: stt-br0")):
        text = text.replace(*change)
        stack.up(text)
        assert stack.pid("web") == pid
        assert address(stack, "db").startswith("10.213.8.")
        assert resolve(stack, "web", "db") == [address(stack, "db")]
        until(lambda: reach(stack, "web", "db", 8000), "db answers")
        assert way_out(stack, "web") == ["eth0"]
    assert "mtu 1300" in stack.sh("web", "ip link show eth0")
    assert "10.213.8.1/24" in host("ip", "-4", "address", "show", "dev", "stt-br0")


def test_a_bridge_of_somebody_else_is_not_taken(stack):
    def settings():
        (link,) = json.loads(host("ip", "-d", "-j", "address", "show", "dev", "stt-br1"))
        bridge = link["linkinfo"]["info_data"]
        kept = {key: bridge[key] for key in ("forward_delay", "stp_state", "mcast_snooping")}
        return kept, link["address"], link["mtu"], "UP" in link["flags"], link["addr_info"], link.get("ifalias")

    host("ip", "link", "add", "stt-br1", "address", "02:00:00:00:00:01", "type", "bridge")
    try:
        before = settings()
        stack.write("""
            services: {web: {image: "host:", command: sleep infinity}}
            networks: {default: {driver_opts: {com.docker.network.bridge.name: stt-br1}}}
        """)
        end = stack.run("up", "-d", check=False)
        assert end.returncode == 1 and 'bridge "stt-br1" is there, but is not this stack\'s' in end.stderr, end.stderr
        stack.down()
        assert settings() == before
    finally:
        host("ip", "link", "del", "stt-br1")


def test_a_link_is_a_name_of_one_service(stack):
    stack.up("""
        services:
          web: {image: "host:", command: sleep infinity, links: ["db:store"]}
          other: {image: "host:", command: sleep infinity}
          db: {image: "host:", command: sleep infinity}
    """)
    assert resolve(stack, "web", "store") == [address(stack, "db")]
    assert resolve(stack, "web", "STORE", "AF_INET6") == [address(stack, "db", family="ipv6")]
    assert resolve(stack, "other", "store") is None
    pid = stack.pid("web")
    stack.up((stack.folder / "compose.yaml").read_text().replace("db:store", "db:shelf"))
    assert resolve(stack, "web", "store") is None
    assert resolve(stack, "web", "shelf") == [address(stack, "db")]
    assert stack.pid("web") == pid


def test_members_that_may_not_reach_each_other_are_reached_by_what_they_publish(stack, until):
    port = free_port()
    text = f"""
        services:
          web: {{image: "host:", command: {SERVE}, ports: ["{port}:8000"]}}
          peer: {{image: "host:", command: sleep infinity, cap_add: [NET_ADMIN]}}
        networks: {{default: {{driver_opts: {{com.docker.network.bridge.enable_icc: "false"}}}}}}
    """
    stack.up(text)
    until(lambda: reach(stack, "web", "127.0.0.1", 8000))
    web = address(stack, "web")
    gateway = stack.sh("peer", "ip route show default").split()[2]
    assert get(f"http://127.0.0.1:{port}/") == 200
    assert reach(stack, "peer", gateway, port)
    assert not reach(stack, "peer", web, 8000)
    stack.sh("peer", f"ip route add {web} via {gateway}")
    assert not reach(stack, "peer", web, 8000), "by way of the host"
    pid = stack.pid("web")
    stack.up(text.replace('"false"', '"true"'))
    assert stack.pid("web") == pid
    until(lambda: reach(stack, "peer", web, 8000), "a neighbour again")


def test_a_network_without_ipv4(stack, until):
    stack.up("""
        services:
          web: {image: "host:", command: sleep infinity}
          db: {image: "host:", command: [python3, -m, http.server, "8000", --bind, "::"]}
        networks: {default: {enable_ipv4: false}}
    """)
    assert stack.sh("web", "ip -4 address show eth0") == ""
    assert resolve(stack, "web", "db", "AF_INET6") == [address(stack, "db", family="ipv6")]
    until(lambda: reach(stack, "web", "db", 8000), "db answers by IPv6")
    assert way_out(stack, "web") == [] and way_out(stack, "web", "-6") == ["eth0"]


def test_addresses_come_out_of_the_range_and_leave_what_is_kept(stack):
    stack.up("""
        services:
          a: {image: "host:", command: sleep infinity}
          b: {image: "host:", command: sleep infinity}
        networks:
          default: {ipam: {config: [{subnet: 10.213.7.0/24, gateway: 10.213.7.254, ip_range: 10.213.7.64/29,
                                     aux_addresses: {router: 10.213.7.64}}]}}
    """)
    assert [address(stack, service) for service in ("a", "b")] == ["10.213.7.65", "10.213.7.66"]
    assert stack.sh("a", "ip route show default").split()[2] == "10.213.7.254"


def test_a_port_of_a_range_is_the_first_free_one_and_stays(stack, until):
    first = free_port()
    with socket.create_server(("127.0.0.1", first)):
        stack.up(f"""
            services:
              web: {{image: "host:", command: {SERVE}, ports: ["127.0.0.1:{first}-{first + 9}:8000"]}}
              two: {{image: "host:", command: {SERVE}, ports: ["127.0.0.1:{first}-{first + 9}:8000"]}}
        """)
        ports = {service: stack.ps()[service]["Publishers"][0]["PublishedPort"] for service in ("web", "two")}
    assert len(set(ports.values())) == 2 and all(first < port <= first + 9 for port in ports.values())
    stack.up()
    assert {s: stack.ps()[s]["Publishers"][0]["PublishedPort"] for s in ports} == ports
    for service, port in ports.items():
        until(lambda: reach(stack, service, "127.0.0.1", 8000))
        assert get(f"http://127.0.0.1:{port}/") == 200


def test_sctp_is_published_or_said_to_be_missing(stack, until):
    port = free_port()
    stack.write(f"""
        services:
          web:
            image: "host:"
            command: [python3, -c, "import socket\\ns = socket.socket(socket.AF_INET, socket.SOCK_STREAM, 132)\\ns.bind(('', 9))\\ns.listen()\\nwhile True: s.accept()[0].sendall(b'hello')"]
            ports: ["127.0.0.1:{port}:9/sctp"]
    """)
    end = stack.run("up", "-d", "--wait", check=False)
    if not has_sctp():
        assert end.returncode == 1 and f"publish 127.0.0.1:{port}/sctp: this kernel has no SCTP" in end.stderr, end.stderr
        return

    def hello():
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_SCTP) as one:
            one.settimeout(2)
            return one.connect_ex(("127.0.0.1", port)) == 0 and one.recv(9) == b"hello"

    until(hello, "an answer by SCTP")


def test_ports_are_published_where_the_network_says(stack, until):
    port = free_port()
    stack.up(f"""
        services: {{web: {{image: "host:", command: {SERVE}, ports: ["{port}:8000"]}}}}
        networks: {{default: {{driver_opts: {{com.docker.network.bridge.host_binding_ipv4: 127.0.0.1}}}}}}
    """)
    until(lambda: reach(stack, "web", "127.0.0.1", 8000))
    assert get(f"http://127.0.0.1:{port}/") == 200
    assert [p["URL"] for p in stack.ps()["web"]["Publishers"]] == ["127.0.0.1"]
    with pytest.raises(OSError):
        get(f"http://[::1]:{port}/")


def test_networks_are_listed_and_looked_into(stack):
    stack.up("""
        services: {web: {image: "host:", command: sleep infinity, networks: [back]}}
        networks: {back: {internal: true, labels: {kind: cache}}}
    """)
    name = f"{stack.name}_back"
    line = json.loads(stack.run("network", "ls", "--format", "json", "--filter", f"name={name}").stdout)
    assert line["Name"] == name and line["Driver"] == "bridge" and line["Internal"] == "true"
    assert stack.run("network", "ls", "-q", "--filter", f"name={name}").stdout == line["ID"] + "\n"
    row = [row for row in stack.run("network", "ls").stdout.splitlines() if name in row]
    assert row[0].split() == [line["ID"], name, "bridge", "local"]
    for word in (name, line["ID"]):
        (one,) = json.loads(stack.run("network", "inspect", word).stdout)
        assert one["Labels"] == {"kind": "cache"} and one["Project"] == stack.name
        (member,) = one["Containers"].values()
        assert member["Name"] == stack.container("web")
        assert member["IPv4Address"].split("/")[0] == address(stack, "web", "back")
        assert member["MacAddress"] == interfaces(stack, "web")["eth0"]
        assert one["IPAM"]["Config"][0]["Gateway"] + "/24" in host("ip", "-4", "address", "show", "dev", one["Bridge"])
    end = stack.run("network", "inspect", name + "x", check=False)
    assert end.returncode == 1 and f'did you mean "{name}"?' in end.stderr
    stack.down()
    assert stack.run("network", "ls", "-q", "--filter", f"name={name}").stdout == ""
