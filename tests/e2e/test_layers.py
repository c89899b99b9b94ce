"""Our unpacked layers beside umoci's, entry by entry: a whole Debian, and hand-made layers with all that a tar can hold."""
import json
import os
import subprocess

import image_factory as factory
import nasty_layers
import pytest
import trees
from conftest import STORE, one, store_files

CASES = {
    "kinds": [nasty_layers.kinds], "links": [nasty_layers.links], "names": [nasty_layers.names], "attributes": [nasty_layers.attributes],
    "whiteouts": [nasty_layers.lower, nasty_layers.upper, nasty_layers.top],
    "everything on everything": [nasty_layers.lower, nasty_layers.kinds, nasty_layers.upper, nasty_layers.links, nasty_layers.top, nasty_layers.names],
}


def place_of(layer):
    return STORE / "layers" / layer.diff_id.split(":")[1]


@pytest.fixture
def unpacked(stack):
    """What `stack pull` makes of an image, as overlayfs shows it, and what umoci does. The root itself is in no layer here."""

    def unpack(image):
        image.kind = factory.OCI
        image.write_oci(stack.folder / "image", "x")
        stack.write(one("oci:./image:x"))
        stack.run("pull")
        with trees.overlay([place_of(layer) for layer in image.layers], stack.folder / "ours") as ours:
            mine = trees.walk(ours)
        with trees.umoci(stack.folder / "image", "x", stack.folder / "theirs") as theirs:
            yours = trees.walk(theirs)
        del mine[b"."], yours[b"."]
        return mine, yours

    return unpack


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("compression", ["gzip", "none"])
def test_hand_made_layers_are_as_umoci_has_them(unpacked, workshop, name, compression):
    ours, theirs = unpacked(factory.Image([factory.layer(workshop, make(), compression) for make in CASES[name]]))
    assert trees.difference(ours, theirs) == []
    assert len(ours) > 3


@pytest.mark.parametrize("name", ["redis", "nginx", "postgres"])
def test_debian_with_packages_on_top_is_as_umoci_has_it(unpacked, debian, name):
    ours, theirs = unpacked(factory.Image(debian[name].layers[:2]))
    assert len(ours) >= 5000
    assert trees.difference(ours, theirs) == []
    assert any("security.capability" in entry["attributes"] for entry in ours.values())
    assert any("names" in entry for entry in ours.values()), "Debian's perl has hard links"


@pytest.mark.parametrize("format", ["gnu", "pax"])
def test_sparse_files_are_whole_and_stay_sparse(stack, workshop, format):
    layer = factory.layer_of_tar(workshop, nasty_layers.sparse_tar(stack.folder / "source", format))
    factory.Image([layer], {}, factory.OCI).write_oci(stack.folder / "image", "x")
    stack.write(one("oci:./image:x"))
    stack.run("pull")
    ours, source = trees.walk(place_of(layer)), trees.walk(stack.folder / "source")
    for name in (b"sparse", b"only-a-hole"):
        assert {key: ours[name][key] for key in ("size", "content", "owner", "mode")} == \
            {key: source[name][key] for key in ("size", "content", "owner", "mode")}
        assert os.stat(place_of(layer) / os.fsdecode(name)).st_blocks * 512 < 1_000_000


def test_a_whiteout_and_its_namesake_in_one_layer_hide_the_lower_one_only(stack, workshop):
    """umoci takes the namesake away as well; the specification says that a whiteout is about lower layers only."""
    lower = factory.layer(workshop, [factory.folder("a"), factory.file("a/x", "1"), factory.folder("a/d"), factory.file("a/d/old", "1")])
    upper = factory.layer(workshop, [factory.folder("a"), factory.file("a/x", "2"), factory.whiteout("a/x"), factory.folder("a/d"),
                                     factory.file("a/d/new", "2"), factory.opaque("a/d")])
    factory.Image([lower, upper], {}, factory.OCI).write_oci(stack.folder / "image", "x")
    stack.write(one("oci:./image:x"))
    stack.run("pull")
    with trees.overlay([place_of(lower), place_of(upper)], stack.folder / "ours") as ours:
        assert (ours / "a/x").read_text() == "2"
        assert os.listdir(ours / "a/d") == ["new"]


def test_a_parent_that_no_entry_names_is_made(stack, workshop):
    layer = factory.layer(workshop, [factory.file("not/named/file", "x", uid=5)])
    factory.Image([layer], {}, factory.OCI).write_oci(stack.folder / "image", "x")
    stack.write(one("oci:./image:x"))
    stack.run("pull")
    status = os.stat(place_of(layer) / "not/named")
    assert (status.st_uid, status.st_gid, status.st_mode & 0o7777) == (0, 0, 0o755)


def test_a_hard_link_to_a_lower_layer_is_right_or_refused(stack, workshop, tiny_layer):
    """A diff id has no parents, so it cannot be unpacked alone; never may it be an empty or a missing file in silence."""
    own = factory.layer(workshop, [factory.folder("bin"), factory.hardlink("bin/again", "bin/busybox")])
    factory.Image([tiny_layer, own], {"Cmd": ["sleep", "infinity"]}, factory.OCI).write_oci(stack.folder / "image", "x")
    stack.write(one("oci:./image:x"))
    end = stack.run("up", "-d", check=False)
    if end.returncode == 0:
        assert stack.exec("web", "cmp", "/bin/again", "/bin/busybox").returncode == 0
    else:
        assert "bin/again" in end.stderr and "hard link" in end.stderr, end.stderr
        stack.nothing_started()


def test_inside_a_container_owners_and_modes_are_those_of_the_image(stack, workshop, tiny_layer):
    """Through the idmapped mount: nothing was copied or chowned for it."""
    own = factory.layer(workshop, nasty_layers.kinds())
    factory.Image([tiny_layer, own], {"Cmd": ["sleep", "infinity"]}, factory.OCI).write_oci(stack.folder / "image", "x")
    stack.up(one("oci:./image:x"))
    assert stack.sh("web", "cd /kinds; stat -c '%n %u %g %a' setuid setgid . setgid-folder") == \
        "setuid 1000 0 4755\nsetgid 0 1000 2755\n. 12 34 1777\nsetgid-folder 0 5 2775\n"
    assert os.stat(place_of(own) / "kinds/setuid").st_uid == 1000
    assert stack.exec("web", "cat", "/kinds/null", check=False).returncode != 0, "a device node of the image is dead"


def test_each_layer_is_unpacked_once_and_the_store_is_an_oci_layout(stack, pushed, debian):
    stack.write(f'services: {{a: {{image: "{pushed["redis"]}"}}, b: {{image: "{pushed["nginx"]}"}}}}')
    stack.run("pull")
    inode = os.stat(place_of(debian["base"].layers[0])).st_ino
    stack.run("pull")
    assert os.stat(place_of(debian["base"].layers[0])).st_ino == inode
    assert json.loads((STORE / "oci-layout").read_text()) == {"imageLayoutVersion": "1.0.0"}
    # Docker's manifest stays Docker's, so other tools of OCI layouts see it in the index and need not read it.
    index = json.loads((STORE / "index.json").read_text())
    found = [one_ for one_ in index["manifests"] if one_["annotations"]["org.opencontainers.image.ref.name"] == pushed["redis"]]
    assert [one_["digest"] for one_ in found] == [debian["redis"].digest]
    assert STORE.stat().st_mode & 0o7777 == 0o700
    assert not store_files()[1]
