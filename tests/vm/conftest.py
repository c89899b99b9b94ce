"""What the tests of this folder share: where the build is, and how a guest is asked to run a unit test program."""

import os
import shutil
import sys

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
BUILD = os.environ.get("STACK_BUILD_DIR") or os.path.join(HERE, "../../build")


@pytest.fixture
def unit_engine():
    """The unit tests of core/engine; those that need a kernel of another kind skip themselves outside of a guest."""
    if shutil.which("qemu-system-x86_64") is None:
        pytest.skip("no qemu-system-x86_64 (package qemu-system-x86)")
    program = os.environ.get("STACK_UNIT_ENGINE") or os.path.join(BUILD, "bin/unit_engine")
    assert os.path.exists(program), f"{program} is not built: ninja unit_engine, or set STACK_BUILD_DIR"
    return program
