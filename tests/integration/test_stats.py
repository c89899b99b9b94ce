"""What services take of the host, as `stats` tells it."""
import json
import subprocess

BUSY = """
    services:
      busy: {image: "host:", command: [python3, -c, "x = bytearray(50 << 20)\\nwhile True: pass"], mem_limit: 256m, cpus: 0.5}
      idle: {image: "host:", command: sleep infinity, init: true}
      hosts: {image: "host:", command: sleep infinity, network_mode: host}
"""


def rows(stack, *arguments):
    out = stack.run("stats", "--no-stream", "--format", "json", *arguments).stdout
    return {row["Name"]: row for row in map(json.loads, out.splitlines())}


def test_stats_tell_who_takes_what(stack, until):
    stack.up(BUSY)
    until(lambda: float(rows(stack)[stack.container("busy")]["CPUPerc"].rstrip("%")) > 5, "it is seen to be busy")
    all = rows(stack)
    busy, idle, hosts = (all[stack.container(name)] for name in ("busy", "idle", "hosts"))
    assert float(busy["CPUPerc"].rstrip("%")) < 80, "half a processor"
    used, limit = busy["MemUsage"].split(" / ")
    assert limit == "256MiB" and used.endswith("MiB") and 50 <= float(used[:-3]) < 256
    assert float(idle["CPUPerc"].rstrip("%")) < 5
    assert "GiB" in idle["MemUsage"].split(" / ")[1], "the limit is the host's memory"
    assert int(idle["PIDs"]) == 2
    assert " / " in idle["NetIO"] and hosts["NetIO"] == "--"
    assert set(rows(stack, "idle")) == {stack.container("idle")}
    table = stack.run("stats", "--no-stream").stdout.splitlines()
    assert table[0].split("   ")[0] == "CONTAINER ID" and "MEM USAGE / LIMIT" in table[0] and len(table) == 4
    assert stack.run("stats", "--no-stream", "nope", check=False).returncode == 1


def test_stats_show_what_ended_only_when_asked_and_make_nothing_up(stack):
    stack.up(BUSY)
    stack.run("stop", "-t", "0", "idle")
    assert stack.container("idle") not in rows(stack)
    one = rows(stack, "--all")[stack.container("idle")]
    assert one["CPUPerc"] == one["MemUsage"] == one["PIDs"] == "--"


def test_stats_go_on_until_they_are_interrupted(stack):
    stack.up(BUSY)
    process = stack.start("stats", "--format", "json", "idle", stdout=subprocess.PIPE)
    for _ in range(2):
        assert json.loads(process.stdout.readline())["Name"] == stack.container("idle")
    process.send_signal(2)
    assert process.wait(timeout=30) == 130


def test_traffic_is_counted(stack, until):
    stack.up("""
        services:
          a: {image: "host:", command: [python3, -m, http.server, "8000", -d, /usr/share], init: true}
          b: {image: "host:", command: sleep infinity, init: true}
    """)
    fetch = "import urllib.request as u; [u.urlopen('http://a:8000/').read() for _ in range(50)]"
    until(lambda: stack.exec("b", "python3", "-c", fetch, check=False).returncode == 0)
    received, sent = rows(stack, "b")[stack.container("b")]["NetIO"].split(" / ")
    assert received.endswith("kB") or received.endswith("MB")
