"""A shop that tells in Prometheus' text format how many orders wait."""
import http.server


class Shop(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = b"# TYPE shop_orders_waiting gauge\nshop_orders_waiting 3\n"
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Who asks twice a second is not worth a line."""


http.server.ThreadingHTTPServer(("", 8000), Shop).serve_forever()
