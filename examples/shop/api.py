"""Counts visits in the cache, which it finds by name: the resolver at 127.0.0.11 knows the services that share a network."""
import http.server
import os
import socket

CACHE = ("cache", 6379)


def ask_cache(*words):
    """One command of the Redis protocol (RESP): an array of strings out, one line back."""
    request = f"*{len(words)}\r\n" + "".join(f"${len(word)}\r\n{word}\r\n" for word in words)
    with socket.create_connection(CACHE, timeout=2) as link, link.makefile("rb") as lines:
        link.sendall(request.encode())
        line = lines.readline().decode().strip()
    if not line or line[0] == "-":
        raise OSError(f"the cache says: {line or 'nothing'}")
    return line[1:]


class Shop(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        try:
            if self.path == "/health":
                self.reply(200, ask_cache("PING"))
            else:
                self.reply(200, f"Hello from {os.uname().nodename}. This is visit {ask_cache('INCR', 'visits')}.")
        except OSError as error:
            self.reply(503, f"The cache does not answer: {error}")

    def reply(self, status, text):
        body = f"{text}\n".encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


http.server.ThreadingHTTPServer(("", 8000), Shop).serve_forever()
