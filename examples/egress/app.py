"""Asks a friend and a stranger every second, and says who answers."""
import time
import urllib.request

while True:
    for name in ("friend", "stranger"):
        try:
            with urllib.request.urlopen(f"http://{name}/", timeout=1):
                print(name, "answers")
        except OSError as error:
            print(name, "does not answer:", error)
    time.sleep(1)
