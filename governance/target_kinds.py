"""Rules of each target kind, and which provider may stand behind it (contracts §1.5, §1.6, §11)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from governance import openapi, smithy
from governance.document import Document
from governance.errors import Problem
from governance.model import Environment
from governance.outbound import KeyLocation, ProviderKind, ProviderSetting, signed_action

if TYPE_CHECKING:
    from governance.check import Join

OUTBOUND: Mapping[str, tuple[ProviderKind, ...]] = {
    "openapi": (ProviderKind.OAUTH2, ProviderKind.API_KEY, ProviderKind.IAM, ProviderKind.NONE),
    "mcp_server": (ProviderKind.OAUTH2, ProviderKind.API_KEY, ProviderKind.IAM, ProviderKind.NONE),
    "api_gateway": (ProviderKind.API_KEY, ProviderKind.IAM, ProviderKind.NONE),
    "smithy": (ProviderKind.OAUTH2, ProviderKind.IAM),
}
"""The outbound matrix for client credentials: what AgentCore can authenticate with to each target kind."""

MAX_TARGETS = 100
MAX_INLINE_BYTES = 1_000_000
_PLACEHOLDER = re.compile(r"\{([^{}]+)\}")
_FRAMING = frozenset(
    {
        *("accept", "connection", "content-length", "content-type", "cookie", "expect", "host", "keep-alive"),
        *("mcp-protocol-version", "mcp-session-id", "te", "traceparent", "trailer", "transfer-encoding"),
        *("upgrade", "user-agent"),
    }
)
"""Headers that the gateway sets itself or that frame a request; none can carry a key."""


def problems_of(join: Join) -> Iterator[Problem]:
    """Every problem of a target with its own kind, its document or its provider."""
    if len(join.targets) > MAX_TARGETS:
        message = f"has {len(join.targets)} targets; a gateway takes {MAX_TARGETS}."
        yield join.system.problem(("system",), message, "Put tools together, or make two systems.")
    yield from _keys(join)
    for target in join.targets:
        kind = str(target.value["kind"])
        yield from _required_inputs(target)
        yield from _provider(join, target, kind)
        if kind == "openapi":
            yield from _openapi(join, target)
        elif kind == "smithy":
            yield from _smithy(join, target)
        elif kind == "mcp_server":
            yield from _mcp_server(join, target)
        elif kind == "api_gateway":
            yield from _routes(target)


def _provider(join: Join, target: Document, kind: str) -> Iterator[Problem]:
    if "provider" not in target.value:
        return
    providers = join.system.value.get("providers", {})
    name = target.value["provider"]
    if name not in providers:
        yield target.problem(("provider",), f"is {name!r}.", _known(providers))
    elif (found := _kind(providers[name])) not in OUTBOUND[kind]:
        message = f"is {name!r} of kind {found}, with which the gateway cannot reach a target of kind {kind}."
        yield target.problem(("provider",), message, f"It can with {', '.join(OUTBOUND[kind])}.")


def _kind(provider: Mapping[str, Any]) -> ProviderKind:
    return ProviderKind(provider.get("kind", ProviderKind.OAUTH2))


def _keys(join: Join) -> Iterator[Problem]:
    for name, provider in join.system.value.get("providers", {}).items():
        key = provider.get("key")
        if key and key["in"] == KeyLocation.HEADER and key["name"].lower() in _FRAMING:
            path = ("providers", name, "key", "name")
            yield join.system.problem(path, f"is {key['name']!r}, a header of the gateway's own.")


def _openapi(join: Join, target: Document) -> Iterator[Problem]:
    document = join.specs.get(str(target.value["target"]))
    if document is None:
        return
    for sentence in openapi.problems(document):
        yield target.problem(("spec",), f"{target.value['spec']} {sentence}")
    operations = openapi.operations(document)
    yield from _labelled(target, "spec", operations)
    provider = join.system.value.get("providers", {}).get(target.value["provider"], {})
    key = provider.get("key")
    for name, operation in operations.items() if key else ():
        if key["name"].lower() in {argument.lower() for argument in operation.input_schema["properties"]}:
            message = f"lets {name} take {key['name']!r}, which is where the API's key goes."
            yield target.problem(("spec",), f"{target.value['spec']} {message}", "Remove that parameter.")


def _smithy(join: Join, target: Document) -> Iterator[Problem]:
    document = join.specs.get(str(target.value["target"]))
    if document is None:
        return
    provider = join.system.value.get("providers", {}).get(target.value["provider"], {})
    found = list(smithy.problems(document, signed=_kind(provider) is ProviderKind.IAM))
    for sentence in found:
        yield target.problem(("model",), f"{target.value['model']} {sentence}")
    if not found:
        yield from _labelled(target, "model", smithy.operations(document))


def _labelled(target: Document, key: str, operations: Mapping[str, Any]) -> Iterator[Problem]:
    """The gateway makes a tool of every operation of the document, so every one must be declared."""
    for tool in target.value["tools"]:
        if tool not in operations:
            message = f"is no operation of {target.value[key]}."
            yield target.problem(("tools", tool), message, _known(operations))
    for operation in operations:
        if operation not in target.value["tools"]:
            yield target.problem(
                ("tools",),
                f"does not label the operation {operation!r}.",
                "Add it, or remove it from the document.",
            )


def _mcp_server(join: Join, target: Document) -> Iterator[Problem]:
    value = target.value
    if ("provider" in value) == ("runtime" in value):
        message = "needs a provider or a runtime, and not both."
        yield target.problem(("kind",), message, "Say who serves the tools.")
        return
    if "path" in value and "runtime" in value:
        yield target.problem(("path",), "is a provider's; a hosted server answers at /mcp.", "Remove it.")
    if "tables" in value and "provider" in value:
        yield target.problem(("tables",), "are a hosted server's; a provider has its own.", "Remove them.")
    for agent in join.agents:
        if agent.value["agent"].replace("-", "_") == value.get("runtime"):
            message = f"is {value['runtime']!r}, the package of the agent {agent.value['agent']}."
            yield target.problem(("runtime",), message, "Give the server a package of its own.")
    size = len(json.dumps(value["tools"], ensure_ascii=False).encode())
    if size > MAX_INLINE_BYTES:
        yield target.problem(("tools",), f"are {size} bytes; a target takes {MAX_INLINE_BYTES}.")


def _routes(target: Document) -> Iterator[Problem]:
    taken: dict[tuple[str, str], str] = {}
    for tool, value in target.value["tools"].items():
        route = (value["method"], value["path"])
        if route in taken:
            message = f"is {' '.join(route)}, as {taken[route]} is."
            yield target.problem(("tools", tool, "path"), message, "A method of a resource is one tool.")
        taken.setdefault(route, tool)
        for name in _PLACEHOLDER.findall(value["path"]):
            if name not in value["input"] or name not in value["required"]:
                message = f"holds {{{name}}}, which is no required input."
                yield target.problem(("tools", tool, "path"), message, "Add it to input and required.")


def _required_inputs(target: Document) -> Iterator[Problem]:
    for tool, value in target.value["tools"].items():
        for index, name in enumerate(value.get("required", ())):
            if name not in value["input"]:
                path = ("tools", tool, "required", index)
                yield target.problem(path, f"requires {name!r}, which is no input.", _known(value["input"]))


def settings_of(join: Join, environment: Environment, provider: str) -> Iterator[Problem]:
    """Whether an environment's settings of a provider are there and are what its targets need."""
    where = ("providers", provider)
    file = environment.source.file
    declared = _kind(join.system.value["providers"][provider])
    setting = environment.providers.get(provider)
    if setting is None:
        yield join.system.problem(where, f"has no settings in {file}.", "Add them there.")
        return
    if setting.kind is not declared:
        message = f"is of kind {declared}, and its settings in {file} are of kind {setting.kind}."
        yield join.system.problem(where, message, "Make them agree.")
        return
    users = [target for target in join.targets if target.value.get("provider") == provider]
    needed = {key for target in users for key in _needed(str(target.value["kind"]), declared)}
    given = {key for key in ("base_url", "rest_api", "service", "resources") if getattr(setting, key)}
    for key in sorted(needed - given):
        yield join.system.problem(where, f"has no {key} in {file}.", "Its targets need it.")
    for key in sorted(given - needed) if users else ():
        yield join.system.problem(where, f"has {key} in {file}, which no target of it uses.", "Remove it.")
    if {"service", "resources"} <= needed & given:
        yield from _signed(join, where, file, setting)


def _signed(join: Join, where: tuple[str, str], file: str, setting: ProviderSetting) -> Iterator[Problem]:
    for resource in setting.resources:
        if resource.split(":")[2] != setting.service or signed_action(setting.service, resource) is None:
            message = (
                f"has the resource {resource} in {file}, which no request for {setting.service} reaches."
            )
            yield join.system.problem(where, message, "Name what answers at its base_url.")


def _needed(kind: str, provider: ProviderKind) -> set[str]:
    signed = provider is ProviderKind.IAM
    if kind == "api_gateway":
        return {"rest_api"}
    if kind == "smithy":
        return {"resources"} if signed else set()
    return {"base_url", "service", "resources"} if signed else {"base_url"}


def _known(values: Mapping[str, Any]) -> str:
    return "Known: " + ", ".join(sorted(values)) + "." if values else "None is declared."
