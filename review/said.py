"""What the review says of a layer, with a name for it: other languages have words of their own for the names.

The English stands here and nowhere else; `./airside explain`, the reports and the console's English are this text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

ENGLISH: Mapping[str, str] = MappingProxyType(
    {
        # Who may knock.
        "asks_nobody": "the gateway asks nobody who they are",
        "whom_iam_allows": "whoever IAM allows bedrock-agentcore:InvokeGateway",
        "any_valid_token": "whoever has a valid token",
        "other_authorizer": "authorizer {type}",
        "foreign_issuer": "tokens of {issuer}, which is not in this assembly",
        "is_issuer": "issuer {issuer}",
        "of_another_pool": "client {client} is of another pool",
        "not_among_clients": "client {client} is not among AllowedClients",
        "none_of_scopes": "client {client} has none of AllowedScopes",
        "no_audience": "access tokens of Cognito have no audience",
        "client_with_scope": "client {client} with scope {scopes}",
        "client_of_any_scope": "client {client} with scope of any kind",
        "takes_client": "takes tokens of the client {client}",
        "no_token_for_it": "takes no token that stands for it",
        # The interceptor.
        "no_interceptor": "no interceptor stands before the tools",
        "foreign_interceptor": "the interceptor {function} is of others: what it decides is unknown",
        "of_others": "it is of others: what it decides is unknown",
        "granted": "granted by its policy",
        "not_granted": "its policy does not grant it",
        # The policy engine.
        "no_engine": "the gateway has no policy engine",
        "engine_decides_nothing": "the policy engine is in {mode}: it decides nothing",
        "permitted_by": "permitted by {policies}",
        "forbidden_by": "forbidden by {policies}",
        "no_permit": "no policy permits it",
        # Under which conditions.
        "is_users": "{argument} is the user's {claim}",
        "is": "{argument} is {value}",
        "is_one_of": "{argument} is one of {values}",
        "at_least": "{argument} ≥ {value}",
        "at_most": "{argument} ≤ {value}",
        "is_given": "{argument} is given",
    }
)


class Said(str):
    """One of these texts, filled. `code` names it and `values` fill it; as a text it is the English."""

    code: str
    values: Mapping[str, str]

    def __new__(cls, code: str, **values: str) -> Said:
        """Raises KeyError for a code that is none, or a value that is missing."""
        made = super().__new__(cls, ENGLISH[code].format(**values))
        made.code, made.values = code, values
        return made

    def __getnewargs_ex__(self) -> tuple[tuple[str], Mapping[str, str]]:
        """A copy is made of the name again, not of the text."""
        return (self.code,), self.values

    def with_values(self, change: Callable[[str], str]) -> Said:
        """The same, said of other values."""
        return Said(self.code, **{name: change(value) for name, value in self.values.items()})


def document(text: str) -> dict[str, object]:
    """As JSON: `text` in English, and `code` with `values` where it has a name."""
    if isinstance(text, Said):
        return {"text": str(text), "code": text.code, "values": dict(text.values)}
    return {"text": text}
