"""Images by an attacker: nothing outside the store and the container is touched, the fault is clear, and nothing is left."""
import json
import os
from pathlib import Path

import image_factory as factory
import nasty_layers
import pytest
import trees
from conftest import STORE, one, store_files, store_names

WATCHED = ("/", "/etc", "/var", "/var/lib", "/var/lib/stack", "/tmp", "/run", "/dev", "/root")


@pytest.fixture
def outside(tmp_path):
    """A folder of the host that the image is after. Whatever happens to it, or beside the store, fails the test."""
    place = tmp_path / "outside"
    place.mkdir()
    (place / "canary").write_text("alive")
    (place / "folder").mkdir()
    os.chmod(place / "canary", 0o640)
    before, listed = trees.walk(place), {name: set(os.listdir(name)) for name in WATCHED}
    host = {name: Path(name).read_bytes() for name in ("/etc/passwd", "/etc/group", "/etc/shadow", "/etc/hosts", "/etc/resolv.conf") if os.path.exists(name)}
    yield place
    assert trees.difference(trees.walk(place), before) == []
    assert {name: Path(name).read_bytes() for name in host} == host
    appeared = {name: set(os.listdir(name)) - old for name, old in listed.items() if name not in ("/tmp", "/run", "/var/lib/stack")}
    assert not any(appeared.values()), appeared


def write(stack, image, tag="x"):
    image.kind = factory.OCI
    image.write_oci(stack.folder / "image", tag)
    return f"oci:./image:{tag}"


def left_nothing(stack, before):
    assert store_names() == before[0]
    after, rests = store_files()
    assert after - before[1] == set() and rests == set()
    stack.nothing_started()


def here():
    return store_names(), store_files()[0]


@pytest.mark.parametrize("name", sorted(nasty_layers.hostile("x")))
def test_a_hostile_layer_stays_inside_or_is_refused(stack, outside, workshop, tiny_layer, name):
    entries = nasty_layers.hostile(str(outside).lstrip("/"))[name]
    before = here()
    stack.write(one(write(stack, factory.Image([tiny_layer, factory.layer(workshop, entries)], {"Cmd": ["sleep", "infinity"]}))))
    end = stack.run("up", "-d", check=False)
    if name in nasty_layers.MUST_FAIL:
        assert end.returncode == 1, f"taken: {end.stderr}"
    if end.returncode != 0:
        stack.refused("pull", says=["layer|entry|tar"])
        left_nothing(stack, before)
    else:
        assert not any(path.is_symlink() or path.resolve() != path for path in (STORE / "layers").iterdir())
        stack.run("exec", "-T", "web", "true", check=False)


@pytest.mark.parametrize("name", ["cut in the middle of the compression", "cut in the middle of a file", "no gzip at all", "another diff id"])
def test_a_broken_layer_is_refused(stack, outside, workshop, tiny_layer, name):
    layer, words = nasty_layers.broken(workshop)[name]
    before = here()
    stack.write(one(write(stack, factory.Image([tiny_layer, layer]))))
    stack.refused("up", "-d", says=[words])
    left_nothing(stack, before)


def test_a_bomb_of_ten_gigabytes_is_refused_and_takes_no_disk(stack, outside, workshop, tiny_layer):
    before = here()
    stack.write(one(write(stack, factory.Image([tiny_layer, nasty_layers.bomb(workshop)]))))
    free = os.statvfs(STORE)
    stack.refused("up", "-d", says=["more than [0-9]+ bytes"])
    assert (free.f_bfree - os.statvfs(STORE).f_bfree) * free.f_frsize < 1 << 30
    left_nothing(stack, before)


def test_a_layer_of_very_many_entries_ends_in_bounded_time(stack, outside, workshop, tiny_layer):
    entries = [factory.hardlink(f"h{i}", "h") for i in range(70_000)]  # more than ext4 has for one file
    stack.write(one(write(stack, factory.Image([tiny_layer, factory.layer(workshop, [factory.file("h", "x"), *entries])]))))
    before = here()
    stack.refused("pull", says=["link|entries"])
    left_nothing(stack, before)


def _with_manifest(stack, manifest, config=b"{}"):
    content = manifest if isinstance(manifest, bytes) else json.dumps(manifest).encode()
    factory.write_layout(stack.folder / "image", [("x", content, factory.OCI["manifest"])], {factory.digest_of(config): config})
    stack.write(one("oci:./image:x"))


def _manifest(config, layers=()):
    return {"schemaVersion": 2, "mediaType": factory.OCI["manifest"], "layers": list(layers),
            "config": {"mediaType": factory.OCI["config"], "digest": factory.digest_of(config), "size": len(config)}}


DOCUMENTS = {
    "a config 100,000 levels deep": b'{"config":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "a config that is no object": b"[1, 2, 3]",
    "a config that is cut": b'{"config": {"Env": ["A=',
    "a config with no layers": b'{"architecture": "amd64", "os": "linux"}',
    "diff ids that are paths": b'{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":["sha256:../../../../../tmp/evil"]}}',
    "more diff ids than layers": b'{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":["sha256:%s"]}}' % (b"0" * 64),
    "numbers where words belong": b'{"architecture":"amd64","os":"linux","config":{"Env":[1],"Cmd":"x","User":7},"rootfs":{"type":"layers","diff_ids":[]}}',
}


@pytest.mark.parametrize("name", sorted(DOCUMENTS))
def test_a_hostile_config_is_one_error(stack, outside, name):
    before = here()
    _with_manifest(stack, _manifest(DOCUMENTS[name]), DOCUMENTS[name])
    stack.refused("up", "-d")
    left_nothing(stack, before)


@pytest.mark.parametrize("digest", ["sha256:../../../../../../etc/passwd", "sha256:", "md5:d41d8cd98f00b204e9800998ecf8427e", "", "sha256:" + "Z" * 64])
def test_a_digest_that_is_a_path_is_one_error(stack, outside, digest):
    before = here()
    config = b'{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":["sha256:%s"]}}' % (b"0" * 64)
    _with_manifest(stack, _manifest(config, [{"mediaType": factory.OCI["gzip"], "digest": digest, "size": 10}]), config)
    stack.refused("up", "-d")
    left_nothing(stack, before)


PLACES = ("proc", "dev", "sys", "etc", "run", "tmp", "data", "dev/null", "dev/console", "dev/shm", "dev/pts", "proc/self", "etc/hosts",
          "etc/resolv.conf", "etc/hostname", "run/secrets", "etc/passwd", "work", "sys/fs", "etc/app.conf")


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("how", ["absolute", "relative"])
def test_a_symlink_of_the_image_under_a_mount_leads_nowhere_outside(stack, outside, workshop, tiny_layer, place, how):
    """Each target of a mount of ours, and the file's own, is a link to a folder of the host (CVE-2019-19921, 2021-30465, 2025-31133, 2025-52881)."""
    to = f"{'' if how == 'absolute' else '..' + '/..' * 20}{outside}" + ("/canary" if place in ("dev/null", "etc/hosts", "etc/passwd", "etc/app.conf") else "")
    parents = [factory.folder("/".join(place.split("/")[:i])) for i in range(1, place.count("/") + 1)]
    hidden = [factory.whiteout(place)] if place in ("proc", "dev", "sys", "etc", "run", "tmp", "etc/passwd") else []
    first = factory.layer(workshop, [*parents, *hidden])
    second = factory.layer(workshop, [*parents, factory.symlink(place, to)])
    config = {"Cmd": ["/bin/busybox", "sleep", "infinity"], "Volumes": {"/data": {}}, "WorkingDir": "/work"}
    image = write(stack, factory.Image([tiny_layer, first, second], config))
    (stack.folder / "app.conf").write_text("config")
    stack.write(f"""
        services:
          web:
            image: "{image}"
            init: true
            volumes: ["own:/data/own", {{type: tmpfs, target: /tmp/t}}, "./app.conf:/run/bound"]
            configs: [{{source: app, target: /etc/app.conf}}]
            secrets: [app]
        volumes: {{own: {{}}}}
        configs: {{app: {{file: ./app.conf}}}}
        secrets: {{app: {{file: ./app.conf}}}}
    """)
    end = stack.run("up", "-d", check=False)
    if end.returncode == 0:
        state = stack.ps().get("web", {})
        if state.get("State") == "running":
            stack.exec("web", "/bin/busybox", "sh", "-c", "echo broken >/data/own/x; echo broken >/tmp/t/x; echo broken >/dev/null", check=False)
            inside = Path(f"/proc/{state['Pid']}/mountinfo").read_text()
            assert str(outside) not in "".join(line.split()[3] for line in inside.splitlines())
            assert _type_of(inside, "/proc") == "proc"
    else:
        assert "stack: " in end.stderr and "web" in end.stderr, end.stderr
    stack.run("down", "-v", "-t", "0")


def _type_of(mountinfo, target):
    for line in mountinfo.splitlines():
        words = line.split()
        if words[4] == target:
            return words[words.index("-") + 1]
    return None


def test_a_neighbour_that_swaps_a_mounts_target_gains_nothing(stack, outside, tiny):
    """Two services share a volume; one swaps a folder of it for a link while the other's volume is mounted there (CVE-2021-30465)."""
    image = tiny().reference
    stack.write(f"""
        services:
          swapper:
            image: "{image}"
            init: true
            command:
              - sh
              - -c
              - |
                cd /v; ln -sfn ../../../../../..{outside} link
                while :; do mkdir -p a; mv -T a b 2>/dev/null; mv -T link a 2>/dev/null; mv -T a link 2>/dev/null; mv -T b a 2>/dev/null; done
            volumes: ["shared:/v"]
          victim:
            image: "{image}"
            init: true
            volumes: ["shared:/v", "own:/v/a"]
            depends_on: [swapper]
        volumes: {{shared: {{}}, own: {{}}}}
    """)
    stack.run("up", "-d", "swapper")
    assert stack.ps()["swapper"]["State"] == "running"
    for _ in range(15):
        stack.run("up", "-d", "--force-recreate", "--no-deps", "victim", check=False)
        state = stack.ps().get("victim", {})
        if state.get("State") != "running":
            continue
        stack.exec("victim", "sh", "-c", "echo broken >/v/a/canary", check=False)
        mounts = Path(f"/proc/{state['Pid']}/mountinfo").read_text().splitlines()
        # A link may lead to a place of that name in the container's own root; what is mounted is never the host's.
        assert not any(str(outside) in line.split()[3] for line in mounts)
        assert not Path(outside, "a").exists() and "broken" not in Path(outside, "canary").read_text()


def test_a_hostile_volume_of_the_image_is_copied_without_leaving_it(stack, outside, tiny):
    """What fills a new volume from the image's folder follows no link and runs nothing."""
    image = tiny(entries=[factory.folder("seed"), factory.symlink("seed/link", str(outside)), factory.symlink("seed/file", f"{outside}/canary"),
                          factory.fifo("seed/fifo"), factory.file("seed/plain", "x", uid=1234), factory.symlink("linked", str(outside))])
    stack.up(f"""
        services:
          web:
            image: "{image.reference}"
            init: true
            volumes: ["seed:/seed", "linked:/linked"]
        volumes: {{seed: {{}}, linked: {{}}}}
    """)
    assert stack.sh("web", "readlink /seed/link; stat -c %u /seed/plain; ls /linked") == f"{outside}\n1234\n"
