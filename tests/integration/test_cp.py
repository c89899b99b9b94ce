"""Files in and out of containers, and what hostile ones among them do not bring about."""
import io
import os
import stat
import subprocess
import tarfile
from pathlib import Path

import pytest

SLEEPER = """
    services:
      a: {image: "host:", command: sleep infinity, init: true, volumes: ["data:/data"], tmpfs: [/scratch]}
    volumes: {data: {}}
"""


@pytest.fixture
def running(stack):
    stack.up(SLEEPER)
    yield stack
    stack.run("down", "-v", "-t", "0", check=False)


def test_a_file_and_a_folder_go_in_and_come_out(running):
    stack, here = running, running.folder
    (here / "file").write_text("hello")
    (here / "dir" / "sub").mkdir(parents=True)
    (here / "dir" / "sub" / "x").write_text("deep")
    (here / "dir" / "run").write_text("#!/bin/sh\n")
    (here / "dir" / "run").chmod(0o750)
    end = stack.run("cp", "file", "a:/tmp/new")
    assert f"Container {stack.container('a')}  Copied" in end.stderr and end.stdout == ""
    stack.run("cp", "file", "a:tmp")
    stack.run("cp", "dir", "a:/tmp")
    stack.run("cp", "dir/.", "a:/scratch")
    assert stack.sh("a", "cat /tmp/new /tmp/file /tmp/dir/sub/x /scratch/sub/x") == "hellohellodeepdeep"
    assert stack.sh("a", "stat -c '%u %g %a' /tmp/new /tmp/dir/run /scratch/sub") == "0 0 644\n0 0 750\n0 0 755\n"
    stack.sh("a", "echo out > /tmp/out; ln -s out /tmp/link")
    stack.run("cp", "a:/tmp/out", "back")
    stack.run("cp", "a:/tmp/link", "link")
    stack.run("cp", "-L", "a:/tmp/link", "led-to")
    stack.run("cp", "a:/tmp/dir", "copied")
    assert (here / "back").read_text() == (here / "led-to").read_text() == "out\n"
    assert os.readlink(here / "link") == "out"
    assert (here / "copied/sub/x").read_text() == "deep"
    assert stat.S_IMODE((here / "copied/run").stat().st_mode) == 0o750
    assert (here / "back").stat().st_uid == os.geteuid()


def test_into_a_volume_and_out_of_it_with_the_owners_of_the_container(running):
    stack, here = running, running.folder
    (here / "mine").write_text("x")
    os.chown(here / "mine", 1234, 4321)
    stack.run("cp", "mine", "a:/data/plain")
    stack.run("cp", "-a", "mine", "a:/data/kept")
    assert stack.sh("a", "stat -c '%u %g' /data/plain /data/kept") == "0 0\n1234 4321\n"
    stack.run("cp", "-a", "a:/data/kept", "back")
    one = (here / "back").stat()
    assert (one.st_uid, one.st_gid) == (1234, 4321)
    os.chown(here / "mine", 200000, 0)
    end = stack.run("cp", "-a", "mine", "a:/data/beyond", check=False)
    assert end.returncode == 1 and "owner 200000:0 has no number there" in end.stderr


def test_a_tar_goes_in_and_comes_out(running):
    stack = running
    stack.sh("a", "mkdir -p /tmp/t/sub; echo one > /tmp/t/sub/one; ln -s sub/one /tmp/t/link; chmod 4755 /tmp/t/sub/one")
    out = subprocess.run(stack_command(stack, "cp", "a:/tmp/t", "-"), cwd=stack.folder, stdout=subprocess.PIPE, check=True)
    with tarfile.open(fileobj=io.BytesIO(out.stdout)) as tar:
        members = {member.name.rstrip("/"): member for member in tar}
        assert set(members) == {"t", "t/sub", "t/sub/one", "t/link"}
        assert (members["t/sub/one"].uid, members["t/sub/one"].mode) == (0, 0o4755)
        assert members["t/link"].linkname == "sub/one"
    subprocess.run(stack_command(stack, "cp", "-", "a:/data"), cwd=stack.folder, input=out.stdout, check=True)
    assert stack.sh("a", "cat /data/t/link") == "one\n"
    with tarfile.open(stack.folder / "names.tar", "w", format=tarfile.PAX_FORMAT) as tar:
        member = tarfile.TarInfo("grün/ö")
        member.size = 1
        tar.addfile(member, io.BytesIO(b"x"))
    with open(stack.folder / "names.tar", "rb") as tar:
        subprocess.run(stack_command(stack, "cp", "-", "a:/data"), cwd=stack.folder, stdin=tar, check=True)
    assert (data := Path(f"/var/lib/stack/.volumes/{stack.name}_data/data")).exists()
    assert (data / "grün/ö").read_text() == "x"
    end = subprocess.run(stack_command(stack, "cp", "-", "a:/data/t/link"), cwd=stack.folder, input=out.stdout,
                         stderr=subprocess.PIPE)
    assert end.returncode == 1 and b"is no folder" in end.stderr


def stack_command(stack, *arguments):
    from conftest import STACK
    return [STACK, "-p", stack.name, *arguments]


@pytest.mark.parametrize("arguments, words", [
    (("a:/none", "x"), 'a: open "/none": No such file or directory'),
    (("file", "a:/none/x"), 'a: open "/none": No such file or directory'),
    (("file", "a:/tmp/none/"), "there is no folder"),
    (("dir", "a:/etc/hosts"), "a folder cannot be copied onto it"),
    (("file", "a:/usr/x"), "Read-only file system"),
    (("file", "b:/x"), "no such service: b"),
    (("file", "other"), "is SERVICE:PATH"),
    (("a:/x", "a:/y"), "not between two"),
    (("--index", "2", "file", "a:/x"), "no container number 2"),
    (("a:/proc/1/environ", "x"), "a view of the kernel"),
    (("file", "a:/proc/1"), "a view of the kernel"),
    (("a:/dev/null", "x"), "is a device"),
    (("-L", "a:/proc/1/root/etc/shadow", "x"), ""),
])
def test_what_cannot_be_copied_is_told(running, arguments, words):
    (running.folder / "file").write_text("x")
    (running.folder / "dir").mkdir()
    end = running.run("cp", *arguments, check=False)
    assert end.returncode == 1 and words in end.stderr
    assert not (running.folder / "x").exists()


def test_a_container_cannot_lead_out_nor_into_the_terminal(running):
    stack, here = running, running.folder
    secret = here / "secret"
    secret.write_text("the host's")
    (here / "file").write_text("mine")
    stack.sh("a", f"""
        mkdir -p /tmp/h; cd /tmp/h
        ln -s {secret} absolute; ln -s ../../../../../../..{secret} up; ln -s {here} dir
        mkfifo fifo; touch plain; cp /bin/true su; chmod 4755 su; touch "$(printf 'a\\033]0;mine\\007b')"
    """)
    for name in ("absolute", "up", "dir/secret"):
        end = stack.run("cp", "-L", f"a:/tmp/h/{name}", "x", check=False)
        assert end.returncode == 1 and "No such file" in end.stderr, name
    end = stack.run("cp", "file", "a:/tmp/h/dir/new", check=False)
    assert end.returncode == 1 and not (here / "new").exists()
    stack.run("cp", "file", "a:/tmp/h/absolute", check=False)
    assert secret.read_text() == "the host's"
    end = stack.run("cp", "a:/tmp/h", "taken")
    assert 'left out: "taken/fifo" is a fifo' in end.stderr
    assert stat.S_IMODE((here / "taken/su").stat().st_mode) == 0o755
    assert os.readlink(here / "taken/absolute") == str(secret)
    stack.sh("a", "mkfifo \"$(printf '/tmp/h/\\033]0;mine\\007')\"")
    assert "\x1b" not in stack.run("cp", "a:/tmp/h", "again").stderr


def test_a_folder_swapped_for_a_link_leads_nowhere_else(running, until):
    stack, here = running, running.folder
    precious = here / "precious"
    precious.mkdir()
    (precious / "file").write_text("the host's")
    (here / "tree/dir").mkdir(parents=True)
    (here / "tree/dir/file").write_text("mine")
    swap = f"""
import ctypes, os
os.makedirs('/tmp/w/dir'); open('/tmp/w/dir/file', 'w').write('its own'); os.symlink({str(precious)!r}, '/tmp/w/link')
libc = ctypes.CDLL(None)
print('swapping', flush=True)
while True: libc.renameat2(-100, b'/tmp/w/dir', -100, b'/tmp/w/link', 2)
"""
    process = stack.start("exec", "-T", "a", "python3", "-c", swap, stdout=subprocess.PIPE)
    assert process.stdout.readline() == "swapping\n"
    for i in range(40):
        stack.run("cp", "tree/.", "a:/tmp/w", check=False)
        stack.run("cp", "a:/tmp/w", f"taken{i}", check=False)
        for name in ("dir", "link"):
            folder = here / f"taken{i}/{name}"
            assert folder.is_symlink() or not folder.exists() or (folder / "file").read_text() != "the host's"
    stack.run("kill", "a")
    process.wait(timeout=60)
    assert (precious / "file").read_text() == "the host's"
    assert os.listdir(precious) == ["file"]


def test_a_paused_service_is_copied_from_and_one_that_ended_is_told(running):
    stack = running
    stack.sh("a", "echo x > /tmp/x")
    stack.run("pause", "a")
    stack.run("cp", "a:/tmp/x", "x")
    assert (stack.folder / "x").read_text() == "x\n"
    stack.run("stop", "-t", "0", "a")
    end = stack.run("cp", "a:/tmp/x", "y", check=False)
    assert end.returncode == 1 and '"a" is not running' in end.stderr
