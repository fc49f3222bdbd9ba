"""The form of what the console shows of one system: its title, questions to begin with, and cards."""

from __future__ import annotations

from governance.schema_parts import TOOL_IN_FULL, Schema, integer, mapping, obj, text

MOST_EXAMPLES = 8
MOST_LINES = 6
MOST_ITEMS = 50
LANGUAGE = "^[a-z]{2}$"
POINTER = r"^(/([^{}~/\s]|~[01])+)+$"
"""A JSON pointer (RFC 6901) without braces and blanks, so that it can stand in a template."""


def _by_language(description: str, longest: int) -> Schema:
    return mapping(text("The text in that language.", longest=longest), description, keys=LANGUAGE)


def _template(what: str, longest: int) -> Schema:
    return _by_language(
        f"{what} In each of the system's languages; {{/pointer}} stands for a member of the item.", longest
    )


_POINTER = text("A JSON pointer into the item.", longest=200, pattern=POINTER)

CARD = obj(
    {
        "items": text("A JSON pointer to the list in the tool's answer.", longest=200, pattern=POINTER),
        "only": {
            **mapping(
                text("The text it must be.", longest=200),
                "Shows items with these texts only, by JSON pointer.",
                keys=POINTER,
            ),
            "minProperties": 1,
        },
        "most": integer("Items that are shown at most.", 1, MOST_ITEMS),
        "title": _template("What the item is.", 500),
        "lines": {
            "type": "array",
            "description": "More about the item; a line without any text is left out.",
            "items": _template("A line.", 500),
            "minItems": 1,
            "maxItems": MOST_LINES,
        },
        "price": obj(
            {"amount": _POINTER, "currency": _POINTER}, ["amount", "currency"], "What the item costs."
        ),
        "action": obj(
            {
                "label": _template("What the button says.", 60),
                "prompt": _template("The message it sends.", 500),
            },
            ["label", "prompt"],
            "A message to the agents that is one click away; they decide what comes of it.",
        ),
    },
    ["items", "most", "title"],
    "How one item of a tool's answer is shown to the user. Only what is named here leaves the agents.",
)

CONSOLE = obj(
    {
        "title": _by_language("What users call the system.", 100),
        "examples": mapping(
            {
                "type": "array",
                "description": "Questions in that language.",
                "items": text("A question.", longest=200),
                "minItems": 1,
                "maxItems": MOST_EXAMPLES,
                "uniqueItems": True,
            },
            "Questions to begin with, in each of the system's languages.",
            keys=LANGUAGE,
        ),
        "cards": {
            **mapping(CARD, "Cards by the tool's full name, target___tool.", keys=f"^{TOOL_IN_FULL}$"),
            "maxProperties": 20,
        },
    },
    ["title"],
    "What the console shows of this system.",
)
