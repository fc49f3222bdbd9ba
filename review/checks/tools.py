"""Tools: what they are called, how they are labelled and described, and what they really reach."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from review.cedar.validate import input_schemas
from review.collect.tools import EVERY
from review.effect import Effect
from review.findings import CHECKS, Context, Found, Severity
from review.model import Tool

_GROUPS = ("*", "CallTool")
_ORDERS = re.compile(
    r"\b(ignore|disregard|forget)\b.{0,40}\b(previous|above|other|all|earlier)\b|"
    r"\b(do not|don't|never)\b.{0,20}\b(tell|mention|reveal|inform|show)\b|"
    r"\b(always|must)\b.{0,30}\b(call|use|invoke|run)\b.{0,20}\b(this|first|before)\b|"
    r"<\s*(important|system|instructions?)\s*>|\bsystem prompt\b",
    re.IGNORECASE | re.DOTALL,
)
_CREDENTIAL = re.compile(
    r"(?i)[?&](api[_-]?key|token|access[_-]?token|secret|password|sig)=|//[^/@\s]+:[^/@\s]+@"
)


@CHECKS.check(
    "TOL-01",
    Severity.ERROR,
    "A tool's name means one tool",
    fix="Rename one of the two.",
    source="OWASP MCP03 (tool shadowing)",
)
def unique(context: Context) -> Iterator[Found]:
    """Two tools of one name under two targets: the model picks one, and the description of one speaks for both."""
    by_full = Counter((tool.gateway, tool.name) for tool in context.model.tools)
    owners: dict[tuple[str, str], set[str]] = {}
    for tool in context.model.tools:
        owners.setdefault((tool.gateway, _bare(tool)), set()).add(tool.target)
    for tool in context.model.tools:
        others = sorted(owners[(tool.gateway, _bare(tool))] - {tool.target})
        if by_full[(tool.gateway, tool.name)] > 1:
            yield Found(
                tool.name, f"tool {tool.name} is there {by_full[(tool.gateway, tool.name)]} times", tool.place
            )
        elif others and _bare(tool) != EVERY:
            yield Found(tool.name, f"tool {_bare(tool)} is also in target {', '.join(others)}", tool.place)


def _bare(tool: Tool) -> str:
    return tool.name.partition("___")[2]


@CHECKS.check(
    "TOL-02",
    Severity.WARNING,
    "Every tool is granted to somebody",
    fix="Remove the tool, or grant it.",
    source="OWASP Agentic ASI02 (least agency)",
)
def granted(context: Context) -> Iterator[Found]:
    """A tool that nobody may call is surface without use."""
    called = {cell.tool for cell in context.model.matrix if cell.effect is not Effect.DENY}
    switched = {
        policy.switch for policy in context.model.policies if policy.switch and policy.enforcement == "ACTIVE"
    }
    for tool in context.model.tools:
        if tool.name not in called and f"tool:{tool.name}" not in switched:
            yield Found(tool.name, f"nobody may call {tool.name}", tool.place)


@CHECKS.check(
    "TOL-03",
    Severity.ERROR,
    "No grant is for a tool that is not there",
    fix="Remove the grant; or mend the name: target, three underscores, tool.",
    source="OWASP MCP02",
)
def exists(context: Context) -> Iterator[Found]:
    """Whoever adds a tool of that name later has granted it without a word."""
    engines = {gateway.engine: gateway.id for gateway in context.model.gateways if gateway.engine}
    for policy in context.model.policies:
        gateway = engines.get(policy.engine)
        own = [tool for tool in context.model.tools if tool.gateway == gateway]
        known = {tool.name for tool in own} | {tool.target for tool in own} | {*_GROUPS}
        open_targets = {tool.target for tool in own if _bare(tool) == EVERY}
        for action in policy.actions:
            if action not in known and action.partition("___")[0] not in open_targets:
                yield Found(
                    policy.name, f"policy {policy.name} is about {action}, which is no tool", policy.place
                )


@CHECKS.check(
    "TOL-04",
    Severity.ERROR,
    "Every tool says what it does to data",
    fix="Declare effect, data and egress of the tool.",
    source="AWS SRA for generative AI, capability 4; AGENTSEC02",
)
def labelled(context: Context) -> Iterator[Found]:
    """Without labels nobody can say whether an agent reads private data and sends it away."""
    for tool in context.model.tools:
        missing = [
            word
            for word, value in (("effect", tool.effect), ("data", tool.data), ("egress", tool.egress))
            if not value
        ]
        if missing:
            yield Found(tool.name, f"tool {tool.name} has no label for {', '.join(missing)}", tool.place)


@CHECKS.check(
    "TOL-05",
    Severity.ERROR,
    "No tool changes without approval",
    fix="Read the new schema and description, and approve them with `./airside lock`.",
    source="OWASP MCP03 (rug pull)",
    waivable=False,
)
def pinned(context: Context) -> Iterator[Found]:
    """Only where a lock is held against the stage. An agent obeys a description: a new one is a new order."""
    if context.approved is None:
        return
    known = {(tool.gateway, tool.name): tool for tool in context.approved.tools}
    for tool in context.model.tools:
        old = known.get((tool.gateway, tool.name))
        if old and (old.schema, old.description) != (tool.schema, tool.description):
            what = "schema" if old.schema != tool.schema else "description"
            yield Found(tool.name, f"tool {tool.name} has another {what} than the approved one", tool.place)


@CHECKS.check(
    "TOL-06",
    Severity.WARNING,
    "Descriptions describe, and hide nothing",
    fix="Say what the tool does; leave out orders to the model and invisible characters.",
    source="OWASP MCP03, MCP06 (tool poisoning, prompt injection)",
)
def described(context: Context) -> Iterator[Found]:
    """Text in a description reaches the model as if its developer had written it."""
    for tool in context.model.tools:
        hidden = sorted({f"U+{ord(each):04X}" for each in tool.text if _invisible(each)})
        if hidden:
            yield Found(
                tool.name, f"the description of {tool.name} holds invisible {', '.join(hidden)}", tool.place
            )
        if _ORDERS.search(tool.text):
            yield Found(tool.name, f"the description of {tool.name} gives orders to the model", tool.place)
        if not tool.text.strip() and _bare(tool) != EVERY:
            yield Found(tool.name, f"tool {tool.name} has no description", tool.place)


def _invisible(character: str) -> bool:
    return unicodedata.category(character) in ("Cf", "Co", "Cn") or (
        unicodedata.category(character) == "Cc" and character not in "\n\t"
    )


@CHECKS.check(
    "TOL-07",
    Severity.NOTE,
    "A tool's schema is strict",
    fix="Give every argument a type, and list the required ones.",
    source="OWASP MCP05",
)
def strict(context: Context) -> Iterator[Found]:
    """What a schema leaves open the model fills, and so does whoever talks to the model."""
    _, known = input_schemas(context.stage)
    for tool in context.model.tools:
        if tool.name not in known:
            continue
        schema = known[tool.name][1]
        properties = schema.get("properties", {})
        untyped = [
            name
            for name, value in properties.items()
            if not (isinstance(value, Mapping) and value.get("type"))
        ]
        if untyped:
            yield Found(tool.name, f"tool {tool.name} gives no type to {', '.join(untyped)}", tool.place)
        elif properties and not schema.get("required"):
            yield Found(tool.name, f"tool {tool.name} requires no argument", tool.place)


@CHECKS.check(
    "TOL-08",
    Severity.ERROR,
    "What lies outside is reached over https, with a pinned list of tools",
    fix="Use an https endpoint, and put the tools' schema into the target.",
    source="OWASP MCP09; OWASP Agentic ASI04",
)
def outside(context: Context) -> Iterator[Found]:
    """A server that lists its own tools when asked decides itself what your agents may call."""
    for tool in context.model.tools:
        urls = [url for url in tool.backend.split(",") if "://" in url]
        for url in urls:
            if urlsplit(url).scheme != "https":
                yield Found(tool.name, f"tool {tool.name} is reached over {urlsplit(url).scheme}", tool.place)
        if urls and _bare(tool) == EVERY:
            yield Found(tool.name, f"target {tool.target} lists its tools itself", tool.place)


@CHECKS.check(
    "TOL-09",
    Severity.ERROR,
    "Credentials come from a provider, never from a schema or a URL",
    fix="Declare a credential provider for the target.",
    source="OWASP MCP01",
)
def credentials(context: Context) -> Iterator[Found]:
    """What stands in a template stands in a repository, a bucket and a console."""
    for target in context.stage.of_type("AWS::BedrockAgentCore::GatewayTarget"):
        for text in _texts(target.properties.get("TargetConfiguration")):
            if _CREDENTIAL.search(text):
                name = str(target.properties.get("Name"))
                yield Found(name, f"target {name} has a credential in its schema or URL", target.place())
                break


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
