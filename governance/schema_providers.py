"""The forms of providers: what a system declares of them, and what an environment sets."""

from __future__ import annotations

from governance.outbound import SIGNED_SERVICES, KeyLocation, ProviderKind
from governance.schema_parts import HTTPS, Schema, by_kind, choice, obj, text

_DEFAULT = str(ProviderKind.OAUTH2)
_DESCRIPTION = text("What it offers.", longest=200)

_KEY = obj(
    {
        "in": choice("Where the key is sent.", *(str(location) for location in KeyLocation)),
        "name": text(
            "The header's or the parameter's name.", longest=64, pattern=r"^[A-Za-z][A-Za-z0-9_.-]*$"
        ),
        "prefix": text(
            "What stands right before the key, its blank included.", longest=64, pattern=r"^[!-~][ -~]*$"
        ),
    },
    ["in", "name"],
    "How the API takes its key.",
)

PROVIDER: Schema = by_kind(
    {
        "oauth2": obj(
            {
                "description": _DESCRIPTION,
                "scopes": {"type": "array", "items": text("A scope.", longest=64), "maxItems": 100},
            },
            ["description"],
            "Knows the gateway by an OAuth2 token (client credentials).",
        ),
        "api_key": obj(
            {"description": _DESCRIPTION, "key": _KEY},
            ["kind", "description", "key"],
            "Knows the gateway by an API key.",
        ),
        "iam": obj(
            {"description": _DESCRIPTION},
            ["kind", "description"],
            "Knows the gateway by its role: requests are signed (Signature Version 4).",
        ),
        "none": obj({"description": _DESCRIPTION}, ["kind", "description"], "Open: nothing says who asks."),
    },
    "An external provider.",
    default=_DEFAULT,
)

_BASE_URL = text("Where the API or the MCP server answers.", pattern=HTTPS)
_SECRET: Schema = {
    "secret_name": text(
        "The Secrets Manager secret with the credential, made by you.",
        longest=512,
        pattern=r"^[A-Za-z0-9/_+=.@-]+$",
    ),
    "secret_key": text("The key inside that secret.", longest=64),
}
_REST_API = obj(
    {
        "id": text("The REST API's id.", pattern="^[a-z0-9]{10}$"),
        "stage": text("Its stage.", longest=128, pattern="^[A-Za-z0-9_-]+$"),
    },
    ["id", "stage"],
    "A REST API of Amazon API Gateway in this account and region.",
)
_RESOURCE = text(
    "An exact ARN.",
    longest=512,
    # Of a wildcard only whole path segments of a REST API: IAM knows no other name for its path parameters.
    pattern=(
        r"^arn:aws[a-z-]*:(execute-api:[a-z0-9-]+:[0-9]{12}:[a-z0-9]{10}/[A-Za-z0-9_-]+/[A-Z]+(/[A-Za-z0-9._~-]+|/\*)+"
        r"|(?!execute-api:)[a-z0-9-]+:[a-z0-9-]*:([0-9]{12})?:[^*?\s]+)$"
    ),
)

PROVIDER_SETTING: Schema = by_kind(
    {
        "oauth2": obj(
            {
                "base_url": _BASE_URL,
                "token_url": text("Its OAuth2 token endpoint.", pattern=HTTPS),
                "issuer": text("The issuer its authorization server states.", pattern=HTTPS),
                "client_id": text("The client id the provider gave.", longest=256),
                **_SECRET,
            },
            ["token_url", "issuer", "client_id", "secret_name", "secret_key"],
            "A provider's address and client.",
        ),
        "api_key": obj(
            {"base_url": _BASE_URL, "rest_api": _REST_API, **_SECRET},
            ["kind", "secret_name", "secret_key"],
            "A provider's address and key.",
        ),
        "iam": obj(
            {
                "base_url": _BASE_URL,
                "rest_api": _REST_API,
                "service": choice("The AWS service that requests are signed for.", *SIGNED_SERVICES),
                "resources": {
                    "type": "array",
                    "description": "What the gateway's role may use there.",
                    "items": _RESOURCE,
                    "minItems": 1,
                    "uniqueItems": True,
                },
            },
            ["kind"],
            "A provider that the gateway's role may use.",
        ),
        "none": obj({"base_url": _BASE_URL, "rest_api": _REST_API}, ["kind"], "An open provider's address."),
    },
    "A provider's settings.",
    default=_DEFAULT,
)
