"""The form of an environment's settings about its operation."""

from __future__ import annotations

from governance.schema_parts import Schema, integer, obj, text

ADDRESS = r"^[^@\s<>\"',;:()\[\]\\]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$"
PAGE = r"^https://[A-Za-z0-9.-]+(:[0-9]+)?/[A-Za-z0-9._~%/-]+$"
"""Without query, fragment or quote: an anchor is appended, and the whole stands inside a message."""

OPERATIONS: Schema = {
    "alarms": obj(
        {
            "error_rate_percent": integer(
                "Share of an agent's or the gateway's requests that may fail, in percent.", 1, 100
            ),
            "latency_p95_ms": integer("95th percentile latency in milliseconds.", 1, 900_000),
            "refusals": integer("Refused calls in five minutes.", 1, 1_000_000),
            "notify": {
                "type": "array",
                "description": "Who is told by mail. Each address has to confirm its subscription once.",
                "items": text("A mail address.", longest=254, pattern=ADDRESS),
                "minItems": 1,
                "maxItems": 20,
                "uniqueItems": True,
            },
            "runbook_url": text("Where docs/runbook.md is published.", longest=300, pattern=PAGE),
        },
        ["error_rate_percent", "latency_p95_ms", "refusals", "notify", "runbook_url"],
        "When operators are told, and who.",
    ),
    "kms": {
        "type": "boolean",
        "description": "A key of each system's own: for its gateway, personal tables, logs and alarm notices.",
    },
    "budget_usd": integer(
        "What one system may cost a month in this environment, in US dollars.", 1, 10_000_000
    ),
    "account_settings": obj(
        {
            "transaction_search": {
                "type": "boolean",
                "description": "Send the account's spans to CloudWatch Logs, where they can be searched.",
            },
            "span_percent": integer("Share of the spans that X-Ray indexes as well, in percent.", 0, 100),
        },
        ["transaction_search", "span_percent"],
        "Settings of the whole account and region, made by a stage of their own; one environment per account "
        "may have them.",
    ),
}
"""Keys of an environment; all but `account_settings` are required."""
