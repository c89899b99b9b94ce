"""deploy.update_config and rollback_config: by batches, monitored, and back again; `stack history`, `stack rollback`."""
import json
import os
import signal
import threading
import time

import pytest

import reconciler
from replicas import containers, pids

WEB = """
    services:
      web:
        image: "host:"
        command: sh -c '{command}'
        init: true
        stop_grace_period: 100ms
        scale: {count}
        environment: {{VERSION: "{version}"}}
        restart: always
        {more}
        deploy:
          update_config: {{{config}}}
          rollback_config: {{parallelism: 0, monitor: 50ms}}
      other: {{image: "host:", command: sleep infinity, init: true}}
"""


def web(version, config, command="exec sleep infinity", count=3, more=""):
    return WEB.format(version=version, config=config, command=command, count=count, more=more)


def version(stack, number):
    return stack.run("exec", "-T", "--index", str(number), "web", "sh", "-c", "echo $VERSION").stdout.strip()


def versions(stack, count=3):
    return [version(stack, number) for number in range(1, count + 1)]


def history(stack):
    return [json.loads(line) for line in stack.run("history", "--format", "json").stdout.splitlines()]


def up_and_proven(stack, text):
    """Good is what ran for a second, where nothing else says so."""
    stack.up(text)
    time.sleep(1.1)


class Watch(threading.Thread):
    """How few of the service's containers were there at once."""

    def __init__(self, stack):
        super().__init__()
        self.stack, self.least, self.ending = stack, 1 << 20, threading.Event()

    def run(self):
        while not self.ending.is_set():
            running = [name for name in pids(self.stack) if name.startswith("web-")]
            self.least = min(self.least, len(running))

    def stop(self):
        self.ending.set()
        self.join()
        return self.least


@pytest.mark.parametrize("parallelism, least", [(1, 2), (2, 1)])
def test_containers_are_made_anew_by_batches_and_the_others_run(stack, parallelism, least):
    config = f"parallelism: {parallelism}, monitor: 300ms"
    stack.up(web(1, config))
    before = pids(stack)
    watch = Watch(stack)
    watch.start()
    stack.up(web(2, config))
    assert watch.stop() >= least
    after = pids(stack)
    assert versions(stack) == ["2", "2", "2"] and after["other-1"] == before["other-1"]
    assert all(after[name] != before[name] for name in ("web-1", "web-2", "web-3"))
    assert stack.run("plan").returncode == 0


def test_a_first_up_and_more_containers_are_no_update(stack):
    config = "monitor: 1h"
    stack.up(web(1, config))
    before = pids(stack)
    stack.up(web(1, config, count=5))
    assert before.items() <= pids(stack).items() and len(pids(stack)) == 6


def test_an_update_that_fails_is_paused_and_the_next_up_goes_on(stack):
    config = "monitor: 10s"
    stack.up(web(1, config))
    before = pids(stack)
    stack.write(web(2, config, command="sleep 0.1; exit 3"))
    failed = stack.run("up", "-d", check=False)
    assert failed.returncode == 1 and "update failed: web-1: exit 3" in failed.stderr
    after = pids(stack)
    assert (after["web-2"], after["web-3"]) == (before["web-2"], before["web-3"])
    assert stack.run("plan", check=False).returncode == 2
    stack.up(web(3, "monitor: 100ms"))
    assert versions(stack) == ["3", "3", "3"]


def test_an_update_that_fails_goes_back_to_what_ran_well(stack):
    config = "monitor: 10s, failure_action: rollback"
    up_and_proven(stack, web(1, config))
    before = pids(stack)
    stack.write(web(2, config, command="sleep 0.1; exit 3"))
    failed = stack.run("up", "-d", check=False)
    assert failed.returncode == 1
    assert "update failed: web-1: exit 3; rolled back to generation 1" in failed.stderr
    after = pids(stack)
    assert versions(stack) == ["1", "1", "1"]
    assert all(after[name] == before[name] for name in ("web-2", "web-3", "other-1"))
    rows = history(stack)
    assert [(row["Generation"], row["Current"], row["Good"], row["BackTo"]) for row in rows] == \
        [(3, True, False, 1), (2, False, False, 0), (1, False, True, 0)]
    assert rows[1]["Failed"] == "web-1: exit 3" and rows[1]["Changes"] == ["~web"]
    assert "rollback" in stack.run("events", "--until", "0s").stdout
    # The file still says otherwise.
    assert stack.run("plan", check=False).returncode == 2


def test_a_container_that_does_not_become_healthy_fails_its_update(stack):
    config = "failure_action: rollback, monitor: 100ms"
    check = 'healthcheck: {{test: [CMD, test, -e, "{}"], interval: 50ms, retries: 2}}'
    up_and_proven(stack, web(1, config, count=1, more=check.format("/etc/hostname")))
    stack.write(web(2, config, count=1, more=check.format("/nowhere")))
    failed = stack.run("up", "-d", check=False)
    assert failed.returncode == 1 and "web-1: health check exited with 1" in failed.stderr
    assert version(stack, 1) == "1" and containers(stack, "-a")["web-1"]["Health"] in ("healthy", "starting")


def test_without_anything_good_there_is_nothing_to_go_back_to(stack):
    config = "monitor: 10s, failure_action: rollback"
    stack.write(web(1, config, command="exit 3", count=1))
    stack.run("up", "-d")
    stack.write(web(2, config, command="sleep 0.1; exit 4", count=1))
    failed = stack.run("up", "-d", check=False)
    assert failed.returncode == 1 and "update failed: web-1: exit 4" in failed.stderr
    assert "Cannot roll back: none before it ran well" in failed.stderr


def test_a_failure_is_passed_over_where_the_file_says_so(stack, until):
    config = "monitor: 300ms, failure_action: continue"
    stack.up(web(1, config))
    # The first run of each fails.
    stack.write(web(2, config, command="[ -e /tmp/was ] && exec sleep infinity; touch /tmp/was; sleep 0.1; exit 3"))
    stack.run("up", "-d")
    until(lambda: len(pids(stack)) == 4, "all run")
    assert versions(stack) == ["2", "2", "2"]
    assert {one["Restarts"] for one in containers(stack, "-a").values() if one["Service"] == "web"} == {1}


def test_rollback_by_hand_and_forward_again(stack):
    config = "monitor: 50ms"
    up_and_proven(stack, web(1, config))
    stack.up(web(2, config))
    said = stack.run("rollback").stdout
    assert "as in generation 1" in said and versions(stack) == ["1", "1", "1"]
    stack.run("rollback", "2")
    assert versions(stack) == ["2", "2", "2"]
    assert "there is no generation 99" in stack.run("rollback", "99", check=False).stderr
    current = history(stack)[0]["Generation"]
    assert f"generation {current} is that of now" in stack.run("rollback", str(current), check=False).stderr


def test_the_history_is_bounded_and_keeps_the_last_good_one(stack):
    for number in range(1, 15):
        stack.write(f"""
            services:
              web: {{image: "host:", command: {"sleep infinity" if number == 1 else "false"}, environment: {{N: "{number}"}}}}
        """)
        up_and_proven(stack, None) if number == 1 else stack.run("up", "-d")
    rows = history(stack)
    assert len(rows) == 12 and rows[-1]["Good"] and rows[-1]["Generation"] == 1
    stack.run("rollback")
    assert stack.sh("web", "echo $N").strip() == "1"


def test_a_reconciler_killed_in_the_middle_goes_on_with_it(stack, until):
    config = "monitor: 200ms"
    stack.up(web(1, config, count=5))
    stack.write(web(2, config, count=5))
    up = stack.start("up", "-d")
    for _ in range(6):
        time.sleep(0.1)
        reconciler.kill(stack.name)
    assert up.wait() == 0
    assert versions(stack, 5) == ["2"] * 5
    assert stack.run("plan").returncode == 0


def test_a_reconciler_killed_while_it_goes_back_ends_there(stack, until):
    config = "monitor: 10s, failure_action: rollback"
    up_and_proven(stack, web(1, config))
    stack.write(web(2, config, command="sleep 0.2; exit 3"))
    up = stack.start("up", "-d")
    until(lambda: history(stack)[0]["BackTo"] == 1, "it goes back")
    up.send_signal(signal.SIGINT)
    up.wait()
    for _ in range(3):
        reconciler.kill(stack.name)
        time.sleep(0.05)
    until(lambda: len(pids(stack)) == 4 and versions(stack) == ["1", "1", "1"], "all are as before")
    assert os.path.exists(f"/var/lib/stack/{stack.name}/history/1.json")
