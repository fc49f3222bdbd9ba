"""An agent for tests, on the service contract with the standard library only; its body says what it does."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


def wait_for(path: str) -> None:
    """Until the test makes a file: no test depends on how long something takes."""
    while not Path(path).exists():
        time.sleep(0.01)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        self._whole(b'{"status":"Healthy","time_of_last_update":0}')

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        request = json.loads(body) if body[:1] == b"{" else {"do": "bytes"}
        getattr(self, f"_{request['do']}")(request, body)

    def _bytes(self, _: Any, body: bytes) -> None:
        self._whole(body, kind=self.headers.get("content-type", "none"))

    def _headers(self, _: Any, body: bytes) -> None:
        self._whole(json.dumps({name.lower(): value for name, value in self.headers.items()}).encode())

    def _environment(self, _: Any, body: bytes) -> None:
        told = {"environment": dict(os.environ), "folder": str(Path.cwd()), "arguments": sys.argv[1:]}
        self._whole(json.dumps(told).encode())

    def _fail(self, _: Any, body: bytes) -> None:
        self._whole(b'{"error": "internal detail of the agent"}', status=500)

    def _exit(self, request: Any, _: bytes) -> None:
        os._exit(int(request.get("code", 3)))

    def _stubborn(self, _: Any, body: bytes) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        self._whole(b"{}")

    def _stream(self, request: Any, _: bytes) -> None:
        self._begin("text/event-stream")
        self._chunk(b'data: {"type": "text", "text": "\xec\x95\x88\xeb\x85\x95"}\n\n')
        wait_for(request["until"])
        self._chunk(b'data: {"type": "done"}\n\n')
        self._chunk(b"")

    def _cut(self, _: Any, body: bytes) -> None:
        self._begin("text/event-stream")
        self._chunk(b'data: {"type": "text"}\n\n')
        self.close_connection = True
        self.connection.close()

    def _hang(self, request: Any, _: bytes) -> None:
        """Says that it began, and what it sees when its caller goes away."""
        Path(request["began"]).touch()
        self.connection.settimeout(60)
        if self.connection.recv(1) == b"":
            Path(request["left"]).touch()
        self.close_connection = True

    def _whole(self, body: bytes, *, status: int = 200, kind: str = "application/json") -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.send_header("x-agent-internal", "not for callers")
        self.end_headers()
        self.wfile.write(body)

    def _begin(self, kind: str) -> None:
        self.send_response(200)
        self.send_header("content-type", kind)
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()

    def _chunk(self, data: bytes) -> None:
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()


class Server(ThreadingHTTPServer):
    daemon_threads = True


if __name__ == "__main__":
    print("말하는 중", flush=True)
    if os.environ.get("BROKEN") == "1":
        sys.exit("cannot start: no settings")
    while os.environ.get("BROKEN") == "silent":
        time.sleep(1)
    Server(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
