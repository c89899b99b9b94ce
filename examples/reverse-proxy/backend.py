"""Says its name."""
import http.server
import os


class Backend(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = f"{os.uname().nodename}\n".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


http.server.ThreadingHTTPServer(("", 8000), Backend).serve_forever()
