"""Attacks on what is called: the tool's name and the method."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable

from attacks.model import FORBIDDEN, MALFORMED, SEARCH, Attack, Context, Missing, Sent, with_body

Build = Callable[[Context], Sent]


def _tools() -> dict[str, Build]:
    """Names that are text but not that of a granted tool."""

    def named(change: Callable[[str], str]) -> Build:
        return lambda c: with_body(c, c.call(ungranted(c, change(c.granted))))

    def ungranted(c: Context, name: str) -> str:
        """The name, unless this system's names are such that it is granted after all."""
        if name in {c.granted, *c.grants.get(c.agent, ())}:
            raise Missing(f"a tool of {c.agent} whose name this changes into one that is not granted")
        return name

    def target(name: str) -> str:
        return name.partition("___")[0]

    def tool(name: str) -> str:
        return name.partition("___")[2]

    return {
        "not granted": lambda c: with_body(c, c.call(c.denied)),
        "unknown tool of a known target": named(lambda name: f"{target(name)}___drop_everything"),
        "unknown target": named(lambda name: f"nowhere___{tool(name)}"),
        "granted tool's name under another target": lambda c: with_body(
            c, c.call(ungranted(c, f"{target(c.denied)}___{tool(c.granted)}"))
        ),
        "no target": named(tool),
        "target only": named(target),
        "target and separator only": named(lambda name: f"{target(name)}___"),
        "separator and tool only": named(lambda name: f"___{tool(name)}"),
        "separator only": named(lambda name: "___"),
        "one underscore": named(lambda name: name.replace("___", "_")),
        "two underscores": named(lambda name: name.replace("___", "__")),
        "four underscores": named(lambda name: name.replace("___", "____")),
        "two separators": named(lambda name: f"{target(name)}___{name}"),
        "separator at the end": named(lambda name: name + "___"),
        "granted before denied": lambda c: with_body(c, c.call(f"{c.granted}___{tool(c.denied)}")),
        "granted, comma, denied": lambda c: with_body(c, c.call(f"{c.granted},{c.denied}")),
        "capitals": named(str.upper),
        "title case": named(str.title),
        "one capital": named(lambda name: name[0].upper() + name[1:]),
        "trailing blank": named(lambda name: name + " "),
        "leading blank": named(lambda name: " " + name),
        "trailing tab": named(lambda name: name + "\t"),
        "trailing line end": named(lambda name: name + "\n"),
        "trailing NUL": named(lambda name: name + "\x00"),
        "inner NUL": named(lambda name: name[:5] + "\x00" + name[5:]),
        "zero-width space": named(lambda name: name[:5] + "\u200b" + name[5:]),
        "zero-width joiner": named(lambda name: name + "\u200d"),
        "soft hyphen": named(lambda name: name[:5] + "\u00ad" + name[5:]),
        "byte order mark": named(lambda name: "\ufeff" + name),
        "right-to-left override": named(lambda name: "\u202e" + name[::-1]),
        "variation selector": named(lambda name: name + "\ufe0e"),
        "Cyrillic look-alike": named(lambda name: name.replace("o", "о").replace("a", "а")),
        "full-width letters": named(lambda name: "".join(chr(ord(c) + 0xFEE0) for c in name)),
        "mathematical letters": named(
            lambda name: "".join(chr(0x1D41A + ord(c) - 97) if "a" <= c <= "z" else c for c in name)
        ),
        "hyphen look-alike": named(lambda name: name.replace("-", "\u2010") + "\u2010"),
        "underscore look-alike": named(lambda name: name.replace("_", "\uff3f")),
        "combining mark": named(lambda name: name + "\u0301"),
        "NFC of a composed name": named(lambda name: unicodedata.normalize("NFC", name + "e\u0301")),
        "NFD of a composed name": named(lambda name: unicodedata.normalize("NFD", name + "é")),
        "percent escape": named(lambda name: name.replace("_", "%5F")),
        "double percent escape": named(lambda name: name.replace("_", "%255F")),
        "JSON escape, twice": named(lambda name: name.replace("_", "\\u005f")),
        "HTML escape": named(lambda name: name.replace("_", "&#95;")),
        "slash for separator": named(lambda name: name.replace("___", "/")),
        "path": named(lambda name: f"../{name}"),
        "wildcard": named(lambda name: "*"),
        "wildcard of a target": named(lambda name: f"{target(name)}___*"),
        "regular expression": named(lambda name: ".*"),
        "SQL": named(lambda name: f"{name}' OR '1'='1"),
        "search in capitals": named(lambda name: SEARCH.upper()),
        "search under a target": named(lambda name: f"{target(name)}___{SEARCH}"),
        "search with a blank": named(lambda name: SEARCH + " "),
        "attribute of an object": named(lambda name: "__class__"),
        "denied tool, method escaped": lambda c: with_body(
            c, json.dumps(c.call(c.denied)).replace("tools/call", "tools\\/call")
        ),
        "denied tool, name escaped": lambda c: with_body(
            c,
            json.dumps(c.call(c.denied)).replace(
                c.denied, "".join(f"\\u{ord(letter):04x}" for letter in c.denied)
            ),
        ),
        "denied tool, granted in the arguments": lambda c: with_body(c, c.call(c.denied, name=c.granted)),
        "denied tool, granted in _meta": lambda c: with_body(
            c, {**c.call(), "params": {"name": c.denied, "_meta": {"name": c.granted}, "arguments": {}}}
        ),
    }


def _methods() -> dict[str, Build]:
    """Methods nobody grants, with everything else as it should be."""
    names = (
        "Tools/Call", "TOOLS/CALL", "tools/Call", "tools/call ", " tools/call", "tools/call\x00", "tools//call",
        "tools\u2044call", "tools%2Fcall", "tools\\/call", "tools.call", "tools/callx", "tools/cal", "tools",
        "call", "", "tools/delete", "tools/call/", "/tools/call", "prompts/list", "prompts/get",
        "resources/list", "resources/read", "resources/subscribe", "resources/templates/list",
        "completion/complete", "logging/setLevel", "sampling/createMessage", "elicitation/create",
        "roots/list", "tasks/list", "tasks/result", "rpc.discover", "server/Discover", "admin/policy",
        "notifications/unknown",
    )  # fmt: skip

    def sending(name: str) -> Build:
        return lambda c: with_body(c, {**c.call(), "method": name})

    return {f"method {name!r}": sending(name) for name in names}


CALL_ATTACKS = [
    Attack(f"{group}: {name}", build, FORBIDDEN if name != "method ''" else FORBIDDEN | MALFORMED)
    for group, builds in (("tool", _tools()), ("method", _methods()))
    for name, build in builds.items()
]
