"""Bytes of a Converse request → `ConverseRequest`, or a ValidationException that says what is wrong."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, NoReturn

from localcloud.model.request import (
    BODY_LIMIT,
    Block,
    ConverseRequest,
    Image,
    Inference,
    Message,
    Other,
    Text,
    Tool,
    ToolResult,
    ToolUse,
    invalid,
)
from localcloud.model.roles import check_roles

_TOOL_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_TOOL_ID = re.compile(r"[a-zA-Z0-9_.:-]{1,64}")
_MODEL_ID = re.compile(r"[a-zA-Z0-9_:./-]{1,2048}")
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_UNREAD = frozenset(
    {
        "document",
        "video",
        "audio",
        "guardContent",
        "cachePoint",
        "reasoningContent",
        "citationsContent",
        "searchResult",
        "toolAddition",
        "toolRemoval",
    }
)
_IMAGE_FORMATS = frozenset({"png", "jpeg", "gif", "webp"})


def parse(model_id: str, body: bytes) -> ConverseRequest:
    """Read and check one request."""
    if not _MODEL_ID.fullmatch(model_id):
        raise invalid("The provided model identifier is invalid.")
    if len(body) > BODY_LIMIT:
        raise invalid(f"The request is larger than {BODY_LIMIT} bytes.")
    document = _load(body)
    messages = tuple(
        _message(m, f"messages.{i}") for i, m in enumerate(_list(document, "messages", "messages"))
    )
    tools, choice, forced = _tool_config(document.get("toolConfig"))
    check_roles(messages, has_tools=bool(tools))
    return ConverseRequest(
        model_id=model_id,
        system=_system(document),
        messages=messages,
        tools=tools,
        tool_choice=choice,
        forced_tool=forced,
        inference=_inference(document.get("inferenceConfig")),
    )


def _load(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body, parse_constant=_constant)
    # Deep nesting raises RecursionError, which is not a ValueError.
    except (ValueError, RecursionError):
        raise invalid("The request body is not a JSON object.") from None
    if not isinstance(document, dict):
        raise invalid("The request body is not a JSON object.")
    if _SURROGATE.search(body):
        try:
            json.dumps(document, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            raise invalid("The request holds half of a surrogate pair, which is no text.") from None
    return document


def _constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _list(holder: Mapping[str, Any], key: str, path: str) -> list[Any]:
    value = holder.get(key)
    if value is None:
        return []
    if not isinstance(value, list):
        raise invalid(f"The value at {path} is not a list.")
    return value


def _object(value: Any, path: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise invalid(f"The value at {path} is not an object.")
    return value


def _string(holder: Mapping[str, Any], key: str, path: str) -> str:
    value = holder.get(key)
    if not isinstance(value, str):
        raise invalid(f"The value at {path}.{key} is not a string.")
    return value


def _one_member(value: Any, path: str) -> tuple[str, Any]:
    members = {k: v for k, v in _object(value, path).items() if v is not None}
    if len(members) != 1:
        raise invalid(f"The value at {path} must have exactly one member set; it has {len(members)}.")
    return next(iter(members.items()))


def _system(document: Mapping[str, Any]) -> tuple[str, ...]:
    texts = []
    for i, block in enumerate(_list(document, "system", "system")):
        kind, value = _one_member(block, f"system.{i}")
        if kind == "text":
            if not isinstance(value, str) or not value:
                raise invalid(f"The text field in the system block at system.{i} is blank.")
            texts.append(value)
        elif kind not in {"cachePoint", "guardContent"}:
            raise invalid(f"The block at system.{i} has the unknown kind {kind!r}.")
    return tuple(texts)


def _message(value: Any, path: str) -> Message:
    holder = _object(value, path)
    role = _string(holder, "role", path)
    if role not in {"user", "assistant"}:
        raise invalid(f"The value {role[:32]!r} at {path}.role is none of: user, assistant.")
    blocks = tuple(
        _block(b, f"{path}.content.{i}") for i, b in enumerate(_list(holder, "content", f"{path}.content"))
    )
    if not blocks:
        raise invalid(
            f"The content field in the Message object at {path} is empty. Add a ContentBlock object."
        )
    return Message(role, blocks)


def _block(value: Any, path: str) -> Block:
    kind, body = _one_member(value, path)
    if kind == "text":
        if not isinstance(body, str) or not body.strip():
            raise invalid(
                f"The text field in the ContentBlock object at {path} is blank. Add text to the field."
            )
        return Text(body)
    if kind == "toolUse":
        use = _object(body, path)
        return ToolUse(
            _tool_id(use, path), _tool_name(use, path), _object(use.get("input", {}), f"{path}.input")
        )
    if kind == "toolResult":
        return _tool_result(_object(body, path), path)
    if kind == "image":
        return _image(_object(body, path), path)
    if kind in _UNREAD:
        return Other(kind)
    raise invalid(f"The content block at {path} has the unknown kind {kind[:40]!r}.")


def _image(body: Mapping[str, Any], path: str) -> Block:
    form = _string(body, "format", path)
    if form not in _IMAGE_FORMATS:
        raise invalid(
            f"The value {form[:16]!r} at {path}.format is none of: {', '.join(sorted(_IMAGE_FORMATS))}."
        )
    kind, data = _one_member(body.get("source"), f"{path}.source")
    return Image(form, data) if kind == "bytes" and isinstance(data, str) else Other("image")


def _tool_result(body: Mapping[str, Any], path: str) -> ToolResult:
    status = body.get("status", "success")
    if status not in {"success", "error"}:
        raise invalid(f"The value at {path}.status is none of: success, error.")
    texts = []
    for i, part in enumerate(_list(body, "content", f"{path}.content")):
        kind, value = _one_member(part, f"{path}.content.{i}")
        if kind == "text":
            if not isinstance(value, str):
                raise invalid(f"The value at {path}.content.{i}.text is not a string.")
            texts.append(value)
        elif kind == "json":
            texts.append(json.dumps(value, ensure_ascii=False))
    return ToolResult(_tool_id(body, path), tuple(texts), status == "error")


def _tool_id(holder: Mapping[str, Any], path: str) -> str:
    value = _string(holder, "toolUseId", path)
    if not _TOOL_ID.fullmatch(value):
        raise invalid(f"The value at {path}.toolUseId does not match the pattern [a-zA-Z0-9_.:-]{{1,64}}.")
    return value


def _tool_name(holder: Mapping[str, Any], path: str) -> str:
    value = _string(holder, "name", path)
    if not _TOOL_NAME.fullmatch(value):
        raise invalid(
            f"The value {value[:80]!r} at {path}.name does not match the pattern [a-zA-Z0-9_-]{{1,64}}."
        )
    return value


def _tool_config(value: Any) -> tuple[tuple[Tool, ...], str | None, str | None]:
    if value is None:
        return (), None, None
    config = _object(value, "toolConfig")
    tools: list[Tool] = []
    for i, entry in enumerate(_list(config, "tools", "toolConfig.tools")):
        kind, body = _one_member(entry, f"toolConfig.tools.{i}")
        if kind == "cachePoint":
            continue
        path = f"toolConfig.tools.{i}.toolSpec"
        if kind != "toolSpec":
            raise invalid(f"The tool at toolConfig.tools.{i} has the unsupported kind {kind[:40]!r}.")
        spec = _object(body, path)
        name = _tool_name(spec, path)
        if any(tool.name == name for tool in tools):
            raise invalid(f"The tool {name} is already defined at toolConfig.tools.{i}.")
        description = spec.get("description")
        if description is not None and (not isinstance(description, str) or not description):
            raise invalid(f"The value at {path}.description is blank.")
        schema_kind, schema = _one_member(spec.get("inputSchema"), f"{path}.inputSchema")
        schema = _object(schema, f"{path}.inputSchema.json")
        if schema_kind != "json" or schema.get("type") != "object":
            raise invalid(f"The value at {path}.inputSchema.json.type must be one of the following: object.")
        tools.append(Tool(name, description or "", schema))
    if not tools:
        raise invalid("The value at toolConfig.tools is empty. Add a tool or leave toolConfig out.")
    return tuple(tools), *_tool_choice(config.get("toolChoice"), tools)


def _tool_choice(value: Any, tools: list[Tool]) -> tuple[str | None, str | None]:
    if value is None:
        return None, None
    kind, body = _one_member(value, "toolConfig.toolChoice")
    if kind not in {"auto", "any", "tool"}:
        raise invalid(f"The value {kind[:40]!r} at toolConfig.toolChoice is none of: auto, any, tool.")
    if kind != "tool":
        return kind, None
    name = _tool_name(_object(body, "toolConfig.toolChoice.tool"), "toolConfig.toolChoice.tool")
    if all(tool.name != name for tool in tools):
        raise invalid(f"The tool {name} at toolConfig.toolChoice.tool is not among toolConfig.tools.")
    return kind, name


def _inference(value: Any) -> Inference:
    if value is None:
        return Inference()
    config = _object(value, "inferenceConfig")
    path = "inferenceConfig"
    stops = _list(config, "stopSequences", f"{path}.stopSequences")
    if not all(isinstance(stop, str) and stop for stop in stops):
        raise invalid(f"The value at {path}.stopSequences holds something else than a string.")
    max_tokens = _number(config, "maxTokens", 1, float("inf"))
    if max_tokens is not None and max_tokens != int(max_tokens):
        raise invalid(f"The value {max_tokens} at {path}.maxTokens is not an integer.")
    return Inference(
        max_tokens=None if max_tokens is None else int(max_tokens),
        temperature=_number(config, "temperature", 0, 1),
        top_p=_number(config, "topP", 0, 1),
        stop=tuple(stops),
    )


def _number(config: Mapping[str, Any], key: str, low: float, high: float) -> float | None:
    value = config.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise invalid(f"The value at inferenceConfig.{key} is not a number from {low} to {high}.")
    return float(value)
