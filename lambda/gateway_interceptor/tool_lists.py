"""Filters the lists of tools an answer carries: `tools/list` pages and both copies of a search result."""

from __future__ import annotations

from json import JSONEncoder

from gateway_interceptor import strict_json
from gateway_interceptor.decide import SEARCH_TOOL, TOOLS_CALL, may_see

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from gateway_interceptor.policy import Policy

MAX_TEXT_BYTES = 6 << 20
"""The gateway's own limit of a payload."""

_encode = JSONEncoder(ensure_ascii=False).encode


def filter_result(
    policy: Policy, agent: str, method: str, tool: str | None, body: dict[str, Any]
) -> dict[str, Any]:
    """The answer's body with only the tools `agent` may call in its lists.

    Unchanged: an answer without `result`, and the result of a tool of the system, which was granted as a
    whole. Of a result with a list, everything that could hold a second list is left out; what is no tool
    with a name is left out too.
    """
    if "result" not in body or (method == TOOLS_CALL and tool != SEARCH_TOOL):
        return body
    result = body["result"]
    if method == TOOLS_CALL:
        return {**body, "result": _search_result(policy, agent, result)}
    if method == "tools/list" or (isinstance(result, dict) and "tools" in result):
        return {**body, "result": _page(policy, agent, result)}
    return body


def _page(policy: Policy, agent: str, result: Any) -> dict[str, Any]:
    """A page of `tools/list`. `nextCursor` stays, even on a page left empty: the client must go on."""
    if not isinstance(result, dict):
        return {"tools": []}
    return {**_plain(result), "tools": _visible(policy, agent, result.get("tools"))}


def _search_result(policy: Policy, agent: str, result: Any) -> dict[str, Any]:
    """A search result: `structuredContent.tools`, and the same as JSON text in `content`."""
    if not isinstance(result, dict):
        result = {}
    structured = result.get("structuredContent")
    if isinstance(structured, dict):
        tools = _visible(policy, agent, structured.get("tools"))
    else:
        tools = _tools_in_text(policy, agent, result.get("content"))
    found = {"tools": tools}
    filtered = {**_plain(result), "content": [{"type": "text", "text": _encode(found)}]}
    if structured is not None:
        filtered["structuredContent"] = found
    return filtered


def _tools_in_text(policy: Policy, agent: str, content: Any) -> list[Any]:
    """The visible tools of the first text item that is JSON with a list of tools; none if there is none."""
    for item in content if isinstance(content, list) else ():
        text = item.get("text") if isinstance(item, dict) else None
        if not isinstance(text, str):
            continue
        try:
            value = strict_json.loads(text, MAX_TEXT_BYTES)
        except strict_json.StrictJsonError:
            continue
        if isinstance(value, dict) and "tools" in value:
            return _visible(policy, agent, value["tools"])
    return []


def _visible(policy: Policy, agent: str, tools: Any) -> list[Any]:
    if not isinstance(tools, list):
        return []
    return [tool for tool in tools if isinstance(tool, dict) and may_see(policy, agent, tool.get("name"))]


def _plain(result: dict[str, Any]) -> dict[str, Any]:
    """The members that cannot hold a list of tools: scalars (`nextCursor`, `isError`…) and `_meta`."""
    return {
        name: value
        for name, value in result.items()
        if name == "_meta" or value is None or isinstance(value, (str, int, float))
    }
