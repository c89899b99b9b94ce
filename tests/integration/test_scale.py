"""Services of several containers: `scale`, `deploy.replicas`, `stack scale`; what is done to a service is done to all of them."""
import subprocess
import urllib.request

import pytest

from ports import free_port
from replicas import containers, pids

THREE = """
    services:
      web:
        image: "host:"
        command: sh -c 'echo from $$HOSTNAME; exec sleep infinity'
        init: true
        scale: 3
      client: {image: "host:", command: sleep infinity, init: true, depends_on: [web]}
"""


def addresses_of(stack, name):
    return set(stack.sh("client", f"getent ahostsv4 {name} | cut -d' ' -f1 | sort -u").split())


def test_a_service_has_as_many_containers_as_it_says_and_its_name_leads_to_all(stack):
    stack.up(THREE)
    assert set(containers(stack)) == {"web-1", "web-2", "web-3", "client-1"}
    assert {one["Service"] for one in containers(stack).values()} == {"web", "client"}
    assert len(addresses_of(stack, "web")) == 3
    assert len({stack.run("exec", "--index", str(n), "web", "hostname").stdout for n in (1, 2, 3)}) == 3
    assert "no container number 4" in stack.run("exec", "--index", "4", "web", "true", check=False).stderr
    assert stack.run("plan").returncode == 0
    assert stack.run("ps", "--services").stdout.split() == ["client", "web"]
    prefixes = {line.split()[0] for line in stack.run("logs", "web").stdout.splitlines()}
    assert prefixes == {"web-1", "web-2", "web-3"}


def test_more_and_fewer_leave_the_others_and_their_numbers(stack):
    stack.up(THREE)
    before = pids(stack)
    stack.run("scale", "web=5")
    assert set(containers(stack)) == {"web-1", "web-2", "web-3", "web-4", "web-5", "client-1"}
    stack.run("up", "-d", "--scale", "web=2")
    assert pids(stack) == {name: before[name] for name in ("web-1", "web-2", "client-1")}
    stack.run("scale", "web=0")
    assert set(containers(stack)) == {"client-1"}
    stack.run("up", "-d")
    after = pids(stack)
    assert set(after) == set(before) and after["client-1"] == before["client-1"]


def test_what_is_done_to_a_service_is_done_to_each_of_its_containers(stack):
    stack.up(THREE)
    before = pids(stack)
    stack.run("restart", "-t", "0", "web")
    after = pids(stack)
    assert all(after[name] != before[name] for name in ("web-1", "web-2", "web-3"))
    stack.run("stop", "-t", "0", "web")
    assert set(pids(stack)) == {"client-1"}
    stack.run("rm", "-f", "web")
    assert set(containers(stack, "-a")) == {"client-1"}


def test_a_killed_one_of_several_comes_back_alone(stack, until):
    stack.up(THREE.replace("scale: 3", "scale: 3\n        restart: always"))
    before = pids(stack)
    subprocess.run(["kill", "-9", str(before["web-2"])], check=True)
    after = until(lambda: (now := pids(stack)).get("web-2", 0) not in (0, before["web-2"]) and now)
    assert {name: pid for name, pid in after.items() if name != "web-2"} == \
        {name: pid for name, pid in before.items() if name != "web-2"}


def test_each_takes_a_port_of_the_range_and_keeps_a_volume_of_its_own(stack, until):
    first = free_port()
    stack.up(f"""
        services:
          web:
            image: "host:"
            command: sh -c 'hostname > /data/name; cd /data && exec python3 -m http.server 80'
            init: true
            ports: ["{first}-{first + 20}:80"]
            volumes: [/data]
            deploy: {{replicas: 2}}
    """)
    ports = [int(stack.run("port", "--index", str(n), "web", "80").stdout.rsplit(":")[-1]) for n in (1, 2)]

    def name_at(port):
        try:
            return urllib.request.urlopen(f"http://127.0.0.1:{port}/name", timeout=5).read()
        except OSError:
            return None
    names = {until(lambda: name_at(port)) for port in ports}
    assert len(set(ports)) == 2 and len(names) == 2
    stack.run("down", "-v", "-t", "0")


@pytest.mark.parametrize("words, said", [
    (["web=x"], '"web=x" is not SERVICE=N'),
    (["web=-1"], '"web=-1" is not SERVICE=N'),
    (["nix=2"], "no such service: nix"),
    (["fixed=2"], "host port 8099 is one container's"),
])
def test_a_number_that_cannot_be_changes_nothing(stack, words, said):
    stack.write("""
        services:
          web: {image: "host:", command: sleep infinity}
          fixed: {image: "host:", command: sleep infinity, ports: ["8099:80"]}
    """)
    ended = stack.run("scale", *words, check=False)
    assert ended.returncode != 0 and said in ended.stderr, ended.stderr
    assert stack.run("ps", "-a", "-q").stdout == ""
