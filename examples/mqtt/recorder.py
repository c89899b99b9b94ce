"""Writes what the sensors publish into a database.

It subscribes with a name and quality of service 1 to a session that is not cleaned (-c): what is published while it is away, the
broker keeps for it.
"""
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

database = sqlite3.connect(os.environ["DATABASE"])
database.execute("PRAGMA journal_mode = WAL")
database.execute("CREATE TABLE IF NOT EXISTS readings (at TEXT, sensor TEXT, value REAL)")
# The account is in a file that mosquitto_sub reads: an argument would be seen in the list of processes.
account = Path(os.environ["XDG_CONFIG_HOME"], "mosquitto_sub")
account.touch(mode=0o600)
account.write_text(f"-u reader\n-P {Path('/run/secrets/reader').read_text().strip()}\n")
subscriber = subprocess.Popen(["mosquitto_sub", "-h", os.environ["BROKER"], "-i", "recorder", "-c", "-q", "1", "-t", "sensors/#",
                               "-F", "%I\t%t\t%p"], stdout=subprocess.PIPE, text=True)
Path("/tmp/recording").touch()  # for the health check: there is a table, and somebody who fills it
for line in subscriber.stdout:
    at, topic, value = line.rstrip("\n").split("\t", 2)
    try:
        reading = (at, topic.removeprefix("sensors/"), float(value))
    except ValueError:
        print(f"not a number from {topic}: {value[:80]!r}")
        continue
    with database:
        database.execute("INSERT INTO readings VALUES (?, ?, ?)", reading)
sys.exit(f"mosquitto_sub ended with {subscriber.wait()}")
