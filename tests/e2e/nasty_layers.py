"""Layers with all that a tar can hold, and layers that only an attacker makes."""
import gzip
import hashlib
import os
import subprocess

from image_factory import block, character, digest_of, fifo, file, folder, hardlink, layer, layer_of_blob, opaque, symlink, tar_of, whiteout, zeros_member

CAP_NET_RAW = bytes.fromhex("0100000200200000000000000000000000000000")
LONG = "n" * 255
DEEP = "/".join(["deep" * 20] * 30)  # 2,430 characters


def _folders_to(path):
    words = path.split("/")
    return [folder("/".join(words[:i + 1])) for i in range(len(words))]


def kinds():
    """One layer with every type of entry, modes, owners, times before 1970 and below a second."""
    return [
        folder("kinds", mode=0o1777, uid=12, gid=34, mtime=1_234_567_890.5), file("kinds/empty"), file("kinds/plain", "text"),
        file("kinds/none", "x", mode=0), file("kinds/setuid", "x", mode=0o4755, uid=1000), file("kinds/setgid", "x", mode=0o2755, gid=1000),
        file("kinds/sticky", "x", mode=0o1644), folder("kinds/setgid-folder", mode=0o2775, gid=5), folder("kinds/closed", mode=0),
        file("kinds/closed/inside", "x"), file("kinds/big-owner", "x", uid=2_000_000, gid=3_000_000),
        file("kinds/old", "x", mtime=1), file("kinds/ancient", "x", mtime=-86400), file("kinds/future", "x", mtime=4_102_444_800),
        file("kinds/part-of-a-second", "x", mtime=1_600_000_000.25),
        symlink("kinds/to-plain", "plain", uid=7, gid=8), symlink("kinds/dangling", "nowhere/at/all"), symlink("kinds/absolute", "/etc/passwd"),
        symlink("kinds/out", "../../../../../../etc/shadow"), symlink("kinds/itself", "itself"), symlink("kinds/long", "x" * 4000),
        fifo("kinds/fifo", mode=0o620, uid=3), character("kinds/null", 1, 3, mode=0o666), character("kinds/large", 300, 70000, mode=0o600),
        block("kinds/loop", 7, 0, mode=0o660, gid=6),
    ]


def links():
    return [folder("links"), folder("links/a"), folder("links/b"), file("links/a/one", "shared", mode=0o640, uid=9),
            hardlink("links/a/two", "links/a/one", mode=0o640, uid=9), hardlink("links/b/three", "links/a/two", mode=0o640, uid=9), symlink("links/sym", "a/one"),
            hardlink("links/sym-too", "links/sym"), fifo("links/fifo"), hardlink("links/fifo-too", "links/fifo"),
            hardlink("links/b/from-a-dot", "./links/a/one", mode=0o640, uid=9)]


def names():
    odd = [b"not-utf8-\xff\xfe", b"latin-\xe4", "snow-\u2603".encode(), b"new\nline", b"tab\tand space ", b"back\\slash", b"quote'\"", b"-dash",
           b"%s%n", b"\x1b[31mred", b"..dots", b"wh.no", b".wh", b"star*?"]
    return [folder("names"), file(f"names/{LONG}", "long"), *_folders_to(f"names/{DEEP}"), file(f"names/{DEEP}/{'e' * 200}", "deep"),
            *(file(f"names/{os.fsdecode(name)}", name) for name in odd), symlink("names/to-odd", os.fsdecode(odd[0])),
            file("./names/./dotted", "x"), folder("names/slash/"), file("names/slash//double", "x")]


def attributes():
    return [folder("attributes", xattrs={"user.of": b"a folder"}),
            file("attributes/capable", "x", mode=0o755, xattrs={"security.capability": CAP_NET_RAW}),
            file("attributes/user", "x", xattrs={"user.text": b"text", "user.binary": b"\x00\x01=\n\xff"}),
            file("attributes/many", "x", xattrs={f"user.n{i}": b"v" * (i + 1) for i in range(40)})]


def lower():
    return [folder("w"), file("w/goes", "1"), file("w/stays", "1"), folder("w/folder-goes"), file("w/folder-goes/inside", "1"), folder("w/opaque"),
            file("w/opaque/hidden", "1"), folder("w/opaque/below"), file("w/opaque/below/hidden", "1"), folder("w/comes-back"),
            file("w/comes-back/old", "1"), file("w/file-to-folder", "1"), folder("w/folder-to-file"), file("w/folder-to-file/x", "1"),
            symlink("w/link-to-file", "stays"), file("w/file-to-link", "1"), folder("w/mode-changes", mode=0o700, uid=5),
            file("w/mode-changes/kept", "1"), folder("w/late-opaque"), file("w/late-opaque/hidden", "1")]


def upper():
    """Whiteouts and opaque folders before and after their neighbours, and every change of type."""
    return [folder("w"), whiteout("w/goes"), whiteout("w/folder-goes"), folder("w/opaque", mode=0o711), opaque("w/opaque"), file("w/opaque/new", "2"),
            file("w/.wh.comes-back"), folder("w/file-to-folder"), file("w/file-to-folder/new", "2"), file("w/folder-to-file", "2"),
            file("w/link-to-file", "2"), symlink("w/file-to-link", "stays"), folder("w/mode-changes", mode=0o750, uid=6),
            folder("w/late-opaque"), file("w/late-opaque/new", "2"), opaque("w/late-opaque"), whiteout("w/never-was")]


def top():
    return [folder("w"), folder("w/comes-back", mode=0o705), file("w/comes-back/new", "3"), file("w/goes", "3"),
            folder("w/opaque"), file("w/opaque/hidden", "3")]


def sparse_tar(folder_, format):
    """GNU tar writes the holes of a file, in either of its formats."""
    folder_.mkdir(exist_ok=True)
    with (folder_ / "sparse").open("wb") as out:
        for place, text in ((0, b"begin"), (10_000_000, b"middle"), (50_000_000, b"end")):
            out.seek(place)
            out.write(text)
    with (folder_ / "only-a-hole").open("wb") as out:
        out.truncate(100_000_000)
    os.chown(folder_ / "sparse", 11, 12)
    return subprocess.run(["tar", "--sparse", f"--format={format}", "--numeric-owner", "--sort=name", "--mtime=@1600000000", "-C", folder_, "-cf", "-",
                           "sparse", "only-a-hole"], check=True, stdout=subprocess.PIPE).stdout


def bomb(workshop, size=10 << 30):
    """A file of so many zeros in a few megabytes, with the right digests."""
    piece = 64 << 20
    head = tar_of([file("zeros")])[:512]
    head = bytearray(head)
    head[124:136] = b"%011o\0" % size if size < 8 << 30 else b"\x80" + size.to_bytes(11, "big")
    head[148:156] = b" " * 8
    head[148:156] = b"%06o\0 " % sum(head)
    diff, zeros, member = hashlib.sha256(head), bytes(piece), zeros_member(piece)
    for _ in range(size // piece):
        diff.update(zeros)
    diff.update(bytes(1024))
    content = gzip.compress(bytes(head), mtime=0) + member * (size // piece) + gzip.compress(bytes(1024), mtime=0)
    return layer_of_blob(workshop, content, f"sha256:{diff.hexdigest()}")


def hostile(outside):
    """By name, the entries; `outside` is a folder of the host that has a file `canary`, its path without the first slash."""
    up = "../" * 20
    return {
        "a path with ..": [file(f"{up}{outside}/canary", "broken")],
        "a path with .. behind a folder": [folder("a"), file(f"a/{up}{outside}/new", "broken")],
        "an absolute path": [file(f"/{outside}/canary", "broken")],
        "a symlink, then a file through it": [symlink("out", f"/{outside}"), file("out/canary", "broken")],
        "a relative symlink, then a file through it": [symlink("out", f"{up}{outside}"), file("out/new", "broken")],
        "a chain of symlinks": [symlink("a", "b"), symlink("b", f"{up}{outside}"), file("a/new", "broken"), folder("a/folder")],
        "a symlink in the place of the file": [symlink("canary", f"/{outside}/canary"), file("canary", "inside")],
        "a symlink, then a folder with a mode": [symlink("out", f"/{outside}"), folder("out", mode=0o777, uid=5)],
        "a hard link to outside": [hardlink("h", f"{up}{outside}/canary"), file("h", "broken")],
        "an absolute hard link": [hardlink("h", f"/{outside}/canary"), file("h", "broken")],
        "a hard link through a symlink": [symlink("out", f"/{outside}"), hardlink("h", "out/canary"), file("h", "broken")],
        "a hard link to a symlink, then written": [symlink("s", f"/{outside}/canary"), hardlink("h", "s"), file("h", "inside")],
        "a whiteout through a symlink": [symlink("out", f"/{outside}"), file("out/.wh.canary")],
        "a whiteout of ..": [file("a/.wh..."), folder("b")],
        "a whiteout of .": [file("a/.wh..")],
        "a whiteout with no name": [file("a/.wh.")],
        "an opaque folder through a symlink": [symlink("out", f"/{outside}"), file("out/.wh..wh..opq")],
        "an opaque folder above": [file(f"{up}{outside}/.wh..wh..opq")],
        "an attribute of overlayfs": [folder("o", xattrs={"trusted.overlay.redirect": b"/" + outside.encode(), "trusted.overlay.opaque": b"y"}),
                                      file("m", "x", xattrs={"trusted.overlay.metacopy": b"", "trusted.overlay.redirect": f"/{outside}/canary".encode()})],
        "a device with the numbers of a whiteout": [folder("etc"), character("etc/passwd", 0, 0)],
        "a folder over a link to outside, deep": [symlink("a", f"/{outside}"), folder("a/b"), folder("a/b/c"), file("a/b/c/new", "broken")],
        "the root as a file": [file(".", "broken")],
        "the root as a symlink": [symlink(".", f"/{outside}")],
        "an empty name": [file("", "broken")],
        "a name of a megabyte": [file("n" * (1 << 20), "x")],
        "60,000 folders deep": [folder("d/" * 60_000)],
    }


# Those that no honest tool makes, so that they are refused, not made harmless in silence.
MUST_FAIL = ("a path with ..", "a path with .. behind a folder", "a hard link to outside", "a whiteout of ..", "a whiteout of .", "a whiteout with no name",
             "an opaque folder above", "a hard link through a symlink", "an absolute hard link", "a name of a megabyte", "60,000 folders deep")


def broken(workshop):
    """Blobs that are no whole layer: name -> (layer, words of the error)."""
    good = layer(workshop, [file("x", os.urandom(200_000))])
    content = good.blob.read_bytes()
    plain = gzip.decompress(content)
    other = digest_of(b"another")
    cut = gzip.compress(plain[:100_000])
    return {
        "cut in the middle of the compression": (layer_of_blob(workshop, content[:-5000], good.diff_id), "truncated|unexpected end|damaged|corrupt|crc"),
        "cut in the middle of a file": (layer_of_blob(workshop, cut, digest_of(plain[:100_000])), "truncated|unexpected end|damaged|corrupt"),
        "no gzip at all": (layer_of_blob(workshop, b"hello" * 1000, digest_of(b"hello" * 1000)), "format|gzip|not a tar|unrecognized|damaged"),
        "another diff id": (layer_of_blob(workshop, content, other), "diff id|digest"),
    }
