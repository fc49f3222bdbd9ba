"""The access policy rendered at synth and staged beside the code: `policy.json`, version 2.

{"version": 2, "system": "airline", "environment": "dev",
 "badges": {"airline/agent.booking": "booking"},                            scope → agent
 "grants": {"booking": {"customer-mcp___create_booking": "systems/…:12"}},  agent → tool → source line
 "tools": ["customer-mcp___create_booking"],                                every declared tool
 "users": {"claims": {"customer_id": "username"}},                          attribute → claim; or null
 "arguments": {"customer-mcp___create_booking":                             tool → argument → rule
   {"customer_id": {"user": "customer_id", "source": "systems/…:20"}}}}     or equals, one_of, min and max
"""

from __future__ import annotations

from hashlib import sha256
from types import MappingProxyType

from gateway_interceptor import argument_rules, strict_json
from gateway_interceptor.refused import POLICY_UNAVAILABLE, Refused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, NoReturn

    from gateway_interceptor.argument_rules import Rule

VERSION = 2
MAX_BYTES = 1 << 24
"""A thousand agents with a hundred grants each are some 8 MB."""
_MEMBERS = frozenset(("version", "system", "environment", "badges", "grants", "tools", "users", "arguments"))


class Policy:
    """Who may call what, and with which arguments. Frozen.

    `rules` are a tool's, those of the end user first. `claims` maps the users' attributes to claims of their
    tokens, None in a system without users. `digest` is the first 16 hex digits of the file's SHA-256.
    """

    __slots__ = ("badges", "claims", "digest", "grants", "rules", "tools")

    badges: Mapping[str, str]
    grants: Mapping[str, Mapping[str, str]]
    tools: frozenset[str]
    claims: Mapping[str, str] | None
    rules: Mapping[str, tuple[Rule, ...]]
    digest: str

    def __init__(
        self,
        badges: dict[str, str],
        grants: dict[str, dict[str, str]],
        tools: frozenset[str],
        digest: str,
        claims: dict[str, str] | None = None,
        rules: dict[str, tuple[Rule, ...]] | None = None,
    ) -> None:
        frozen = {agent: MappingProxyType(dict(granted)) for agent, granted in grants.items()}
        object.__setattr__(self, "badges", MappingProxyType(dict(badges)))
        object.__setattr__(self, "grants", MappingProxyType(frozen))
        object.__setattr__(self, "tools", tools)
        object.__setattr__(self, "claims", None if claims is None else MappingProxyType(dict(claims)))
        object.__setattr__(self, "rules", MappingProxyType(dict(rules or {})))
        object.__setattr__(self, "digest", digest)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"a policy is frozen: {name} comes from policy.json only")


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
    return Policy(value["badges"], value["grants"], tools, sha256(data).hexdigest()[:16], claims, rules)


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
    return all(
        isinstance(granted, dict)
        and declared >= granted.keys()
        and all(isinstance(source, str) and source for source in granted.values())
        for granted in grants.values()
    )


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


def _is_name(value: Any) -> bool:
    """Printable ASCII without blanks: a badge with a blank in it would be two scopes."""
    return isinstance(value, str) and 0 < len(value) <= 256 and value.isascii() and _is_one_word(value)


def _is_one_word(value: str) -> bool:
    return value.isprintable() and " " not in value
