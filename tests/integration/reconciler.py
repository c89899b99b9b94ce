"""The reconciler and the keeper of a stack, found and killed as a fault would."""
import os
import signal
from pathlib import Path


def _commands():
    """(pid, words) of every process that has a command line."""
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
        except OSError:  # it has just ended
            continue
        yield int(entry.name), words


def pids(project):
    return [pid for pid, words in _commands() if words[1:3] == [b"reconcile", project.encode()]]


def keepers(project):
    return [pid for pid, words in _commands()
            if os.path.basename(words[0]) == b"stack-keeper" and words[1:2] == [project.encode()]]


def kill(project):
    """Also when there is just none: its successor is on the way then."""
    for pid in pids(project):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
