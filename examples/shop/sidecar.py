"""Says every few seconds how api is, over a localhost that is api's own."""
import time
import urllib.request

while True:
    try:
        with urllib.request.urlopen("http://127.0.0.1:8000/health", timeout=2) as answer:
            print("api is well:", answer.read().decode().strip())
    except OSError as error:
        print("api is not well:", error)
    time.sleep(5)
