"""What was recorded, a line a sensor: its name, how many values, the last one."""
import os
import sqlite3

database = sqlite3.connect(os.environ["DATABASE"])
for row in database.execute("SELECT sensor, count(*), value, max(rowid) FROM readings GROUP BY sensor ORDER BY sensor"):
    print("{}: {} values, the last {:g}".format(*row))
