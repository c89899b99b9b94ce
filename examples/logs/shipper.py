"""Takes lines by UDP, writes them to a spool, and sends them on from there; a line leaves the spool when the collector has it.

A line may come twice, when the shipper is killed between the collector's word and its own note of it; none is left out.
"""
import os
import socket
import threading
import time

SPOOL = os.environ["SPOOL"]
SENT = SPOOL + ".sent"  # how many bytes of the spool the collector has
COLLECTOR = (os.environ["COLLECTOR"], 5515)
news = threading.Event()


def sent():
    try:
        with open(SENT) as file:
            return int(file.read())
    except FileNotFoundError:
        return 0


def note_sent(count):
    with open(SENT + ".new", "w") as file:
        file.write(str(count))
    os.rename(SENT + ".new", SENT)


def ship(link, answer, spool):
    """One line after another, each acknowledged, until there is no whole one."""
    spool.seek(sent())
    while (line := spool.readline()).endswith(b"\n"):
        link.sendall(line)
        if answer.readline() != b"ok\n":
            raise OSError("the collector has hung up")
        note_sent(spool.tell())


def ship_for_ever():
    while True:
        try:
            with socket.create_connection(COLLECTOR, timeout=5) as link, link.makefile("rb") as answer, open(SPOOL, "rb") as spool:
                while True:
                    news.clear()
                    ship(link, answer, spool)
                    news.wait()
        except OSError:  # away: what is in the spool waits
            time.sleep(0.5)


with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as door, open(SPOOL, "ab", buffering=0) as spool:
    door.bind(("127.0.0.1", 5514))
    threading.Thread(target=ship_for_ever, daemon=True).start()
    while True:
        spool.write(door.recv(65536).replace(b"\n", b" ") + b"\n")
        news.set()
