"""Writes each line down, and then says so."""
import os
import socketserver


log = open("/logs/access.log", "ab", buffering=0)


class Collector(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            log.write(line)
            os.fdatasync(log.fileno())
            self.wfile.write(b"ok\n")


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


Server(("", 5515), Collector).serve_forever()
