"""Runs the server, and runs it anew whenever a file of the source is another one."""
import subprocess
import sys
import time
from pathlib import Path

SOURCE = Path(__file__).parent


def state():
    return {path: path.stat().st_mtime_ns for path in SOURCE.glob("*.py")}


while True:
    before = state()
    server = subprocess.Popen([sys.executable, "-m", "app.server"])
    while state() == before and server.poll() is None:
        time.sleep(0.1)
    print("the source changed" if server.poll() is None else f"the server ended with {server.returncode}; waiting for a change", flush=True)
    server.kill()
    server.wait()
    while server.returncode > 0 and state() == before:
        time.sleep(0.1)
