"""The manual that the build has written: a page for each verb, as its help is."""
import re
import subprocess
from pathlib import Path

from conftest import ROOT, STACK

PAGES = ROOT / "build/man/man1"


def helped(*verb):
    return subprocess.run([STACK, "help", *verb], stdout=subprocess.PIPE, text=True, check=True).stdout


def verbs(*within):
    """Below "Subcommands:"."""
    _, _, listed = helped(*within).partition("Subcommands:\n")
    return re.findall(r"^  (\w+)", listed, re.MULTILINE)


def typeset(page):
    end = subprocess.run(["groff", "-man", "-ww", "-Tascii", "-P-cbou", page], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                         text=True, check=True)
    assert end.stderr == "", page
    return end.stdout


def test_every_verb_has_its_page_with_all_its_options():
    groups = [(verb,) for verb in verbs() if verb != "help"]
    lines = groups + [(*group, verb) for group in groups for verb in verbs(*group)]
    assert len(lines) > 40
    for line in lines:
        text = typeset(PAGES / f"stack-{'-'.join(line)}.1")
        for option in re.findall(r"--[\w-]+", helped(*line).partition("Options:")[2]):
            assert option in text, (line, option)


def test_no_page_is_of_a_verb_that_is_not_there():
    for page in PAGES.iterdir():
        words = page.stem.split("-")[1:]
        if words != ["help"]:
            assert "Usage:" in helped(*words)


def test_the_page_of_the_whole_names_them_all():
    text = typeset(PAGES / "stack.1")
    for verb in verbs():
        assert re.search(rf"^ +{verb}\b", text, re.MULTILINE), verb
