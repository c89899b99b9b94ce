"""One file with all of a stack: made here, run where there is no network, refused when anything of it was changed."""
import subprocess

import image_factory as factory
import pytest
from conftest import store_files, store_names

FILE = """
    services:
      web:
        image: "{one}"
        init: true
        env_file: [./web.env]
        environment: {{FROM_DOT_ENV: "${{WORD}}"}}
        configs: [{{source: c, target: /etc/c}}]
      other: {{image: "{two}", init: true, volumes: ["v:/v"]}}
    configs: {{c: {{file: ./c.conf}}}}
    volumes: {{v: {{}}}}
"""


class Bundle:
    def __init__(self, stack, images):
        self.stack, self.images = stack, images
        self.file = stack.folder / "app.stack"

    def make(self, *more):
        self.stack.run("bundle", "-o", self.file, "-f", "compose.yaml", *more)
        return self.file

    def forget(self):
        """As on another machine: no stack file, nothing in the store."""
        for name in ("compose.yaml", "web.env", ".env", "c.conf"):
            (self.stack.folder / name).unlink()
        for image in self.images:
            self.stack.run("rmi", image.reference, check=False)
        assert not {image.reference for image in self.images} & store_names()


@pytest.fixture
def bundle(stack, tiny):
    images = [tiny(entries=[factory.file("etc/of", "one")]), tiny(entries=[factory.file("etc/of", "two")])]
    stack.write(FILE.format(one=images[0].reference, two=images[1].reference))
    (stack.folder / "web.env").write_text("OF_FILE=from-the-file\n")
    (stack.folder / ".env").write_text("WORD=from-dot-env\n")
    (stack.folder / "c.conf").write_text("config\n")
    return Bundle(stack, images)


def runs(stack):
    assert stack.sh("web", "cat /etc/of /etc/c; echo; echo $OF_FILE $FROM_DOT_ENV") == "oneconfig\n\nfrom-the-file from-dot-env\n"
    assert stack.sh("other", "cat /etc/of") == "two"


def test_a_bundle_runs_without_registry_store_or_stack_file(bundle, registry):
    file = bundle.make()
    bundle.forget()
    registry.stop()
    try:
        bundle.stack.run("up", file, "-d", "--wait", env={"PATH": str(bundle.stack.folder)})  # without skopeo as well
        runs(bundle.stack)
    finally:
        registry.start()


def test_a_bundle_is_the_same_for_the_same_stack_and_holds_each_layer_once(bundle, tiny_layer):
    first = bundle.make().read_bytes()
    assert first == bundle.make().read_bytes()
    own = sum(layer.size for image in bundle.images for layer in image.layers[1:])
    assert len(first) < own + tiny_layer.size + 100_000


def test_a_bundle_is_for_its_owner_alone_and_replaced_whole(bundle):
    assert bundle.make().stat().st_mode & 0o077 == 0, "it may hold secrets"
    assert [path.name for path in bundle.stack.folder.iterdir() if "app.stack" in path.name] == ["app.stack"]


@pytest.mark.parametrize("where", [0.01, 0.25, 0.5, 0.75, 0.97])
def test_a_flipped_byte_is_refused_before_anything_changes(bundle, where):
    stack = bundle.stack
    stack.up()
    before = {name: state["ID"] for name, state in stack.ps().items()}
    content = bytearray(bundle.make().read_bytes())
    content[int(len(content) * where)] ^= 1
    bundle.file.write_bytes(content)
    files, names = store_files()[0], store_names()
    stack.refused("up", bundle.file, "-d", says=["app.stack"])
    assert {name: state["ID"] for name, state in stack.ps().items()} == before
    assert (store_files()[0], store_names(), store_files()[1]) == (files, names, set())


@pytest.mark.parametrize("share", [0.0, 0.3, 0.999])
def test_a_bundle_that_is_cut_is_refused(bundle, share):
    content = bundle.make().read_bytes()
    bundle.file.write_bytes(content[:int(len(content) * share)])
    bundle.forget()
    before = store_files()[0]
    bundle.stack.refused("up", bundle.file, "-d", says=["app.stack"])
    bundle.stack.nothing_started()
    assert store_files() == (before, set())


def test_without_the_image_and_its_registry_there_is_no_bundle(bundle, registry):
    registry.stop()
    try:
        end = bundle.stack.run("bundle", "-o", bundle.file, check=False)
        lines = [line for line in end.stderr.splitlines() if line.startswith("stack: ")]
        assert end.returncode == 1 and lines and all("refused" in line or "connect" in line for line in lines), end.stderr
        assert not bundle.file.exists()
    finally:
        registry.start()


class Minisign:
    """A key pair in a folder, without a password."""

    def __init__(self, folder, name):
        self.public, self.secret = folder / f"{name}.pub", folder / f"{name}.key"
        self._run("-G", "-W", "-f", "-p", self.public, "-s", self.secret)

    def sign(self, file):
        self._run("-S", "-s", self.secret, "-m", file)  # beside it, as FILE.minisig

    @staticmethod
    def _run(*words):
        subprocess.run(["minisign", *map(str, words)], check=True, stdout=subprocess.DEVNULL, input=b"\n\n")


@pytest.fixture
def keys(tmp_path):
    return Minisign(tmp_path, "ours"), Minisign(tmp_path, "theirs")


def test_a_signature_is_checked_before_anything_changes(bundle, keys):
    ours, theirs = keys
    stack, file = bundle.stack, bundle.make()
    bundle.forget()
    before = store_files()[0]
    stack.refused("up", file, "-d", "--verify-key", ours.public, says=["signature|minisig"])  # there is none
    theirs.sign(file)
    stack.refused("up", file, "-d", "--verify-key", ours.public, says=["signature|key"])
    ours.sign(file)
    content = file.read_bytes()
    file.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    stack.refused("up", file, "-d", "--verify-key", ours.public, says=["signature"])
    stack.nothing_started()
    assert store_files() == (before, set())
    file.write_bytes(content)
    stack.run("up", file, "-d", "--wait", "--verify-key", ours.public)
    runs(stack)


def test_a_key_that_is_no_key_is_one_error(bundle):
    (bundle.stack.folder / "bad.pub").write_text("not a key\n")
    bundle.stack.refused("up", bundle.make(), "-d", "--verify-key", "bad.pub", says=["bad.pub"])
    bundle.stack.nothing_started()
