"""`stack export`, `diff` and `inspect`: a container's root and all that is known of it."""
import io
import json
import os
import subprocess
import tarfile

import pytest

from conftest import STACK
from terminal import Terminal

FILE = """
    services:
      a:
        image: "host:"
        command: sleep infinity
        init: true
        mem_limit: 64m
        volumes: ["data:/data", "./bound:/bound:ro"]
        labels: {who: me}
        configs: [c]
    volumes: {data: {}}
    configs: {c: {content: "of the config"}}
"""


@pytest.fixture
def running(stack):
    (stack.folder / "bound").mkdir()
    (stack.folder / "bound" / "of-the-host").write_text("x")
    stack.up(FILE)
    yield stack
    stack.run("down", "-v", "-t", "0", check=False)


def test_export_is_the_root_without_what_is_mounted(running):
    stack = running
    stack.sh("a", "mkdir -p /app/sub; echo hello > /app/sub/x; chmod 640 /app/sub/x; ln -s sub/x /app/link; echo v > /data/v")
    out = subprocess.run([STACK, "-p", stack.name, "export", "a"], cwd=stack.folder, stdout=subprocess.PIPE, check=True)
    with tarfile.open(fileobj=io.BytesIO(out.stdout)) as tar:
        members = {member.name.rstrip("/"): member for member in tar}
        assert tar.extractfile("app/sub/x").read() == b"hello\n"
    assert (members["app/sub/x"].mode, members["app/sub/x"].uid) == (0o640, 0)
    assert members["app/link"].linkname == "sub/x"
    # What is mounted is an empty place.
    for folder in ("proc", "sys", "dev", "data", "bound", "usr"):
        assert members[folder].isdir() and not any(name.startswith(folder + "/") for name in members), folder
    assert members["c"].isfile() and members["c"].size == 0
    assert "etc/passwd" in members
    stack.run("export", "-o", "root.tar", "a")
    assert (stack.folder / "root.tar").stat().st_mode & 0o777 == 0o600
    with tarfile.open(stack.folder / "root.tar") as tar:
        assert {member.name.rstrip("/") for member in tar} == set(members)
    stack.run("stop", "a")
    end = stack.run("export", "-o", "none.tar", "a", check=False)
    assert end.returncode == 1 and "is not running" in end.stderr
    assert not [name for name in os.listdir(stack.folder) if "none.tar" in name]
    one = Terminal.of(stack, "export", "a")
    one.expect("nothing for a terminal")
    assert one.end() == 1


def test_diff_tells_what_was_added_changed_and_deleted(running):
    stack = running
    stack.sh("a", "mkdir -p /app/sub; echo x > /app/sub/x; echo more >> /etc/passwd; rm /etc/shells; rm -r /srv; mkdir /srv; touch /srv/s")
    lines = set(stack.run("diff", "a").stdout.splitlines())
    assert {"A /app", "A /app/sub", "A /app/sub/x", "C /etc", "C /etc/passwd"} <= lines
    assert not [line for line in lines if line[2:].startswith(("/proc/", "/data/", "/usr/"))]
    assert {line for line in lines if "/srv" in line} == {"C /srv", "A /srv/s"}
    stack.run("stop", "a")
    assert set(stack.run("diff", "a").stdout.splitlines()) == lines
    assert stack.run("diff", "nobody", check=False).returncode == 1


def test_inspect_tells_what_is_known(running):
    stack = running
    [one] = json.loads(stack.run("inspect", "a").stdout)
    pid = stack.pid("a")
    assert (one["Name"], one["Service"], one["State"]["Status"], one["State"]["Pid"]) == (stack.container("a"), "a", "running", pid)
    assert one["Namespaces"]["net"] == os.readlink(f"/proc/{pid}/ns/net")
    first = int(open(f"/proc/{pid}/uid_map").read().split()[1])
    assert one["UidRange"] == {"First": first, "Count": 65536}
    assert one["Limits"]["Memory"] == 64 << 20 and one["Limits"]["PidsLimit"] is None
    mounts = {mount["Destination"]: mount for mount in one["Mounts"]}
    assert mounts["/bound"] == {"Type": "bind", "Destination": "/bound", "RW": False, "Source": str(stack.folder / "bound")}
    assert mounts["/data"]["Name"] == f"{stack.name}_data" and os.path.isdir(mounts["/data"]["Source"])
    assert one["NetworkSettings"]["Networks"]["default"]["ipv4"]
    assert one["Labels"] == {"who": "me"} and one["CgroupPath"] == f"stack/{stack.name}/a"
    assert os.path.isdir(one["WritableLayer"])
    assert one["LogPath"] == f"/var/lib/stack/{stack.name}/logs/a"  # not there before something is written
    stack.run("kill", "a")
    [one] = json.loads(stack.run("inspect", "--format", "json", "a").stdout)
    assert one["State"]["ExitCode"] == 137 and "Namespaces" not in one
    assert stack.run("inspect", "nobody", check=False).returncode == 1
    assert stack.run("inspect", "--format", "{{.Id}}", "a", check=False).returncode == 1
