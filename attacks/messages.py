"""Attacks on the form of what is called: bodies that are no plain JSON-RPC request, HTTP that is no POST /mcp."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from attacks.model import CANARY, MALFORMED, NO_SUCH_ADDRESS, Attack, Context, Sent, with_body

Build = Callable[[Context], Sent]


def _messages() -> dict[str, Build]:
    """Bodies that are no single, plain JSON-RPC request."""

    def changed(**changes: Any) -> Build:
        def build(c: Context) -> Sent:
            body = {**c.call(), **changes}
            return with_body(c, {name: value for name, value in body.items() if value is not ...})

        return build

    def params(**changes: Any) -> Build:
        def build(c: Context) -> Sent:
            made = {**c.call()["params"], **changes}
            kept = {name: value for name, value in made.items() if value is not ...}
            return with_body(c, {**c.call(), "params": kept})

        return build

    def text(change: Callable[[str], str | bytes]) -> Build:
        return lambda c: with_body(c, change(json.dumps(c.call())))

    def argument(value: str) -> Build:
        return text(lambda body: body.replace(f'"{CANARY}"', value))

    def whole(body: str) -> Build:
        return text(lambda _: body)

    def encoded(encoding: str) -> Build:
        return text(lambda body: body.encode(encoding))

    def second(name: str) -> Build:
        """The same member again, saying the denied tool: whoever keeps the last calls that one."""

        def build(c: Context) -> Sent:
            inner = c.call(c.denied)
            members = {**inner, **inner["params"]}
            at = '"params": {' if name in inner["params"] else "{"
            body = json.dumps(c.call())
            return with_body(c, body.replace(at, f'{at}"{name}": {json.dumps(members[name])}, ', 1))

        return build

    names: tuple[Any, ...] = (None, 5, True, "", ["x___y"], {"toString": "x"}, 1.5)
    ids: tuple[Any, ...] = (None, True, 1.5, [7], {"a": 7}, 2**70, "x" * 1000)
    scalars: tuple[Any, ...] = (None, [], "x", 5)
    versions: tuple[Any, ...] = ("1.0", 2.0, None, "2.0 ")
    methods: tuple[Any, ...] = (None, 5, ["tools/call"], {})
    return {
        "no name": params(name=...),
        **{f"name {json.dumps(value)[:20]}": params(name=value) for value in names},
        "name of 300 characters": params(name="a" * 300),
        "name a list of the granted": lambda c: with_body(c, c.call([c.granted])),
        **{f"arguments {json.dumps(value)}": params(arguments=value) for value in (*scalars, False)},
        "no params": changed(params=...),
        **{f"params {json.dumps(value)}": changed(params=value) for value in scalars},
        "notification": changed(id=...),
        **{f"id {json.dumps(value)[:20]}": changed(id=value) for value in ids},
        "no jsonrpc": changed(jsonrpc=...),
        **{f"jsonrpc {json.dumps(value)}": changed(jsonrpc=value) for value in versions},
        "no method": changed(method=...),
        **{f"method {json.dumps(value)}": changed(method=value) for value in methods},
        "initialize without id": changed(id=..., method="initialize"),
        "notification with id": changed(method="notifications/initialized"),
        "unknown member": changed(Method="tools/list"),
        "a result beside the request": changed(result={}),
        **{
            f"second {name}": second(name)
            for name in ("method", "params", "id", "jsonrpc", "name", "arguments")
        },
        "second name, escaped": lambda c: with_body(
            c, json.dumps(c.call()).replace('"name"', f'"n\\u0061me": {json.dumps(c.denied)}, "name"', 1)
        ),
        "second key in the arguments": text(
            lambda body: re.sub(rf'"(\w+)": "{CANARY}"', rf'"\1": "{CANARY}", "\1": "x"', body, count=1)
        ),
        "batch": text(lambda body: f"[{body}]"),
        "batch of two": text(lambda body: f"[{body},{body}]"),
        "empty batch": text(lambda body: "[]"),
        **{f"body {value}": whole(value) for value in ('"x"', "5", "null", "true", "{}")},
        "empty body": text(lambda body: ""),
        "blank body": text(lambda body: "  "),
        **{
            f"argument {value}": argument(value)
            for value in ("NaN", "Infinity", "-Infinity", "1e999", "-1e999")
        },
        "number of 10,000 digits": argument("1" * 10_000),
        "lone surrogate": argument('"\\ud800"'),
        "control character": argument('"\x01"'),
        "arrays 100,000 deep": text(lambda body: "[" * 100_000 + "]" * 100_000),
        "objects 100,000 deep": text(lambda body: '{"a":' * 100_000 + "1" + "}" * 100_000),
        "argument 10,000 deep": argument("[" * 10_000 + "]" * 10_000),
        "argument 100 deep": argument("[" * 100 + "]" * 100),
        "arrays never closed": text(lambda body: "[" * 50_000),
        **{f"in {name}": encoded(name) for name in ("utf-16", "utf-16-be", "utf-32")},
        "byte order mark": text(lambda body: b"\xef\xbb\xbf" + body.encode()),
        "invalid UTF-8": text(lambda body: body.encode().replace(CANARY.encode(), b"\xff\xfe\x01")),
        "70 kB of leading blanks": text(lambda body: " " * 70_000 + body),
        "70 kB of trailing blanks": text(lambda body: body + "\n" * 70_000),
        "Unicode blank in front": text(lambda body: "\u00a0" + body),
        "two documents": text(lambda body: body + body),
        "garbage behind": text(lambda body: body + "x"),
        "half a document": text(lambda body: body[: len(body) // 2]),
        "trailing comma": text(lambda body: body[:-1] + ",}"),
        "comment": text(lambda body: body + "// x"),
        "single quotes": text(lambda body: body.replace('"', "'")),
        "form encoding": text(lambda body: "method=tools%2Fcall&id=7"),
        "argument of 100 kB": argument('"' + "x" * 100_000 + '"'),
        "argument of 1 MB": argument('"' + "x" * 1_000_000 + '"'),
        "header names another tool": lambda c: with_body(c, c.call()).with_header("Mcp-Name", c.denied),
        "header names the granted tool": lambda c: with_body(c, c.call(c.denied)).with_header(
            "Mcp-Name", c.granted
        ),
        "header names another method": lambda c: with_body(c, c.call()).with_header(
            "Mcp-Method", "tools/list"
        ),
    }


def _requests() -> dict[str, Build]:
    """HTTP requests that are no POST to /mcp."""

    def through(**changes: Any) -> Build:
        return lambda c: replace(with_body(c, c.call()), **changes)

    return {
        **{f"HTTP {name}": through(method=name) for name in ("GET", "PUT", "DELETE", "PATCH", "OPTIONS")},
        "HTTP GET without body": through(method="GET", body=b""),
        **{
            f"path {path}": through(path=path)
            for path in (
                "/",
                "/MCP",
                "/mcp/x",
                "/mcp/../admin",
                "/target/invocations",
                "/inference/x",
                "/mcp%00",
            )
        },
    }


MESSAGE_ATTACKS = [
    Attack(f"{group}: {name}", build, expected)
    for group, builds, expected in (
        ("message", _messages(), MALFORMED),
        ("request", _requests(), NO_SUCH_ADDRESS),
    )
    for name, build in builds.items()
]
