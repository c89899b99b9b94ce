"""Bridges, names, published ports, isolation: measured by packets."""
import socket
import subprocess
import urllib.request

import reconciler
from ports import free_port

SERVER = "import http.server as h, socket\\nclass S(h.ThreadingHTTPServer):\\n address_family = socket.AF_INET6\\nh.test(h.SimpleHTTPRequestHandler, S, port=PORT, bind='::')"


def reach(stack, service, host, port, seconds=2):
    """Whether a TCP connection from inside `service` comes about."""
    script = f"import socket; socket.create_connection(({host!r}, {port}), {seconds}).close()"
    return stack.exec(service, "python3", "-c", script, check=False).returncode == 0


def resolve(stack, service, name, family="AF_INET"):
    script = f"import socket; print(*sorted({{a[4][0] for a in socket.getaddrinfo({name!r}, None, socket.{family})}}))"
    end = stack.exec(service, "python3", "-c", script, check=False)
    return end.stdout.split() if end.returncode == 0 else None


def address(stack, service, network="default", family="ipv4"):
    return stack.ps()[service]["Addresses"][network][family]


def get(url):
    with urllib.request.urlopen(url, timeout=5) as answer:
        return answer.status


NETS = """
    services:
      web: {image: "host:", command: [python3, -m, http.server, "8000"], networks: [front, back]}
      db: {image: "host:", command: [python3, -m, http.server, "8000"], networks: {back: {aliases: [store]}}}
      out: {image: "host:", command: [python3, -m, http.server, "8000"], networks: [front]}
    networks: {front: {}, back: {internal: true}}
"""


def test_names_are_of_shared_networks_only(stack, until):
    stack.up(NETS)
    for name in ("db", "store", stack.container("db")):
        assert resolve(stack, "web", name) == [address(stack, "db", "back")], name
        assert resolve(stack, "out", name) is None, name
    assert resolve(stack, "web", "db", "AF_INET6") == [address(stack, "db", "back", "ipv6")]
    until(lambda: reach(stack, "web", "db", 8000), "db answers")
    until(lambda: reach(stack, "out", "web", 8000), "web answers")


def test_networks_are_isolated_from_each_other(stack, until):
    stack.up(NETS)
    until(lambda: reach(stack, "web", "db", 8000))
    assert not reach(stack, "out", address(stack, "db", "back"), 8000)
    assert not reach(stack, "out", address(stack, "db", "back", "ipv6"), 8000)


def test_an_internal_network_has_no_way_out(stack):
    stack.up(NETS)
    assert "default" not in stack.sh("db", "ip route; ip -6 route")
    assert "default" in stack.sh("out", "ip route")


def test_published_ports_answer_on_every_address_of_the_host(stack, until):
    port = free_port()
    stack.up(f"""
        services:
          web: {{image: "host:", command: [python3, -c, "{SERVER.replace('PORT', '80')}"], ports: ["{port}:80"]}}
    """)
    until(lambda: reach(stack, "web", "127.0.0.1", 80))
    assert get(f"http://127.0.0.1:{port}/") == 200
    assert get(f"http://[::1]:{port}/") == 200
    published = {(p["URL"], p["PublishedPort"]) for p in stack.ps()["web"]["Publishers"]}
    assert ("0.0.0.0", port) in published and ("::", port) in published


def test_a_port_of_one_host_address_is_on_no_other(stack, until):
    port = free_port()
    stack.up(f"""
        services:
          web: {{image: "host:", command: [python3, -m, http.server, "80"], ports: ["127.0.0.1:{port}:80"]}}
          peer: {{image: "host:", command: sleep infinity, networks: [other]}}
        networks: {{other: {{}}}}
    """)
    until(lambda: reach(stack, "web", "127.0.0.1", 80))
    assert get(f"http://127.0.0.1:{port}/") == 200
    gateway = stack.sh("peer", "ip route show default").split()[2]
    assert not reach(stack, "peer", gateway, port)


def test_a_port_that_is_taken_is_told_before_anything_starts(stack):
    with socket.socket() as taken:
        taken.bind(("0.0.0.0", 0))
        taken.listen()
        port = taken.getsockname()[1]
        stack.write(f"""
            services:
              web: {{image: "host:", command: sleep infinity, ports: ["{port}:80"]}}
        """)
        end = stack.run("up", "-d", check=False)
    assert end.returncode == 1 and str(port) in end.stderr
    assert stack.run("ps", "-aq").stdout == ""


def test_udp_is_published_too(stack, until):
    port = free_port(socket.SOCK_DGRAM)
    stack.up(f"""
        services:
          echo:
            image: "host:"
            command: [python3, -c, "import socket\\ns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\\ns.bind(('', 7))\\nwhile True: s.sendto(*s.recvfrom(99))"]
            ports: ["127.0.0.1:{port}:7/udp"]
    """)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.settimeout(0.2)

        def echoed():
            one.sendto(b"ping", ("127.0.0.1", port))
            try:
                return one.recv(99) == b"ping"
            except OSError:
                return False

        until(echoed, "an echo")


def test_addresses_stay_over_restart_and_up_again(stack):
    stack.up(NETS)
    before = {service: one["Addresses"] for service, one in stack.ps().items()}
    stack.run("restart", "-t", "0", "db")
    stack.up()
    stack.run("up", "-d", "--force-recreate", "-t", "0", "web")
    assert {service: one["Addresses"] for service, one in stack.ps().items()} == before


def test_a_fixed_address_and_a_wish_for_none(stack):
    stack.up("""
        services:
          fixed: {image: "host:", command: sleep infinity, networks: {lan: {ipv4_address: 10.213.7.77}}}
          alone: {image: "host:", command: sleep infinity, network_mode: none}
          outside: {image: "host:", command: sleep infinity, network_mode: host}
        networks: {lan: {ipam: {config: [{subnet: 10.213.7.0/24}]}}}
    """)
    assert "10.213.7.77/24" in stack.sh("fixed", "ip -o -4 addr")
    assert [line.split()[1] for line in stack.sh("alone", "ip -o link").splitlines()] == ["lo:"]
    host = subprocess.run(["readlink", "/proc/self/ns/net"], stdout=subprocess.PIPE, text=True, check=True).stdout
    assert stack.sh("outside", "readlink /proc/self/ns/net") == host


def test_a_changed_port_restarts_nobody(stack, until):
    one, two = free_port(), free_port()
    text = """
        services:
          web: {image: "host:", command: [python3, -m, http.server, "80"], ports: ["127.0.0.1:PORT:80"]}
    """
    stack.up(text.replace("PORT", str(one)))
    pid = stack.pid("web")
    stack.up(text.replace("PORT", str(two)))
    assert stack.pid("web") == pid
    until(lambda: reach(stack, "web", "127.0.0.1", 80))
    assert get(f"http://127.0.0.1:{two}/") == 200
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", one)) != 0


def test_bandwidth_bites(stack, until):
    stack.up("""
        services:
          slow: {image: "host:", command: [python3, -c, "import socket\\ns = socket.create_server(('', 9))\\nwhile True:\\n c, _ = s.accept()\\n try: c.sendall(bytes(1 << 20))\\n except OSError: pass\\n c.close()"],
                 x-stack: {bandwidth: {egress: 8mbit}}}
          peer: {image: "host:", command: sleep infinity}
    """)
    until(lambda: reach(stack, "peer", "slow", 9))
    script = "import socket,time; t=time.time(); s=socket.create_connection(('slow', 9)); n=0\nwhile d:=s.recv(65536): n+=len(d)\nprint(n/(time.time()-t))"
    rate = float(stack.exec("peer", "python3", "-c", script).stdout) * 8 / 1e6
    assert 4 < rate < 11, rate


def test_dns_answers_while_the_reconciler_is_killed(stack):
    stack.up(NETS)
    for _ in range(5):
        reconciler.kill(stack.name)
        assert resolve(stack, "web", "db") == [address(stack, "db", "back")]


def test_two_stacks_do_not_reach_each_other(stack, tmp_path, until):
    stack.up(NETS)
    other = type(stack)(tmp_path / "other", stack.name + "x")
    other.folder.mkdir()
    try:
        other.up(NETS)
        until(lambda: reach(other, "web", "db", 8000))
        assert not reach(other, "web", address(stack, "db", "back"), 8000)
        assert not reach(other, "out", address(stack, "out", "front"), 8000)
        assert resolve(other, "web", "db") != resolve(stack, "web", "db")
    finally:
        other.run("down", "-t", "0", check=False)
