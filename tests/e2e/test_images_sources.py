"""Where images come from beside a registry, their platforms and compressions, and how they go again."""
import gzip
import json
import subprocess

import image_factory as factory
import pytest
from conftest import layers_of, one, store_files, store_names


def test_an_image_of_another_machine_is_told(stack, tiny):
    """As elsewhere it is a warning: a machine may have an emulator. A platform that was asked for is another matter."""
    image = tiny(architecture="s390x")
    stack.write(one(image))
    assert "s390x" in stack.run("pull").stderr


def test_platform_chooses_among_the_manifests(stack, workshop, tiny_layer):
    both = [factory.Image([tiny_layer, factory.layer(workshop, [factory.file("etc/which", which)])], {"Cmd": ["sleep", "infinity"]},
                          factory.OCI, architecture=which) for which in ("amd64", "arm64")]
    layout = stack.folder / "multi"
    for image in both:
        image.write_oci(layout, image.architecture)
    manifests = [{"mediaType": factory.OCI["manifest"], "digest": image.digest, "size": len(image.manifest()),
                  "platform": {"os": "linux", "architecture": image.architecture}} for image in both]
    index = json.dumps({"schemaVersion": 2, "mediaType": factory.OCI["index"], "manifests": manifests}).encode()
    factory.write_layout(layout, [("multi", index, factory.OCI["index"])], {})
    stack.write('services: {web: {image: "oci:./multi:multi", platform: linux/amd64}}')
    stack.run("up", "-d")
    assert stack.exec("web", "/bin/cat", "/etc/which").stdout == "amd64"
    stack.write('services: {web: {image: "oci:./multi:multi", platform: linux/arm64}}')
    stack.run("pull")
    assert layers_of(both[1]) <= store_files()[0]


@pytest.mark.parametrize("compression", ["gzip", "zstd", "none"])
def test_every_compression_of_a_layer_is_read(stack, workshop, tiny_layer, compression):
    own = factory.layer(workshop, [factory.file("etc/which", compression)], compression)
    factory.Image([tiny_layer, own], {"Cmd": ["sleep", "infinity"]}, factory.OCI).write_oci(stack.folder / "image", "x")
    stack.write(one("oci:./image:x"))
    stack.run("up", "-d")
    assert stack.exec("web", "cat", "/etc/which").stdout == compression


@pytest.mark.parametrize("transport", ["oci-archive", "docker-archive", "oci", "docker"])
def test_every_transport_is_a_source(stack, tiny, environment, transport):
    image = tiny(entries=[factory.file("etc/which", transport)])
    source = {"docker": f"docker://{image.reference}", "oci": "oci:./image:x"}.get(transport, f"{transport}:./image.tar")
    if transport != "docker":
        subprocess.run(["skopeo", "copy", "-q", f"docker://{image.reference}", source], cwd=stack.folder, env=environment.variables(), check=True)
    stack.up(one(source))
    assert stack.exec("web", "cat", "/etc/which").stdout == transport


def test_load_takes_archives_and_import_a_bare_root(stack, tiny, environment, tiny_layer):
    image = tiny()
    subprocess.run(["skopeo", "copy", "-q", f"docker://{image.reference}", f"docker-archive:./image.tar:{image.reference}"], cwd=stack.folder,
                   env=environment.variables(), check=True)
    assert image.reference in stack.run("load", "-i", "image.tar").stdout
    stack.up(one(image, "pull_policy: never"))
    (stack.folder / "root.tar").write_bytes(gzip.decompress(tiny_layer.blob.read_bytes()))
    stack.run("import", "root.tar", "imported:1")
    stack.up(one("imported:1", "pull_policy: never, command: [sleep, infinity]"))
    assert stack.exec("web", "cat", "/etc/passwd").stdout.startswith("root:")


def test_rmi_takes_what_no_stack_uses(stack, tiny):
    used, unused = tiny(), tiny()
    stack.write(f'services: {{a: {{image: "{used.reference}"}}, b: {{image: "{unused.reference}"}}}}')
    stack.run("pull")
    stack.up(one(used))
    stack.run("rmi", used.reference, check=False)  # refused, or the name alone is taken: the layers stay in either case
    stack.run("rmi", unused.reference)
    assert unused.reference not in store_names()
    own = f"layers/{unused.layers[1].diff_id.split(':')[1]}"
    assert own not in store_files()[0] and layers_of(used) <= store_files()[0]
    assert stack.exec("web", "cat", "/etc/unique").stdout
    stack.run("restart", "-t", "0")
    assert stack.exec("web", "cat", "/etc/unique").stdout
    stack.down()
    stack.run("rmi", used.reference, check=False)
    stack.run("image", "prune", "-f")
    assert f"layers/{used.layers[1].diff_id.split(':')[1]}" not in store_files()[0]


def test_image_prune_removes_images_without_a_name(stack, tiny):
    old = tiny(name="pruned")
    stack.write(one(old))
    stack.run("pull")
    tiny(name="pruned")
    stack.run("pull")
    stack.run("image", "prune", "-f")
    assert f"layers/{old.layers[1].diff_id.split(':')[1]}" not in store_files()[0]
    assert old.reference in store_names()
