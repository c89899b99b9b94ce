"""A terminal as a person has it."""
import os
import pty
import re
import select
import time

from conftest import STACK


class Terminal:
    """A command on a terminal of its own."""

    def __init__(self, command, folder, environment):
        self.output = ""
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.execvpe(command[0], command, environment)

    @classmethod
    def of(cls, stack, *arguments):
        return cls([STACK, "-p", stack.name, *arguments], stack.folder, dict(os.environ, TERM="xterm"))

    def expect(self, pattern, seconds=60):
        end = time.monotonic() + seconds
        while not re.search(pattern, self.output):
            assert time.monotonic() < end, f"never {pattern!r} in {self.output!r}"
            if not self._read(end - time.monotonic()):
                break
        assert re.search(pattern, self.output), self.output

    def _read(self, seconds):
        if not select.select([self.master], [], [], max(seconds, 0))[0]:
            return True
        try:
            piece = os.read(self.master, 65536)
        except OSError:  # EIO: nobody has the terminal open any more
            return False
        self.output += piece.decode(errors="replace")
        return bool(piece)

    def type(self, text):
        os.write(self.master, text.encode())

    def end(self):
        limit = time.monotonic() + 60
        while self._read(limit - time.monotonic()):
            assert time.monotonic() < limit, self.output
        _, status = os.waitpid(self.pid, 0)
        os.close(self.master)
        return os.waitstatus_to_exitcode(status)
