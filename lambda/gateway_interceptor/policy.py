"""The access policy rendered at synth and staged beside the code: `policy.json`, version 3.

{"version": 3, "system": "airline", "environment": "dev",
 "badges": {"airline/agent.booking": "booking"},                            scope → agent
 "grants": {"booking": {"customer-mcp___create_booking": "systems/…:12"}},  agent → tool → source line
 "tools": ["customer-mcp___create_booking"],                                every declared tool
 "users": {"claims": {"customer_id": "username"}},                          attribute → claim; or null
 "arguments": {"customer-mcp___create_booking":                             tool → argument → rule
   {"customer_id": {"user": "customer_id", "source": "systems/…:20"}}}}     or equals, one_of, min and max

A grant in shadow mode is {"source": "systems/…:12", "shadow": "calls"} or "arguments" in place of the line.
"""

from __future__ import annotations

from hashlib import sha256
from types import MappingProxyType

from gateway_interceptor import argument_rules, strict_json
from gateway_interceptor.frozen import Frozen
from gateway_interceptor.refused import POLICY_UNAVAILABLE, Refused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from gateway_interceptor.argument_rules import Rule

VERSION = 3
MAX_BYTES = 1 << 24
"""A thousand agents with a hundred grants each are some 8 MB."""
_MEMBERS = frozenset(("version", "system", "environment", "badges", "grants", "tools", "users", "arguments"))

CALLS = "calls"
"""A shadow: every call by this grant is to be refused one day, and is only logged until then."""
ARGUMENTS = "arguments"
"""A shadow: what the tool's rules would refuse is only logged, save what they say about the end user."""
_SHADOWS = (CALLS, ARGUMENTS)


class Grant(Frozen):
    """One agent may call one tool, granted by the line `source`.

    `rules` are the tool's, those of the end user first. `shadow` is CALLS, ARGUMENTS or, mostly, None.
    """

    __slots__ = ("rules", "shadow", "source")

    source: str
    rules: tuple[Rule, ...]
    shadow: str | None

    def __init__(self, source: str, rules: tuple[Rule, ...] = (), shadow: str | None = None) -> None:
        super().__init__(source=source, rules=rules, shadow=shadow)


class Policy(Frozen):
    """Who may call what, and with which arguments.

    `claims` maps the users' attributes to claims of their tokens, None in a system without users. `digest` is
    the first 16 hex digits of the file's SHA-256.
    """

    __slots__ = ("badges", "claims", "digest", "grants", "tools")

    badges: Mapping[str, str]
    grants: Mapping[str, Mapping[str, Grant]]
    tools: frozenset[str]
    claims: Mapping[str, str] | None
    digest: str

    def __init__(
        self,
        badges: dict[str, str],
        grants: dict[str, dict[str, Grant]],
        tools: frozenset[str],
        digest: str,
        claims: dict[str, str] | None = None,
    ) -> None:
        super().__init__(
            badges=MappingProxyType(badges),
            grants=MappingProxyType({agent: MappingProxyType(held) for agent, held in grants.items()}),
            tools=tools,
            claims=None if claims is None else MappingProxyType(claims),
            digest=digest,
        )


def load(path: str) -> Policy:
    """The policy in a file.

    Raises Refused(POLICY_UNAVAILABLE, "missing" | "unreadable" | "empty" | "version" | "malformed"): a
    policy that cannot be read grants nothing, to nobody.
    """
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - pathlib costs more to import than all of this
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise Refused(POLICY_UNAVAILABLE, "missing") from None
    except OSError:
        raise Refused(POLICY_UNAVAILABLE, "unreadable") from None
    return parse(data)


def parse(data: bytes) -> Policy:
    """The policy in a file's bytes; raises as `load` does."""
    if not data.strip():
        raise Refused(POLICY_UNAVAILABLE, "empty")
    try:
        value = strict_json.loads(data, MAX_BYTES)
    except strict_json.StrictJsonError:
        raise Refused(POLICY_UNAVAILABLE, "malformed") from None
    if not isinstance(value, dict):
        raise Refused(POLICY_UNAVAILABLE, "malformed")
    version = value.get("version")
    if type(version) is not int or version != VERSION:
        raise Refused(POLICY_UNAVAILABLE, "version")
    if not _is_sound(value):
        raise Refused(POLICY_UNAVAILABLE, "malformed")
    tools, claims = frozenset(value["tools"]), _claims(value["users"])
    rules = _rules(value["arguments"], tools, claims or {})
    grants = {
        agent: {tool: _grant(grant, rules.get(tool, ())) for tool, grant in granted.items()}
        for agent, granted in value["grants"].items()
    }
    return Policy(value["badges"], grants, tools, sha256(data).hexdigest()[:16], claims)


def _is_sound(value: dict[str, Any]) -> bool:
    """Shapes, and that the parts agree: one badge per agent, no grant without a badge or a declared tool."""
    badges, grants, tools = value.get("badges"), value.get("grants"), value.get("tools")
    if value.keys() != _MEMBERS or not _is_name(value["system"]) or not _is_name(value["environment"]):
        return False
    if not isinstance(badges, dict) or not isinstance(grants, dict) or not isinstance(tools, list):
        return False
    if not all(_is_name(item) for item in (*badges, *badges.values(), *grants, *tools)):
        return False
    agents = set(badges.values())
    if len(agents) != len(badges) or len(set(tools)) != len(tools) or not agents >= grants.keys():
        return False
    declared = set(tools)
    return all(isinstance(granted, dict) and declared >= granted.keys() for granted in grants.values())


def _claims(users: Any) -> dict[str, str] | None:
    """Attribute → claim of the users' tokens, None without users."""
    if users is None:
        return None
    claims = users.get("claims") if isinstance(users, dict) and users.keys() == {"claims"} else None
    if not isinstance(claims, dict) or not claims:
        raise Refused(POLICY_UNAVAILABLE, "malformed")
    if not all(_is_name(item) for item in (*claims, *claims.values())):
        raise Refused(POLICY_UNAVAILABLE, "malformed")
    return claims


def _rules(value: Any, tools: frozenset[str], claims: dict[str, str]) -> dict[str, tuple[Rule, ...]]:
    """Tool → its rules: a rule that is not understood is never a rule less."""
    if not isinstance(value, dict) or not tools >= value.keys():
        raise Refused(POLICY_UNAVAILABLE, "malformed")
    found: dict[str, tuple[Rule, ...]] = {}
    for tool, members in value.items():
        if not isinstance(members, dict) or not all(_is_name(argument) for argument in members):
            raise Refused(POLICY_UNAVAILABLE, "malformed")
        rules = [argument_rules.parse(argument, rule, claims) for argument, rule in sorted(members.items())]
        sound = [rule for rule in rules if rule is not None]
        if len(sound) != len(rules):
            raise Refused(POLICY_UNAVAILABLE, "malformed")
        found[tool] = tuple(sorted(sound, key=lambda rule: rule.claim is None))
    return found


def _grant(value: Any, rules: tuple[Rule, ...]) -> Grant:
    """A grant and its tool's rules: a shadow that is not understood is never a refusal less."""
    shadow = None
    if isinstance(value, dict) and value.keys() == {"source", "shadow"}:
        value, shadow = value["source"], value["shadow"]
        # One that relaxes nothing was meant for another tool, or the rules it was written for are gone.
        idle = shadow == ARGUMENTS and all(rule.claim is not None for rule in rules)
        if shadow not in _SHADOWS or idle:
            raise Refused(POLICY_UNAVAILABLE, "malformed")
    if not isinstance(value, str) or not value:
        raise Refused(POLICY_UNAVAILABLE, "malformed")
    return Grant(value, rules, shadow)


def _is_name(value: Any) -> bool:
    """Printable ASCII without blanks: a badge with a blank in it would be two scopes."""
    return isinstance(value, str) and 0 < len(value) <= 256 and value.isascii() and _is_one_word(value)


def _is_one_word(value: str) -> bool:
    return value.isprintable() and " " not in value
