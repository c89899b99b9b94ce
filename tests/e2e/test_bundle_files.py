"""What of a stack's files is in a bundle, and what the other machine is told to bring."""
import json
import subprocess
import tarfile

import pytest

FILE = """
    services:
      web:
        image: "host:"
        command: [sh, -c, "sleep infinity"]
        init: true
        env_file: [../shared/x.env, {path: missing.env, required: false}]
        configs: [{source: c, target: /c}]
        secrets: [s]
        volumes: ["./data:/data"]
    configs: {c: {file: sub/c.conf}, unused: {file: nothing.conf}}
    secrets: {s: {file: ./s.txt}}
"""


@pytest.fixture
def project(stack):
    """The stack's file in a folder of its own, with what it needs around it."""
    for name, text in {"shared/x.env": "A=from-above\n", "app/sub/c.conf": "config\n", "app/s.txt": "hush\n", "other/prod.env": "B=2\n"}.items():
        (stack.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (stack.folder / name).write_text(text)
    stack.write(FILE, "app/compose.yaml")
    return stack


def make(stack, *more):
    return stack.run("bundle", "-o", stack.folder / "app.stack", "-f", "app/compose.yaml", *more)


def entries(stack):
    with tarfile.open(stack.folder / "app.stack") as tar:
        return {info.name: tar.extractfile(info).read().decode() for info in tar}


def test_files_keep_their_places_to_each_other(project):
    make(project, "--env-file", "other/prod.env")
    files = {name: text for name, text in entries(project).items() if name.startswith("stack/")}
    assert {"stack/shared/x.env", "stack/app/sub/c.conf", "stack/app/compose.yaml"} <= set(files)
    assert "B=2\n" in files.values()
    listing = json.loads(entries(project)["bundle.json"])
    assert listing["directory"] == "app" and listing["files"] == ["app/compose.yaml"]


def test_secrets_are_packed_only_when_asked_for(project):
    told = make(project).stderr
    assert "stack/app/s.txt" not in entries(project) and "hush" not in (project.folder / "app.stack").read_text(errors="replace")
    assert 'secret "s"' in told and f"/var/lib/stack/.bundles/{project.name}/stack/app/s.txt" in told
    told = make(project, "--include-secrets").stderr
    assert entries(project)["stack/app/s.txt"] == "hush\n" and 'secret "s"' not in told


def test_what_is_not_packed_is_named(project):
    text = (project.folder / "app/compose.yaml").read_text()
    text = text.replace("sub/c.conf", "/etc/hostname").replace("command:", 'labels: {l: "$FOO"}\n    command:')
    (project.folder / "app/compose.yaml").write_text(text)
    told = project.run("bundle", "-o", project.folder / "app.stack", "-f", "app/compose.yaml", env={"FOO": "x"}).stderr
    for word in ('config "c": "/etc/hostname"', f'the bind of "{project.folder}/app/data"', 'variable "FOO"'):
        assert word in told, told


def test_a_file_that_is_not_there_is_one_error_and_no_bundle(project):
    (project.folder / "app/sub/c.conf").unlink()
    project.refused("bundle", "-o", project.folder / "app.stack", "-f", "app/compose.yaml", says=['config "c"', "sub/c.conf"])
    assert not (project.folder / "app.stack").exists()


def test_the_other_machine_s_own_files_stay(project):
    make(project, "--include-secrets")
    project.run("up", project.folder / "app.stack", "-d", "--wait")
    try:
        assert project.sh("web", "cat /c /run/secrets/s; echo $A; echo row > /data/rows") == "config\nhush\nfrom-above\n"
        project.run("up", project.folder / "app.stack", "-d", "--wait")
        assert project.sh("web", "cat /data/rows") == "row\n"
    finally:
        project.run("down")
    left = f"/var/lib/stack/.bundles/{project.name}"
    found = subprocess.run(["find", left, "-type", "f"], stdout=subprocess.PIPE, text=True).stdout.split()
    subprocess.run(["rm", "-r", left], check=True)
    subprocess.run(["rmdir", "--ignore-fail-on-non-empty", "/var/lib/stack/.bundles"], check=True)
    assert found == [f"{left}/stack/app/data/rows"]


def test_a_bundle_that_is_not_there_is_one_error(project):
    project.refused("up", "nothing.stack", says=['nothing.stack": No such file'])
