"""Pulling: what it says, what it moves, and one clear error each when something is missing."""
import json
import re

import pytest
from conftest import layers_of, one, store_files, store_names
from registry import Registry


def test_a_pulled_image_runs_and_is_listed(stack, tiny, until):
    image = tiny(config={"Cmd": ["sh", "-c", "echo it runs; exec sleep infinity"]})
    stack.write(one(image))
    pull = stack.run("pull")
    assert pull.stdout == "" and "\x1b" not in pull.stderr and "\r" not in pull.stderr
    assert "web" in pull.stderr or image.reference in pull.stderr
    assert image.reference in store_names()
    assert layers_of(image) <= store_files()[0]
    stack.up()
    until(lambda: stack.logs("web") == "it runs\n", "it has said so")
    table = stack.run("images").stdout
    repository, tag = image.reference.rsplit(":", 1)
    assert repository in table and tag in table and image.id.split(":")[1][:12] in table


def test_up_pulls_what_is_missing_and_nothing_twice(stack, tiny, door):
    image = tiny(at=door)
    stack.up(one(image))
    sent = door.account()[1]
    assert {image.id, image.layers[1].digest} <= set(sent) <= {image.id, *(layer.digest for layer in image.layers)}
    layers = [digest for digest in sent if digest != image.id]  # the config is asked for beforehand, so that layers unpack as they come
    assert len(set(layers)) == len(layers)
    moved = len(door.account()[0])
    stack.run("up", "-d", "--force-recreate")
    stack.run("pull")
    stack.run("up", "-d", "--pull", "always")
    assert len(door.account()[0]) == moved, "a second pull moves no byte of a blob"


def test_config_names_images_by_the_digests_that_their_registry_has(stack, tiny):
    image = tiny()
    pinned = f"{image.reference}@{image.digest}"
    stack.write(one(image))
    assert json.loads(stack.run("config", "--resolve-image-digests", "--format", "json").stdout)["services"]["web"]["image"] == pinned
    lock = stack.run("config", "--lock-image-digests", "-o", "compose.override.yaml")
    assert lock.stdout == "" and image.reference not in store_names()
    assert f"    image: \"{pinned}\"\n" in (stack.folder / "compose.override.yaml").read_text()
    assert stack.run("config", "--images").stdout == pinned + "\n"
    stack.run("pull")
    stack.write("services: {web: {image: '%s-not-there'}}" % image.reference)
    (stack.folder / "compose.override.yaml").unlink()
    stack.refused("config", "--resolve-image-digests", says=["not-there"])


def test_a_second_pull_moves_no_byte_of_three_images(stack, pushed, debian, registry):
    earlier = len(registry.blob_requests())
    stack.write("services:" + "".join(f'\n  {name}: {{image: "{pushed[name]}"}}' for name in ("redis", "nginx", "postgres")))
    stack.run("pull")
    moved = registry.blob_requests()[earlier:]
    layers = [digest for digest in moved if digest not in {debian[name].id for name in ("redis", "nginx", "postgres")}]
    assert len(set(layers)) == len(layers), "a layer that three images share is pulled once"
    stack.run("pull")
    assert registry.blob_requests()[earlier:] == moved


def test_layers_that_another_image_brought_are_not_pulled_again(stack, tiny, door, tiny_layer):
    first, second = tiny(at=door), tiny(at=door)
    stack.up(one(first))
    stack.up(one(second))
    assert door.account()[0].count(tiny_layer.digest) <= 1


def test_a_moved_tag_is_pulled_by_pull_and_not_by_up(stack, tiny, door):
    old = tiny(name="moved", at=door)
    stack.up(one(old))
    before = stack.pid("web")
    new = tiny(name="moved", at=door)
    stack.run("up", "-d")
    assert stack.pid("web") == before
    stack.run("pull")
    plan = stack.run("plan", check=False)
    assert plan.returncode == 2 and "image" in plan.stdout
    stack.up()
    assert stack.pid("web") != before
    assert new.id.split(":")[1][:12] in stack.run("images").stdout


def test_without_the_registry_up_goes_on_with_what_is_there(stack, tiny, door):
    image = tiny(at=door)
    stack.up(one(image))
    stack.down()
    door.stop()
    try:
        stack.up()
        assert stack.ps()["web"]["State"] == "running"
        line = stack.refused("pull", says=[re.escape(image.reference), "refused|connect"])
        assert "web" in line or image.reference in line
    finally:
        door._thread.join()


def test_pull_policy_never_names_what_is_not_here(stack, tiny):
    stack.write(one(tiny(), "pull_policy: never"))
    stack.refused("up", "-d", says=["never", "web|compose.yaml"])
    stack.nothing_started()


@pytest.mark.parametrize("policy, pulls", [("missing", 0), ("if_not_present", 0), ("never", 0), ("always", 1), ("daily", 0), ("weekly", 0)])
def test_pull_policy_says_whether_up_asks_the_registry(stack, tiny, policy, pulls):
    old = tiny(name=f"policy-{policy.replace('_', '-')}")
    stack.write(one(old))
    stack.run("pull")
    new = tiny(name=f"policy-{policy.replace('_', '-')}")
    stack.up(one(old, f"pull_policy: {policy}"))
    here = stack.run("images").stdout
    assert ((new if pulls else old).id.split(":")[1][:12]) in here


def test_an_unknown_image_is_one_error_and_nothing_starts(stack, tiny, registry):
    stack.write(f"""
        services:
          good: {{image: "{tiny().reference}"}}
          bad: {{image: "{registry.reference('no-such-image:9')}"}}
    """)
    stack.refused("up", "-d", says=["no-such-image:9", "unknown|not found|no such"])
    stack.nothing_started()


def test_an_unknown_tag_is_one_error(stack, tiny, registry):
    name = tiny().reference.rsplit(":", 1)[0]
    stack.write(one(f"{name}:nine"))
    stack.refused("pull", says=[f"{re.escape(name)}:nine", "unknown|not found|no such"])


def test_a_registry_that_is_not_there_is_one_error(stack):
    stack.write(one("127.0.0.1:1/a:1"))
    stack.refused("up", "-d", says=["127.0.0.1:1/a:1", "refused|connect"])
    stack.nothing_started()


def test_a_refused_login_says_how_to_log_in_and_a_login_helps(stack, tiny, environment, session_folder):
    image = tiny()
    guarded = Registry(session_folder / "guarded", login=("ann", "the-password"), tls=True).start()
    try:
        environment.trust_authority(guarded.host, guarded.authority)
        auth = stack.folder / "auth.json"
        auth.write_text('{"auths": {"%s": {"auth": "YW5uOnRoZS1wYXNzd29yZA=="}}}' % guarded.host)  # base64 of ann:the-password
        logged_in = {"REGISTRY_AUTH_FILE": str(auth)}
        reference = image.push(guarded.reference("inner:1"), environment.variables(**logged_in), session_folder)
        stack.write(one(reference))
        stack.refused("up", "-d", says=[re.escape(reference), "skopeo login " + re.escape(guarded.host)])
        stack.nothing_started()
        assert "the-password" not in stack.run("up", "-d", env=logged_in).stderr
        assert stack.ps()["web"]["State"] == "running"
    finally:
        guarded.stop()


def test_a_certificate_that_nobody_trusts_is_one_error(stack, session_folder):
    own = Registry(session_folder / "untrusted", tls=True).start()
    try:
        stack.write(one(own.reference("inner:1")))
        stack.refused("pull", says=["certificate|x509"])
    finally:
        own.stop()


def test_without_skopeo_the_error_names_the_package_and_what_is_here_runs(stack, tiny):
    here, missing = tiny(), tiny()
    stack.write(one(here))
    stack.run("pull")
    nowhere = {"PATH": str(stack.folder)}
    stack.write(one(missing))
    stack.refused("up", "-d", env=nowhere, says=["skopeo", "install"])
    stack.nothing_started()
    stack.write(one(here))
    stack.run("up", "-d", env=nowhere)
    assert stack.ps()["web"]["State"] == "running"


def test_an_image_that_lies_about_a_digest_is_refused(stack, tiny, registry):
    """The registry's own file is changed after the push: what comes is not what the manifest names."""
    image = tiny()
    digest = image.layers[1].digest.split(":")[1]
    data = next((registry.folder / "storage").rglob(f"{digest}/data"))
    whole = data.read_bytes()
    data.write_bytes(whole[:-1] + b"!")
    stack.write(one(image))
    stack.refused("up", "-d", says=["digest"])
    stack.nothing_started()
    assert f"layers/{image.layers[1].diff_id.split(':')[1]}" not in store_files()[0]
    data.write_bytes(whole)
    stack.run("pull")  # what had come whole is kept for this try
