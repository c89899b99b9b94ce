"""`stack run`: one-off containers, which are there for one command and then gone, whoever dies meanwhile."""
import json
import os
import signal
import socket
import subprocess
from pathlib import Path

import pytest
import reconciler
from ports import free_port
from terminal import Terminal

JOB = """
    services:
      job: {image: "host:", command: [sh, -c, "echo the command of the file"], init: true, restart: always, stop_grace_period: 5s}
"""
SHOP = """
    services:
      db:
        image: "host:"
        command: [sh, -c, "sleep 0.3; touch /ready; exec sleep infinity"]
        init: true
        healthcheck: {test: [CMD, test, -e, /ready], interval: 100ms, start_period: 30s, start_interval: 100ms}
      web: {image: "host:", command: sleep infinity, init: true, depends_on: {db: {condition: service_healthy}}}
      other: {image: "host:", command: sleep infinity, init: true}
"""


def containers(stack):
    return [json.loads(line) for line in stack.run("ps", "-a", "--format", "json").stdout.splitlines()]


def one_offs(stack):
    return [one for one in containers(stack) if "com.docker.compose.oneoff=True" in one["Labels"]]


def running(stack):
    """Names of the services, not of one-offs, that run."""
    return {one["Service"] for one in containers(stack)
            if one["State"] == "running" and "oneoff" not in one["Labels"]}


def run(stack, *arguments, check=False, **more):
    return stack.run("run", "--rm", "-T", *arguments, check=check, **more)


def begin(stack, *arguments):
    """A one-off that has said `ready`, and its client."""
    client = stack.start("run", *arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert client.stdout.readline() == "ready\n"
    return client


def pins(stack):
    return sorted(os.listdir(f"/run/stack/{stack.name}/live/ns"))


def claims(stack):
    texts = (os.readlink(path) for path in Path("/run/stack/.ids").iterdir())
    return sorted(text for text in texts if text.startswith(stack.name + "/"))


WAITS = "echo ready; read line; echo got $line; exit 6"


@pytest.mark.parametrize("code", [0, 7])
def test_the_exit_code_is_the_commands_and_nothing_is_left(stack, code):
    stack.write(JOB)
    end = run(stack, "job", "sh", "-c", f"echo out; echo err >&2; exit {code}")
    assert (end.returncode, end.stdout) == (code, "out\n")
    assert end.stderr.endswith("err\n")
    assert one_offs(stack) == [] and running(stack) == set()
    assert not list(Path(f"/var/lib/stack/{stack.name}").glob("*/job@*"))


def test_without_a_command_it_is_the_files_and_no_policy_restarts_it(stack):
    stack.write(JOB)
    assert run(stack, "job").stdout == "the command of the file\n"


def test_a_command_that_is_not_there_is_told(stack):
    stack.write(JOB)
    end = run(stack, "job", "no-such-program")
    assert end.returncode == 127
    assert "no-such-program" in end.stderr
    assert one_offs(stack) == []


def test_standard_input_goes_through_a_pipe_to_its_end(stack):
    stack.write(JOB)
    text = "".join(f"line {n}\n" for n in range(20000))
    end = run(stack, "job", "cat", input=text)
    assert (end.returncode, end.stdout) == (0, text)
    assert run(stack, "--interactive=false", "job", "cat", input=text).stdout == ""


def test_a_terminal_where_there_is_one(stack):
    stack.write(JOB)
    terminal = Terminal.of(stack, "run", "--rm", "job", "sh", "-c", "tty; stty size; echo ready; read x; echo got:$x; exit 5")
    terminal.expect("ready")
    assert "/dev/pts/0" in terminal.output
    terminal.type("hello\r")
    terminal.expect("got:hello")
    assert terminal.end() == 5
    assert one_offs(stack) == []


def test_ctrl_c_is_a_key_of_the_programs_terminal_and_comes_once(stack):
    stack.write(JOB)
    script = "trap 'echo caught' INT; echo ready; while read x; [ \"$x\" != bye ]; do :; done; echo end:$x"
    terminal = Terminal.of(stack, "run", "--rm", "job", "bash", "-c", script)
    terminal.expect("ready")
    terminal.type("\x03")
    terminal.expect("caught")
    terminal.type("bye\r")
    terminal.expect("end:bye")
    assert terminal.end() == 0
    assert terminal.output.count("caught") == 1


def test_options_of_the_line_over_the_file(stack, tmp_path):
    stack.write(JOB)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "file").write_text("from outside\n")
    (tmp_path / "vars").write_text("A=file\nB=file\n")
    end = run(stack, "-e", "A=line", "-e", "OWN", "--env-from-file", "vars", "-u", "1000:1000", "-w", "/tmp",
              "-v", "./data:/data:ro", "-l", "tier=test", "--entrypoint", "sh -c", "--name", "mine", "job",
              "echo $A $B $OWN; id -u; pwd; cat /data/file; touch /data/x 2>/dev/null || echo read-only",
              env={"OWN": "mine"})
    assert end.stdout == "line file mine\n1000\n/tmp\nfrom outside\nread-only\n"


def test_dependencies_are_healthy_first_and_stay(stack):
    stack.write(SHOP)
    end = run(stack, "web", "true", check=True)
    assert end.stdout == ""
    assert running(stack) == {"db"}
    assert stack.ps()["db"]["Health"] == "healthy"
    assert f"Container {stack.container('db')}  Started" in end.stderr
    pid = stack.pid("db")
    assert run(stack, "-q", "web", "echo", "again").stderr == ""
    assert stack.pid("db") == pid


def test_no_deps_starts_nobody(stack):
    stack.write(SHOP)
    assert run(stack, "--no-deps", "web", "echo", "alone").stdout == "alone\n"
    assert running(stack) == set()


def test_a_dependency_that_does_not_become_healthy_is_told(stack):
    stack.write(SHOP.replace("touch /ready; exec sleep infinity", "exit 3"))
    end = run(stack, "web", "echo", "never")
    assert (end.returncode, end.stdout) == (1, "")
    assert "db exited with code 3" in end.stderr
    assert one_offs(stack) == []


def test_a_file_that_has_changed_touches_nobody_whom_it_does_not_lean_on(stack):
    stack.up(SHOP)
    pids = {name: stack.pid(name) for name in ("db", "web", "other")}
    stack.write(SHOP.replace("command: sleep infinity", "command: sleep 1000000"))
    assert run(stack, "web", "cat", "/proc/1/cmdline").returncode == 0
    assert {name: stack.pid(name) for name in pids} == pids


def test_ports_are_published_only_when_asked(stack, until):
    port = free_port()
    stack.write(f"""
        services:
          web: {{image: "host:", command: [python3, -m, http.server, "80"], init: true, ports: ["127.0.0.1:{port}:80"]}}
    """)

    def answers():
        with socket.socket() as one:
            return one.connect_ex(("127.0.0.1", port)) == 0

    stack.run("run", "-d", "--name", "quiet", "web")
    until(lambda: any(one["State"] == "running" for one in one_offs(stack)))
    assert one_offs(stack)[0]["Publishers"] == [] and not answers()
    stack.run("run", "-d", "--rm", "-P", "--name", "loud", "web")
    until(answers, "the service's port answers")
    taken = stack.run("run", "-d", "-P", "web", check=False)
    assert taken.returncode == 1 and f'port {port}/tcp' in taken.stderr
    refused = stack.run("up", "-d", check=False)
    assert refused.returncode == 1 and f'port {port}/tcp of one-off "loud" is published by' in refused.stderr


def test_detached_it_runs_on_and_stays_to_be_seen(stack, until):
    stack.write(JOB)
    begun = stack.run("run", "-d", "job", "sh", "-c", "echo words; exit 3")
    one = until(lambda: [one for one in one_offs(stack) if one["State"] == "exited"], "it ends")[0]
    assert begun.stdout == one["ID"] + "\n"
    assert one["Name"] == f"{stack.name}-job-run-{one['ID'][:12]}"
    assert (one["Service"], one["ExitCode"], one["Restarts"]) == ("job", 3, 0)
    assert one["Name"] not in stack.run("ps").stdout
    assert stack.run("logs").stdout == ""
    assert stack.run("logs", "--no-log-prefix", one["Name"]).stdout == "words\n"
    assert not [name for name in pins(stack) if "@" in name and not name.endswith(".user")]
    stack.run("up", "-d", "--remove-orphans")
    until(lambda: one_offs(stack) == [], "it is removed as an orphan")


def test_what_is_not_removed_stays_until_down(stack):
    stack.write(JOB)
    assert stack.run("run", "-T", "job", "sh", "-c", "exit 4", check=False).returncode == 4
    assert [one["ExitCode"] for one in one_offs(stack)] == [4]
    reconciler.kill(stack.name)
    assert [one["ExitCode"] for one in one_offs(stack)] == [4]


def test_each_gives_back_its_ids_namespaces_and_volumes(stack):
    stack.write(JOB)
    run(stack, "job", "true", check=True)
    before = (pins(stack), claims(stack), stack.run("volume", "ls", "-q").stdout)
    for _ in range(3):
        run(stack, "-v", "/anonymous", "job", "touch", "/anonymous/file", check=True)
    assert (pins(stack), claims(stack), stack.run("volume", "ls", "-q").stdout) == before


def test_the_reconciler_is_killed_and_the_one_off_does_not_notice(stack):
    stack.write(JOB)
    client = begin(stack, "--rm", "-T", "job", "sh", "-c", WAITS)
    for _ in range(5):
        reconciler.kill(stack.name)
        assert [one["State"] for one in one_offs(stack)] == ["running"]
    out, err = client.communicate("line\n", timeout=60)
    assert (client.returncode, out) == (6, "got line\n"), err
    assert one_offs(stack) == []


def test_the_reconciler_is_killed_while_the_one_off_ends(stack):
    stack.write(JOB)
    for _ in range(5):
        client = begin(stack, "--rm", "-T", "job", "sh", "-c", WAITS)
        client.stdin.write("line\n")
        client.stdin.flush()
        reconciler.kill(stack.name)
        out, err = client.communicate(timeout=60)
        assert (client.returncode, out) == (6, "got line\n"), err
        assert one_offs(stack) == []


def test_the_reconciler_is_killed_while_the_one_off_waits_for_its_dependencies(stack, until):
    stack.write(SHOP.replace("sleep 0.3", "while [ ! -e /go ]; do sleep 0.05; done"))
    client = stack.start("run", "--rm", "-T", "web", "sh", "-c", "cat; exit 6", stdin=subprocess.PIPE,
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    until(lambda: "db" in running(stack))
    until(lambda: len(one_offs(stack)) == 1)
    for _ in range(3):
        reconciler.kill(stack.name)
        assert len(one_offs(stack)) == 1
    stack.sh("db", "touch /go")
    out, err = client.communicate("through\n", timeout=60)
    assert (client.returncode, out) == (6, "through\n"), err


def test_the_client_is_killed_and_its_one_off_ends(stack, until):
    stack.write(JOB)
    client = begin(stack, "--rm", "-T", "job", "sh", "-c", "echo ready; exec sleep infinity")
    client.kill()
    client.communicate()
    until(lambda: one_offs(stack) == [], "nothing is left of it")
    client = begin(stack, "-T", "job", "sh", "-c", "echo ready; exec sleep infinity")
    client.kill()
    client.communicate()
    one = until(lambda: [one for one in one_offs(stack) if one["State"] == "exited"], "it ends")[0]
    assert one["ExitCode"] == 143


def test_the_client_is_killed_before_its_one_off_begins(stack, until):
    stack.write(SHOP.replace("sleep 0.3", "while [ ! -e /go ]; do sleep 0.05; done"))
    client = stack.start("run", "-T", "web", "touch", "/never", stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
    until(lambda: len(one_offs(stack)) == 1)
    client.kill()
    client.communicate()
    until(lambda: one_offs(stack) == [])
    until(lambda: running(stack) == {"db"}, "its dependency goes on being started, and stays")


def test_client_and_reconciler_are_killed_at_once(stack, until):
    stack.write(JOB)
    client = begin(stack, "--rm", "-T", "job", "sh", "-c", "echo ready; exec sleep infinity")
    client.kill()
    reconciler.kill(stack.name)
    client.communicate()
    until(lambda: one_offs(stack) == [])


def keeper_of(stack):
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if words[0].endswith(b"stack-keeper") and words[1:2] == [stack.name.encode()]:
                return int(entry.name)
    return None


def test_the_keeper_is_killed_and_client_and_one_off_go_on(stack, until):
    stack.write(JOB)
    client = begin(stack, "--rm", "-T", "job", "sh", "-c", WAITS)
    old = keeper_of(stack)
    os.kill(old, signal.SIGKILL)
    until(lambda: keeper_of(stack) not in (None, old), "a new keeper")
    assert [one["State"] for one in one_offs(stack)] == ["running"]
    out, err = client.communicate("line\n", timeout=60)
    assert out == "got line\n", err
    assert one_offs(stack) == []


def test_a_signal_goes_to_the_program(stack):
    stack.write(JOB)
    client = begin(stack, "--rm", "-T", "job", "bash", "-c", "trap 'exit 9' TERM; echo ready; read x")
    client.send_signal(signal.SIGTERM)
    assert client.wait(timeout=60) == 9
    client.communicate()


def test_down_takes_it_along(stack):
    stack.write(JOB)
    client = begin(stack, "-T", "job", "sh", "-c", "echo ready; exec sleep infinity")
    stack.down()
    client.communicate(timeout=60)
    assert client.returncode == 143
    assert not Path(f"/run/stack/{stack.name}").exists() and not Path(f"/var/lib/stack/{stack.name}").exists()


def test_two_at_once_see_each_other_by_name(stack):
    stack.write(JOB)
    first = begin(stack, "--rm", "-T", "--name", "first", "job", "sh", "-c", WAITS)
    second = begin(stack, "--rm", "-T", "--name", "second", "job", "sh", "-c",
                   "getent hosts first >/dev/null && " + WAITS)
    for client in (second, first):
        out, err = client.communicate("line\n", timeout=60)
        assert (client.returncode, out) == (6, "got line\n"), err
    assert one_offs(stack) == []


@pytest.mark.parametrize("options, answers", [([], 1), (["--use-aliases"], 2)])
def test_it_answers_to_the_services_name_only_when_asked(stack, options, answers):
    stack.write(JOB)
    client = begin(stack, "--rm", "-T", *options, "job", "sh", "-c", WAITS)
    count = "getent ahostsv4 job | cut -d' ' -f1 | sort -u | wc -l"
    assert run(stack, "job", "sh", "-c", count).stdout.strip() == str(answers)
    client.communicate("line\n", timeout=60)


def test_a_name_that_is_taken_or_none(stack):
    stack.write(JOB)
    client = begin(stack, "--rm", "-T", "--name", "mine", "job", "sh", "-c", WAITS)
    end = run(stack, "--name", "mine", "job", "true")
    assert end.returncode == 1 and 'the name "mine" is taken' in end.stderr
    for name in ("../../etc", "a/b", ".x", "-x", "x y", "a@b", "\n", stack.container("job")):
        assert run(stack, f"--name={name}", "job", "true").returncode == 1
    for service in ("../job", "job@1f2e3d4c5b6a", "", "JOB", "jobb"):
        end = run(stack, service, "true")
        assert end.returncode == 1 and "no such service" in end.stderr
    assert len(one_offs(stack)) == 1
    client.communicate("line\n", timeout=60)
    assert client.returncode == 6


def test_what_is_done_to_services_leaves_it_alone_but_for_kill(stack, until):
    stack.up("""
        services:
          job: {image: "host:", command: sleep infinity, init: true}
          late: {image: "host:", command: sleep infinity, init: true, depends_on: [job]}
    """)
    client = begin(stack, "-T", "job", "sh", "-c", "echo ready; exec sleep infinity")
    pid = one_offs(stack)[0]["Pid"]
    for verb in ("stop", "start", "restart"):
        stack.run(verb, *([] if verb == "start" else ["-t", "5"]))
    assert [one["Pid"] for one in one_offs(stack)] == [pid]
    assert stack.run("plan").stdout == "nothing to do: the stack is as its file says\n"
    stack.run("kill", "job")
    client.communicate(timeout=60)
    assert client.returncode == 137


def test_a_refused_one_leaves_no_keeper_behind(stack, until):
    stack.write("""
        services:
          job: {image: "host:", command: "true", sysctls: {kernel.hostname: x}}
    """)
    assert run(stack, "job", "true").returncode == 1
    until(lambda: not Path(f"/run/stack/{stack.name}").exists())
