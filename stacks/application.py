"""The whole application: one stage per system and environment, five stacks in each, and one per account."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import aws_cdk as cdk

from governance.model import Environment, Project, System
from stacks.account_stack import AccountStage
from stacks.assets import Assets
from stacks.console_stack import ConsoleStack
from stacks.deployment import Deployment
from stacks.errors import SelectionError
from stacks.frontend_stack import FrontendStack
from stacks.gateway_stack import GatewayStack
from stacks.identity_stack import IdentityStack
from stacks.observability_stack import ObservabilityStack
from stacks.part_stack import roles_boundary
from stacks.runtime_stack import RuntimeStack
from stacks.tools_stack import ToolsStack

_T = TypeVar("_T", System, Environment)


def build(
    app: cdk.App,
    project: Project,
    staging: Path,
    *,
    system: str | None = None,
    environment: str | None = None,
) -> None:
    """Adds the stages to `app`.

    Args:
        staging: an empty folder for the assets' sources; it may be removed when this returns.
        system: only this system, without the accounts' own stages; all of them if left out.
        environment: only this environment; all of them if left out.

    Raises:
        SelectionError: if `system` or `environment` is not declared.
    """
    assets = Assets(project.roots, staging)
    systems = _selected("system", project.systems, system)
    environments = _selected("environment", project.environments, environment)
    for each_system in systems:
        for each_environment in environments:
            SystemStage(app, Deployment.of(each_system, each_environment, assets))
    if system is None:
        for each_environment in environments:
            if each_environment.account_settings is not None:
                AccountStage(app, each_environment, each_environment.account_settings)


def _selected(kind: str, declared: tuple[_T, ...], name: str | None) -> tuple[_T, ...]:
    if name is None:
        return declared
    found = tuple(item for item in declared if item.name == name)
    if not found:
        known = ", ".join(item.name for item in declared)
        raise SelectionError(f"There is no {kind} {name!r}. Declared: {known}.")
    return found


class SystemStage(cdk.Stage):
    """One system in one environment: the unit that is reviewed, run locally, promoted and deployed."""

    def __init__(self, scope: cdk.App, deployment: Deployment) -> None:
        environment = deployment.environment
        super().__init__(
            scope,
            deployment.names.stage,
            env=cdk.Environment(account=environment.account, region=environment.region),
            permissions_boundary=roles_boundary(environment),
        )
        # Without users nobody could sign in there.
        published = environment.front_end if deployment.system.users else None
        frontend = (
            FrontendStack(self, "Frontend", deployment=deployment, front_end=published) if published else None
        )
        identity = IdentityStack(
            self, "Identity", deployment=deployment, console_url=frontend.url if frontend else None
        )
        tools = ToolsStack(self, "Tools", deployment=deployment, key=identity.key)
        gateway = GatewayStack(self, "Gateway", deployment=deployment, identity=identity, tools=tools)
        runtime = RuntimeStack(self, "Runtime", deployment=deployment, identity=identity, gateway=gateway)
        if frontend:
            ConsoleStack(
                self,
                "Console",
                deployment=deployment,
                frontend=frontend,
                identity=identity,
                runtime=runtime,
            )
        ObservabilityStack(
            self, "Observability", deployment=deployment, tools=tools, gateway=gateway, runtime=runtime
        )
        for key, value in deployment.tags.items():
            cdk.Tags.of(self).add(key, value)
