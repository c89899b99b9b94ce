"""The image's config: what it says is done, and what the file says comes first."""
import json

import image_factory as factory
import pytest
from conftest import one
from debian_images import PATH, SECOND


def test_entrypoint_and_cmd_and_what_the_file_puts_in_their_place(stack, tiny, until):
    image = tiny(config={"Entrypoint": ["sh", "-c", "echo entry $0 $*; exec sleep infinity"], "Cmd": ["a", "b"]}).reference
    stack.up(f"""
        services:
          neither: {{image: "{image}", init: true}}
          cmd: {{image: "{image}", init: true, command: [c, d]}}
          both: {{image: "{image}", init: true, entrypoint: [sh, -c, 'echo mine "$$0"; exec sleep infinity'], command: [e]}}
          entry: {{image: "{image}", init: true, entrypoint: [sh, -c, 'echo only "$$0"; exec sleep infinity']}}
    """)
    # A replaced entrypoint drops the image's Cmd, as with Docker.
    want = {"neither": "entry a b\n", "cmd": "entry c d\n", "both": "mine e\n", "entry": "only sh\n"}
    until(lambda: all(stack.logs(name) for name in want), "all have said something")
    assert {name: stack.logs(name) for name in want} == want


def test_an_image_without_a_command_is_one_error(stack, tiny):
    stack.write(one(tiny(config={"Cmd": None})))
    stack.refused("up", "-d", says=["command"])
    stack.nothing_started()


def test_env_of_the_image_is_under_that_of_the_file(stack, tiny):
    image = tiny(config={"Env": [f"PATH={PATH}", "A=image", "B=image", "EMPTY=", "EQUALS=a=b"]})
    stack.up(one(image, "environment: {B: file, C: file}"))
    told = dict(line.split("=", 1) for line in stack.sh("web", "env").splitlines())
    assert {key: told.get(key) for key in ("A", "B", "C", "EMPTY", "EQUALS", "PATH")} == \
        {"A": "image", "B": "file", "C": "file", "EMPTY": "", "EQUALS": "a=b", "PATH": PATH}


@pytest.mark.parametrize("user, ids", [
    ("app", "1234:4321:4321 777 778"), ("app:extra", "1234:777:777"), ("1234", "1234:4321:4321 777 778"), ("1234:778", "1234:778:778"),
    ("9999", "9999:0:0"), ("root", "0:0:0 778"), ("", "0:0:0 778"), ("9999:9998", "9999:9998:9998")])
def test_user_is_looked_up_in_the_image_with_its_groups(stack, tiny, user, ids):
    stack.up(one(tiny(config={"User": user})))
    uid, gid, groups = ids.split(":")
    told = stack.sh("web", "id -u; id -g; grep Groups /proc/self/status").splitlines()
    assert told[:2] == [uid, gid]
    assert set(told[2].split()[1:]) | {gid} == set(groups.split()) | {gid}


def test_the_files_user_comes_first_and_an_unknown_one_is_one_error(stack, tiny):
    image = tiny(config={"User": "app"})
    stack.up(one(image, 'user: "nobody"'))
    assert stack.sh("web", "id -u") == "65534\n"
    stack.write(one(image, 'user: "nosuchuser"'))
    stack.refused("up", "-d", says=["nosuchuser", "passwd"])


def test_working_dir_is_made_where_it_is_missing(stack, tiny):
    image = tiny(config={"WorkingDir": "/not/yet/there", "User": "app"})
    stack.up(f'services: {{a: {{image: "{image.reference}", init: true}}, b: {{image: "{image.reference}", init: true, working_dir: /tmp}}}}')
    assert (stack.sh("a", "pwd"), stack.sh("b", "pwd")) == ("/not/yet/there\n", "/tmp\n")


def test_stop_signal_is_the_images_and_then_the_files(stack, tiny):
    script = "trap 'echo usr1; exit 0' USR1; trap 'echo term; exit 0' TERM; while :; do sleep 0.05; done"
    image = tiny(config={"StopSignal": "SIGUSR1", "Cmd": ["sh", "-c", script]}).reference
    stack.up(f'services: {{a: {{image: "{image}"}}, b: {{image: "{image}", stop_signal: SIGTERM}}}}')
    stack.run("stop", "-t", "20")
    assert (stack.logs("a"), stack.logs("b")) == ("usr1\n", "term\n")
    assert stack.ps()["a"]["ExitCode"] == 0


def test_healthcheck_is_the_images_and_the_file_may_change_parts_of_it(stack, tiny):
    check = {"Test": ["CMD-SHELL", "test -e /tmp/good"], "Interval": SECOND // 5, "Retries": 1, "StartPeriod": 0}
    image = tiny(config={"Healthcheck": check, "Cmd": ["sh", "-c", "touch /tmp/good; exec sleep infinity"]}).reference
    stack.up(f"""
        services:
          image: {{image: "{image}", init: true}}
          part: {{image: "{image}", init: true, healthcheck: {{interval: 100ms}}}}
          off: {{image: "{image}", init: true, healthcheck: {{disable: true}}}}
          other: {{image: "{image}", init: true, healthcheck: {{test: [CMD, test, -e, /etc/passwd], interval: 100ms}}}}
    """)
    assert {name: state["Health"] for name, state in stack.ps().items()} == {"image": "healthy", "part": "healthy", "off": "", "other": "healthy"}


def test_a_healthcheck_of_the_image_that_fails_is_seen(stack, tiny, until):
    check = {"Test": ["CMD", "test", "-e", "/tmp/bad"], "Interval": SECOND // 5, "Retries": 1}
    stack.write(one(tiny(config={"Healthcheck": check})))
    stack.run("up", "-d")
    until(lambda: stack.ps()["web"]["Health"] == "unhealthy", "unhealthy")


def test_volumes_of_the_image_are_anonymous_kept_over_a_recreate_and_end_with_down_v(stack, tiny):
    image = tiny(entries=[factory.folder("data", uid=1234, mode=0o750), factory.file("data/seed", "seed")], config={"Volumes": {"/data": {}, "/new": {}}})
    stack.up(one(image))
    assert stack.sh("web", "stat -c '%u %a' /data; cat /data/seed; echo kept >/data/mine") == "1234 750\nseed"
    own = {name for name in stack.run("volume", "ls", "-q").stdout.split() if name.startswith(stack.name)}
    assert len(own) == 2
    stack.run("up", "-d", "--force-recreate")
    assert stack.sh("web", "cat /data/mine") == "kept\n"
    stack.run("down", "-v")
    assert stack.name not in stack.run("volume", "ls", "-q").stdout


def test_labels_of_the_image_are_under_those_of_the_file_and_ports_are_not_published(stack, tiny):
    image = tiny(config={"Labels": {"a": "image", "b": "image"}, "ExposedPorts": {"80/tcp": {}}})
    stack.up(one(image, "labels: {b: file}"))
    state = stack.ps()["web"]
    assert state["Publishers"] == []
    labels = state.get("Labels", {})
    if isinstance(labels, str):
        labels = dict(word.split("=", 1) for word in labels.split(",") if "=" in word)
    assert (labels.get("a"), labels.get("b")) == ("image", "file")


def test_config_shows_the_file_and_not_the_image(stack, tiny):
    stack.write(one(tiny(config={"Env": ["OF_THE_IMAGE=1"]})))
    assert "OF_THE_IMAGE" not in stack.run("config").stdout


def test_a_config_of_ocis_kind_is_read_the_same_way(stack, workshop, tiny_layer):
    config = {"Cmd": ["sleep", "infinity"], "User": "app", "Env": ["A=1"], "WorkingDir": "/tmp"}
    factory.Image([tiny_layer], config, factory.OCI).write_oci(stack.folder / "image", "x")
    stack.up(one("oci:./image:x"))
    assert stack.exec("web", "/bin/sh", "-c", "/bin/id -u; pwd; echo $A").stdout == "1234\n/tmp\n1\n"


def test_ps_shows_the_images_name(stack, tiny):
    image = tiny()
    stack.up(one(image))
    assert image.reference in stack.run("ps").stdout
    assert json.loads(stack.run("ps", "--format", "json").stdout.splitlines()[0])["Image"] == image.reference
