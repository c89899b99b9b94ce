"""A pull that is killed, doubled or out of space: no half layer is ever used, and the next one goes on at the blob."""
import hashlib
import os
import re
import shlex
import subprocess

import image_factory as factory
from conftest import STACK, STORE, kill_all, one, store_files, store_names


def test_a_killed_pull_of_a_big_layer_is_begun_again_and_no_half_layer_is_used(stack, tiny, door):
    content = os.urandom(3_000_000)
    image = tiny(at=door, entries=[factory.folder("srv"), factory.file("srv/big", content)])
    held = image.layers[1]
    stack.write(one(image))
    door.hold(held.digest, after=1_000_000)
    pull = stack.start("pull")
    door.wait_held(held.digest)
    kill_all(pull)
    assert f"layers/{held.diff_id.split(':')[1]}" not in store_files()[0]
    assert image.reference not in store_names()
    stack.write(one(image, "pull_policy: never"))
    stack.refused("up", "-d", says=["never"])
    door.release()
    stack.up(one(image))
    assert stack.exec("web", "sha256sum", "/srv/big").stdout.split()[0] == hashlib.sha256(content).hexdigest()


def test_a_killed_pull_of_many_layers_goes_on_at_the_blob(stack, workshop, tiny_layer, registry, door, environment, session_folder, until):
    layers = [factory.layer(workshop, [factory.file(f"part{i}", os.urandom(50_000))]) for i in range(8)]
    image = factory.Image([tiny_layer, *layers], {"Cmd": ["sleep", "infinity"]})
    image.push(registry.reference("many:1"), environment.variables(), session_folder)
    image.reference = door.reference("many:1")
    stack.write(one(image))
    last = layers[-1]
    door.hold(last.digest, after=20_000)
    pull = stack.start("pull")
    door.wait_held(last.digest)
    whole = [layer.digest for layer in layers[:-1]]
    until(lambda: all(any(STORE.rglob(digest.split(":")[1])) for digest in whole), "the others are there")
    kill_all(pull)
    door.release()
    asked = door.account()[0]
    stack.up()
    again = door.account()[0][len(asked):]
    assert last.digest in again
    assert not set(again) & set(whole), "a finished blob is not asked for again"
    for i in range(8):
        assert stack.exec("web", "stat", "-c", "%s", f"/part{i}").stdout == "50000\n"


def test_an_unpacking_that_is_killed_leaves_whole_layers_only(stack, tiny, until):
    """Of so many files that it lasts long enough to be killed in it."""
    files = {f"srv/{i}": os.urandom(50).hex() for i in range(4000)}
    image = tiny(entries=[factory.folder("srv"), *(factory.file(name, content) for name, content in files.items())])
    stack.write(one(image))
    for _ in range(3):
        pull = stack.start("pull")
        until(lambda: pull.poll() is not None or any((STORE / "layers").glob(".*")), "the unpacking")
        kill_all(pull)
        if image.reference not in store_names():
            stack.write(one(image, "pull_policy: never"))
            stack.refused("up", "-d", says=["never"])
            stack.write(one(image))
    stack.run("pull")
    assert not store_files()[1], "what the killed ones left is removed by the next change of the store"
    place = STORE / "layers" / image.layers[1].diff_id.split(":")[1]
    assert {f"srv/{path.name}": path.read_text() for path in (place / "srv").iterdir()} == files


def test_two_pulls_at_once_are_one(stack, tiny, door):
    image = tiny(at=door, entries=[factory.folder("srv"), factory.file("srv/big", os.urandom(1_000_000))])
    stack.write(one(image))
    door.hold(image.layers[1].digest, after=100_000)
    first = stack.start("pull")
    door.wait_held(image.layers[1].digest)
    second = stack.start("pull")
    door.release()
    assert (first.wait(60), second.wait(60)) == (0, 0)
    assert door.account()[1].count(image.layers[1].digest) == 1


def test_a_full_disk_is_one_error_and_no_litter(stack, tiny):
    """A small file system in the place of pulls and layers, for this command alone."""
    image = tiny(entries=[factory.folder("srv"), factory.file("srv/big", os.urandom(9_000_000))])
    stack.write(one(image))
    script = (f"mount -t tmpfs -o size=6m tmpfs {STORE} && {shlex.join([STACK, '-p', stack.name, 'pull'])}; code=$?;"
              f" find {STORE} -name '.new-*'; exit $code")
    end = subprocess.run(["unshare", "-m", "--propagation", "private", "sh", "-c", script], cwd=stack.folder, env=stack.environment.variables(),
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert end.returncode == 1 and re.search("no space|disk|full", end.stderr, re.IGNORECASE), end.stderr
    assert end.stdout == ""
