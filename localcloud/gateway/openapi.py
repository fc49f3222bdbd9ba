"""OpenAPI documents as tools: what each operation takes, and the HTTP request a call becomes.

Source: AgentCore Developer Guide, "OpenAPI schema targets"; OpenAPI 3.0.3 and 3.1.0 §4.8.12 (parameters).
Body properties stand beside the parameters as arguments of their own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from localcloud.gateway import wire

METHODS = ("get", "put", "post", "delete", "patch")
_UNSUPPORTED = frozenset({"oneOf", "anyOf", "allOf", "callbacks", "webhooks", "links"})
_RESERVED_HEADERS = frozenset(
    {"authorization", "host", "content-type", "content-length", "cookie", "user-agent"}
)
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_HEADER_TEXT = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?")


class DocumentError(ValueError):
    """A document this gateway cannot honour; the text names the operation and what to change."""


class UnsendableArgument(ValueError):
    """A value that has no safe place in the request; the text names the argument, not the value."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter: `place` is `path`, `query` or `header`."""

    name: str
    place: str
    explode: bool


@dataclass(frozen=True, slots=True)
class HttpCall:
    """A request ready to send: `path` is percent-encoded and begins with `/`."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: tuple[tuple[str, str], ...]
    body: bytes | None


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation as a tool, and how its arguments are sent."""

    name: str
    description: str
    input_schema: Mapping[str, Any]
    method: str
    path: str
    parameters: tuple[Parameter, ...]
    body: frozenset[str]
    body_required: bool

    def request(self, arguments: Mapping[str, Any]) -> HttpCall:
        """The request for checked arguments. Raises `UnsendableArgument`."""
        path = self.path
        query: list[tuple[str, str]] = []
        headers: list[tuple[str, str]] = []
        for parameter in self.parameters:
            if arguments.get(parameter.name) is None:
                continue
            texts = _texts(parameter, arguments[parameter.name])
            if parameter.place == "path":
                segment = ",".join(texts)
                # A dot segment would climb out of the operation's path when the URL is normalised.
                if segment in ("", ".", ".."):
                    raise UnsendableArgument(f"{parameter.name}: not usable in a path")
                path = path.replace(f"{{{parameter.name}}}", quote(segment, safe=","))
            elif parameter.place == "query":
                values = texts if parameter.explode else [",".join(texts)]
                query.extend((parameter.name, value) for value in values)
            else:
                value = ",".join(texts)
                if _HEADER_TEXT.fullmatch(value) is None:
                    raise UnsendableArgument(f"{parameter.name}: not usable in a header")
                headers.append((parameter.name, value))
        body = {name: value for name, value in arguments.items() if name in self.body}
        sent = wire.encode(body).encode() if body or self.body_required else None
        return HttpCall(self.method, path, tuple(query), tuple(headers), sent)


def operations(target: str, document: Mapping[str, Any]) -> tuple[Operation, ...]:
    """Every operation of a document, in its order. Raises `DocumentError`."""
    version = document.get("openapi")
    if not isinstance(version, str) or not version.startswith(("3.0.", "3.1.")):
        raise DocumentError(f"target {target}: openapi {version!r}; must be 3.0.x or 3.1.x")
    found: list[Operation] = []
    for path, item in document.get("paths", {}).items():
        for method in METHODS:
            if method in item:
                where = f"target {target}: {method.upper()} {path}"
                resolved = _resolve(where, document, item[method], ())
                shared = _resolve(where, document, item.get("parameters", []), ())
                found.append(_operation(where, path, method, shared, resolved))
    return tuple(found)


def server_url(target: str, document: Mapping[str, Any]) -> str:
    """The document's one literal server URL, without a trailing slash. Raises `DocumentError`."""
    servers = document.get("servers")
    url = servers[0].get("url") if isinstance(servers, list) and len(servers) == 1 else None
    if not isinstance(url, str) or not url.startswith(("https://", "http://")) or "{" in url:
        raise DocumentError(f"target {target}: servers must hold exactly one literal http(s) URL")
    return url.rstrip("/")


def _operation(
    where: str, path: str, method: str, shared: list[dict[str, Any]], operation: Mapping[str, Any]
) -> Operation:
    name = operation.get("operationId")
    if not isinstance(name, str) or not name:
        raise DocumentError(f"{where}: has no operationId, which would be the tool's name")
    properties: dict[str, Any] = {}
    required: list[str] = []
    own = operation.get("parameters", [])
    replaced = {(each["name"], each["in"]) for each in own}
    declared = [*(each for each in shared if (each["name"], each["in"]) not in replaced), *own]
    parameters = tuple(_parameter(where, each) for each in declared)
    for each, parameter in zip(declared, parameters, strict=True):
        _add(where, properties, parameter.name, {**each["schema"], **_described(each)})
        if each.get("required") or parameter.place == "path":
            required.append(parameter.name)
    body, body_required = _body(where, operation)
    for key, schema in body.get("properties", {}).items():
        _add(where, properties, key, schema)
    if body_required:
        required.extend(body.get("required", []))
    in_path = {parameter.name for parameter in parameters if parameter.place == "path"}
    if set(_PLACEHOLDER.findall(path)) != in_path:
        raise DocumentError(f"{where}: the path's placeholders and its path parameters differ")
    text = operation.get("description") or operation.get("summary")
    if not isinstance(text, str):
        raise DocumentError(f"{where}: has no description")
    schema = {"type": "object", "properties": properties, "required": required}
    return Operation(
        name,
        text,
        schema,
        method.upper(),
        path,
        parameters,
        frozenset(body.get("properties", {})),
        body_required,
    )


def _parameter(where: str, each: Mapping[str, Any]) -> Parameter:
    name, place = each["name"], each["in"]
    style, explode = each.get("style"), each.get("explode")
    if place not in ("path", "query", "header") or "schema" not in each:
        raise DocumentError(f"{where}: parameter {name}: must be in path, query or header and have a schema")
    if style not in (None, "form" if place == "query" else "simple"):
        raise DocumentError(f"{where}: parameter {name}: style {style!r} is not supported")
    if place == "header" and name.lower() in _RESERVED_HEADERS:
        raise DocumentError(f"{where}: parameter {name}: this header belongs to the gateway")
    return Parameter(name, place, place == "query" if explode is None else bool(explode))


def _body(where: str, operation: Mapping[str, Any]) -> tuple[Mapping[str, Any], bool]:
    body = operation.get("requestBody")
    if body is None:
        return {}, False
    schema = body.get("content", {}).get("application/json", {}).get("schema")
    if not isinstance(schema, dict) or schema.get("type") != "object" or "properties" not in schema:
        raise DocumentError(f"{where}: the request body must be an application/json object with properties")
    return schema, bool(body.get("required"))


def _add(where: str, properties: dict[str, Any], name: str, schema: Mapping[str, Any]) -> None:
    if name in properties:
        raise DocumentError(f"{where}: argument {name} is declared twice")
    properties[name] = schema


def _described(parameter: Mapping[str, Any]) -> dict[str, str]:
    text = parameter.get("description")
    return {"description": text} if isinstance(text, str) else {}


def _texts(parameter: Parameter, value: Any) -> list[str]:
    if isinstance(value, list):
        return [_text(parameter, item) for item in value]
    return [_text(parameter, value)]


def _text(parameter: Parameter, value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool | int | float):
        return json.dumps(value)
    raise UnsendableArgument(f"{parameter.name}: only text, numbers, booleans and lists of them can be sent")


def _resolve(where: str, document: Mapping[str, Any], node: Any, open_refs: tuple[str, ...]) -> Any:
    """The node with local references replaced by what they name; a cycle or a remote reference is refused."""
    if isinstance(node, list):
        return [_resolve(where, document, each, open_refs) for each in node]
    if not isinstance(node, dict):
        return node
    reference = node.get("$ref")
    if isinstance(reference, str):
        if reference in open_refs or not reference.startswith("#/"):
            raise DocumentError(f"{where}: reference {reference} is circular or outside the document")
        found = _follow(where, document, reference)
        return _resolve(where, document, found, (*open_refs, reference))
    if unsupported := sorted(_UNSUPPORTED & node.keys()):
        raise DocumentError(f"{where}: {unsupported[0]} is not supported by the gateway")
    return {key: _resolve(where, document, value, open_refs) for key, value in node.items()}


def _follow(where: str, document: Mapping[str, Any], reference: str) -> Any:
    found: Any = document
    for part in _pointer(reference):
        if not isinstance(found, dict) or part not in found:
            raise DocumentError(f"{where}: reference {reference} leads nowhere")
        found = found[part]
    return found


def _pointer(reference: str) -> Iterator[str]:
    for part in reference.removeprefix("#/").split("/"):
        yield part.replace("~1", "/").replace("~0", "~")
