"""`stack create` and `up --no-start`: all of a stack is there but its processes."""
import pytest

TWO = """
    services:
      db: {image: "host:", command: sleep infinity, init: true}
      web: {image: "host:", command: sleep infinity, init: true, depends_on: [db], volumes: ["data:/data"]}
    volumes: {data: }
"""


def states(stack):
    return {name: one["State"] for name, one in stack.ps().items()}


@pytest.mark.parametrize("verb", [("create",), ("up", "--no-start")])
def test_all_is_made_and_nothing_runs_until_start(stack, verb):
    stack.write(TWO)
    stack.run(*verb)
    assert states(stack) == {"db": "created", "web": "created"}
    assert stack.ps()["web"]["Addresses"]["default"]["ipv4"]
    assert f"{stack.name}_data" in stack.run("volume", "ls", "-q").stdout
    assert stack.run("ps", "-q").stdout == ""
    assert stack.run("plan", check=False).returncode == 2
    stack.run("start")
    assert states(stack) == {"db": "running", "web": "running"}
    stack.run("down", "-v", "-t", "0")


def test_what_runs_unchanged_runs_on_and_what_has_changed_is_made_anew(stack):
    stack.up(TWO)
    pid = stack.pid("db")
    stack.write(TWO.replace("depends_on: [db]", "depends_on: [db], working_dir: /tmp"))
    stack.run("create")
    assert states(stack) == {"db": "running", "web": "created"}
    assert stack.pid("db") == pid
    stack.run("create", "--force-recreate", "db")
    assert states(stack) == {"db": "created", "web": "created"}
    stack.run("start", "web")
    assert stack.sh("web", "pwd") == "/tmp\n"
    stack.run("down", "-v", "-t", "0")
