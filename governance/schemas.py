"""The declaration's form as JSON Schema (draft 2020-12): what `load` checks and what editors complete.

Rules that join several files (a grant names a declared tool, say) are in `check`.
"""

from __future__ import annotations

from governance.languages import CODES
from governance.schema_agent_parts import AGENT_PARTS
from governance.schema_arguments import USERS
from governance.schema_console import CONSOLE
from governance.schema_environment import ENVIRONMENT
from governance.schema_limits import REQUESTS, SYSTEM_LIMITS
from governance.schema_parts import DATA, KEY, NAME, OFFSET, Schema, choice, integer, mapping, obj, text
from governance.schema_providers import PROVIDER
from governance.schema_targets import PROPERTY, TARGET

_DRAFT = "https://json-schema.org/draft/2020-12/schema"


TABLE = obj(
    {
        "partition_key": KEY,
        "sort_key": KEY,
        "data": DATA,
        "seed": text("A JSON file of rows in the system's data/.", pattern=r"^[a-z0-9_-]+\.json$"),
        "indexes": {
            **mapping(
                obj({"partition_key": KEY, "sort_key": KEY}, ["partition_key"], "A global secondary index."),
                "Global secondary indexes by name; DynamoDB takes 20, with names of three characters or more.",
                keys="^[a-z][a-z0-9-]{2,254}$",
            ),
            "maxProperties": 20,
        },
    },
    ["partition_key", "data"],
    "A DynamoDB table.",
)

SYSTEM = obj(
    {
        "system": text("The system's name; also its folder's.", longest=20, pattern=NAME),
        "title": text("What people call it.", longest=100),
        "description": text("What it does, in a sentence.", longest=200),
        "entry_agent": text("The agent that takes requests from outside.", pattern=NAME),
        "languages": {
            "type": "array",
            "description": "Languages it answers in, ISO 639-1; the first where a request tells none.",
            "items": choice("A language.", *CODES),
            "minItems": 1,
            "uniqueItems": True,
        },
        "utc_offset": text(
            'Where its days begin, as an offset from UTC. Quoted: "+09:00".', longest=6, pattern=OFFSET
        ),
        "users": USERS,
        "console": CONSOLE,
        "limits": SYSTEM_LIMITS,
        "search": choice(
            "Whether the gateway finds tools by a description. Fixed once deployed.", "none", "semantic"
        ),
        "split": {
            "type": "boolean",
            "description": "Whether its agents are spread over several stacks of each part; by their number if left "
            "out. Once deployed, see the runbook before it changes.",
        },
        "tables": mapping(TABLE, "DynamoDB tables by name."),
        "providers": mapping(
            PROVIDER, "External providers by name; addresses and secrets are settings of each environment."
        ),
    },
    ["system", "title", "description", "entry_agent", "languages", "utc_offset"],
    "A system.",
)

_SHADOW = obj(
    {
        "would_refuse": choice(
            "What is about to be refused: every call, or what the tool's rules say about arguments. "
            "Rules bound to the user refuse in any case.",
            "calls",
            "arguments",
        ),
        "reason": text("Why, and until when, for those who read the report.", longest=200),
    },
    ["would_refuse", "reason"],
    "Shadow mode: calls pass, and what would be refused is logged.",
)

_ENTRY: Schema = {
    "description": "A tool, or a tool in shadow mode.",
    "if": {"type": "object"},
    "then": obj(
        {"tool": {"type": "string"}, "shadow": _SHADOW}, ["tool", "shadow"], "A tool in shadow mode."
    ),
    "else": {"type": "string"},
}

_GRANTS: Schema = {
    "description": 'The only place a permission is written. "*" means every declared tool.',
    "oneOf": [
        {"const": "*"},
        {
            "type": "object",
            "propertyNames": {"pattern": "^[0-9a-zA-Z-]+$"},
            "additionalProperties": {
                "oneOf": [
                    {"const": "*"},
                    {"type": "array", "items": _ENTRY, "minItems": 1, "uniqueItems": True},
                ]
            },
        },
    ],
}

AGENT = obj(
    {
        "agent": text("The agent's name; also its file's.", longest=20, pattern=NAME),
        "purpose": text("What it is for, in a sentence.", longest=200),
        "owner": text("The team that answers for it.", longest=60),
        "protocol": choice("The runtime service contract.", "http"),
        "model": text("A model tier; each environment resolves it.", pattern=NAME),
        "may_call": _GRANTS,
        "may_search": {
            "type": "boolean",
            "description": "Whether it may use the gateway's search; it finds only what it may call.",
        },
        "may_delegate_to": {
            "type": "array",
            "description": "Agents whose runtimes it may invoke.",
            "items": {"type": "string"},
            "uniqueItems": True,
        },
        **AGENT_PARTS,
        "limits": obj(
            {
                "turns": integer("Model turns of one request.", 1, 100),
                "seconds": integer("Wall-clock seconds of one request.", 1, 900),
                "requests_per_minute": REQUESTS,
            },
            ["turns", "seconds"],
            "Bounds of one request, and of what it sends to the gateway.",
        ),
    },
    ["agent", "purpose", "owner", "protocol", "model", "may_call", "may_delegate_to", "limits"],
    "An agent.",
)


def _document(title: str, schema: Schema) -> Schema:
    return {"$schema": _DRAFT, "title": title, "$defs": {"property": PROPERTY}, **schema}


DOCUMENTS: dict[str, Schema] = {
    "system": _document("Airside system", SYSTEM),
    "agent": _document("Airside agent", AGENT),
    "target": _document("Airside target", TARGET),
    "environment": _document("Airside environment", ENVIRONMENT),
}
"""The four document kinds: `docs/generated/schemas/<kind>.schema.json` are these, drift-checked."""
