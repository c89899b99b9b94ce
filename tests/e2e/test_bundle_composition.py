"""What a stack includes and extends goes along in its bundle."""
import subprocess


def running(stack):
    return {name for name, one in stack.ps().items() if one["State"] == "running"}


def place(stack, files):
    for name, text in files.items():
        path = stack.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


INCLUDED = """\
services:
  db:
    image: "host:"
    command: [sh, -c, "echo $$WORD $GREETING; exec sleep infinity"]
    init: true
    env_file: db.env
    environment: [PASSED]
    volumes: ["./data:/data", "store:/store"]
    configs: [{source: c, target: /c}]
    networks: [back]
networks: {back: }
volumes: {store: }
configs: {c: {file: c.conf}}
"""


def with_included_folder(stack):
    place(stack, {"lib/compose.yaml": INCLUDED, "lib/.env": "GREETING=hello\nPASSED=through\n", "lib/db.env": "WORD=included\n",
                  "lib/c.conf": "of the lib\n", "lib/data/row": "one\n"})
    stack.write("""
        include: [lib/compose.yaml]
        services:
          web: {image: "host:", command: sleep infinity, init: true, networks: [back], depends_on: [db]}
    """)


def test_a_bundle_has_the_files_that_are_included_and_extended(stack):
    with_included_folder(stack)
    place(stack, {"base/b.yaml": 'services: {b: {image: "host:", command: sleep infinity, init: true, env_file: b.env}}\n',
                    "base/b.env": "B=base\n"})
    with (stack.folder / "compose.yaml").open("a") as file:
        file.write("  more: {extends: {file: base/b.yaml, service: b}}\n  off: {image: x, profiles: [p], env_file: none.env}\n")
    told = stack.run("bundle", "-o", "all.stack").stderr
    assert 'service "off": no active profile takes it in' in told
    for name in ("lib", "base", "compose.yaml"):
        (stack.folder / name).rename(stack.folder / f"was-{name}")
    stack.run("up", "all.stack", "-d", "--wait")
    try:
        assert running(stack) == {"web", "db", "more"}
        assert stack.logs("db") == "included hello\n"
        assert stack.sh("more", "echo $B") == "base\n" and stack.sh("db", "cat /c") == "of the lib\n"
    finally:
        stack.down("-v")
    # The folder that was bound is the other machine's, and stays.
    left = f"/var/lib/stack/.bundles/{stack.name}"
    assert subprocess.run(["find", left, "-name", "data"], stdout=subprocess.PIPE, text=True).stdout == f"{left}/stack/lib/data\n"
    subprocess.run(["rm", "-r", left], check=True)
    subprocess.run(["rmdir", "--ignore-fail-on-non-empty", "/var/lib/stack/.bundles"], check=True)


def test_what_a_bundle_cannot_keep_in_its_place_is_refused(stack):
    place(stack, {"lib.yaml": 'services: {a: {image: "host:", command: x}}\n'})
    stack.write(f"include: [{stack.folder}/lib.yaml]")
    end = stack.run("bundle", "-o", "x.stack", check=False)
    assert end.returncode == 1 and "has an absolute path and cannot be in a bundle" in end.stderr
    assert not (stack.folder / "x.stack").exists()
