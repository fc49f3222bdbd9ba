"""Finds a system's switches and throws them, over boto3: the same calls for AWS and for the local platform."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from cli.aws import worded
from cli.outcome import Failure
from governance.names import Names
from governance.switch import Switch, described

if TYPE_CHECKING:
    from governance.model import Environment
    from localcloud.client import PlatformClient

PATIENCE = 60.0
"""Seconds a policy may take to be in force; AWS documents a few."""

_DENIED = " docs/runbook.md has the policy an operator needs."
_SETTLED = {"ACTIVE"}
_FAILED = {"CREATE_FAILED", "UPDATE_FAILED", "DELETE_FAILED", "DELETING"}


@dataclass(frozen=True)
class State:
    """One switch as the policy engine has it. `reason` is why it is off, if that was said."""

    switch: Switch
    policy: str
    policy_id: str
    off: bool
    reason: str | None
    updated: datetime


class Board:
    """The switches of one system in one place; `where` says which place, for a person.

    `ssm` and `control` are boto3 clients. Every method raises Failure, with what to do about it.
    """

    def __init__(
        self,
        names: Names,
        where: str,
        *,
        ssm: Any,
        control: Any,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.names = names
        self.where = where
        self._ssm = ssm
        self._control = control
        self._clock = clock
        self._sleep = sleep
        self._parameters: dict[str, str] = {}

    def states(self) -> list[State]:
        """Every switch: agents first, then tools and targets, each by name."""
        found: list[State] = []
        more: dict[str, str] = {}
        while True:
            answer = self._call(
                self._control.list_policies, policyEngineId=self._engine(), maxResults=100, **more
            )
            found += [state for policy in answer["policies"] if (state := self._state(policy)) is not None]
            if not answer.get("nextToken"):
                return sorted(found, key=lambda state: (state.switch.kind != "agent", str(state.switch)))
            more = {"nextToken": answer["nextToken"]}

    def enforcing(self) -> bool:
        """Whether the gateway does what its policy engine decides; if not, no switch stops anything."""
        gateway = self._parameter("gateway-id")
        found = self._call(self._control.get_gateway, gatewayIdentifier=gateway)
        configuration = found.get("policyEngineConfiguration") or {}
        own = str(configuration.get("arn", "")).endswith(f"/{self._engine()}")
        return own and configuration.get("mode") == "ENFORCE"

    def throw(self, state: State, *, off: bool, reason: str | None, progress: Callable[[str], None]) -> float:
        """Throws a switch, or throws it back; returns the seconds until the engine has it in force."""
        wanted = "ACTIVE" if off else "LOG_ONLY"
        started = self._clock()
        engine = self._engine()
        self._call(
            self._control.update_policy,
            policyEngineId=engine,
            policyId=state.policy_id,
            enforcementMode=wanted,
            # The statement stays; what the analysis thinks of it must not stand in the way.
            validationMode="IGNORE_ALL_FINDINGS",
            description={"optionalValue": state.switch.describe(reason if off else None)},
        )
        pause, told = 0.1, ""
        while True:
            found = self._call(self._control.get_policy, policyEngineId=engine, policyId=state.policy_id)
            status, taken = found["status"], self._clock() - started
            if status in _SETTLED and found.get("enforcementMode") == wanted:
                return taken
            if status in _FAILED:
                why = "; ".join(found.get("statusReasons") or ()) or "no reason was given"
                raise Failure(
                    f"{self.where}: the policy {state.policy} is {status}: {why}. The {state.switch} is not "
                    f"switched {'off' if off else 'on'}."
                )
            if taken > PATIENCE:
                raise Failure(
                    f"{self.where}: the policy {state.policy} is still {status} after {PATIENCE:.0f} s. Look again "
                    f"with `./airside switch list`; docs/runbook.md says what else stops the {state.switch}."
                )
            if status != told:
                progress(f"{state.policy} is {status}, waiting until it is in force")
                told = status
            self._sleep(pause)
            pause = min(pause * 2, 2.0)

    def _state(self, policy: dict[str, Any]) -> State | None:
        """The switch that a policy is; None for any other, and for one whose name and description disagree."""
        found = described(str(policy.get("description") or ""))
        if found is None or policy["name"] != self.names.switch(found[0].kind, found[0].subject):
            return None
        return State(
            switch=found[0],
            policy=policy["name"],
            policy_id=policy["policyId"],
            off=policy.get("enforcementMode", "ACTIVE") == "ACTIVE",
            reason=found[1],
            updated=policy["updatedAt"],
        )

    def _engine(self) -> str:
        return self._parameter("policy-engine-id")

    def _parameter(self, key: str) -> str:
        if key not in self._parameters:
            self._parameters[key] = self._read(self.names.parameter(key))
        return self._parameters[key]

    def _read(self, name: str) -> str:
        with worded(self.where, f"GetParameter {name}", _DENIED):
            try:
                return str(self._ssm.get_parameter(Name=name)["Parameter"]["Value"])
            except self._ssm.exceptions.ParameterNotFound:
                raise Failure(
                    f"{self.where} has no parameter {name}: {self.names.stage} is not deployed there, or by a "
                    "version without switches. Check --system, --env and the region, or deploy it."
                ) from None

    def _call(self, operation: Callable[..., dict[str, Any]], **arguments: Any) -> dict[str, Any]:
        with worded(self.where, operation.__name__, _DENIED):
            return operation(**arguments)


def on_aws(names: Names, environment: Environment) -> Board:
    """The deployed system, in the environment's account and Region, with the credentials boto3 finds."""
    from cli.aws import WrongAccount, account_session

    try:
        session = account_session(environment.region, environment.account)
    except WrongAccount as problem:
        raise Failure(f"--aws --env {environment.name}: {problem}") from None
    clients = [session.client(service, config=_config()) for service in _SERVICES]
    return Board(names, f"AWS ({environment.region})", ssm=clients[0], control=clients[1])


def on_platform(names: Names, client: PlatformClient) -> Board:
    """The platform that runs on this machine; nothing of the user's AWS settings is read."""
    from cli.aws import local_session
    from localcloud.client import OPERATOR

    session = local_session(client.status()["region"], OPERATOR, client.key)
    clients = [
        session.client(service, endpoint_url=client.front, config=_config(proxies={}))
        for service in _SERVICES
    ]
    return Board(names, f"the platform at {client.front}", ssm=clients[0], control=clients[1])


_SERVICES = ("ssm", "bedrock-agentcore-control")


def _config(**more: Any) -> Any:
    """Short times and few attempts: whoever throws a switch must soon know whether it worked."""
    from botocore.config import Config

    return Config(
        connect_timeout=5, read_timeout=20, retries={"mode": "standard", "total_max_attempts": 3}, **more
    )
