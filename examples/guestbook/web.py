"""A guestbook. POST / writes an entry into the database, GET / shows all, from the cache where it has them."""
import http.server
import json
import os
import socket

import psycopg2

CACHE = (os.environ["CACHE_HOST"], 6379)
KEY = "entries"
SECONDS = "60"


def database():
    """A connection for one request; `with` commits."""
    with open(os.environ["DB_PASSWORD_FILE"]) as file:
        password = file.read().strip()
    user = os.environ["DB_USER"]
    return psycopg2.connect(host=os.environ["DB_HOST"], user=user, password=password, dbname="postgres", connect_timeout=3)


def cache(*words):
    """One command of the Redis protocol. What the cache cannot say is None: it is no reason to fail."""
    request = b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in (w.encode() for w in words))
    try:
        with socket.create_connection(CACHE, timeout=1) as link, link.makefile("rb") as answer:
            link.sendall(request)
            head = answer.readline()
            if head[:1] != b"$" or head[1:2] == b"-":
                return None
            return answer.read(int(head[1:])).decode()
    except OSError as error:
        print("the cache does not answer:", error)
        return None


def entries():
    """All of them, and where they came from."""
    known = cache("GET", KEY)
    if known is not None:
        return json.loads(known), "hit"
    with database() as link, link.cursor() as cursor:
        cursor.execute("SELECT words FROM entries ORDER BY id")
        found = [words for words, in cursor]
    cache("SET", KEY, json.dumps(found), "EX", SECONDS)
    return found, "miss"


def write(words):
    with database() as link, link.cursor() as cursor:
        cursor.execute("INSERT INTO entries (words) VALUES (%s)", (words,))
    cache("DEL", KEY)


class Guestbook(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.answer(lambda: entries())

    def do_POST(self):
        words = self.rfile.read(min(int(self.headers.get("Content-Length", 0)), 4096)).decode(errors="replace")
        self.answer(lambda: (write(words), entries())[1])

    def answer(self, ask):
        try:
            found, source = ask()
            self.reply(200, "".join(f"{words}\n" for words in found), source)
        except psycopg2.Error as error:
            self.reply(503, f"The database does not answer: {error}\n", "none")

    def reply(self, status, text, source):
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Cache", source)
        self.end_headers()
        self.wfile.write(body)


with database() as first, first.cursor() as table:
    table.execute("CREATE TABLE IF NOT EXISTS entries (id serial PRIMARY KEY, words text NOT NULL)")
http.server.ThreadingHTTPServer(("", 8000), Guestbook).serve_forever()
