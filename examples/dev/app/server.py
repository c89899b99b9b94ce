"""GET /NAME greets NAME."""
import http.server
import os
import urllib.parse

from app.greeting import greeting


class Server(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        name = urllib.parse.unquote(self.path.strip("/"))
        body = f"{greeting(os.environ['GREETING'], name)}\n".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, form, *arguments):
        if os.environ.get("LOG_LEVEL") == "debug":
            super().log_message(form, *arguments)


if __name__ == "__main__":
    http.server.ThreadingHTTPServer(("", 8000), Server).serve_forever()
