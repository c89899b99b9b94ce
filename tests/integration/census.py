"""What a stack may leave behind on a host, counted: links, rules, mounts, cgroups, namespaces, processes, files."""
import os
import subprocess
import time
from pathlib import Path


def _run(*command):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False).stdout


def _processes():
    ours = set()
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
            cgroups = (entry / "cgroup").read_text()
        except OSError:
            continue
        program = os.path.basename(words[0]).decode(errors="replace")
        if program == "stack-keeper" or words[1:2] == [b"reconcile"] or "/stack/" in cgroups:
            ours.add(f"{entry.name} {b' '.join(words).decode(errors='replace')}")
    return ours


def _folders(*globs):
    return {str(path) for pattern in globs for path in Path("/").glob(pattern)}


def take():
    return {
        "links": {line.split(": ")[1].split("@")[0] for line in _run("ip", "-o", "link").splitlines()},
        "routes": set(_run("ip", "route").splitlines()) | set(_run("ip", "-6", "route").splitlines()),
        "tables": set(_run("nft", "list", "tables").splitlines()),
        "mounts": {line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()},
        "cgroups": _folders("sys/fs/cgroup/stack/*", "sys/fs/cgroup/*/stack/*"),
        "processes": _processes(),
        # Names that begin with a dot are the host's claims and the skeleton's, kept on purpose; a claim is a symlink.
        "files": _folders("run/stack/[!.]*", "run/stack/.ids/*", "var/lib/stack/[!h]*"),
        "temporary": _folders("tmp/stack-keeper*", "tmp/stack_*", "dev/shm/stack*"),
    }


def litter(before):
    after = take()
    return {kind: sorted(after[kind] - before[kind]) for kind in after if after[kind] - before[kind]}


def expect(before, seconds=10):
    """Fails when something is left. A dead network namespace gives its links back a little later, so it waits for that."""
    end = time.monotonic() + seconds
    while (left := litter(before)) and time.monotonic() < end:
        time.sleep(0.05)
    assert not left, f"left behind: {left}"
