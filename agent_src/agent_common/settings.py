"""An agent's settings: one frozen object, read once from the environment the template wrote."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, timedelta, timezone

from agent_common.errors import StartError
from agent_common.languages import LANGUAGES
from agent_common.shown import NOTHING, Shown

_DELEGATE = re.compile(r"DELEGATE_([A-Z][A-Z0-9_]*)_ARN")
_URL = re.compile(r"https?://[^\s/]+(/[^\s]*)?")
_AGENT = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-[0-9]{1,2}")
_PROVIDER = re.compile(r"[a-zA-Z0-9_-]{1,128}")
_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]{1,128}")
_OFFSET = re.compile(r"([+-])(0[0-9]|1[0-4]):([0-5][0-9])")
_CLAIM = re.compile(r"[a-zA-Z][a-zA-Z0-9_.:/-]{0,127}")
_QUALIFIER = re.compile(r"[a-zA-Z][a-zA-Z0-9_]{0,47}")
_MEMORY = re.compile(r"[a-zA-Z][a-zA-Z0-9_-]{0,99}-[a-zA-Z0-9]{10}")
_NAMESPACE = re.compile(r"/[a-zA-Z0-9_/-]*\{actorId\}/")
_PART = re.compile(r"[a-zA-Z][a-zA-Z0-9_]{0,47}-[a-zA-Z0-9]{10}")


@dataclass(frozen=True)
class Settings:
    """What the runtime's environment says.

    `gateway_url` is the MCP endpoint; `token_provider` and `token_scope` name the credential provider of
    AgentCore Identity that holds this agent's own client and the agent's badge; `gateway_tools` is False for an agent
    that is granted no tool there, and then never asks for any; `limit_turns` counts model
    calls and `limit_seconds` wall clock, both per request; `languages` are ISO 639-1 codes, the first
    for requests that tell none; `time_zone` has the system's UTC offset, by which its days begin;
    `user_claim` is the claim of a user's token that names the customer, None in a system without users;
    `memory_id`, `code_interpreter_id` and `browser_id` are the agent's own parts, None where it has none;
    `memory_preferences` is the namespace template of its users' preferences;
    `shown` says what of tools' answers the user may see; `delegates` maps an agent's name to the ARN of its
    runtime; `region` is AWS's; `port` is where the service listens.
    """

    agent: str
    region: str
    model_id: str
    gateway_url: str
    token_provider: str
    token_scope: str
    limit_turns: int
    limit_seconds: int
    languages: tuple[str, ...]
    time_zone: timezone
    user_claim: str | None = None
    shown: Shown = NOTHING
    port: int = 8080
    gateway_tools: bool = True
    delegates: Mapping[str, str] = field(default_factory=dict)
    delegate_qualifier: str | None = None
    memory_id: str | None = None
    memory_preferences: str | None = None
    code_interpreter_id: str | None = None
    browser_id: str | None = None

    @classmethod
    def read(cls, environ: Mapping[str, str], *, delegates: Iterable[str] = ()) -> Settings:
        """Read and check every variable; `delegates` are the agents the code cannot do without.

        Raises `StartError` naming every problem at once: an agent without its gateway does not start.
        """
        reader = _Reader(environ)
        found = {
            match.group(1).lower().replace("_", "-"): reader.text(name, re.compile(r"arn:\S+"), "an ARN")
            for name in sorted(environ)
            if (match := _DELEGATE.fullmatch(name))
        }
        for name in delegates:
            if name not in found:
                reader.problems.append(f"{_delegate_variable(name)} is not set")
        qualifier = environ.get("DELEGATE_QUALIFIER")
        if found or qualifier:
            qualifier = reader.text("DELEGATE_QUALIFIER", _QUALIFIER, "an endpoint name")
        settings = cls(
            agent=reader.text("AGENT_NAME", _AGENT, "an agent's name"),
            region=reader.text(
                "AWS_REGION" if environ.get("AWS_REGION") else "AWS_DEFAULT_REGION", _REGION, "a region"
            ),
            model_id=reader.text("MODEL_ID", re.compile(r"\S+"), "a model id"),
            gateway_url=reader.text("GATEWAY_URL", _URL, "an http or https URL"),
            token_provider=reader.text("GATEWAY_TOKEN_PROVIDER", _PROVIDER, "a name"),
            token_scope=reader.text("GATEWAY_TOKEN_SCOPE", _SCOPE, "one scope"),
            limit_turns=reader.number("LIMIT_TURNS", 1, 100),
            limit_seconds=reader.number("LIMIT_SECONDS", 1, 900),
            languages=reader.languages("LANGUAGES"),
            time_zone=reader.offset("UTC_OFFSET"),
            user_claim=reader.optional("USER_CLAIM", _CLAIM, "a claim's name"),
            shown=reader.shown("SHOWN_RESULTS"),
            port=reader.number("PORT", 0, 65535, default=8080),
            gateway_tools=reader.optional("GATEWAY_TOOLS", re.compile("none"), "none, or left out") is None,
            delegates=found,
            delegate_qualifier=qualifier or None,
            memory_id=reader.optional("MEMORY_ID", _MEMORY, "a memory's id"),
            memory_preferences=reader.optional(
                "MEMORY_PREFERENCES", _NAMESPACE, "a namespace of one actor that ends in a slash"
            ),
            code_interpreter_id=reader.optional("CODE_INTERPRETER_ID", _PART, "a code interpreter's id"),
            browser_id=reader.optional("BROWSER_ID", _PART, "a browser's id"),
        )
        if reader.problems:
            raise StartError(
                "The agent does not start: "
                + "; ".join(reader.problems)
                + ". The runtime's environment in the template sets these variables."
            )
        return settings


def _delegate_variable(agent: str) -> str:
    return f"DELEGATE_{agent.upper().replace('-', '_')}_ARN"


class _Reader:
    """Reads variables and collects the problems instead of stopping at the first."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self.problems: list[str] = []

    def text(self, name: str, pattern: re.Pattern[str], what: str) -> str:
        value = self._environ.get(name, "")
        if not value:
            self.problems.append(f"{name} is not set")
        elif not pattern.fullmatch(value):
            self.problems.append(f"{name} must be {what}, not {value!r}")
        return value

    def optional(self, name: str, pattern: re.Pattern[str], what: str) -> str | None:
        """None where it is not set; set to nothing is a fault, and not an agent or a system without it."""
        return self.text(name, pattern, what) if name in self._environ else None

    def number(self, name: str, low: int, high: int, *, default: int | None = None) -> int:
        value = self._environ.get(name, "")
        if not value and default is not None:
            return default
        if not value:
            self.problems.append(f"{name} is not set")
        elif re.fullmatch(r"[0-9]{1,5}", value) and low <= int(value) <= high:
            return int(value)
        else:
            self.problems.append(f"{name} must be a whole number from {low} to {high}, not {value!r}")
        return low

    def languages(self, name: str) -> tuple[str, ...]:
        value = self._environ.get(name, "")
        codes = tuple(value.split(","))
        unknown = [code for code in codes if code not in LANGUAGES]
        if not value:
            self.problems.append(f"{name} is not set")
        elif unknown:
            what = "ISO 639-1 codes that agent_common.languages knows, separated by commas"
            self.problems.append(f"{name} must be {what}, not {value!r}")
        elif len(set(codes)) != len(codes):
            self.problems.append(f"{name} must name each language once, not {value!r}")
        return codes

    def shown(self, name: str) -> Shown:
        if name not in self._environ:
            return NOTHING
        try:
            return Shown.parse(self._environ[name])
        except ValueError as error:
            self.problems.append(f"{name} must be rules as the template writes them ({error})")
            return NOTHING

    def offset(self, name: str) -> timezone:
        value = self.text(name, _OFFSET, "an offset from UTC such as +05:30")
        match = _OFFSET.fullmatch(value)
        if match is None:
            return UTC
        offset = timedelta(hours=int(match[2]), minutes=int(match[3]))
        return timezone(-offset if match[1] == "-" else offset)
