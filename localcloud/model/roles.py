"""How messages must follow each other: roles alternate, every tool use is answered in the next message."""

from __future__ import annotations

from collections.abc import Iterable

from localcloud.model.request import Message, ToolResult, ToolUse, invalid


def check_roles(messages: tuple[Message, ...], *, has_tools: bool) -> None:
    """Raise a ValidationException for an order the service refuses."""
    if not messages:
        raise invalid("The messages field is empty. A conversation must start with a user message.")
    if messages[0].role != "user":
        raise invalid("A conversation must start with a user message. Try again with one.")
    if messages[-1].role != "user":
        raise invalid("The conversation must end with a user message: this model takes no assistant prefill.")
    pending: tuple[str, ...] = ()
    for i, message in enumerate(messages):
        if i and message.role == messages[i - 1].role:
            raise invalid(
                f"messages.{i}: a conversation must alternate between user and assistant roles; "
                f"{message.role} follows {message.role}."
            )
        uses = _unique((b.id for b in message.blocks if isinstance(b, ToolUse)), i, "toolUse")
        results = _unique((b.id for b in message.blocks if isinstance(b, ToolResult)), i, "toolResult")
        if uses and message.role != "assistant":
            raise invalid(f"messages.{i}: toolUse blocks belong to an assistant message.")
        if results and message.role != "user":
            raise invalid(f"messages.{i}: toolResult blocks belong to a user message.")
        if (uses or results) and not has_tools:
            raise invalid(
                "The toolConfig field must be defined when using toolUse and toolResult content blocks."
            )
        if message.role == "user":
            _match(pending, results, i)
            pending = ()
        else:
            pending = uses


def _unique(ids: Iterable[str], index: int, kind: str) -> tuple[str, ...]:
    seen: list[str] = []
    for identifier in ids:
        if identifier in seen:
            raise invalid(f"messages.{index}: the messages contain duplicate {kind} ids: {identifier}.")
        seen.append(identifier)
    return tuple(seen)


def _match(pending: tuple[str, ...], results: tuple[str, ...], index: int) -> None:
    missing = [i for i in pending if i not in results]
    if missing:
        raise invalid(
            f"messages.{index}: expected toolResult blocks for the following ids: {', '.join(missing)}. "
            "Each toolUse block must have its toolResult block in the next message."
        )
    extra = [i for i in results if i not in pending]
    if extra:
        raise invalid(
            f"messages.{index}: no toolUse block of the previous message has the ids of these toolResult "
            f"blocks: {', '.join(extra)}."
        )
