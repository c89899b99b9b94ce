"""The README's first command, as a new user runs it."""
import os
import subprocess
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHOP = ROOT / "examples/shop"
STACK = os.environ.get("STACK_BIN", str(ROOT / "build/bin/stack"))


def stack(*arguments, check=True):
    return subprocess.run([STACK, "-f", SHOP / "compose.yaml", *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, check=check)


@pytest.fixture
def shop():
    yield
    stack("down", "-t", "2", check=False)
    assert not Path("/run/stack/shop").exists()


def test_the_shop_of_the_readme_answers_over_http_and_dns(shop):
    end = subprocess.run([SHOP / "try"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert end.returncode == 0, end.stdout
    assert "cache is 10." in end.stdout, end.stdout
    with urllib.request.urlopen("http://127.0.0.1:8080/", timeout=10) as answer:
        first = answer.read()
    with urllib.request.urlopen("http://127.0.0.1:8080/", timeout=10) as answer:
        assert answer.read() != first, "the page counts visits in the cache"


def test_up_again_changes_nothing_and_plan_says_so(shop):
    stack("up", "-d", "--wait")
    before = stack("ps", "--format", "json").stdout
    stack("up", "-d")
    assert stack("ps", "--format", "json").stdout == before
    assert stack("plan", check=False).returncode == 0
