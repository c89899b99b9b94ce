"""Asks each target for its metrics, holds them against their limits, and calls the pager when something becomes wrong or right."""
import http.server
import json
import threading
import time
import urllib.request

with open("/etc/watched.json") as file:
    WATCHED = json.load(file)
values = {name: None for name in WATCHED["targets"]}  # by target, and then by metric; None: it does not answer
wrong = {}  # what is wrong, by target


def scrape(url):
    """The metrics without labels of Prometheus' text format: "name value", and comments."""
    with urllib.request.urlopen(url, timeout=2) as answer:
        lines = answer.read().decode().splitlines()
    pairs = [line.split() for line in lines if line and line[0] != "#" and "{" not in line]
    return {pair[0]: float(pair[1]) for pair in pairs}


def judge(name):
    """What is wrong with the target, in words; None: nothing."""
    metrics = values[name]
    if metrics is None:
        return "does not answer"
    over = [f"{metric} is {metrics[metric]:g}, over {limit}" for metric, limit in WATCHED["limits"].get(name, {}).items()
            if metrics.get(metric, 0) > limit]
    return "; ".join(over) or None


def call(words):
    urllib.request.urlopen(WATCHED["pager"], data=words.encode(), timeout=2).close()


def look(name, url):
    try:
        values[name] = scrape(url)
    except (OSError, ValueError) as error:
        print(f"{name}: {error}")
        values[name] = None
    now, before = judge(name), wrong.get(name)
    if now == before:
        return
    try:
        call(f"{name} {now}" if now else f"{name} is well again")
    except OSError as error:  # tried again at the next round
        print(f"the pager: {error}")
        return
    wrong[name] = now


def watch(name, url):
    while True:
        look(name, url)
        time.sleep(WATCHED["every"])


class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        lines = [f"{name} {judge(name) or 'is well'}" for name in values]
        lines += [f"{name} {metric} {value:g}" for name, metrics in values.items() for metric, value in sorted((metrics or {}).items())]
        body = "".join(f"{line}\n" for line in lines).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """What is wrong, alone."""


for target in WATCHED["targets"].items():
    threading.Thread(target=watch, args=target, daemon=True).start()
http.server.ThreadingHTTPServer(("", 8080), Page).serve_forever()
