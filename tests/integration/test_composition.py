"""A stack out of several files and with profiles, in real containers."""
import json

PROFILES = """
    services:
      web: {image: "host:", command: sleep infinity, init: true}
      db: {image: "host:", command: sleep infinity, init: true, profiles: [data]}
      tool:
        image: "host:"
        command: sleep infinity
        init: true
        profiles: [debug, data]
        depends_on: [db]
        configs: [{source: note, target: /note}]
        networks: [side]
    networks: {side: }
    configs: {note: {content: kept}}
"""


def running(stack):
    return {name for name, one in stack.ps().items() if one["State"] == "running"}


def place(stack, files):
    for name, text in files.items():
        path = stack.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def test_services_without_an_active_profile_are_not_started(stack):
    stack.up(PROFILES)
    assert running(stack) == {"web"}
    assert stack.run("config", "--profiles").stdout == "data\ndebug\n"
    assert stack.run("config", "--services").stdout == "web\n"
    stack.run("--profile", "data", "up", "-d", "--wait")
    assert running(stack) == {"web", "db", "tool"}
    stack.down()
    stack.run("up", "-d", "--wait", env={"COMPOSE_PROFILES": "*"})
    assert running(stack) == {"web", "db", "tool"}


def test_a_named_service_needs_no_profile_and_brings_its_dependencies(stack):
    stack.write(PROFILES)
    stack.run("up", "-d", "--wait", "tool")
    assert running(stack) == {"db", "tool"}


def test_a_dependency_without_an_active_profile_is_a_fault(stack):
    stack.write(PROFILES)
    end = stack.run("--profile", "debug", "up", "-d", check=False)
    assert end.returncode == 1 and 'service "tool" depends on service "db", which no active profile takes in' in end.stderr
    assert "compose.yaml:10:18:" in end.stderr and "--profile data does" in end.stderr
    assert not stack.ps()
    assert stack.run("--profile", "debug", "config", "--profiles").stdout == "data\ndebug\n"


def test_what_came_up_with_a_profile_is_left_alone_without_it(stack, until):
    stack.write(PROFILES)
    stack.run("--profile", "data", "up", "-d", "--wait")
    pids = {name: stack.pid(name) for name in ("web", "db", "tool")}
    stack.run("up", "-d", "--wait")
    assert {name: stack.pid(name) for name in pids} == pids
    # The verbs go on acting on what runs.
    assert stack.sh("tool", "cat /note") == "kept"
    stack.run("restart", "-t", "0", "tool")
    until(lambda: stack.ps()["tool"]["State"] == "running", "tool runs again")
    assert stack.sh("tool", "cat /note") == "kept" and stack.pid("tool") != pids["tool"]
    assert stack.run("plan").stdout.startswith("nothing to do")
    stack.run("stop", "-t", "0", "tool")
    stack.run("up", "-d", "--wait")
    assert running(stack) == {"web", "db"}
    stack.down()
    assert not stack.ps()


def test_a_service_that_left_the_file_goes_whatever_its_profile_was(stack, until):
    stack.write(PROFILES)
    stack.run("--profile", "data", "up", "-d", "--wait")
    stack.up('services: {web: {image: "host:", command: sleep infinity, init: true}}')
    until(lambda: set(stack.ps()) == {"web"}, "the others go")


INCLUDED = """\
services:
  db:
    image: "host:"
    command: [sh, -c, "echo $$WORD $GREETING; exec sleep infinity"]
    init: true
    env_file: db.env
    environment: [PASSED]
    volumes: ["./data:/data", "store:/store"]
    configs: [{source: c, target: /c}]
    networks: [back]
networks: {back: }
volumes: {store: }
configs: {c: {file: c.conf}}
"""


def with_included_folder(stack):
    place(stack, {"lib/compose.yaml": INCLUDED, "lib/.env": "GREETING=hello\nPASSED=through\n", "lib/db.env": "WORD=included\n",
                  "lib/c.conf": "of the lib\n", "lib/data/row": "one\n"})
    stack.write("""
        include: [lib/compose.yaml]
        services:
          web: {image: "host:", command: sleep infinity, init: true, networks: [back], depends_on: [db]}
    """)


def test_a_folder_is_included_with_its_paths_and_variables(stack):
    with_included_folder(stack)
    stack.up()
    try:
        assert running(stack) == {"web", "db"}
        assert stack.logs("db") == "included hello\n"
        assert stack.sh("db", "cat /data/row /c; echo $PASSED") == "one\nof the lib\nthrough\n"
        assert stack.sh("web", "getent hosts db >/dev/null && echo found") == "found\n"
    finally:
        stack.down("-v")


def test_services_extend_those_of_other_files(stack):
    place(stack, {
        "base/app.yaml": """\
services:
  app:
    extends: {file: deeper/root.yaml, service: root}
    environment: {FROM: app, WHO: app}
    volumes: ["./app:/app:ro"]
""",
        "base/deeper/root.yaml": """\
services:
  root:
    image: "host:"
    command: sleep infinity
    init: true
    env_file: root.env
    environment: {FROM: root}
    volumes: ["./root:/root-of-it:ro", "/tmp:/app"]
""",
        "base/deeper/root.env": "ENV=file\nWHO=file\n", "base/app/x": "app\n", "base/deeper/root/x": "root\n"})
    stack.up("""
        services:
          one: {extends: {file: base/app.yaml, service: app}, environment: [WHO=one]}
          two: {extends: one, environment: {WHO: two}}
    """)
    for name in ("one", "two"):
        assert stack.sh(name, "echo $ENV $FROM $WHO; cat /app/x /root-of-it/x") == f"file app {name}\napp\nroot\n"


def test_config_prints_the_merged_model(stack):
    with_included_folder(stack)
    stack.write("services: {db: {ports: ['127.0.0.1:18080:80']}, web: {command: [x]}}", "compose.override.yaml")
    model = json.loads(stack.run("config", "--format", "json").stdout)
    assert model["services"]["web"]["command"] == ["x"]
    assert model["services"]["db"]["ports"][0]["published"] == "18080"
    assert model["services"]["db"]["volumes"][0]["source"] == f"{stack.folder}/lib/data"
    assert "include" not in model and "extends" not in model["services"]["web"]
