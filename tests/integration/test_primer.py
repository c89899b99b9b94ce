"""The commands of a container primer: what one sees from inside, and what the host sees."""
import os
import re
from pathlib import Path

TWO = """
    services:
      a: {image: "host:", command: sleep infinity, ipc: shareable}
      b: {image: "host:", command: sleep infinity, ipc: "service:a"}
      c: {image: "host:", command: sleep infinity, hostname: carol, domainname: example.org}
"""


def status(pid):
    return dict(line.split(":\t", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":\t" in line)


def test_ps_shows_only_the_containers_processes(stack):
    stack.up(TWO)
    lines = stack.exec("a", "ps", "-e", "-o", "pid,args").stdout.splitlines()[1:]
    commands = [line.split(None, 1)[1] for line in lines]
    assert sorted(commands) == ["ps -e -o pid,args", "sleep infinity"]
    assert lines[0].split()[0] == "1"


def test_shared_memory_is_seen_by_the_sharer_and_by_nobody_else(stack):
    stack.up(TWO)
    identifier = re.search(r"\d+", stack.exec("a", "ipcmk", "-M", "10M").stdout).group()

    def segments(service):
        out = stack.exec(service, "ipcs", "-m").stdout
        return [line.split()[1] for line in out.splitlines() if line.startswith("0x")]

    assert segments("a") == [identifier] == segments("b")
    assert segments("c") == []
    stack.sh("a", "echo shared > /dev/shm/note")
    assert stack.sh("b", "cat /dev/shm/note") == "shared\n"
    assert stack.exec("c", "cat", "/dev/shm/note", check=False).returncode != 0


def test_hostname_is_its_own_and_the_id_where_none_is_given(stack):
    stack.up(TWO)
    assert stack.exec("c", "hostname").stdout == "carol\n"
    assert stack.sh("c", "cat /proc/sys/kernel/domainname") == "example.org\n"
    assert stack.exec("a", "hostname").stdout.strip() == stack.ps()["a"]["ID"][:12]
    assert stack.exec("a", "hostname", "mine", check=False).returncode != 0
    assert os.uname().nodename != "carol"


def test_each_kind_of_namespace_is_its_own(stack):
    stack.up(TWO)
    pids = {service: stack.pid(service) for service in "abc"}
    for kind in ("user", "mnt", "uts", "ipc", "pid", "net", "cgroup"):
        link = {service: os.readlink(f"/proc/{pid}/ns/{kind}") for service, pid in pids.items()}
        assert os.readlink(f"/proc/self/ns/{kind}") not in link.values(), kind
        assert link["a"] != link["c"], kind
        assert (link["a"] == link["b"]) == (kind in ("ipc", "user")), kind


def test_root_inside_is_nobody_outside(stack):
    stack.up(TWO)
    assert stack.exec("a", "id", "-u").stdout == "0\n"
    outside = {service: int(status(stack.pid(service))["Uid"].split()[0]) for service in "abc"}
    assert all(uid >= 65536 for uid in outside.values())
    assert outside["a"] == outside["b"] != outside["c"]
    stack.sh("a", "echo x > /root-file")
    upper = Path(f"/var/lib/stack/{stack.name}/containers/a")
    written = [path for path in upper.rglob("root-file")]
    assert [path.stat().st_uid for path in written] == [outside["a"]]


def test_seccomp_no_new_privs_and_capabilities_are_the_default(stack):
    stack.up(TWO)
    of = status(stack.pid("a"))
    assert of["Seccomp"].strip() == "2"
    assert of["NoNewPrivs"].strip() == "1"
    assert of["CapInh"].strip() == of["CapAmb"].strip() == "0" * 16
    docker = 0xA80425FB
    assert int(of["CapBnd"], 16) == int(of["CapPrm"], 16) == int(of["CapEff"], 16) == docker


def test_an_exec_is_as_confined_as_the_container(stack):
    stack.up(TWO)
    first = stack.sh("a", "cat /proc/1/status")
    joined = stack.sh("a", "cat /proc/self/status")
    for key in ("Seccomp:", "NoNewPrivs:", "CapBnd:", "CapEff:", "CapInh:", "CapAmb:"):
        assert re.search(f"^{key}.*$", first, re.M).group() == re.search(f"^{key}.*$", joined, re.M).group()
    for kind in ("user", "mnt", "uts", "ipc", "net", "cgroup", "pid"):
        assert stack.sh("a", f"readlink /proc/self/ns/{kind}") == stack.sh("a", f"readlink /proc/1/ns/{kind}")


def test_nothing_but_three_descriptors_and_a_working_folder_inside(stack, until):
    stack.up("""
        services:
          a: {image: "host:", command: [sh, -c, "ls -l /proc/self/fd; pwd; sleep infinity"]}
    """)
    until(lambda: len(stack.logs("a").splitlines()) >= 6, "its last line")
    for text in (stack.logs("a"), stack.sh("a", "ls -l /proc/self/fd; pwd")):
        # `ls` itself has the folder open as 3.
        assert re.findall(r" (\d+) -> ", text) == ["0", "1", "2", "3"], text
        assert text.splitlines()[-1] == "/"


def test_the_hosts_files_are_out_of_reach(stack):
    stack.up(TWO)
    names = set(stack.sh("a", "ls /").split())
    assert {"bin", "dev", "etc", "proc", "sys", "tmp", "usr"} <= names
    assert stack.sh("a", "ls /home /root").replace("/home:", "").replace("/root:", "").strip() == ""
    assert stack.exec("a", "test", "-e", "/etc/shadow", check=False).returncode != 0
    assert stack.exec("a", "touch", "/usr/bin/x", check=False).returncode != 0
    assert stack.exec("a", "ls", "/run/stack", check=False).returncode != 0


def test_masked_and_read_only_paths(stack):
    stack.up(TWO)
    assert stack.sh("a", "cat /proc/kcore /proc/keys /proc/timer_list 2>/dev/null | wc -c").strip() == "0"
    assert stack.sh("a", "ls /sys/firmware | wc -l").strip() == "0"
    for path in ("/proc/sys/vm/swappiness", "/proc/sysrq-trigger", "/sys/kernel/profiling"):
        assert stack.exec("a", "sh", "-c", f"echo 1 > {path}", check=False).returncode != 0, path


def test_devices_are_the_usual_ones(stack):
    stack.up(TWO)
    nodes = set(stack.sh("a", "ls /dev").split())
    assert {"null", "zero", "full", "random", "urandom", "tty", "ptmx", "pts", "shm", "mqueue", "fd", "stdin"} <= nodes
    assert stack.sh("a", "find /dev -type b") == ""
    assert stack.exec("a", "mknod", "/tmp/disk", "b", "254", "0", check=False).returncode != 0
    stack.sh("a", "echo x > /dev/null; head -c 4 /dev/urandom > /dev/full || true")


def test_mounting_and_new_user_namespaces_are_refused(stack):
    stack.up(TWO)
    assert stack.exec("a", "mount", "-t", "tmpfs", "none", "/tmp", check=False).returncode != 0
    assert stack.exec("a", "unshare", "-U", "true", check=False).returncode != 0
    assert stack.exec("a", "unshare", "-m", "true", check=False).returncode != 0
