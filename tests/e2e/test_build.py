"""`build:` by buildah: the image lands in the store and runs."""
import json
import re
import signal
import subprocess

import pytest
from conftest import STORE, store_names

CONTAINERFILE = """\
FROM {base} AS first
ARG WHO=nobody
RUN echo "made by $WHO" >/etc/made
FROM first AS second
COPY word /etc/word
RUN echo second >/etc/stage
CMD ["sleep", "infinity"]
FROM second
RUN echo last >/etc/stage
"""
FILE = """
    services:
      web:
        build: {context: ./app, dockerfile: Containerfile%s}
        init: true
        command: [sleep, infinity]
"""


@pytest.fixture
def app(stack, tiny):
    folder = stack.folder / "app"
    folder.mkdir()
    (folder / "Containerfile").write_text(CONTAINERFILE.format(base=tiny().reference))
    (folder / "word").write_text("word of the context")
    stack.write(FILE % "")
    return stack


def image_of(stack):
    return next(name for name in store_names() if re.search(rf"{stack.name}[-_]web", name))


def test_build_makes_the_image_and_up_runs_it(app):
    build = app.run("build")
    assert "RUN" in build.stderr + build.stdout
    assert image_of(app)
    app.run("up", "-d", env={"PATH": str(app.folder)})  # buildah is not asked again
    assert app.sh("web", "cat /etc/made /etc/word /etc/stage") == "made by nobody\nword of the contextlast\n"


def test_up_builds_what_is_missing_and_build_makes_it_anew(app):
    app.run("up", "-d")
    before = app.pid("web")
    app.run("up", "-d")
    assert app.pid("web") == before
    (app.folder / "app/word").write_text("another word")
    app.run("up", "-d")
    assert app.sh("web", "cat /etc/word") == "word of the context"
    app.run("up", "-d", "--build")
    assert app.pid("web") != before
    assert app.sh("web", "cat /etc/word") == "another word"


def test_args_target_and_labels(app):
    app.write(FILE % ", args: {WHO: somebody}, target: second, labels: {org.example.built: here}")
    app.run("build")
    app.run("up", "-d")
    assert app.sh("web", "cat /etc/made /etc/stage") == "made by somebody\nsecond\n"


def test_an_argument_of_the_command_line_comes_first(app):
    app.write(FILE % ", args: {WHO: somebody}")
    app.run("build", "--build-arg", "WHO=me")
    app.run("up", "-d")
    assert app.sh("web", "cat /etc/made") == "made by me\n"


def test_dockerfile_inline_and_a_name_for_the_image(stack, tiny):
    stack.write(f"""
        services:
          web:
            image: localhost/named-by-file:7
            build:
              context: .
              dockerfile_inline: |
                FROM {tiny().reference}
                RUN echo inline >/etc/inline
            init: true
            command: [sleep, infinity]
    """)
    stack.run("up", "-d")
    assert "localhost/named-by-file:7" in store_names()
    assert stack.sh("web", "cat /etc/inline") == "inline\n"


def test_a_secret_of_the_build_is_there_and_not_in_the_image(stack, tiny):
    (stack.folder / "word").write_text("word-of-the-build")
    (stack.folder / "Containerfile").write_text(
        f"FROM {tiny().reference}\nRUN --mount=type=secret,id=word wc -c </run/secrets/word >/etc/size\n")
    stack.write("""
        services:
          web: {build: {context: ., secrets: [word]}, init: true, command: [sleep, infinity]}
        secrets: {word: {file: ./word}}
    """)
    build = stack.run("build")
    assert "word-of-the-build" not in build.stdout + build.stderr
    stack.run("up", "-d")
    assert stack.sh("web", "cat /etc/size; ls /run/secrets 2>/dev/null | wc -l").split() == ["17", "0"]


def test_a_missing_buildah_is_one_error(app):
    app.refused("build", env={"PATH": str(app.folder)}, says=["buildah", "install"])
    app.refused("up", "-d", env={"PATH": str(app.folder)}, says=["buildah", "install"])
    app.nothing_started()


def test_a_build_that_fails_shows_why_and_nothing_starts(app):
    (app.folder / "app/Containerfile").write_text((app.folder / "app/Containerfile").read_text() + "RUN echo the reason >&2; exit 3\n")
    end = app.run("up", "-d", check=False)
    assert end.returncode == 1 and "the reason" in end.stderr + end.stdout and "web" in end.stderr, end.stderr
    app.nothing_started()


@pytest.mark.parametrize("what, words", [("context: ./nowhere", "nowhere"), ("context: ./app, dockerfile: Nofile", "Nofile"),
                                         ("context: ./app, dockerfile: Containerfile, target: nostage", "nostage")])
def test_what_is_missing_of_a_build_is_named(app, what, words):
    app.write(f"services: {{web: {{build: {{{what}}}}}}}")
    end = app.run("build", check=False)
    assert end.returncode == 1 and words in end.stderr, end.stderr


def test_pull_leaves_services_that_are_built_alone(app):
    end = app.run("pull", check=False)
    assert end.returncode == 0, end.stderr


def images_here():
    return len(json.loads((STORE / "index.json").read_text())["manifests"])


def test_watch_rebuilds_that_service_alone(app, until):
    app.write("""
        services:
          web:
            build: {context: ./app, dockerfile: Containerfile}
            init: true
            command: [sleep, infinity]
            develop: {watch: [{path: ./app, action: rebuild, ignore: [notes]}]}
          other: {image: "host:", command: sleep infinity, init: true}
    """)
    (app.folder / "app/.dockerignore").write_text("scratch\n")
    log = app.folder.parent / "words"
    with open(log, "w") as words:
        watch = app.start("watch", "--quiet", stdin=subprocess.DEVNULL, stdout=words, stderr=words)
    until(lambda: "Watch enabled" in log.read_text() or watch.poll() is not None, "watched", seconds=120)
    assert watch.poll() is None, log.read_text()
    web, other = app.pid("web"), app.pid("other")
    before = images_here()
    for ignored in ("notes", "scratch"):
        (app.folder / "app" / ignored).write_text("x")
    (app.folder / "app/word").write_text("saved")
    until(lambda: "rebuilt" in log.read_text() or watch.poll() is not None, "rebuilt", seconds=120)
    assert app.sh("web", "cat /etc/word") == "saved"
    assert app.pid("web") != web and app.pid("other") == other
    assert log.read_text().count("Rebuilding") == 1
    until(lambda: images_here() == before, "the image that was replaced is gone")  # --prune
    (app.folder / "app/Containerfile").write_text("FROM nothing-that-is-anywhere\n")
    until(lambda: log.read_text().count("Rebuilding") == 2 and "stack: web: " in log.read_text(), "told", seconds=120)
    assert watch.poll() is None and app.sh("web", "cat /etc/word") == "saved"
    watch.send_signal(signal.SIGINT)
    assert watch.wait(60) == 130
