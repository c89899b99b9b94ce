"""What a neighbour on the network reaches: published ports where they are published, and nothing else."""
import subprocess

import pytest
from ports import free_port

HOST, NEIGHBOUR = "198.51.100.1", "198.51.100.2"  # TEST-NET-2 (RFC 5737)
SERVER = "[python3, -m, http.server, '80']"


def ip(*words):
    subprocess.run(["ip", *words], check=True)


def in_lan(*command):
    return subprocess.run(["ip", "netns", "exec", "lan-of-test", *command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True)


@pytest.fixture
def lan(stack):
    """A namespace for the neighbour, with a cable to the host; torn down before the census of `stack`."""
    ip("netns", "add", "lan-of-test")
    ip("link", "add", "lan-host", "type", "veth", "peer", "name", "lan0", "netns", "lan-of-test")
    ip("addr", "add", HOST + "/24", "dev", "lan-host")
    ip("link", "set", "lan-host", "up")
    for words in (["addr", "add", NEIGHBOUR + "/24", "dev", "lan0"], ["link", "set", "lan0", "up"], ["link", "set", "lo", "up"]):
        ip("-n", "lan-of-test", *words)
    yield
    ip("netns", "del", "lan-of-test")
    subprocess.run(["ip", "link", "del", "lan-host"], stderr=subprocess.DEVNULL)  # it went with its peer


def reaches(address, port, seconds=1):
    script = f"import socket; socket.create_connection(({address!r}, {port}), {seconds}).close()"
    return in_lan("python3", "-c", script).returncode == 0


def listens(stack, service):
    return stack.exec(service, "python3", "-c", "import socket; socket.create_connection(('127.0.0.1', 80))",
                      check=False).returncode == 0


def test_a_published_port_is_reached_and_an_unpublished_one_is_not(stack, lan, until):
    port = free_port()
    stack.up(f"""
        services:
          open: {{image: "host:", command: {SERVER}, ports: ["{port}:80"]}}
          shut: {{image: "host:", command: {SERVER}}}
    """)
    until(lambda: listens(stack, "open") and listens(stack, "shut"))
    assert reaches(HOST, port)
    # The neighbour knows the way to the containers' network; that alone lets it in to nobody, published or not.
    for service in ("open", "shut"):
        address = stack.ps()[service]["Addresses"]["default"]["ipv4"]
        ip("-n", "lan-of-test", "route", "replace", address, "via", HOST)
        assert not reaches(address, 80), service


HEARD = """
    services:
      ear:
        image: "host:"
        command: [python3, -u, -c, "import socket\\ns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\\ns.bind(('', 7))\\nwhile True: print(s.recv(99).decode())"]
        ports: ["127.0.0.1:PORT:7/udp"]
"""


def send(words, address, port):
    return f"import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto({words!r}.encode(), ({address!r}, {port}))"


def test_a_port_of_the_loopback_address_hears_no_neighbour(stack, lan, until):
    port = free_port()
    stack.up(HEARD.replace("PORT", str(port)))

    def host_is_heard(words):
        exec(send(words, "127.0.0.1", port))
        return words in stack.logs("ear").split()

    until(lambda: host_is_heard("before"))
    assert in_lan("python3", "-c", send("neighbour", HOST, port)).returncode == 0
    # Also with the address itself as the destination, which a neighbour can put on the wire (CVE-2020-8558). An answer
    # would not find back; one datagram may be enough.
    in_lan("sysctl", "-qw", "net.ipv4.conf.all.route_localnet=1")
    for local in ("127.0.0.0/8", "127.0.0.1"):
        ip("-n", "lan-of-test", "route", "del", "local", local, "dev", "lo", "table", "local")
    ip("-n", "lan-of-test", "route", "add", "127.0.0.1", "via", HOST, "src", NEIGHBOUR)
    assert in_lan("python3", "-c", send("martian", "127.0.0.1", port)).returncode == 0
    until(lambda: host_is_heard("after"))
    assert set(stack.logs("ear").split()) == {"before", "after"}


def test_a_neighbour_is_reached_from_a_network_and_not_from_an_internal_one(stack, lan, until):
    server = subprocess.Popen(["ip", "netns", "exec", "lan-of-test", "python3", "-m", "http.server", "8000"],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        stack.up("""
            services:
              out: {image: "host:", command: sleep infinity, networks: [front]}
              in: {image: "host:", command: sleep infinity, networks: [back], cap_add: [NET_ADMIN]}
            networks: {front: {}, back: {internal: true}}
        """)
        script = f"import socket; socket.create_connection(({NEIGHBOUR!r}, 8000), 1).close()"

        def reached(service):
            return stack.exec(service, "python3", "-c", script, check=False).returncode == 0

        until(lambda: reached("out"))
        assert not reached("in")
        # A way out of its own making does not help it.
        gateway = ".".join(stack.ps()["in"]["Addresses"]["back"]["ipv4"].split(".")[:3] + ["1"])
        stack.exec("in", "ip", "route", "add", "default", "via", gateway)
        assert not reached("in")
    finally:
        server.kill()
        server.wait()
