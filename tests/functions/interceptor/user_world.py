"""An interceptor of a system with end users: two pools, two keys, tools with rules."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.functions.interceptor.rendering import render
from tests.functions.interceptor.tokens import Signer, claims, jwks
from tests.functions.interceptor.world import BOOKING, ENVIRONMENT, LOYALTY, SEARCH, World, call, request

INFO = "customer-mcp___get_customer_info"
FLIGHTS = "flights-api___search_flights"
OWNER = "policy-mcp___get_change_policy"
USER = "customer-1001-한국"
OTHER = "customer-2002-한국"
EMAIL = "someone@airline.example"
USERS_ISSUER = "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_CUSTOMERS"
USERS_CLIENT = "7customers1client9id"
USERS_KEYS = "/eu-central-1_CUSTOMERS/.well-known/jwks.json"
HEADER = "X-Airside-User-Token"
USERS_ENVIRONMENT = {
    **ENVIRONMENT,
    "USERS_ISSUER": USERS_ISSUER,
    "USERS_JWKS_URL": f"{USERS_ISSUER}/.well-known/jwks.json",
    "USERS_CLIENT": USERS_CLIENT,
}
USERS_SETTINGS = ("USERS_ISSUER", "USERS_JWKS_URL", "USERS_CLIENT")
RULES: dict[str, dict[str, dict[str, Any]]] = {
    INFO: {"customer_id": {"user": "customer_id"}},
    OWNER: {"customer_id": {"user": "customer_id"}, "email": {"user": "email"}, "days": {"min": 0}},
    FLIGHTS: {
        "adults": {"min": 1, "max": 9},
        "cabin": {"one_of": ["ECONOMY", "BUSINESS"]},
        "source": {"equals": "web"},
    },
}
USER_POLICY = render(
    {"booking": (BOOKING, INFO, FLIGHTS, OWNER, SEARCH), "loyalty": (LOYALTY,)},
    RULES,
    claims={"customer_id": "username", "email": "custom:email"},
    idle=("idle",),
)
SEARCHED = {"adults": 2, "cabin": "ECONOMY", "source": "web", "from": "ICN"}


def user_claims(now: float, /, **changes: Any) -> dict[str, Any]:
    """Claims of a signed-in customer's access token; a change to `...` takes the claim out."""
    made = {
        "sub": "f3c8a5d0-0000-4000-8000-000000000001",
        "iss": USERS_ISSUER,
        "client_id": USERS_CLIENT,
        "username": USER,
        "custom:email": EMAIL,
        "exp": int(now) + 3540,
        **changes,
    }
    return claims("openid", now, **made)


class UserWorld(World):
    """A world of two pools; `users_signer` is the key of the users' one."""

    def __init__(
        self,
        folder: Path,
        signer: Signer,
        users_signer: Signer,
        policy: Any = USER_POLICY,
        environment: Mapping[str, str] = USERS_ENVIRONMENT,
    ) -> None:
        self.users_signer = users_signer
        super().__init__(folder, signer, policy, environment, {USERS_KEYS: jwks(users_signer)})

    def user_token(self, **changes: Any) -> str:
        return self.users_signer.token(user_claims(self.clock.now, **changes))

    def event(self, tool: str, arguments: Any, user: Any = ..., agent: str = "booking") -> dict[str, Any]:
        """A call's event; `user` is the header's value (default: a good token), None to leave it out."""
        headers = {"Authorization": f"Bearer {self.token(agent)}", "Accept": "application/json"}
        if user is not None:
            headers[HEADER] = self.user_token() if user is ... else user
        return request(call(tool, arguments), None, headers=headers)

    def ask(self, tool: str, arguments: Any, user: Any = ..., agent: str = "booking") -> Any:
        return self.send(self.event(tool, arguments, user, agent))

    def info(self, user: Any = ..., customer: Any = USER) -> Any:
        """A call of a tool whose one argument is bound to the user."""
        return self.ask(INFO, {"customer_id": customer}, user)

    @property
    def last(self) -> tuple[str, str, str | None, bool]:
        """(effect, reason, detail, user) of the last decision."""
        line = self.lines[-1]
        return line["effect"], line["reason"], line["detail"], line["user"]


def message(answer: Any) -> str:
    return str(answer["mcp"]["transformedGatewayResponse"]["body"]["error"]["message"])
