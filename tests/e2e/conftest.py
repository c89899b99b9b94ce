"""Fixtures of the end-to-end tests of images: a registry, images, a project that uses them, and a census before and after.

The images are made once a session. STACK_E2E_IMAGES names a folder where they are kept from session to session, for whoever
works on these tests.
"""
import fcntl
import importlib.util
import json
import os
import pickle
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(Path(__file__).parent), str(ROOT / "tests/integration")]

import census  # noqa: E402
import debian_images  # noqa: E402
import image_factory as factory  # noqa: E402
from environment import Environment  # noqa: E402
from registry import Door, Registry  # noqa: E402


def _integration():
    """Its conftest, under a name that is not ours."""
    spec = importlib.util.spec_from_file_location("integration_conftest", ROOT / "tests/integration/conftest.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


integration = _integration()
STACK = integration.STACK
until = integration.until
successor = integration.successor
STORE = Path("/var/lib/stack/.images")
VOLUMES = Path("/var/lib/stack/.volumes")


ONE = """
    services:
      web: {{image: "{}"{}, init: true, stop_grace_period: 0s}}
"""


def one(image, more=""):
    """A file of one service; `image` is one that was pushed, or a reference."""
    return ONE.format(getattr(image, "reference", image), more and f", {more}")


def layers_of(image):
    """Their names in the store."""
    return {f"layers/{layer.diff_id.split(':')[1]}" for layer in image.layers}


def store_names():
    """The images that the store has a name for."""
    index = STORE / "index.json"
    entries = json.loads(index.read_text())["manifests"] if index.exists() else []
    return {one.get("annotations", {}).get("org.opencontainers.image.ref.name", "") for one in entries}


def store_files():
    """Blobs and layers by name, and what a crash or a pull leaves."""
    found = {str(path.relative_to(STORE)) for kind in ("layers/*", "blobs/sha256/*") for path in STORE.glob(kind)}
    return found, {str(path.relative_to(STORE)) for kind in ("layers/.*", "pulls/*", "blobs/sha256/.*", ".new-*") for path in STORE.glob(kind)}


def volume_names():
    """What a crash leaves as well."""
    return {path.name for path in VOLUMES.glob("*")} - {".lock"}


class Project(integration.Stack):
    """A stack in a folder of its own, run as somebody who set up skopeo and buildah."""

    def __init__(self, folder, name, environment):
        super().__init__(folder, name)
        self.environment = environment
        self.volumes_made = []

    def run(self, *arguments, check=True, input=None, env=None, seconds=300):
        end = subprocess.run([STACK, "-p", self.name, *map(str, arguments)], cwd=self.folder, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, text=True, input=input, timeout=seconds, env=self.environment.variables(**(env or {})))
        if check and end.returncode != 0:
            raise AssertionError(f"stack {' '.join(map(str, arguments))}: {end.returncode}\n{end.stdout}{end.stderr}")
        return end

    def start(self, *arguments, **more):
        return super().start(*arguments, env=self.environment.variables(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **more)

    def refused(self, *arguments, says=(), code=1, env=None):
        """The one line of the error; nothing of skopeo's own log or a stack of calls is in it."""
        end = self.run(*arguments, check=False, env=env)
        assert end.returncode == code, f"{end.returncode}\n{end.stdout}{end.stderr}"
        lines = [line for line in end.stderr.splitlines() if line.startswith("stack: ") or re.search(r":\d+:\d+: error: ", line)]
        assert len(lines) == 1, f"not one error:\n{end.stderr}"
        for foreign in ("level=", "goroutine", "not supported yet", "unknown verb", "unknown option"):
            assert foreign not in end.stderr, end.stderr
        for word in says:
            assert re.search(word, end.stderr, re.IGNORECASE), f"no {word!r} in: {end.stderr}"
        return lines[0]

    def nothing_started(self):
        assert self.run("ps", "-a", "-q").stdout == ""

    def id(self, service):
        return self.ps()[service]["ID"]

    def make_volume(self, name, **options):
        """An external one. `stack volume create` is as in Docker."""
        words = [word for key, value in options.items() for word in ("--opt", f"{key}={value}")]
        self.run("volume", "create", *words, name)
        self.volumes_made.append(name)

    def clean(self):
        self.run("down", "-v", "-t", "0", check=False)
        for name in self.volumes_made:
            self.run("volume", "rm", name, check=False)


def descendants(pid):
    """Every process below this one, with itself first."""
    parents = {}
    for one in Path("/proc").glob("[0-9]*/stat"):
        try:
            words = one.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents.setdefault(int(words[1]), []).append(int(one.parent.name))
    found = [pid]
    for one in found:
        found += parents.get(one, [])
    return found


def kill_all(process):
    """A command and its helper programs, by their pids: as if the machine had run out of memory."""
    for pid in descendants(process.pid):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    process.wait()


@pytest.fixture(scope="session")
def session_folder():
    """A fixed place on the disk, not below pytest's, which keeps the last three."""
    place = Path(f"/var/tmp/stack-e2e-{os.getpid()}")
    place.mkdir()
    yield place
    shutil.rmtree(place)


@pytest.fixture(scope="session")
def environment(session_folder):
    place = session_folder / "environment"
    place.mkdir()
    return Environment(place)


@pytest.fixture(scope="session")
def registry(session_folder, environment):
    one = Registry(session_folder / "registry").start()
    environment.trust(one.host)
    yield one
    one.stop()


@pytest.fixture
def door(registry, environment):
    """Before the registry, with an account of its own."""
    one = Door(registry).start()
    environment.trust(one.host)
    yield one
    one.stop()


@pytest.fixture(scope="session")
def workshop(session_folder):
    place = session_folder / "workshop"
    place.mkdir()
    return place


def _made_once(workshop):
    kept = os.environ.get("STACK_E2E_IMAGES")
    if not kept:
        return debian_images.make(workshop)
    place = Path(kept)
    place.mkdir(parents=True, exist_ok=True)
    with (place / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (place / "images").exists():
            (place / "images").write_bytes(pickle.dumps(debian_images.make(place)))
        return pickle.loads((place / "images").read_bytes())


@pytest.fixture(scope="session")
def debian(workshop):
    """base, redis, postgres, nginx: not pushed anywhere."""
    return _made_once(workshop)


@pytest.fixture(scope="session")
def pushed(debian, registry, environment, session_folder):
    """The references of the images in the registry, by name."""
    before = store_names()
    yield {name: one.push(registry.reference(f"{name}:1"), environment.variables(), session_folder) for name, one in debian.items()}
    remove_images(environment, store_names() - before)


@pytest.fixture(scope="session")
def tiny_layer(workshop):
    return factory.layer(workshop, debian_images.busybox_entries())


@pytest.fixture
def tiny(workshop, tiny_layer, registry, environment, session_folder, request):
    """Makes and pushes a small image: busybox, and a layer that no other image has. Gives its reference."""
    made = []

    def make(name=None, entries=(), config=None, at=registry, tag="1", **more):
        name = name or re.sub(r"[^a-z0-9]+", "-", request.node.name.lower()).strip("-") + f"-{len(made)}"
        own = factory.layer(workshop, [*entries, factory.file("etc/unique", f"{name} {tag} {os.urandom(8).hex()}")])
        image = factory.Image([tiny_layer, own], {"Cmd": ["sleep", "infinity"], "Env": [f"PATH={debian_images.PATH}"], **(config or {})}, **more)
        made.append(image)
        image.push(registry.reference(f"{name}:{tag}"), environment.variables(), session_folder)
        image.reference = at.reference(f"{name}:{tag}")
        return image

    return make


def remove_images(environment, names):
    """And those that lost their name to another."""
    for words in [*(["rmi", name] for name in sorted(names - {""})), ["image", "prune", "-f"]]:
        subprocess.run([STACK, *words], env=environment.variables(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@pytest.fixture
def stack(tmp_path, request, environment):
    for place in (STORE, VOLUMES):  # the store's own folders stay, so they are no litter
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
    shared = request.getfixturevalue("pushed").values() if "pushed" in request.fixturenames else ()
    before, names, (files, _), volumes = census.take(), store_names(), store_files(), volume_names()
    name = "t" + re.sub(r"[^a-z0-9]+", "-", request.node.name.lower())[:40].strip("-")
    one = Project(tmp_path, name, environment)
    yield one
    one.clean()
    kept = set(shared) & store_names()
    remove_images(environment, store_names() - names - kept)
    census.expect(before)
    after, rests = store_files()
    assert not rests, f"left in the store: {rests}"
    assert kept - names or not after - files, f"without a name, still in the store: {sorted(after - files)}"
    assert volume_names() <= volumes, f"volumes left: {volume_names() - volumes}"
