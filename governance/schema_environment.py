"""The form of an environment file."""

from __future__ import annotations

from governance.front_end import FRONT_END
from governance.schema_hosting import HOSTING
from governance.schema_operations import OPERATIONS
from governance.schema_parts import (
    CALLBACK,
    TAG,
    TAG_VALUE,
    TOOL_IN_FULL,
    WEB_ACL,
    choice,
    integer,
    mapping,
    obj,
    text,
)
from governance.schema_providers import PROVIDER_SETTING
from governance.switch import MAX_REASON

_REASON = text("Why, in a line: whoever is refused will ask.", longest=MAX_REASON, pattern=r"^[^\r\n]+$")
_IN_SYSTEM = "^([a-z][a-z0-9-]*/)?"

ENVIRONMENT = obj(
    {
        "environment": text(
            "The environment's name; also its file's.", longest=12, pattern="^[a-z][a-z0-9]*$"
        ),
        "account": text("AWS account; a placeholder synthesizes too.", pattern="^[0-9]{12}$"),
        "region": text("AWS region.", pattern="^[a-z]{2}(-[a-z]+)+-[0-9]$"),
        "models": mapping(
            obj(
                {
                    "model_id": text("A Bedrock model or inference profile id.", longest=200),
                    "foundation_models": {"type": "array", "items": text("A model id behind the profile.")},
                    "regions": {"type": "array", "items": text("A region the profile routes to.")},
                },
                ["model_id"],
                "A model tier.",
            ),
            "What each model tier resolves to.",
        ),
        "providers": mapping(PROVIDER_SETTING, "Addresses and credentials of the systems' providers."),
        "policy_mode": choice("Whether the policy engine refuses or only logs.", "ENFORCE", "LOG_ONLY"),
        "debug_exceptions": {
            "type": "boolean",
            "description": "Show target errors to callers. Never in production.",
        },
        "log_retention_days": {
            "enum": [
                1,
                3,
                5,
                7,
                14,
                30,
                60,
                90,
                120,
                150,
                180,
                365,
                400,
                545,
                731,
                1096,
                1827,
                2192,
                2557,
                2922,
                3288,
                3653,
            ],
            "description": "Days CloudWatch keeps logs; CloudWatch takes these values only.",
        },
        "token_minutes": integer("How long an agent's access token lives.", 5, 60),
        **OPERATIONS,
        "retain_data": {
            "type": "boolean",
            "description": "Keep tables and user pool when the stack goes; protect them.",
        },
        "permissions_boundary": {
            "type": ["string", "null"],
            "description": "The IAM policy that bounds every role, as its name with its path (team/limits); "
            "it must be in the account before the first deployment. null or left out: none.",
            "pattern": "^([\\w+=,.@-]+/)*[\\w+=,.@-]{1,128}$",
            "maxLength": 512,
        },
        "users_callback_urls": {
            "type": "array",
            "description": "Where a signed-in user's code may be sent; needed where a system has users.",
            "items": text("https, or http://localhost.", longest=1024, pattern=CALLBACK),
            "minItems": 1,
            # Cognito takes 100; the published console is one more.
            "maxItems": 99,
            "uniqueItems": True,
        },
        "front_end": FRONT_END,
        "runtime": HOSTING,
        "web_acl_arn": {
            "type": ["string", "null"],
            "description": "An existing regional web ACL of AWS WAF in front of the gateway, or null.",
            "maxLength": 2048,
            "pattern": WEB_ACL,
        },
        "switched_off": obj(
            {
                "agents": mapping(
                    _REASON, "Agents, or `system/agent`.", keys=f"{_IN_SYSTEM}[a-z][a-z0-9-]*$"
                ),
                "tools": mapping(
                    _REASON,
                    "Full tool names, or `system/target___tool`.",
                    keys=f"{_IN_SYSTEM}{TOOL_IN_FULL}$",
                ),
            },
            [],
            "What the policy engine refuses altogether, whatever is granted; each with its reason.",
        ),
        "tags": {
            **mapping(
                text("A tag's value, in what all services take.", longest=256, pattern=TAG_VALUE),
                "Tags of every resource. AWS keeps names that begin with aws: for itself, and airside: is ours.",
                keys=TAG,
            ),
            "maxProperties": 40,
        },
    },
    [
        "environment",
        "account",
        "region",
        "models",
        "policy_mode",
        "debug_exceptions",
        "log_retention_days",
        "token_minutes",
        "alarms",
        "kms",
        "budget_usd",
        "retain_data",
        "runtime",
        "web_acl_arn",
    ],
    "An environment.",
)
