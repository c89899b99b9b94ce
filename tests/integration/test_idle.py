"""A stack at rest costs the machine nothing but its memory."""
import time

import reconciler


def switches(pid):
    with open(f"/proc/{pid}/status") as file:
        return sum(int(line.split()[1]) for line in file if "ctxt_switches" in line)


def parent_of(pid):
    with open(f"/proc/{pid}/stat") as file:
        return int(file.read().rsplit(")", 1)[1].split()[1])


def test_nobody_wakes_up_while_nothing_happens(stack):
    stack.up("""
        services:
          a: {image: "host:", command: sleep infinity, networks: [front], ports: ["127.0.0.1::80"]}
          b: {image: "host:", command: sleep infinity, restart: always, networks: [front, back]}
        networks: {front: {}, back: {internal: true}}
    """)
    brain, = reconciler.pids(stack.name)
    keeper = parent_of(brain)
    time.sleep(2)  # what comes after the work is done: memory is given back
    before = {pid: switches(pid) for pid in (brain, keeper)}
    time.sleep(5)
    assert {pid: switches(pid) for pid in (brain, keeper)} == before
