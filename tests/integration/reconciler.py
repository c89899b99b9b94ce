"""The reconciler of a stack, found and killed as a fault would."""
import os
import signal
from pathlib import Path


def pids(project):
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
        except OSError:  # it has just ended
            continue
        if words[1:3] == [b"reconcile", project.encode()]:
            found.append(int(entry.name))
    return found


def kill(project):
    """Also when there is just none: its successor is on the way then."""
    for pid in pids(project):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
