"""The forms of end users and of rules about arguments."""

from __future__ import annotations

from governance.binding import MAX_INTEGER, MIN_INTEGER
from governance.schema_parts import KEY, NAME, Schema, choice, integer, mapping, obj, text

# What identifies a user in a Cognito access token (RFC 9068 `sub`, Cognito's `username`). Any other claim is
# either shared by all users of the client or absent, and a rule on it would bind nobody.
CLAIMS = ("username", "sub")

USERS = obj(
    {
        "title": text("What people call them.", longest=60),
        "claims": {
            **mapping(
                choice("The claim of a user's access token.", *CLAIMS),
                "Attributes by which arguments are bound; the first tells whom the agents work for.",
                keys="^[a-z][a-z0-9_]*$",
            ),
            "minProperties": 1,
        },
        "seed": obj(
            {"table": text("A table of the system.", pattern=NAME), "attribute": KEY},
            ["table", "attribute"],
            "Rows whose attribute names the users that the local sign-in knows.",
        ),
    },
    ["title", "claims", "seed"],
    "End users who talk to the entry agent.",
)

_LONGEST_CONSTANT = 256
_CONSTANTS = {"minLength": 1, "maxLength": _LONGEST_CONSTANT, "minimum": MIN_INTEGER, "maximum": MAX_INTEGER}

RULE: Schema = {
    **obj(
        {
            "bind": text("The end user's own, user.<attribute>.", pattern=r"^user\.[a-z][a-z0-9_]*$"),
            "equals": {
                "type": ["string", "integer", "boolean"],
                "description": "The one value it may have.",
                **_CONSTANTS,
            },
            "one_of": {
                "type": "array",
                "description": "The values it may have.",
                "items": {"type": ["string", "integer"], **_CONSTANTS},
                "minItems": 1,
                "maxItems": 100,
                "uniqueItems": True,
            },
            "min": integer("The least it may be.", MIN_INTEGER, MAX_INTEGER),
            "max": integer("The most it may be.", MIN_INTEGER, MAX_INTEGER),
        },
        [],
        "What an argument must be: exactly one of bind, equals, one_of, or min and max.",
    ),
    "minProperties": 1,
}

ARGUMENTS: Schema = {
    "type": "object",
    "description": "Rules about arguments, for every agent that may call the tool.",
    "minProperties": 1,
    "propertyNames": {"pattern": "^[!-~]{1,256}$"},
    "additionalProperties": RULE,
}
