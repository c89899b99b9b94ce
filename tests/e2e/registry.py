"""Debian's docker-registry on loopback, and a door before it that can stop a blob in the middle."""
import contextlib
import http.client
import re
import socket
import subprocess
import threading
import time
import warnings
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from ports import free_port

with warnings.catch_warnings():  # it is gone from Python 3.13, which is not Debian 12's
    warnings.simplefilter("ignore")
    import crypt

CONFIG = """\
version: 0.1
log: {{accesslog: {{disabled: false}}, level: error}}
storage:
  filesystem: {{rootdirectory: "{folder}/storage"}}
  delete: {{enabled: true}}
http:
  addr: 127.0.0.1:{port}
"""
TLS = """\
  tls: {{certificate: "{folder}/server.crt", key: "{folder}/server.key"}}
"""
HTPASSWD = """\
auth: {{htpasswd: {{realm: stack-tests, path: "{folder}/htpasswd"}}}}
"""
BLOB = re.compile(r'"(?P<method>GET|HEAD) (?P<path>/v2/(?P<repository>\S+)/blobs/(?P<digest>sha256:[0-9a-f]{64})) HTTP[^"]*" (?P<status>\d+)')
PATIENCE = 30


class Registry:
    """A process of its own with its files in `folder`; `login` is a pair of name and password."""

    def __init__(self, folder, login=None, tls=False):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.host = f"127.0.0.1:{self.port}"
        self.log = self.folder / "log"
        self.authority = self.folder / "ca.crt" if tls else None
        self._markers = 0
        self._process = None
        values = {"folder": self.folder, "port": self.port}
        text = CONFIG.format(**values)
        if tls:
            self._make_certificates()
            text += TLS.format(**values)
        if login:
            # bcrypt is the one kind that it knows.
            hashed = crypt.crypt(login[1], crypt.mksalt(crypt.METHOD_BLOWFISH, rounds=16))
            (self.folder / "htpasswd").write_text(f"{login[0]}:{hashed}\n")
            text += HTPASSWD.format(**values)
        (self.folder / "config.yml").write_text(text)

    def _make_certificates(self):
        def openssl(*words):
            subprocess.run(["openssl", *map(str, words)], cwd=self.folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

        key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
        openssl("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.crt", "-days", 2, "-subj", "/CN=stack tests")
        openssl("req", *key, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=127.0.0.1")
        (self.folder / "names").write_text("subjectAltName=IP:127.0.0.1\n")
        openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", 2,
                "-extfile", "names", "-out", "server.crt")

    def start(self):
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(["docker-registry", "serve", self.folder / "config.yml"], stdout=log,
                                             stderr=subprocess.STDOUT, cwd=self.folder)
        end = time.monotonic() + PATIENCE
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return self
            except OSError:
                assert self._process.poll() is None, f"docker-registry ended: {self.log.read_text()}"
                assert time.monotonic() < end, "docker-registry does not listen"
                time.sleep(0.02)

    def stop(self):
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None

    def reference(self, name):
        return f"{self.host}/{name}"

    def blob_requests(self, method="GET"):
        """The digests of all blobs sent until now, one for each time. Plain http without login only."""
        self._markers += 1
        marker = f"/v2/marker-{self._markers}/tags/list"
        ask = http.client.HTTPConnection(self.host, timeout=PATIENCE)
        ask.request("GET", marker)
        ask.getresponse().read()
        ask.close()
        end = time.monotonic() + PATIENCE
        while marker not in (text := self.log.read_text(errors="replace")):
            assert time.monotonic() < end, "the registry writes no access log"
            time.sleep(0.01)
        return [one["digest"] for one in BLOB.finditer(text) if one["method"] == method and one["status"].startswith("2")]


class Door:
    """Passes requests on to a registry, keeps an account of the blobs, and holds one in the middle on request."""

    def __init__(self, registry):
        self.registry = registry
        self._begun, self._finished, self._under_way = [], [], 0  # digests of blobs, one for each time
        self._changed = threading.Condition()
        self._limits = {}  # digest -> bytes after which it is held
        self._held = set()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.host = f"127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})

    def start(self):
        self._thread.start()
        return self

    def stop(self):
        self.release()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def reference(self, name):
        return f"{self.host}/{name}"

    def hold(self, digest, after=0):
        with self._changed:
            self._limits[digest] = after

    def release(self):
        with self._changed:
            self._limits.clear()
            self._held.clear()
            self._changed.notify_all()

    def account(self):
        """(asked for, sent whole): the digests of blobs, one for each time, when nothing is under way but what is held."""
        with self._changed:
            assert self._changed.wait_for(lambda: self._under_way <= len(self._held), PATIENCE), "a blob is under way for ever"
            return list(self._begun), list(self._finished)

    def wait_held(self, digest):
        with self._changed:
            assert self._changed.wait_for(lambda: digest in self._held, PATIENCE), f"nobody asked for {digest}"

    @contextlib.contextmanager
    def counted(self, digest):
        """One blob being sent; None is no blob."""
        if digest is None:
            yield
            return
        with self._changed:
            self._begun.append(digest)
            self._under_way += 1
        try:
            yield
            self._finished.append(digest)
        finally:
            with self._changed:
                self._under_way -= 1
                self._changed.notify_all()

    def wait_while_held(self, digest, sent):
        with self._changed:
            if self._limits.get(digest, sent + 1) > sent:
                return
            self._held.add(digest)
            self._changed.notify_all()
            self._changed.wait_for(lambda: digest not in self._limits)

    def _handler(self):
        door = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                blob = re.search(r"/blobs/(sha256:[0-9a-f]{64})$", self.path)
                digest = blob[1] if blob and self.command == "GET" else None
                behind = http.client.HTTPConnection(door.registry.host, timeout=PATIENCE)
                try:
                    behind.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
                    for key, value in self.headers.items():  # Accept comes many times
                        behind.putheader(key, value)
                    behind.endheaders()
                    answer = behind.getresponse()
                    self.send_response_only(answer.status)
                    for key, value in answer.getheaders():
                        self.send_header(key, value)
                    self.end_headers()
                    self._body(answer, digest)
                except OSError:
                    self.close_connection = True
                finally:
                    behind.close()

            do_HEAD = do_GET

            def _body(self, answer, digest):
                with door.counted(digest):
                    sent = 0
                    while True:
                        door.wait_while_held(digest, sent)
                        piece = answer.read(16384)
                        if not piece:
                            break
                        self.wfile.write(piece)
                        sent += len(piece)
                    self.wfile.flush()

            def log_message(self, *_):
                pass

        return Handler
