"""port, top, wait, rm: what is printed, the exit codes, and what is left."""
import json
import os
import re
import subprocess
from pathlib import Path

import reconciler
from terminal import Terminal

TWO = """
    services:
      db: {image: "host:", command: sleep infinity, init: true}
      web: {image: "host:", command: sleep infinity, init: true, depends_on: [db]}
"""


def test_port_gives_the_place_on_the_host(stack):
    stack.up("""
        services:
          a: {image: "host:", command: sleep infinity, init: true,
              ports: ["127.0.0.1::80", "127.0.0.1::53/udp"]}
          b: {image: "host:", command: sleep infinity, init: true}
    """)
    ports = {(p["TargetPort"], p["Protocol"]): p["PublishedPort"] for p in stack.ps()["a"]["Publishers"]}
    web, dns = ports[80, "tcp"], ports[53, "udp"]
    assert stack.run("port", "a", "80").stdout == f"127.0.0.1:{web}\n"
    assert stack.run("port", "--protocol", "udp", "a", "53").stdout == f"127.0.0.1:{dns}\n"
    assert stack.run("port", "--index", "1", "a", "80").stdout == f"127.0.0.1:{web}\n"
    assert stack.run("port", "a").stdout == f"80/tcp -> 127.0.0.1:{web}\n53/udp -> 127.0.0.1:{dns}\n"
    for arguments, words in [
        (("a", "81"), f'port 81/tcp of service "a" is not published: 127.0.0.1:{web}->80/tcp'),
        (("a", "53"), 'port 53/tcp of service "a" is not published'),
        (("b", "80"), 'port 80/tcp of service "b" is not published: none is'),
        (("aa", "80"), 'no such service: aa'),
        (("--index", "2", "a", "80"), 'service "a" has no container number 2'),
        (("a", "99999"), "99999"),
        (("--protocol", "sctp", "a", "80"), "sctp"),
    ]:
        end = stack.run("port", *arguments, check=False)
        assert end.returncode == 1 and end.stdout == "" and words in end.stderr, arguments
    stack.run("stop", "-t", "0", "a")
    assert '"a" is not running' in stack.run("port", "a", "80", check=False).stderr


def test_top_shows_the_processes_with_the_hosts_numbers(stack, until):
    stack.up(TWO)
    until(lambda: stack.run("top").stdout.count("sleep infinity") == 4, "both inits have begun their programs")
    table = [line.split() for line in stack.run("top").stdout.splitlines()]
    assert table[0] == "SERVICE # UID PID PPID C STIME TTY TIME CMD".split()
    rows = [row for row in table[1:] if row[0] == "web"]
    assert str(stack.pid("web")) in [row[3] for row in rows]
    sleeping = next(row for row in rows if row[9:] == ["sleep", "infinity"])
    assert sleeping[4] == str(stack.pid("web")), "its parent is the init"
    assert sleeping[2] == str(os.stat(f"/proc/{sleeping[3]}").st_uid)
    assert re.fullmatch(r"\d\d:\d\d", sleeping[6]) and re.fullmatch(r"00:00:0\d", sleeping[8])
    assert {row[0] for row in table[1:]} == {"db", "web"}
    assert {line.split()[0] for line in stack.run("top", "db").stdout.splitlines()[1:]} == {"db"}
    stack.run("stop", "-t", "0", "web")
    assert stack.run("top", "web").stdout == ""
    assert 'no such service: wen: did you mean "web"?' in stack.run("top", "wen", check=False).stderr


def test_top_lets_no_command_line_drive_the_terminal(stack, until):
    stack.up(r"""
        services:
          a: {image: "host:", command: [python3, -c, "import os; os.execvp('sleep', [b'x\\x1b]0;mine\\x07\\nroot', b'99999'])"]}
    """)
    # Its first command line, which has the number in it too, is not the one meant; between the two it has none.
    until(lambda: "99999" in (seen := stack.run("top").stdout) and "execvp" not in seen, "it calls itself so")
    out = stack.run("top").stdout
    assert "\x1b" not in out and "\x07" not in out
    assert len(out.splitlines()) == 2


def job(code):
    return f"""
        services:
          job: {{image: "host:", command: [sh, -c, "while ! test -e /tmp/go; do sleep 0.02; done; exit {code}"]}}
          other: {{image: "host:", command: sleep infinity, init: true}}
    """


def let_end(stack):
    """The job may end before its own end is told to who asked for it."""
    stack.exec("job", "touch", "/tmp/go", check=False)


def test_wait_gives_the_code_of_each_and_exits_with_the_firsts(stack):
    stack.up(job(7))
    ids = {name: one["ID"] for name, one in stack.ps().items()}
    waiting = stack.start("wait", "other", "job", stdout=subprocess.PIPE)
    let_end(stack)
    assert waiting.stdout.readline() == f'container "{ids["job"]}" exited with status code 7\n'
    assert waiting.poll() is None, "the other one runs"
    stack.run("kill", "other")
    assert waiting.stdout.readline() == f'container "{ids["other"]}" exited with status code 137\n'
    assert waiting.wait(timeout=60) == 7


def test_wait_outlives_the_reconciler_and_tells_at_once_what_has_ended(stack, until):
    stack.up(job(7))
    waiting = stack.start("wait", "job", stdout=subprocess.PIPE)
    stack.sh("job", "true")
    reconciler.kill(stack.name)
    let_end(stack)
    out, _ = waiting.communicate(timeout=60)
    assert waiting.returncode == 7 and "exited with status code 7\n" in out
    again = stack.run("wait", "job", check=False)
    assert again.returncode == 7 and again.stdout == out


def test_wait_takes_the_stack_down_when_told_to(stack, until):
    stack.up(job(3))
    let_end(stack)
    end = stack.run("wait", "--down-project", "job", "other", check=False)
    assert end.returncode == 3
    assert stack.run("ps", "-aq").stdout == ""


def test_wait_wants_services_that_there_are(stack):
    stack.up(TWO)
    assert 'no such service: wen: did you mean "web"?' in stack.run("wait", "wen", check=False).stderr
    assert "SERVICE" in stack.run("wait", check=False).stderr
    stack.run("rm", "-sf", "web")
    assert 'service "web" has no container' in stack.run("wait", "web", check=False).stderr


def test_rm_takes_what_has_ended_and_leaves_what_runs(stack):
    stack.up(TWO)
    nothing = stack.run("rm", "-f")
    assert (nothing.stdout, nothing.stderr) == ("", "No stopped containers\n")
    stack.run("stop", "-t", "0", "web")
    stack.sh("db", "touch /here")
    layer = Path(f"/var/lib/stack/{stack.name}/containers/web")
    assert layer.exists()
    assert "no terminal to ask on: -f" in stack.run("rm", "web", check=False).stderr
    assert layer.exists()
    db = stack.pid("db")
    stack.run("rm", "-f")
    assert not layer.exists() and not Path(f"/var/lib/stack/{stack.name}/logs/web").exists()
    assert set(stack.ps()) == {"db"} and stack.pid("db") == db
    reconciler.kill(stack.name)
    assert set(stack.ps()) == {"db"}, "it stays so"
    stack.run("up", "-d")
    assert set(stack.ps()) == {"db", "web"} and stack.pid("db") == db


def test_rm_stops_first_when_told_to_and_asks_on_a_terminal(stack):
    stack.up(TWO)
    terminal = Terminal.of(stack, "rm", "-s", "web")
    terminal.expect(r"this will remove " + stack.container("web"))
    terminal.type("n\r")
    assert terminal.end() == 0
    assert stack.ps()["web"]["State"] == "exited"
    terminal = Terminal.of(stack, "rm", "web")
    terminal.expect(r"\[y/N\]")
    terminal.type("y\r")
    assert terminal.end() == 0
    assert set(stack.ps()) == {"db"}
    assert "no such service: wen" in stack.run("rm", "-f", "wen", check=False).stderr


def test_rm_takes_a_job_that_is_done_and_it_is_not_done_again(stack, until):
    stack.write(job(0))
    stack.run("up", "-d")
    let_end(stack)
    until(lambda: stack.ps()["job"]["State"] == "exited")
    stack.run("rm", "-f", "job")
    assert set(stack.ps()) == {"other"}
    plan = stack.run("plan", "--format", "json", check=False)
    assert [step["object"] for step in json.loads(plan.stdout)["steps"]] == ["container job"], "only `up` makes it again"


def test_rm_takes_anonymous_volumes_when_told_to(stack):
    before = set(stack.run("volume", "ls", "-q").stdout.split())
    stack.up("""
        services:
          a: {image: "host:", command: sleep infinity, init: true, volumes: [/data, "kept:/kept"]}
        volumes: {kept: {}}
    """)
    stack.sh("a", "touch /data/x /kept/x")

    def volumes():
        return stack.run("volume", "ls", "-q").stdout.split()

    mine = set(volumes()) - before
    assert len(mine) == 2
    stack.run("rm", "-sf")
    assert mine <= set(volumes())
    stack.up()
    assert stack.sh("a", "ls /data /kept").count("x") == 2
    stack.run("rm", "-sfv")
    assert set(volumes()) - before == {f"{stack.name}_kept"}
    stack.up()
    assert stack.sh("a", "ls /data; ls /kept") == "x\n"
    stack.run("down", "-v")
