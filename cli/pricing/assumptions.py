"""What an estimate has to assume, each with its unit and why; every one can be set."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from cli.nearest import among
from cli.outcome import Failure
from cli.pricing.inventory import Inventory


@dataclass(frozen=True)
class Assumption:
    """One number that nothing in a template tells. `own` tells that the user set it."""

    key: str
    value: float
    unit: str
    why: str
    own: bool = False


def defaults(inventory: Inventory) -> dict[str, Assumption]:
    """The assumptions for a stage; where a template tells a number, it is taken from there."""
    agents = max(len(inventory.agents), 1)
    idle = max((runtime.idle_seconds for runtime in inventory.agents), default=0)
    many = (
        Assumption("turns", 6, "questions", "a customer asks, is answered, and asks on"),
        Assumption(
            "agents", min(2, agents), "agents", "the entry agent and one it delegates to; each has a session"
        ),
        Assumption("model_calls", 4, "calls a turn", "two agents: one call to choose a tool, one to answer"),
        Assumption(
            "input_tokens", 3000, "tokens a model call", "instructions, tools' schemas and what was said"
        ),
        Assumption("output_tokens", 250, "tokens a model call", "a tool's arguments, or an answer"),
        Assumption("tool_calls", 1.5, "calls a turn", "most questions need one tool, some two"),
        Assumption("active_minutes", 5, "minutes", "from the first question to the last answer"),
        Assumption(
            "idle_minutes", idle / 60, "minutes", "the template's idle time: memory is paid for until then"
        ),
        Assumption("session_gb", 0.5, "GB an agent", "peak memory of a Python agent"),
        Assumption("cpu_seconds", 1.5, "CPU-seconds a turn and agent", "waiting for a model costs no CPU"),
        Assumption("start_cpu_seconds", 6, "CPU-seconds a session", "imports of an agent that starts"),
        Assumption("list_requests", 2, "requests a session", "an agent lists its tools when it starts"),
        Assumption(
            "list_authorizations",
            inventory.tools,
            "authorizations a list",
            "the policy engine is asked for each tool",
        ),
        Assumption(
            "search_requests", 0, "searches a turn", "only where the gateway has search, and agents use it"
        ),
        Assumption("interceptor_ms", 20, "ms an interception", "a warm function"),
        Assumption("tool_ms", 100, "ms a tool call", "a warm function that reads a table"),
        Assumption("reads", 4, "read units a tool call", "a customer, some bookings"),
        Assumption("writes", 0.2, "write units a tool call", "most calls only read"),
        Assumption(
            "tokens_issued", 1, "tokens a session", "AgentCore Identity keeps a token while it is valid"
        ),
        Assumption("secret_requests", 1, "requests a session", "an agent's client secret"),
        Assumption("log_kb", 20, "KB a turn", "agents, gateway, interceptor and tools together"),
        Assumption("span_kb", 30, "KB a turn", "spans of agents and gateway"),
        Assumption("key_requests", 4, "requests a turn", "only with a key of the system's own"),
        Assumption("metrics_per_agent", 6, "metrics an agent", "allowed, denied and time, by effect"),
        Assumption("metrics_of_all", 6, "metrics", "the same over all agents"),
        Assumption(
            "memory_events", 4, "events a turn", "question and answer of each agent; only with a memory"
        ),
        Assumption("memory_retrievals", 1, "retrievals a turn", "only with long-term memory"),
        Assumption("memory_records", 2, "records a conversation", "kept a month; only with long-term memory"),
        Assumption(
            "memory_model_calls", 2, "calls a conversation", "only with a memory strategy of one's own"
        ),
        Assumption("page_requests", 20, "requests a conversation", "only with a front end"),
        Assumption("bucket_gb", 0.1, "GB", "only with a front end: its files and access logs"),
        Assumption(
            "tool_sessions", 0.2, "sessions a conversation", "only with a code interpreter or browser"
        ),
        Assumption("conversations_per_user", 4, "a month", "how often one customer comes back"),
        Assumption("image_gb", 0.3, "GB an image", "a Python agent's image, the last version only"),
        Assumption("data_gb", 0.1, "GB", "all tables with their backups"),
    )
    return {each.key: each for each in many}


def parse(words: Iterable[str], option: str) -> dict[str, float]:
    """`KEY=VALUE` words. Raises Failure for anything else."""
    found: dict[str, float] = {}
    for word in words:
        key, separator, text = word.partition("=")
        found[key] = _number(text, f"{option} {word}") if separator else _none(f"{option} {word}")
    return found


def read(file: Path) -> dict[str, float]:
    """A YAML mapping of keys to numbers. Raises Failure."""
    import yaml

    try:
        document = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise Failure(f"--assumptions {file}: cannot be read as YAML ({type(error).__name__}).") from None
    if not isinstance(document, dict):
        raise Failure(f"--assumptions {file}: must be a mapping of assumptions to numbers.")
    return {str(key): _number(str(value), f"--assumptions {file}: {key}") for key, value in document.items()}


def changed(assumptions: Mapping[str, Assumption], own: Mapping[str, float]) -> dict[str, Assumption]:
    """With values of the user's own. Raises Failure for what is no assumption."""
    for key in own:
        if key not in assumptions:
            raise Failure(f"--assume {key}: is no assumption. {among(key, assumptions)}")
    return {
        key: replace(each, value=own[key], own=True) if key in own else each
        for key, each in assumptions.items()
    }


def _number(text: str, where: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1e9:  # also false for NaN
        raise Failure(f"{where}: must be a number from 0 to 1000000000.")
    return value


def _none(where: str) -> float:
    raise Failure(f"{where}: write KEY=VALUE.")
