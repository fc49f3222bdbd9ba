"""The gates as validation plugins of the CDK: what they find stands in its report and fails the synth.

Imported after `use_pinned_node`, as everything that imports the CDK.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import version
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import aws_cdk as cdk
import jsii

from stacks.acknowledgements import ACKNOWLEDGED
from stacks.gates import limits
from stacks.gates.acknowledge import Acknowledgement, Reported, judge
from stacks.gates.finding import Finding
from stacks.gates.templates import StageTemplates

if TYPE_CHECKING:
    from cdk_nag import AwsSolutionsChecks

ERROR = "error"


class _Plugin:
    """What both share: a name, a version, and a report made of violations."""

    def __init__(self, name: str, release: str) -> None:
        self._name = name
        self._release = release

    @property
    def name(self) -> str:
        return self._name

    @property
    def version(self) -> str:
        return self._release

    @property
    def rule_ids(self) -> None:
        return None


@jsii.implements(cdk.IPolicyValidationPlugin)
class LimitsPlugin(_Plugin):
    """Refuses templates that break a service's limit (`limits`)."""

    def __init__(self) -> None:
        super().__init__("Limits", "1")

    def validate(self, context: cdk.IPolicyValidationContext) -> cdk.PolicyValidationPluginReport:
        # Stages are folders of the assembly: references cross stacks, never stages.
        paths = sorted(map(Path, context.template_paths))
        violations = [
            _violation(finding)
            for _, templates in groupby(paths, key=lambda path: path.parent)
            for finding in limits.findings(StageTemplates.read(list(templates)))
        ]
        return _report(violations)


def _violation(finding: Finding) -> cdk.PolicyViolation:
    resource = finding.resource
    return cdk.PolicyViolation(
        rule_name=finding.rule,
        description=finding.what,
        fix=finding.advice,
        severity=ERROR,
        violating_resources=[
            cdk.PolicyViolatingResource(
                resource_logical_id=resource.logical_id if resource else "",
                template_path=resource.template if resource else finding.template,
                locations=[finding.where] if finding.where else [],
            )
        ],
    )


@jsii.implements(cdk.IPolicyValidationPlugin)
class NagPlugin(_Plugin):
    """cdk-nag's AwsSolutions pack, less what `stacks/acknowledgements.py` accepts.

    The pack's own acknowledgements are put on constructs one by one, and it does not tell which of them are
    stale; here one file holds all of them, and `used` tells.
    """

    def __init__(self, app: cdk.App, acknowledged: Iterable[Acknowledgement] = ACKNOWLEDGED) -> None:
        super().__init__("AwsSolutions", version("cdk-nag"))
        # Loaded here: a module of the CDK's process that only validating synths need.
        from cdk_nag import AwsSolutionsChecks

        self._pack: AwsSolutionsChecks = AwsSolutionsChecks(app)
        self._acknowledged = tuple(acknowledged)
        self.used: tuple[tuple[Reported, Acknowledgement], ...] = ()

    def validate(self, context: cdk.IPolicyValidationContext) -> cdk.PolicyValidationPluginReport:
        report = self._pack.validate_scope(context.app_construct)
        judged = judge(
            (
                Reported.of(str(resource.construct_path), violation.rule_name, violation.description)
                for violation in report.violations
                for resource in violation.violating_resources
            ),
            self._acknowledged,
        )
        self.used = judged.used
        return _report([_unacknowledged(each) for each in judged.left])


def _unacknowledged(reported: Reported) -> cdk.PolicyViolation:
    return cdk.PolicyViolation(
        rule_name=str(reported),
        description=reported.says,
        fix=f"Change it, or acknowledge it with a reason in stacks/acknowledgements.py for {reported.path}.",
        severity=ERROR,
        violating_resources=[
            cdk.PolicyViolatingResource(construct_path=reported.construct, locations=["Properties"])
        ],
    )


def _report(violations: list[cdk.PolicyViolation]) -> cdk.PolicyValidationPluginReport:
    return cdk.PolicyValidationPluginReport(success=not violations, violations=violations)
