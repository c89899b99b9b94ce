"""Every example, as its first lines say it is used: brought up, asked for what it is there for, disturbed, and gone without a trace."""
import collections
import json
import os
import re
import shutil
import signal
import subprocess
import urllib.request
from pathlib import Path

import pytest
from conftest import ROOT, STACK
from ports import free_port

EXAMPLES = ROOT / "examples"


def ask(port, data=None):
    """The body of the answer and its headers."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", data=data and data.encode(), timeout=10) as answer:
        return answer.read().decode(), answer.headers


def page(port):
    return ask(port)[0]


def answered(port):
    """None: nobody does."""
    try:
        return page(port)
    except OSError:
        return None


@pytest.fixture
def example(stack, monkeypatch):
    """Takes an example's name and variables of its file; the stack is in a copy of it, its PORT is free."""

    def take(name, **variables):
        shutil.copytree(EXAMPLES, stack.folder / "examples")
        stack.folder = stack.folder / "examples" / name
        stack.port = free_port()
        for variable, value in {"PORT": stack.port, **variables}.items():
            monkeypatch.setenv(variable, str(value))
        return stack

    return take


@pytest.mark.parametrize("name", sorted(path.parent.name for path in EXAMPLES.glob("*/compose.yaml")))
def test_no_fault_is_found_in_an_example_and_its_config_is_the_same_again(name, tmp_path):
    folder = EXAMPLES / name
    check = subprocess.run([STACK, "check", folder / "compose.yaml"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert (check.returncode, check.stdout) == (0, "")
    first = subprocess.run([STACK, "-f", folder / "compose.yaml", "config"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert (first.returncode, first.stderr) == (0, "")
    again = subprocess.run([STACK, "-f", "-", "config"], input=first.stdout, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert (again.stdout, again.stderr) == (first.stdout, "")


def test_the_readme_tells_of_every_example():
    text = (ROOT / "README.md").read_text()
    missing = [path.parent.name for path in EXAMPLES.glob("*/compose.yaml") if f"(examples/{path.parent.name}/compose.yaml)" not in text]
    assert not missing


def test_hello_shows_the_folder_of_the_container(example, until):
    hello = example("hello")
    hello.up()
    assert 'href="proc/"' in until(lambda: answered(hello.port), "it answers")  # it has no health check


def test_reverse_proxy_leaves_out_who_does_not_answer(example, until):
    stats = free_port()
    proxy = example("reverse-proxy", STATS_PORT=stats)
    proxy.up()
    until(lambda: {page(proxy.port) for _ in range(4)} == {"blue\n", "green\n"}, "both take turns")
    proxy.run("stop", "blue")
    assert {page(proxy.port) for _ in range(20)} == {"green\n"}
    os.kill(proxy.pid("green"), signal.SIGKILL)
    until(lambda: answered(proxy.port) == "green\n", "the killed one is back")
    proxy.run("start", "blue")
    until(lambda: "blue\n" in {page(proxy.port) for _ in range(4)}, "blue is asked again")
    with urllib.request.urlopen(f"http://127.0.0.1:{stats}/metrics", timeout=10) as answer:
        assert 'haproxy_server_status{proxy="backends",server="green",state="UP"} 1' in answer.read().decode()


def test_guestbook_keeps_what_was_written(example, successor, until):
    book = example("guestbook")
    book.up()
    assert ask(book.port, data="first")[0] == "first\n"
    body, headers = ask(book.port)
    assert (body, headers["X-Cache"]) == ("first\n", "hit")

    for service in ("cache", "db"):
        before = book.pid(service)
        os.kill(before, signal.SIGKILL)
        successor(service, before)
    until(lambda: book.ps()["db"]["Health"] == "healthy", "the database recovers")
    body, headers = ask(book.port)
    assert (body, headers["X-Cache"]) == ("first\n", "miss"), "the cache has lost it, the database has not"

    book.run("down")
    book.up()
    assert ask(book.port, data="second")[0] == "first\nsecond\n"


def test_backup_dumps_before_a_stop_and_restores(example):
    book = example("backup")
    book.up()
    ask(book.port, data="keep me")
    book.run("stop", "db")
    assert "keep me" in book.sh("backup", "cat /backup/before-stop.sql")
    book.up()
    assert ask(book.port, data="too late")[0] == "keep me\ntoo late\n"
    book.run("run", "--rm", "-T", "restore")
    book.run("restart", "cache")
    assert page(book.port) == "keep me\n"


def test_mqtt_records_what_was_published_while_the_recorder_was_away(example, until, successor):
    edge = example("mqtt", EVERY="0.2")

    def report():
        out = edge.run("run", "--rm", "-T", "report").stdout
        return {name: (int(count), last) for name, count, last in re.findall(r"^(\S+): (\d+) values, the last (\S+)$", out, re.M)}

    edge.up()
    until(lambda: all(report().get(name, (0, ""))[0] >= 3 for name in ("load", "memory")), "values of both sensors")
    edge.run("stop", "recorder")
    publish = "mosquitto_pub -h broker -q 1 -t sensors/door -m 42"
    stranger = edge.exec("load", "sh", "-c", f"XDG_CONFIG_HOME=/nowhere {publish}", check=False)
    assert "not authorised" in stranger.stdout + stranger.stderr and stranger.returncode != 0
    edge.sh("load", publish)
    edge.run("start", "recorder")
    until(lambda: report().get("door") == (1, "42"), "what it missed")

    before = edge.pid("broker")
    os.kill(before, signal.SIGKILL)
    successor("broker", before)
    count = report()["load"][0]
    until(lambda: report()["load"][0] > count, "sensors and recorder find the broker again")


def test_monitoring_calls_when_a_service_goes_and_when_it_is_back(example, until):
    watch = example("monitoring")
    watch.up()
    until(lambda: {"machine is well", "shop is well", "shop shop_orders_waiting 3"} <= set(page(watch.port).splitlines()), "all is well")
    assert float(re.search(r"^machine node_memory_MemTotal_bytes (\S+)$", page(watch.port), re.M)[1]) > 1 << 20
    assert watch.logs("pager") == ""
    watch.run("stop", "shop")
    until(lambda: watch.logs("pager").splitlines() == ["shop does not answer"], "the pager is called")
    assert "shop does not answer" in page(watch.port)
    watch.run("start", "shop")
    until(lambda: watch.logs("pager").splitlines()[1:] == ["shop is well again"], "the pager is called off")


def test_batch_serves_what_its_jobs_made_of_each_other(example):
    jobs = example("batch")
    jobs.up()
    words = collections.Counter()
    for path in Path("/usr/share/common-licenses").iterdir():
        words.update(re.findall(r"[a-z]+", re.sub(r"[A-Z]", lambda letter: letter[0].lower(), path.read_bytes().decode("latin-1"))))
    expected = [f"{count} {word}" for word, count in sorted(words.items(), key=lambda one: (-one[1], one[0]))[:20]]
    assert page(jobs.port).splitlines() == expected

    before = jobs.ps()
    ended = {"collect", "count-0", "count-1", "merge"}
    assert {name for name, one in before.items() if (one["State"], one["ExitCode"]) == ("exited", 0)} == ended
    assert jobs.run("plan", check=False).returncode == 0
    jobs.up()
    assert jobs.ps() == before, "a job that has ended is not run again"


def test_dev_takes_over_a_change_of_the_source(example, until):
    dev = example("dev")
    dev.up()
    assert page(dev.port) == "Hello, world.\n"
    assert dev.run("run", "--rm", "-T", "test", check=False).returncode == 0
    source = dev.folder / "app/greeting.py"
    source.write_text(source.read_text().replace("{hello}, ", "{hello} and welcome, "))
    until(lambda: answered(dev.port) == "Hello and welcome, world.\n", "the change is served")
    assert dev.run("run", "--rm", "-T", "test", check=False).returncode != 0, "the tests see the change"

    dev.run("--profile", "debug", "up", "-d", "--wait")
    assert dev.exec("tools", "curl", "-fsS", "http://127.0.0.1:8000/Ada").stdout == "Hello and welcome, Ada.\n"
    assert "app.server" in dev.sh("tools", "cat /proc/[0-9]*/cmdline | tr '\\0' ' '"), "the application's processes"
    assert "app.reload" not in dev.run("-f", "compose.yaml", "config").stdout


def test_egress_lets_out_what_its_sidecar_allows(example, until, successor):
    out = example("egress")
    out.up()
    said = lambda: set(re.findall(r"^(\w+ answers|\w+ does not answer)", out.logs("app"), re.M))  # noqa: E731
    until(lambda: {"friend answers", "stranger does not answer"} <= said(), "both are asked")
    assert out.exec("app", "nft", "flush", "ruleset", check=False).returncode != 0
    for service in ("gate", "app"):
        before = out.pid(service)
        os.kill(before, signal.SIGKILL)
        successor(service, before)
    lines = out.logs("app").count("\n")
    until(lambda: out.logs("app").count("\n") > lines + 3, "it asks again")
    assert said() == {"friend answers", "stranger does not answer"}
    out.exec("gate", "nft", "flush", "ruleset")
    until(lambda: "stranger answers" in said(), "nothing but the rules was in the way")


def test_logs_arrive_whoever_was_away(example, until, successor):
    logs = example("logs")
    logs.up()

    def asked_for(name):
        with urllib.request.urlopen(f"http://127.0.0.1:{logs.port}/{name}", timeout=10) as answer:
            assert answer.read().decode() == f"You asked for /{name}\n"

    def collected():
        return re.findall(r"GET /(\S+) HTTP", logs.sh("collector", "cat /logs/access.log"))

    asked_for("first")
    until(lambda: collected() == ["first"], "the first line")
    logs.run("stop", "collector")
    asked_for("while-away")
    before = logs.pid("shipper")
    os.kill(before, signal.SIGKILL)
    successor("shipper", before)
    logs.run("start", "collector")
    until(lambda: collected() == ["first", "while-away"], "what was asked for while the collector was away")


def test_limits_hold_the_bad_neighbours_and_the_good_one_answers(example, until):
    house = example("limits")
    house.up()
    house.run("--profile", "noise", "up", "-d")

    def taken(service):
        out = house.run("stats", "--no-stream", "--format", "json", service).stdout
        return json.loads(out)

    until(lambda: house.ps()["greedy"]["Restarts"] >= 2, "greedy is killed and comes back")
    until(lambda: "out of memory" in house.ps()["greedy"]["Status"], "and it is said why")
    until(lambda: "no more: " in house.logs("breeding"), "the limit of processes is reached")
    assert int(taken("breeding")["PIDs"]) <= 20
    until(lambda: float(taken("busy")["CPUPerc"].rstrip("%")) > 5, "busy takes what it may")
    assert float(taken("busy")["CPUPerc"].rstrip("%")) < 40, "a fifth of a processor, and not two"
    log = Path(f"/var/lib/stack/{house.name}/logs/chatty")
    until(lambda: (log / "stdout.log.1").exists(), "chatty fills its log")
    first = house.run("logs", "--no-log-prefix", "-t", "chatty").stdout.split(" ", 1)[0]
    until(lambda: house.run("logs", "--no-log-prefix", "-t", "chatty").stdout.split(" ", 1)[0] > first, "the oldest lines make room")
    assert sum(path.stat().st_size for path in log.glob("stdout.log*")) <= 2 * 110_000
    for _ in range(20):
        assert page(house.port)
    assert house.ps()["good"]["Restarts"] == 0
