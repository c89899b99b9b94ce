"""The verbs, as people and scripts use them: what is printed where, and the exit codes."""
import json
import re
import signal
import subprocess

import pytest
import reconciler
from terminal import Terminal

TWO = """
    services:
      db: {image: "host:", command: sleep infinity, init: true}
      web: {image: "host:", command: sleep infinity, init: true, depends_on: [db]}
"""


def test_up_in_a_pipe_prints_plain_lines_and_again_does_nothing(stack):
    stack.write(TWO)
    up = stack.run("up", "-d")
    assert f"Container {stack.container('web')}  Started" in up.stderr
    assert "\x1b" not in up.stderr + up.stdout and up.stdout == ""
    pids = {name: one["Pid"] for name, one in stack.ps().items()}
    assert stack.run("up", "-d").stderr == ""
    assert {name: one["Pid"] for name, one in stack.ps().items()} == pids


def test_plan_is_two_before_up_and_nought_after(stack):
    stack.write(TWO)
    before = stack.run("plan", check=False)
    assert before.returncode == 2
    assert "+ start container web" in before.stdout
    assert not stack.run("ps", "-a", "-q").stdout
    stack.up()
    after = stack.run("plan", "--format", "json")
    assert json.loads(after.stdout)["steps"] == []


def test_plan_names_the_key_that_recreates(stack):
    stack.up(TWO)
    stack.write(TWO.replace("web: {", "web: {working_dir: /tmp, "))
    plan = stack.run("plan", check=False)
    assert plan.returncode == 2
    assert "working_dir" in plan.stdout
    assert " db" not in plan.stdout


def test_ps_shows_the_running_and_all_with_a(stack, until):
    stack.write("""
        services:
          on: {image: "host:", command: sleep infinity}
          off: {image: "host:", command: [sh, -c, exit 3]}
    """)
    stack.run("up", "-d")
    until(lambda: stack.ps()["off"]["State"] == "exited")
    table = stack.run("ps").stdout
    assert table.split("\n")[0].split() == "NAME IMAGE COMMAND SERVICE CREATED STATUS PORTS".split()
    assert stack.container("on") in table and stack.container("off") not in table
    assert "Exited (3)" in stack.run("ps", "-a").stdout
    assert stack.run("ps", "--services").stdout == "on\n"
    assert re.fullmatch(r"[0-9a-f]{64}\n", stack.run("ps", "-q", "on").stdout)
    one = stack.ps()["off"]
    assert (one["ExitCode"], one["Project"], one["Name"]) == (3, stack.name, stack.container("off"))


def test_a_stack_that_does_not_run(stack):
    stack.write(TWO)
    assert len(stack.run("ps").stdout.splitlines()) == 1
    end = stack.run("exec", "web", "true", check=False)
    assert end.returncode == 1
    assert end.stderr == f'stack: stack "{stack.name}" is not running: start it with "stack up -d"\n'
    assert stack.run("down").returncode == 0
    assert stack.run("logs").stdout == ""


def test_stop_start_restart_and_kill(stack):
    stack.up(TWO)
    first = stack.pid("web")
    stack.run("stop", "-t", "1", "web")
    assert stack.ps()["web"]["State"] == "exited"
    assert stack.ps()["db"]["State"] == "running"
    stack.run("start", "web")
    second = stack.pid("web")
    assert second not in (0, first)
    stack.run("restart", "-t", "1", "web")
    assert stack.pid("web") not in (0, first, second)
    stack.run("kill", "web")
    one = stack.ps()["web"]
    assert (one["State"], one["ExitCode"]) == ("exited", 137)


def test_kill_sends_the_signal_named(stack, until):
    stack.up("""
        services:
          a: {image: "host:", command: [sh, -c, "trap 'echo usr1' USR1; while :; do sleep 0.05; done"]}
    """)
    until(lambda: int(re.search(r"SigCgt:\s+(\w+)", stack.sh("a", "cat /proc/1/status"))[1], 16) & 0x200)
    stack.run("kill", "-s", "USR1", "a")
    until(lambda: "usr1" in stack.logs("a"), "the trap runs")
    assert stack.ps()["a"]["State"] == "running"
    wrong = stack.run("kill", "-s", "NOSUCH", check=False)
    assert wrong.returncode == 1 and "no such signal: NOSUCH" in wrong.stderr


def test_exec_passes_streams_and_exit_code_through(stack):
    stack.up(TWO)
    end = stack.run("exec", "-T", "web", "sh", "-c", "cat; echo err >&2; exit 42", input="in\n", check=False)
    assert (end.returncode, end.stdout, end.stderr) == (42, "in\n", "err\n")
    assert stack.exec("web", "sh", "-c", "kill -9 $$", check=False).returncode == 137
    assert stack.exec("web", "no-such-program", check=False).returncode in (126, 127)
    variables = stack.run("exec", "-T", "-e", "A=b c", "-w", "/tmp", "web", "sh", "-c", 'echo "$A"; pwd').stdout
    assert variables == "b c\n/tmp\n"
    assert stack.run("exec", "-u", "1000", "web", "id", "-u").stdout == "1000\n"


def test_exec_carries_much_data_and_ends_when_its_reader_does(stack):
    stack.up(TWO)
    much = "x" * 5_000_000
    assert stack.exec("web", "cat", input=much).stdout == much
    process = stack.start("exec", "-T", "web", "yes", stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert process.stdout.readline() == "y\n"
    process.stdout.close()
    process.wait(timeout=30)


def test_exec_on_a_terminal_gets_a_pty_of_its_own(stack):
    stack.up(TWO)
    terminal = Terminal.of(stack, "exec", "web", "sh", "-c", "tty; stty size; read x; echo got:$x; exit 7")
    terminal.expect("/dev/pts/0")
    terminal.type("hello\r")
    assert terminal.end() == 7
    assert "got:hello" in terminal.output


def test_ctrl_c_on_a_terminal_goes_to_the_program(stack):
    stack.up(TWO)
    terminal = Terminal.of(stack, "exec", "web", "sh", "-c", "trap 'echo caught; exit 5' INT; echo ready; while :; do sleep 0.05; done")
    terminal.expect("ready")
    terminal.type("\x03")
    assert terminal.end() == 5
    assert "caught" in terminal.output


def test_exec_outlives_the_reconciler(stack, until):
    stack.up(TWO)
    process = stack.start("exec", "-T", "web", "sh", "-c", "echo up; read x; exit 9", stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE)
    assert process.stdout.readline() == "up\n"
    reconciler.kill(stack.name)
    until(lambda: stack.ps()["web"]["State"] == "running")
    process.communicate("go\n", timeout=30)
    assert process.returncode == 9


def test_foreground_up_shows_logs_and_stops_at_ctrl_c(stack):
    stack.write("""
        services:
          db: {image: "host:", command: [sh, -c, "trap 'echo db-ends; exit 0' TERM; echo db-runs; while :; do sleep 0.05; done"]}
          web: {image: "host:", depends_on: [db],
                command: [sh, -c, "trap 'echo web-ends; exit 0' TERM; echo web-runs >&2; while :; do sleep 0.05; done"]}
    """)
    terminal = Terminal.of(stack, "up")
    terminal.expect("db-runs")
    terminal.expect("web-runs")
    terminal.type("\x03")
    assert terminal.end() == 130
    assert "Gracefully stopping" in terminal.output
    assert terminal.output.index("web-ends") < terminal.output.index("db-ends")
    assert stack.run("ps", "-aq").stdout == ""
    assert "db-runs" in stack.logs("db")  # they stay for whoever wants to know why


def test_what_a_foreground_up_has_ended_is_started_by_the_next_up_alone(stack):
    stack.write("""
        services:
          db: {image: "host:", command: [sh, -c, "echo db-runs; exec sleep infinity"], init: true}
          web: {image: "host:", command: sleep infinity, init: true}
    """)
    terminal = Terminal.of(stack, "up")
    terminal.expect("db-runs")
    terminal.type("\x03")
    assert terminal.end() == 130
    stack.run("up", "-d", "web")
    assert {service: row["State"] for service, row in stack.ps().items()} == {"db": "created", "web": "running"}
    stack.run("up", "-d")
    assert {service: row["State"] for service, row in stack.ps().items()} == {"db": "running", "web": "running"}


def test_a_second_ctrl_c_kills(stack):
    stack.write("""
        services:
          stubborn: {image: "host:", stop_grace_period: 5m,
                     command: [sh, -c, "trap '' TERM; echo deaf; while :; do sleep 0.05; done"]}
    """)
    terminal = Terminal.of(stack, "up")
    terminal.expect("deaf")
    terminal.type("\x03")
    terminal.expect("Gracefully stopping")
    terminal.type("\x03")
    assert terminal.end() == 130


def test_foreground_up_ends_with_its_containers(stack):
    stack.write("""
        services:
          a: {image: "host:", command: [sh, -c, "echo one; echo two >&2; exit 3"]}
    """)
    end = stack.run("up")
    assert "a-1  | one\n" in end.stdout and "a-1  | two\n" in end.stderr
    assert "a-1 exited with code 3" in end.stdout


JOB = """
    services:
      db: {image: "host:", command: [sh, -c, "trap 'exit 7' TERM; while :; do sleep 0.05; done"]}
      job: {image: "host:", command: [sh, -c, "echo done; exit %d"], depends_on: [db]}
"""


@pytest.mark.parametrize("code, arguments, expected", [
    (3, ["--exit-code-from", "job"], 3),
    (0, ["--exit-code-from", "job"], 0),
    (3, ["--exit-code-from", "db"], 7),  # of one that is stopped then
    (3, ["--abort-on-container-exit"], 0),
    (3, ["--abort-on-container-failure"], 3),
])
def test_foreground_up_ends_with_one_container_where_that_is_wanted(stack, code, arguments, expected):
    stack.write(JOB % code)
    end = stack.run("up", *arguments, check=False)
    assert end.returncode == expected
    assert f"job-1 exited with code {code}" in end.stdout and "Aborting: job-1 exited" in end.stderr
    assert stack.run("ps", "-aq").stdout == ""


def test_a_container_that_ends_well_is_no_failure(stack):
    stack.write(JOB % 0)
    terminal = Terminal.of(stack, "up", "--abort-on-container-failure")
    terminal.expect("job-1 exited with code 0")
    terminal.type("\x03")
    assert terminal.end() == 130


def test_an_end_with_a_container_needs_the_foreground(stack):
    stack.write(JOB % 0)
    for arguments in (["-d", "--abort-on-container-exit"], ["--wait", "--exit-code-from", "job"]):
        end = stack.run("up", *arguments, check=False)
        assert end.returncode == 1 and "must stay in the foreground" in end.stderr
    end = stack.run("up", "--exit-code-from", "jop", check=False)
    assert end.returncode == 1 and 'did you mean "job"?' in end.stderr


def test_an_interrupted_detached_up_goes_on(stack, until):
    stack.write("""
        services:
          db: {image: "host:", command: sleep infinity,
               healthcheck: {test: [CMD, test, -e, /tmp/go], interval: 100ms, retries: 1000}}
          web: {image: "host:", command: sleep infinity, depends_on: {db: {condition: service_healthy}}}
    """)
    up = stack.start("up", "-d", stderr=subprocess.PIPE)
    state = lambda service: stack.ps().get(service, {}).get("State")
    until(lambda: (state("web"), state("db")) == ("waiting", "running"), "web waits")
    assert "Waiting for db" in stack.run("ps").stdout
    up.send_signal(signal.SIGINT)
    assert "goes on being brought up in the background" in up.communicate(timeout=30)[1]
    assert up.returncode == 130
    stack.exec("db", "touch", "/tmp/go")
    until(lambda: stack.ps()["web"]["State"] == "running", "web starts after all")


def test_a_refused_file_leaves_nothing_running(stack):
    stack.write("""
        services:
          a: {image: "host:", command: sleep infinity, enviroment: {A: b}}
    """)
    end = stack.run("up", "-d", check=False)
    assert end.returncode == 1
    assert 'compose.yaml:3' in end.stderr and 'did you mean "environment"' in end.stderr
    assert stack.name not in stack.run("ls", "-q").stdout.split()


def test_config_checks_and_prints_a_stack_file_again(stack):
    stack.write(TWO)
    text = stack.run("config").stdout
    assert stack.run("config", "--services").stdout == "db\nweb\n"
    assert stack.run("config", "-q").stdout == ""
    assert set(json.loads(stack.run("config", "--format", "json").stdout)["services"]) == {"db", "web"}
    (stack.folder / "compose.yaml").write_text(text)
    assert stack.run("config").stdout == text


def test_config_shows_one_kind_of_what_is_in_the_file(stack):
    stack.write("""
        services:
          b: {image: "redis:7", volumes: ["data:/data"]}
          a: {image: "host:", command: "sleep ${TIME:-1}", networks: [back]}
        volumes: {data: {}}
        networks: {back: {}}
    """)
    shown = lambda *arguments, **more: stack.run("config", *arguments, **more).stdout
    assert shown("--images") == "host:\nredis:7\n"
    assert shown("--volumes") == "data\n"
    assert shown("--networks") == "back\ndefault\n"
    assert "TIME=7\n" in shown("--environment", env={"TIME": "7"})
    hashes = dict(line.split() for line in shown("--hash", "*").splitlines())
    assert set(hashes) == {"a", "b"} and all(re.fullmatch("[0-9a-f]{64}", value) for value in hashes.values())
    assert shown("--hash", "b") == f"b {hashes['b']}\n"
    changed = dict(line.split() for line in shown("--hash", "a,b", env={"TIME": "7"}).splitlines())
    assert changed["b"] == hashes["b"] and changed["a"] != hashes["a"]
    assert shown("-o", "full.yaml") == "" and (stack.folder / "full.yaml").read_text() == shown()
    for wrong, words in ((("--hash", "c"), "no such service: c"), (("--images", "--volumes"), "1 option")):
        end = stack.run("config", *wrong, check=False)
        assert end.returncode == 1 and words in end.stderr


def test_check_tells_the_faults_of_many_files(stack):
    stack.write(TWO)
    (stack.folder / "bad.yaml").write_text("services:\n  a:\n    imag: x\n    ports: [99999]\n")
    assert stack.run("check").stdout == ""
    end = stack.run("check", "bad.yaml", "compose.yaml", "nowhere.yaml", check=False)
    assert end.returncode == 1
    assert "bad.yaml:3:5: error:" in end.stdout and 'did you mean "image"?' in end.stdout and "bad.yaml:4:13: error:" in end.stdout
    assert "compose.yaml" not in end.stdout and "nowhere.yaml" in end.stderr
    end = stack.run("check", "--format", "json", "bad.yaml", check=False)
    faults = [json.loads(line) for line in end.stdout.splitlines()]
    assert end.returncode == 1
    assert [(fault["line"], fault["column"], fault["severity"]) for fault in faults][-1] == (4, 13, "error")
    assert [fault["code"] for fault in faults] == ["missing-key", "unknown-key", "invalid-value"]
    assert (faults[1]["end_line"], faults[1]["end_column"]) == (3, 9)


def test_check_tells_programs_where_a_value_came_from(stack):
    (stack.folder / ".env").write_text("\nPORT=x\n")
    (stack.folder / "compose.yaml").write_text('services: {a: {image: "host:", ports: ["${PORT}", "${OTHER:-y}"]}}\n')
    end = stack.run("check", "--format", "json", "nowhere.yaml", "compose.yaml", check=False)
    faults = [json.loads(line) for line in end.stdout.splitlines()]
    assert end.returncode == 1 and end.stderr == ""
    assert [fault["code"] for fault in faults] == ["unreadable-file", "invalid-value", "invalid-value"]
    assert [fault["origin"] for fault in faults] == [
        [], [{"how": "env-file", "variable": "PORT", "file": ".env", "line": 2, "column": 1}], [{"how": "default", "variable": "OTHER"}]]


def test_check_explains_its_codes(stack):
    end = stack.run("check", "--codes")
    assert re.search(r"^unknown-key +A key that Compose does not have in this place$", end.stdout, re.M)


def test_ls_shows_the_stack_and_where_its_file_is(stack):
    stack.up(TWO)
    row = next(r for r in json.loads(stack.run("ls", "--format", "json").stdout) if r["Name"] == stack.name)
    assert row["Status"] == "running(2)"
    assert row["ConfigFiles"] == str(stack.folder / "compose.yaml")


def test_help_shows_all_verbs_or_the_options_of_one(stack):
    for arguments in ([], ["help"], ["--help"]):
        text = stack.run(*arguments).stdout
        assert "Usage: stack [OPTIONS]" in text and re.search(r"^  up  +Make the stack", text, re.M), arguments
    assert "--abort-on-container-exit" in stack.run("help", "up").stdout
    assert "Usage: stack image rm" in stack.run("help", "image", "rm").stdout


def test_mistakes_on_the_command_line_are_named(stack):
    stack.write(TWO)
    cases = {
        ("pss",): 'did you mean "ps"',
        ("up", "--detatch"): 'did you mean "--detach"',
        ("up", "-d", "wab"): "no such service: wab",
        ("logs", "--tail", "many"): "--tail",
        ("exec", "web"): "wants a service and a command",
    }
    for arguments, words in cases.items():
        end = stack.run(*arguments, check=False)
        assert end.returncode == 1, arguments
        assert end.stderr.startswith("stack: ") and words in end.stderr, (arguments, end.stderr)


def test_the_file_may_be_named_before_and_after_up(stack):
    stack.write(TWO, "other.yaml")
    stack.run("-f", "other.yaml", "config", "-q")
    stack.run("up", "-d", "-f", "other.yaml")
    assert set(stack.ps()) == {"db", "web"}
