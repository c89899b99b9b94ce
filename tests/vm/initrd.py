"""Initial RAM disks in the cpio "newc" format, from files of the host, with what they need to run."""

import os
import re
import stat
import subprocess


class Initrd:
    """Files, folders and links of a guest by their absolute path; bytes() is the archive."""

    def __init__(self):
        self._entries = {}  # path without the leading slash -> (mode, content)

    def folder(self, path, mode=0o755):
        path = path.strip("/")
        if path and path not in self._entries:
            self.folder(os.path.dirname(path))
            self._entries[path] = (stat.S_IFDIR | mode, b"")

    def text(self, path, content, mode=0o644):
        self.data(path, content.encode(), mode)

    def data(self, path, content, mode=0o644):
        self.folder(os.path.dirname(path))
        self._entries[path.strip("/")] = (stat.S_IFREG | mode, content)

    def link(self, path, target):
        self.folder(os.path.dirname(path))
        self._entries[path.strip("/")] = (stat.S_IFLNK | 0o777, target.encode())

    def file(self, path, source):
        """A copy of the host's file `source`; a symlink there is followed."""
        with open(source, "rb") as content:
            self.data(path, content.read(), stat.S_IMODE(os.stat(source).st_mode))

    def tree(self, path, source):
        """A copy of the host's folder `source`, symlinks as they are."""
        self.folder(path)
        for base, folders, files in os.walk(source):
            inside = os.path.join(path, os.path.relpath(base, source))
            for name in folders + files:
                here, there = os.path.join(base, name), os.path.normpath(os.path.join(inside, name))
                if os.path.islink(here):
                    self.link(there, os.readlink(here))
                elif os.path.isdir(here):
                    self.folder(there)
                elif os.path.isfile(here):
                    self.file(there, here)

    def program(self, source, path=None):
        """The program `source` and every shared library it names, each where the loader will look for it."""
        self.file(path or source, source)
        listing = subprocess.run(["ldd", source], capture_output=True, text=True, check=False).stdout
        for library in re.findall(r"(/\S+) \(0x", listing):
            if library.strip("/") not in self._entries:
                self.file(library, library)

    def bytes(self):
        archive = bytearray()
        for number, (path, (mode, content)) in enumerate(self._entries.items(), 1):
            archive += _record(number, path, mode, content)
        archive += _record(0, "TRAILER!!!", 0, b"")
        return bytes(archive)


def _record(number, path, mode, content):
    name = path.encode() + b"\0"
    # ino mode uid gid nlink mtime filesize devmajor devminor rdevmajor rdevminor namesize check
    fields = (number, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name), 0)
    record = b"070701" + b"".join(b"%08x" % field for field in fields) + name
    record += b"\0" * (-len(record) % 4)
    return record + content + b"\0" * (-len(content) % 4)
