"""Says what it is called with."""
import http.server


class Pager(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.answer()

    def do_POST(self):
        words = self.rfile.read(min(int(self.headers.get("Content-Length", 0)), 4096)).decode(errors="replace")
        print(words)
        self.answer()

    def answer(self):
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        """The calls alone."""


http.server.ThreadingHTTPServer(("", 9000), Pager).serve_forever()
