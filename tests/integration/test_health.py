"""Health checks, and the services that wait for them."""
import os
import time

CHECKED = """
    services:
      a:
        image: "host:"
        command: sleep infinity
        healthcheck: {test: [CMD, test, -e, /tmp/well], interval: 50ms, timeout: 2s, retries: 2, start_period: 0s}
"""


def test_it_becomes_healthy_and_unhealthy_and_healthy_again(stack, until):
    stack.write(CHECKED)
    stack.run("up", "-d")
    stack.exec("a", "touch", "/tmp/well")
    until(lambda: stack.ps()["a"]["Health"] == "healthy")
    assert "(healthy)" in stack.run("ps").stdout
    stack.exec("a", "rm", "/tmp/well")
    until(lambda: stack.ps()["a"]["Health"] == "unhealthy")
    assert stack.ps()["a"]["State"] == "running"
    stack.exec("a", "touch", "/tmp/well")
    until(lambda: stack.ps()["a"]["Health"] == "healthy")


def test_waiting_for_an_unhealthy_service_fails_and_names_it(stack):
    stack.write(CHECKED)
    end = stack.run("up", "-d", "--wait", check=False)
    assert end.returncode == 1
    assert "a: container is unhealthy" in end.stderr


def test_waiting_has_a_limit(stack):
    stack.write(CHECKED.replace("retries: 2", "retries: 100000"))
    began = time.monotonic()
    end = stack.run("up", "-d", "--wait", "--wait-timeout", "1", check=False)
    assert end.returncode == 1 and "timed out" in end.stderr
    assert time.monotonic() - began < 10


def test_a_dependent_starts_only_when_its_dependency_is_healthy(stack, until):
    stack.write("""
        services:
          db:
            image: "host:"
            command: [sh, -c, "sleep 0.5; touch /tmp/well; sleep infinity"]
            healthcheck: {test: [CMD, test, -e, /tmp/well], interval: 50ms, retries: 100}
          web: {image: "host:", command: sleep infinity, depends_on: {db: {condition: service_healthy}}}
    """)
    stack.run("up", "-d")
    both = stack.ps()
    assert both["db"]["Health"] == "healthy"
    assert both["web"]["StartedAt"] - both["db"]["StartedAt"] >= 0.5


def test_a_dependent_on_completion_starts_after_success_and_never_after_failure(stack):
    text = """
        services:
          job: {image: "host:", command: [sh, -c, "sleep 0.3; exit CODE"]}
          web: {image: "host:", command: sleep infinity, depends_on: {job: {condition: service_completed_successfully}}}
    """
    stack.write(text.replace("CODE", "4"))
    end = stack.run("up", "-d", check=False)
    assert end.returncode == 1 and "job" in end.stderr, end.stderr
    assert stack.ps()["web"]["State"] != "running"
    stack.write(text.replace("CODE", "0"))
    stack.run("up", "-d")
    both = stack.ps()
    assert both["web"]["State"] == "running"
    assert both["web"]["StartedAt"] >= both["job"]["FinishedAt"]


def test_a_check_that_hangs_is_ended_and_counts_as_failed(stack, until):
    stack.write("""
        services:
          a:
            image: "host:"
            command: sleep infinity
            healthcheck: {test: [CMD, sleep, "4242"], interval: 50ms, timeout: 200ms, retries: 1}
    """)
    stack.run("up", "-d")
    until(lambda: stack.ps()["a"]["Health"] == "unhealthy")
    # One at a time, and none outlives its limit: never a heap of them.
    assert stack.sh("a", "ps -e -o args").count("sleep 4242") <= 1


def test_a_changed_check_restarts_nobody(stack, until):
    stack.write(CHECKED)
    stack.run("up", "-d")
    pid = stack.pid("a")
    stack.write(CHECKED.replace("/tmp/well", "/tmp"))
    stack.run("up", "-d")
    until(lambda: stack.ps()["a"]["Health"] == "healthy")
    assert stack.pid("a") == pid


def test_checks_do_not_heap_up_zombies(stack, until):
    stack.write(CHECKED)
    stack.run("up", "-d")
    stack.exec("a", "touch", "/tmp/well")
    until(lambda: stack.ps()["a"]["Health"] == "healthy")
    time.sleep(0.5)
    zombies = 0
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            text = open(f"/proc/{entry}/stat").read()
        except OSError:
            continue
        zombies += "(test) Z" in text
    assert zombies <= 1
