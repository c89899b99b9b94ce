"""post_start and pre_stop: run in the container, in order, and not lost with the reconciler."""
import os
import signal

import reconciler


def test_hooks_run_around_the_program_as_the_file_says(stack, until):
    stack.up("""
        services:
          a:
            image: "host:"
            command: [sh, -c, "trap 'echo asked; exit 0' TERM; while :; do sleep 0.02; done"]
            user: "65534"
            environment: {OWN: service}
            post_start:
              - command: [sh, -c, "echo first $$(id -u) $$PWD $$OWN $$WORD"]
                user: root
                working_dir: /usr
                environment: [WORD=hook]
              - command: sh -c 'echo second $$(id -u)'
            pre_stop:
              - command: [sh, -c, "echo before"]
          b: {image: "host:", command: [sh, -c, "echo b; sleep infinity"], depends_on: [a]}
    """)
    assert stack.logs("a").splitlines() == ["first 0 /usr service hook", "second 65534"]
    stack.run("stop", "a")
    assert stack.logs("a").splitlines()[2:] == ["before", "asked"]
    assert stack.ps()["a"]["ExitCode"] == 0
    stack.run("start", "a")
    until(lambda: stack.logs("a").count("second") == 2, "the hooks of the next run")


def test_a_privileged_hook_may_what_the_service_may_not(stack):
    script = "grep CapEff /proc/self/status"
    stack.up(f"""
        services:
          a:
            image: "host:"
            command: [sh, -c, "{script}; sleep infinity"]
            post_start: [{{command: [sh, -c, "{script}"], privileged: true}}]
    """)
    masks = sorted(int(line.split()[1], 16) for line in stack.logs("a").splitlines())
    assert len(masks) == 2 and masks[0] < masks[1]


def test_a_post_start_that_fails_fails_the_up_and_holds_back_who_depends(stack):
    text = """
        services:
          a:
            image: "host:"
            command: sleep infinity
            post_start: [{command: [sh, -c, "echo tried; exit CODE"]}, {command: echo never}]
          b: {image: "host:", command: sleep infinity, depends_on: [a]}
    """
    stack.write(text.replace("CODE", "7"))
    up = stack.run("up", "-d", check=False)
    assert up.returncode == 1
    assert "post_start hook 1: exited with code 7" in up.stderr
    states = stack.ps()
    assert states["a"]["State"] == "running"
    assert "b" not in states or states["b"]["State"] != "running"
    assert stack.logs("a") == "tried\n"
    # Another `up` tries again.
    assert stack.run("up", "-d", check=False).returncode == 1
    assert stack.logs("a") == "tried\ntried\n"
    stack.up(text.replace("CODE", "0"))
    assert stack.logs("a").endswith("tried\nnever\n")
    assert stack.ps()["b"]["State"] == "running"


def test_a_pre_stop_takes_no_longer_than_the_grace_period(stack, until):
    stack.up("""
        services:
          a:
            image: "host:"
            command: sleep infinity
            init: true
            stop_grace_period: 1s
            pre_stop: [{command: [sh, -c, "echo hangs; sleep infinity"]}]
    """)
    stack.run("stop", "a")
    assert stack.ps()["a"]["ExitCode"] == 137
    assert stack.logs("a") == "hangs\n"


def test_a_pre_stop_runs_at_down_though_nothing_is_wanted_any_more(stack, tmp_path):
    stack.up(f"""
        services:
          a:
            image: "host:"
            command: sleep infinity
            init: true
            volumes: ["{tmp_path}/out:/out"]
            pre_stop: [{{command: touch /out/ran}}]
    """)
    stack.run("down")
    assert os.path.exists(f"{tmp_path}/out/ran")


def test_hooks_outlive_the_reconciler(stack, until, tmp_path):
    """Killed while a hook runs: its successor waits for that one, and runs the next."""
    os.mkfifo(tmp_path / "gate")
    stack.write(f"""
        services:
          a:
            image: "host:"
            command: sleep infinity
            init: true
            volumes: ["{tmp_path}:/host"]
            post_start:
              - command: [sh, -c, "echo one; cat /host/gate; echo two"]
              - command: echo three
            pre_stop:
              - command: [sh, -c, "touch /host/stopping; cat /host/gate; echo four"]
              - command: touch /host/stopped
    """)
    up = stack.start("up", "-d")
    until(lambda: "one" in stack.run("logs", check=False).stdout, "the first hook runs")
    reconciler.kill(stack.name)
    open_gate(tmp_path)
    until(lambda: "three" in stack.logs("a"), "the successor goes on")
    up.wait(timeout=60)
    assert stack.logs("a").splitlines() == ["one", "two", "three"]
    stop = stack.start("stop", "-t", "60")
    until(lambda: os.path.exists(tmp_path / "stopping"), "the first of pre_stop runs")
    reconciler.kill(stack.name)
    until(lambda: stack.run("ps", check=False).returncode == 0, "a reconciler answers")
    open_gate(tmp_path)
    until(lambda: os.path.exists(tmp_path / "stopped"), "the second has run")
    stop.wait(timeout=60)
    until(lambda: stack.ps()["a"]["State"] == "exited", "it stops")


def open_gate(folder):
    """Whoever reads the fifo sees its end; the open waits for the reader."""
    with open(folder / "gate", "w"):
        pass
