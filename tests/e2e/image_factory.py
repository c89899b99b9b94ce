"""Images made by hand: layers from folders or from lists of entries, configs and manifests of Docker's and OCI's kind."""
import gzip
import hashlib
import io
import json
import os
import shutil
import stat
import subprocess
import tarfile
from dataclasses import dataclass, field
from pathlib import Path

EPOCH = 1_600_000_000  # of every hand-made entry that says nothing else
DOCKER = {
    "manifest": "application/vnd.docker.distribution.manifest.v2+json",
    "index": "application/vnd.docker.distribution.manifest.list.v2+json",
    "config": "application/vnd.docker.container.image.v1+json",
    "gzip": "application/vnd.docker.image.rootfs.diff.tar.gzip",
    "none": "application/vnd.docker.image.rootfs.diff.tar",
}
OCI = {
    "manifest": "application/vnd.oci.image.manifest.v1+json",
    "index": "application/vnd.oci.image.index.v1+json",
    "config": "application/vnd.oci.image.config.v1+json",
    "gzip": "application/vnd.oci.image.layer.v1.tar+gzip",
    "zstd": "application/vnd.oci.image.layer.v1.tar+zstd",
    "none": "application/vnd.oci.image.layer.v1.tar",
}
COMPRESSORS = {"gzip": ["gzip", "-1", "-n"], "zstd": ["zstd", "-q", "-1", "-c"], "none": ["cat"]}
SECOND = 1_000_000_000


def digest_of(content):
    return "sha256:" + hashlib.sha256(content).hexdigest()


# Entries of a hand-made layer. Names may hold surrogates (os.fsdecode) for what is not UTF-8.
def entry(name, kind, content=b"", mode=0o644, uid=0, gid=0, mtime=EPOCH, link="", device=(0, 0), xattrs=None):
    info = tarfile.TarInfo(name)
    info.type, info.mode, info.uid, info.gid, info.mtime, info.linkname = kind, mode, uid, gid, mtime, link
    info.devmajor, info.devminor = device
    info.size = len(content)
    # As GNU tar and Go write them; a value that is no UTF-8 needs the header's binary mode, which surrogates bring about.
    info.pax_headers = {f"SCHILY.xattr.{key}": os.fsdecode(value) for key, value in (xattrs or {}).items()}
    return info, content


def file(name, content=b"", **more):
    return entry(name, tarfile.REGTYPE, content.encode() if isinstance(content, str) else content, **more)


def folder(name, mode=0o755, **more):
    return entry(name, tarfile.DIRTYPE, mode=mode, **more)


def symlink(name, to, **more):
    return entry(name, tarfile.SYMTYPE, link=to, mode=0o777, **more)


def hardlink(name, to, **more):
    return entry(name, tarfile.LNKTYPE, link=to, **more)


def fifo(name, **more):
    return entry(name, tarfile.FIFOTYPE, **more)


def character(name, major, minor, **more):
    return entry(name, tarfile.CHRTYPE, device=(major, minor), **more)


def block(name, major, minor, **more):
    return entry(name, tarfile.BLKTYPE, device=(major, minor), **more)


def whiteout(name):
    head, _, tail = name.rpartition("/")
    return file(f"{head}/.wh.{tail}".lstrip("/"))


def opaque(name):
    return file(f"{name}/.wh..wh..opq")


def tar_of(entries):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for info, content in entries:
            tar.addfile(info, io.BytesIO(content) if info.isreg() else None)
    return out.getvalue()


@dataclass
class Layer:
    blob: Path
    digest: str
    diff_id: str
    compression: str

    @property
    def size(self):
        return self.blob.stat().st_size


class _Compressed:
    """A file to write a tar into: hashed, compressed by a process beside, and hashed again."""

    def __init__(self, workshop, compression):
        self.workshop, self.compression = workshop, compression
        self.diff = hashlib.sha256()
        self.target = workshop / f"new-{os.urandom(6).hex()}"
        with self.target.open("wb") as out:
            self.process = subprocess.Popen(COMPRESSORS[compression], stdin=subprocess.PIPE, stdout=out)

    def write(self, piece):
        self.diff.update(piece)
        return self.process.stdin.write(piece)

    def finish(self):
        self.process.stdin.close()
        assert self.process.wait() == 0, self.compression
        with self.target.open("rb") as whole:
            name = hashlib.file_digest(whole, "sha256").hexdigest()
        blob = self.workshop / name
        self.target.rename(blob)
        return Layer(blob, f"sha256:{name}", f"sha256:{self.diff.hexdigest()}", self.compression)


def layer_of_tar(workshop, content, compression="gzip"):
    out = _Compressed(workshop, compression)
    out.write(content)
    return out.finish()


def layer(workshop, entries, compression="gzip"):
    return layer_of_tar(workshop, tar_of(entries), compression)


def layer_of_blob(workshop, content, diff_id, compression="gzip"):
    """Bytes that are a layer only by their name."""
    digest = digest_of(content)
    blob = workshop / digest.split(":")[1]
    blob.write_bytes(content)
    return Layer(blob, digest, diff_id, compression)


def layer_of_tree(workshop, tree, compression="gzip"):
    """A folder, also the upper one of an overlay: its whiteouts and opaque folders become those of a layer."""
    out = _Compressed(workshop, compression)
    with tarfile.open(fileobj=out, mode="w|", format=tarfile.PAX_FORMAT) as tar:
        for here, folders, files in os.walk(tree):
            folders.sort()
            place = os.path.relpath(here, tree)
            if place != ".":
                _add(tar, here, place)
            if "trusted.overlay.opaque" in os.listxattr(here):
                tar.addfile(tarfile.TarInfo(f"{place}/.wh..wh..opq"))
            for name in sorted(files + [one for one in folders if os.path.islink(f"{here}/{one}")]):
                _add(tar, f"{here}/{name}", os.path.normpath(f"{place}/{name}"))
    return out.finish()


def _add(tar, path, name):
    status = os.lstat(path)
    if stat.S_ISCHR(status.st_mode) and status.st_rdev == 0:
        tar.addfile(tarfile.TarInfo("/".join(filter(None, (os.path.dirname(name), f".wh.{os.path.basename(name)}")))))
        return
    if stat.S_ISSOCK(status.st_mode):
        return
    info = tar.gettarinfo(path, name)
    info.uname = info.gname = ""
    info.pax_headers = {f"SCHILY.xattr.{key}": os.fsdecode(os.getxattr(path, key, follow_symlinks=False))
                        for key in os.listxattr(path, follow_symlinks=False) if not key.startswith("trusted.")}
    if info.isreg():
        with open(path, "rb") as content:
            tar.addfile(info, content)
    else:
        tar.addfile(info)


@dataclass
class Image:
    """Layers, lowest first, under a config as `docker inspect` shows it. `kind` is DOCKER or OCI."""
    layers: list
    config: dict = field(default_factory=dict)
    kind: dict = field(default_factory=lambda: DOCKER)
    more: dict = field(default_factory=dict)  # replaces keys of the config's document
    architecture: str = "amd64"

    def document(self):
        return json.dumps({
            "created": "2024-01-02T03:04:05Z", "architecture": self.architecture, "os": "linux", "config": self.config,
            "rootfs": {"type": "layers", "diff_ids": [one.diff_id for one in self.layers]},
            "history": [{"created": "2024-01-02T03:04:05Z", "created_by": f"layer {i}"} for i in range(len(self.layers))],
            **self.more}).encode()

    def manifest(self):
        document = self.document()
        return json.dumps({
            "schemaVersion": 2, "mediaType": self.kind["manifest"],
            "config": {"mediaType": self.kind["config"], "digest": digest_of(document), "size": len(document)},
            "layers": [{"mediaType": self.kind[one.compression], "digest": one.digest, "size": one.size} for one in self.layers],
        }).encode()

    @property
    def id(self):
        return digest_of(self.document())

    @property
    def digest(self):
        return digest_of(self.manifest())

    def write_oci(self, place, tag="latest"):
        """Adds it to an OCI layout under a tag, whatever its kind."""
        return write_layout(place, [(tag, self.manifest(), self.kind["manifest"])],
                            {self.id: self.document(), **{one.digest: one.blob for one in self.layers}})

    def write_dir(self, place):
        """The form that skopeo copies without a change."""
        place.mkdir(parents=True)
        (place / "version").write_text("Directory Transport Version: 1.1\n")
        (place / "manifest.json").write_bytes(self.manifest())
        (place / self.id.split(":")[1]).write_bytes(self.document())
        for one in self.layers:
            target = place / one.digest.split(":")[1]
            if not target.exists():
                place_blob(one.blob, target)
        return place

    def push(self, reference, environment, scratch):
        """By skopeo, as it is."""
        source = scratch / f"push-{os.urandom(6).hex()}"
        self.write_dir(source)
        try:
            subprocess.run(["skopeo", "copy", "-q", "--preserve-digests", f"dir:{source}", f"docker://{reference}"],
                           env=environment, check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        except subprocess.CalledProcessError as fault:
            raise AssertionError(f"push {reference}: {fault.output.decode()}") from fault
        finally:
            shutil.rmtree(source)
        return reference


def place_blob(source, target):
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def write_layout(place, manifests, blobs):
    """An OCI layout: (tag, bytes, media type) of each manifest, and its blobs by digest, bytes or files."""
    store = place / "blobs/sha256"
    store.mkdir(parents=True, exist_ok=True)
    (place / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    index = place / "index.json"
    entries = json.loads(index.read_text())["manifests"] if index.exists() else []
    for tag, content, media in manifests:
        entries = [one for one in entries if one["annotations"]["org.opencontainers.image.ref.name"] != tag]
        entries.append({"mediaType": media, "digest": digest_of(content), "size": len(content),
                        "annotations": {"org.opencontainers.image.ref.name": tag}})
        (store / digest_of(content).split(":")[1]).write_bytes(content)
    for digest, content in blobs.items():
        target = store / digest.split(":")[1]
        if isinstance(content, bytes):
            target.write_bytes(content)
        elif not target.exists():
            place_blob(content, target)
    index.write_text(json.dumps({"schemaVersion": 2, "mediaType": OCI["index"], "manifests": entries}))
    return place


def zeros_member(size):
    """One gzip member of so many zeros: members one after another are one stream, so a bomb is cheap to make."""
    return gzip.compress(bytes(size), 9, mtime=0)
