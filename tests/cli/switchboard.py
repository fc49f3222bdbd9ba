"""AWS as `switch` meets it: SSM and the policy engine's control plane in one, and time that only sleeping moves."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from cli.switching import Board
from governance.names import Names
from governance.switch import Switch, SwitchKind

NAMES = Names("shop", "prod")
CLERK = Switch(SwitchKind.AGENT, "clerk")
SELL = Switch(SwitchKind.TOOL, "stock___sell")
AT = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


def policy(about: Switch, mode: str = "LOG_ONLY", reason: str | None = None, **more: Any) -> dict[str, Any]:
    name = NAMES.switch(about.kind, about.subject)
    return {
        "policyId": f"{name}-abcdefghij",
        "name": name,
        "description": about.describe(reason),
        "enforcementMode": mode,
        "status": "ACTIVE",
        "statusReasons": [],
        "updatedAt": AT,
        **more,
    }


PERMIT = policy(CLERK, "ACTIVE", name="shop_prod_clerk", description="What the agent clerk may call")


class Service:
    """SSM and the control plane in one: pages of two, and a policy that takes `busy` looks to be in force."""

    class exceptions:
        class ParameterNotFound(Exception):
            pass

    def __init__(self, *policies: dict[str, Any], busy: int = 1, gateway_mode: str = "ENFORCE") -> None:
        self.policies = list(policies or (PERMIT, policy(SELL), policy(CLERK)))
        self.busy = busy
        self.gateway_mode = gateway_mode
        self.engine_arn = "arn:aws:bedrock-agentcore:r:1:policy-engine/shop_prod-abcdefghij"
        self.parameters = {
            "/airside/shop/prod/policy-engine-id": "shop_prod-abcdefghij",
            "/airside/shop/prod/gateway-id": "shop-prod-abcdefghij",
        }
        self.updates: list[dict[str, Any]] = []
        self.ends = "ACTIVE"
        self.fault: Exception | None = None
        self.gateway_fault: Exception | None = None

    def get_parameter(self, *, Name: str) -> dict[str, Any]:
        if Name not in self.parameters:
            raise self.exceptions.ParameterNotFound
        return {"Parameter": {"Value": self.parameters[Name]}}

    def list_policies(self, *, policyEngineId: str, maxResults: int, nextToken: str = "0") -> dict[str, Any]:
        assert policyEngineId == "shop_prod-abcdefghij"
        if self.fault:
            raise self.fault
        start = int(nextToken)
        more = {"nextToken": str(start + 2)} if start + 2 < len(self.policies) else {}
        return {"policies": self.policies[start : start + 2], **more}

    def get_gateway(self, *, gatewayIdentifier: str) -> dict[str, Any]:
        assert gatewayIdentifier == "shop-prod-abcdefghij"
        if self.gateway_fault:
            raise self.gateway_fault
        return {"policyEngineConfiguration": {"arn": self.engine_arn, "mode": self.gateway_mode}}

    def update_policy(self, **given: Any) -> dict[str, Any]:
        self.updates.append(given)
        return {"status": "UPDATING"}

    def get_policy(self, *, policyEngineId: str, policyId: str) -> dict[str, Any]:
        self.busy -= 1
        found = next(each for each in self.policies if each["policyId"] == policyId)
        if self.busy >= 0:
            return {**found, "status": "UPDATING"}
        mode = self.updates[-1]["enforcementMode"]
        return {**found, "status": self.ends, "enforcementMode": mode, "statusReasons": ["because"]}


class Clock:
    """Time that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def board(service: Service) -> Board:
    clock = Clock()
    return Board(NAMES, "AWS (r)", ssm=service, control=service, clock=clock, sleep=clock.sleep)
