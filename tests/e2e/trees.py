"""Two folders compared entry by entry: types, modes, owners, sizes, contents, times, links, devices and attributes."""
import contextlib
import hashlib
import os
import stat
import subprocess

KINDS = {stat.S_IFREG: "file", stat.S_IFDIR: "folder", stat.S_IFLNK: "symlink", stat.S_IFIFO: "fifo", stat.S_IFCHR: "character",
         stat.S_IFBLK: "block", stat.S_IFSOCK: "socket"}


def _attributes(path):
    """Those of overlayfs, and of the host's root and security modules, are no part of an image."""
    return {key: os.getxattr(path, key, follow_symlinks=False) for key in os.listxattr(path, follow_symlinks=False)
            if not key.startswith(("trusted.", "security.selinux"))}


def _content(path):
    with open(path, "rb") as whole:
        return hashlib.file_digest(whole, "sha256").hexdigest()


def walk(root):
    """By path, what is to be the same; the names of one file are told as the first of them. Paths are bytes."""
    found, first = {}, {}
    root = os.fsencode(root)
    for here, folders, files in os.walk(root):
        for name in [b"."] * (here == root) + sorted(folders) + sorted(files):
            path = os.path.join(here, name)
            place = os.path.normpath(os.path.relpath(path, root))
            status = os.lstat(path)
            kind = KINDS[stat.S_IFMT(status.st_mode)]
            one = {"kind": kind, "mode": oct(stat.S_IMODE(status.st_mode)), "owner": (status.st_uid, status.st_gid),
                   "time": status.st_mtime_ns, "attributes": _attributes(path)}
            if kind == "file":
                one["size"], one["content"] = status.st_size, _content(path)
            if kind == "symlink":
                one["to"] = os.readlink(path)
            if kind in ("character", "block"):
                one["device"] = (os.major(status.st_rdev), os.minor(status.st_rdev))
            if kind != "folder" and status.st_nlink > 1:
                first.setdefault(status.st_ino, []).append(place)
            found[place] = one
    for names in first.values():
        for name in names:
            found[name]["names"] = sorted(names)
    return found


def difference(ours, theirs, limit=20):
    """Lines; none where both are the same."""
    lines = []
    for place in sorted(set(ours) | set(theirs)):
        if place not in ours or place not in theirs:
            lines.append(f"{place!r}: only {'ours' if place in ours else 'theirs'}: {ours.get(place) or theirs.get(place)}")
            continue
        for key in ours[place] | theirs[place]:
            if ours[place].get(key) != theirs[place].get(key):
                lines.append(f"{place!r}: {key}: ours {ours[place].get(key)!r}, theirs {theirs[place].get(key)!r}")
    return lines[:limit] + ([f"... {len(lines)} in all"] if len(lines) > limit else [])


@contextlib.contextmanager
def overlay(layers, target):
    """The folders, lowest first, as an overlay shows them; read-only."""
    target.mkdir()
    if len(layers) == 1:  # overlayfs wants two
        (target.parent / "empty").mkdir(exist_ok=True)
        layers = [target.parent / "empty", *layers]
    parent = layers[-1].parent
    names = ":".join(str(one.relative_to(parent) if one.is_relative_to(parent) else one) for one in reversed(layers))
    subprocess.run(["mount", "-t", "overlay", "overlay", "-o", f"ro,lowerdir={names}", target], cwd=parent, check=True)
    try:
        yield target
    finally:
        subprocess.run(["umount", target], check=True)
        target.rmdir()


@contextlib.contextmanager
def umoci(layout, tag, target):
    """As umoci unpacks it."""
    subprocess.run(["umoci", "raw", "unpack", "--image", f"{layout}:{tag}", target], check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.PIPE)
    yield target
    subprocess.run(["rm", "-rf", target], check=True)
