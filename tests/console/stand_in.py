"""A server that speaks what docs/console.md states and does on demand what a real one seldom does: breaks off in the
middle of an answer, forgets a key, refuses a token. Handwritten data, the same every time.
"""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.console import data

DIST = Path(__file__).resolve().parents[2] / "console" / "dist"
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
SESSION = "X-Amzn-Bedrock-AgentCore-Runtime-Session-Id"
KINDS = {".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css"}


class StandIn:
    """One server on a free port of the loopback interface, until `close`.

    `answers` maps a prompt to the events of its answer; `CUT` among them breaks the connection there, and `HOLD`
    waits until `release` is set. `key` and `tokens` are what it takes at the moment.
    """

    CUT: ClassVar[dict[str, Any]] = {"cut": True}
    HOLD: ClassVar[dict[str, Any]] = {"hold": True}

    def __init__(self) -> None:
        self.key = "key-of-the-first-start"
        self.token = "first"
        self.user = "C1001"
        self.closed_to: set[str] = set()
        """Prompts that the entry agent itself refuses to take."""
        self.answers: dict[str, list[dict[str, Any]]] = dict(data.ANSWERS)
        self.control: dict[str, Any] = data.control()
        self.config: dict[str, Any] = data.config()
        self.asked: list[dict[str, Any]] = []
        self.speakers: dict[str, str | None] = {}
        """Who began each session: agents take it from nobody else."""
        self.looked: list[str] = []
        """Paths of the control interface that were read."""
        self.follows: list[str] = []
        """What each stream of events asked for: events after which."""
        self.busy = False
        """Whether it has no room for another stream of events."""
        self.refused = 0
        """Requests with a key that is not, or no longer, taken."""
        self.release = threading.Event()
        self._events: list[dict[str, Any]] = list(data.EVENTS)
        self._changed = threading.Condition()
        self._closed = False
        self._drops = 0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def link(self) -> str:
        """The address with the key, as a terminal shows it."""
        return f"{self.url}/#key={self.key}"

    def happen(self, event: dict[str, Any]) -> None:
        """Adds an event to the list, which open streams send on."""
        with self._changed:
            self._events.append({**event, "seq": len(self._events) + 1})
            self._changed.notify_all()

    def restart(self, key: str) -> None:
        """A new start of the platform: another key, no events, every stream and token ended."""
        with self._changed:
            self.key = key
            self.token = f"of {key}"
            self._events.clear()
            self._changed.notify_all()

    def drop(self) -> None:
        """Ends the streams of events that are open now."""
        with self._changed:
            self._drops += 1
            self._changed.notify_all()

    def follow(self, after: int) -> Iterator[dict[str, Any]]:
        """Events above `after` until the next restart or drop."""
        begun, seen = (self.key, self._drops), after
        while True:
            with self._changed:
                while begun == (self.key, self._drops) and not self._closed and len(self._events) <= seen:
                    self._changed.wait()
                if self._closed or begun != (self.key, self._drops):
                    return
                found = self._events[seen:]
                seen = len(self._events)
            yield from found

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self.release.set()
        self._server.shutdown()
        self._server.server_close()


def _handler(server: StandIn) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: a test's output is its own."""

        def do_GET(self) -> None:
            address = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(address.query).items()}
            if address.path == "/config.json":
                self._json(_absolute(server.config, server.url))
            elif address.path == "/authorize":
                self._signed_in(query)
            elif address.path.startswith("/_airside/"):
                self._control(address.path.removeprefix("/_airside/"), query)
            else:
                self._file(address.path)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            path = urlsplit(self.path).path
            if path == "/token":
                form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
                self._json(_tokens(server.user, server.token, nonce=form["code"]))
            elif path == "/invocations":
                if self.headers.get("Authorization") != f"Bearer {_token(server.user, server.token)}":
                    self._json({"message": "The token is not valid."}, 401)
                else:
                    self._answer(json.loads(body))
            elif not self._keyed():
                return
            elif path == "/_airside/ask":
                self._answer(json.loads(body))
            elif path == "/_airside/switch":
                self._switch(json.loads(body))
            else:
                self._json({"message": "no such path"}, 404)

        def _control(self, path: str, query: dict[str, str]) -> None:
            server.looked.append(path)
            if not self._keyed():
                return
            if path == "events/stream":
                server.follows.append(query.get("after", "0"))
                if server.busy:
                    self._json({"message": "Too many streams."}, 503)
                    return
                self._head(200, "text/event-stream")
                self._send(b": here\n\n")
                for event in server.follow(int(query.get("after", "0"))):
                    self._send(f"id: {event['seq']}\ndata: {json.dumps(event)}\n\n".encode())
            elif path == "events":
                self._json({"events": data.EVENTS})
            elif path in server.control:
                self._json(server.control[path])
            else:
                self._json({"message": "no such path"}, 404)

        def _keyed(self) -> bool:
            if self.headers.get("X-Airside-Key") == server.key:
                return True
            server.refused += 1
            self._json({"message": "The key of the state file is missing or wrong."}, 403)
            return False

        def _switch(self, wanted: dict[str, Any]) -> None:
            for each in server.control["access"]["switches"]:
                if (each["kind"], each["subject"]) == (wanted["kind"], wanted["subject"]):
                    each["off"] = wanted["off"]
            server.asked.append(wanted)
            self._json({})

        def _signed_in(self, query: dict[str, str]) -> None:
            # The code says which nonce to answer with, so nothing needs to be remembered.
            back = urlencode({"code": query["nonce"], "state": query["state"]})
            self.send_response(302)
            self.send_header("Location", f"{query['redirect_uri']}?{back}")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def _answer(self, body: dict[str, Any]) -> None:
            sent = {"traceparent": self.headers.get("traceparent"), "session": self.headers.get(SESSION)}
            server.asked.append({**body, **sent})
            if body["prompt"] in server.closed_to:
                self._json(
                    {"message": "Not allowed here."}, 403, {"x-amzn-ErrorType": "AccessDeniedException"}
                )
                return
            events = server.answers.get(body["prompt"], data.UNKNOWN)
            speaker = self.headers.get("Authorization") and server.user
            if server.speakers.setdefault(sent["session"] or body["session_id"], speaker) != speaker:
                events = [data.OTHERS]
            self._head(200, "text/event-stream")
            for event in events:
                if event is StandIn.CUT:
                    self.connection.close()
                    return
                if event is StandIn.HOLD:
                    server.release.wait(30)
                    continue
                self._send(f"data: {json.dumps(event, ensure_ascii=False)}\n\n".encode())
            self.close_connection = True

        def _file(self, path: str) -> None:
            file = DIST / (path.lstrip("/") or "index.html")
            if file.parent != DIST or not file.is_file():
                self._json({"message": "no such file"}, 404)
                return
            content = file.read_bytes()
            self.send_response(200)
            self.send_header("Content-Type", KINDS[file.suffix])
            self.send_header("Content-Length", str(len(content)))
            self.send_header("Content-Security-Policy", CSP)
            self.end_headers()
            self.wfile.write(content)

        def _json(self, value: object, status: int = 200, more: dict[str, str] | None = None) -> None:
            content = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            for name, text in (more or {}).items():
                self.send_header(name, text)
            self.end_headers()
            self.wfile.write(content)

        def _head(self, status: int, kind: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Connection", "close")
            self.end_headers()

        def _send(self, content: bytes) -> None:
            self.wfile.write(content)
            self.wfile.flush()

    return Handler


def _absolute(value: Any, url: str) -> Any:
    """The same with this server's address in place of `@`."""
    if isinstance(value, dict):
        return {name: _absolute(each, url) for name, each in value.items()}
    return value.replace("@", url) if isinstance(value, str) and value.startswith("@") else value


def _tokens(user: str, start: str, nonce: str) -> dict[str, Any]:
    return {"access_token": _token(user, start), "id_token": _jwt({"nonce": nonce}), "expires_in": 3600}


def _token(user: str, start: str) -> str:
    return _jwt({"username": user, "start": start})


def _jwt(claims: dict[str, Any]) -> str:
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    return f"e30.{body}.unsigned"
