"""`stack export`: a container's root as a tar."""
import io
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
