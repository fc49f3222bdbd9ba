"""One system in one environment, as every stack of its stage receives it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from governance.access import AccessMatrix
from governance.model import Environment, System
from governance.names import Names
from stacks.assets import Assets

STAGE_TAG = "airside:stage"
"""Tells system and environment in one tag, because a budget's filter takes one for certain."""


@dataclass(frozen=True)
class Deployment:
    """What is deployed where. `assets` stages the sources of functions and agents."""

    system: System
    environment: Environment
    names: Names
    matrix: AccessMatrix
    assets: Assets

    @classmethod
    def of(cls, system: System, environment: Environment, assets: Assets) -> Deployment:
        return cls(
            system=system,
            environment=environment,
            names=Names(system.name, environment.name, environment.runtime.endpoint),
            matrix=AccessMatrix.of(system),
            assets=assets,
        )

    @property
    def tags(self) -> Mapping[str, str]:
        """The environment's tags and whose resource it is; sorted, so that a reordered file is no change."""
        tags = {
            **self.environment.tags,
            "airside:system": self.system.name,
            "airside:environment": self.environment.name,
            STAGE_TAG: self.names.stage,
        }
        return dict(sorted(tags.items()))
