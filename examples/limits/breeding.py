"""Makes children until it may not."""
import os
import time

while True:
    try:
        if os.fork() == 0:
            time.sleep(3600)
    except BlockingIOError as error:
        print("no more:", error)
        time.sleep(1)
