"""PostgreSQL from Debian's package in a container: killed, made anew, and its data still there."""
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/integration"))
import census  # noqa: E402

STACK = os.environ.get("STACK_BIN", str(ROOT / "build/bin/stack"))


class Database:
    """The example, in a folder of its own."""

    def __init__(self, folder):
        self.folder = folder

    def stack(self, *arguments, check=True):
        end = subprocess.run([STACK, "-p", "pgtest", *arguments], cwd=self.folder, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, text=True)
        assert not check or end.returncode == 0, end.stdout
        return end.stdout

    def state(self, service):
        containers = map(json.loads, self.stack("ps", "-a", "--format", "json").splitlines())
        return next(one for one in containers if one["Service"] == service)

    def counted(self):
        """What the client said at its last start."""
        self.until(lambda: self.state("client")["State"] == "exited", "the client ends")
        assert self.state("client")["ExitCode"] == 0, self.stack("logs", "client")
        return self.stack("logs", "--no-log-prefix", "-n", "1", "client").strip()

    @staticmethod
    def until(condition, what):
        end = time.monotonic() + 120
        while not condition():
            assert time.monotonic() < end, f"never: {what}"
            time.sleep(0.05)


@pytest.fixture
def database(tmp_path):
    before = census.take()
    for name in ("compose.yaml", "start.sh"):
        shutil.copy(ROOT / "examples/postgres" / name, tmp_path)
    (tmp_path / "data").mkdir()
    os.chown(tmp_path / "data", 1000, 1000)
    one = Database(tmp_path)
    yield one
    one.stack("down", "-t", "30", check=False)
    census.expect(before)


def test_a_database_survives_a_kill_and_a_new_container(database):
    database.stack("up", "-d", "--wait")
    assert database.counted() == "1"
    assert (database.folder / "data/db/PG_VERSION").stat().st_uid == 1000

    os.kill(database.state("db")["Pid"], signal.SIGKILL)
    database.until(lambda: database.state("db")["Restarts"] == 1, "the database is started again")
    database.until(lambda: database.state("db")["Health"] == "healthy", "the database recovers")
    database.stack("up", "-d", "--force-recreate", "--wait", "client")
    assert database.counted() == "2"

    database.stack("down", "-t", "30")
    database.stack("up", "-d", "--wait")
    assert database.counted() == "3"
