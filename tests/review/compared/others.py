"""What other tools say about a template, or about two of them. Each is told of what is new only: what it says of the
changed template and not of the unchanged one."""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from cli import npm
from cli.deploying import cdk as toolchain
from stacks.node import use_pinned_node

HERE = Path(__file__).parent
PROGRAM = Path("node_modules", "aws-cdk", "lib", "index.js")
"""The command line as a module, beside the program that deployments run."""
REGION = "us-east-1"
ABOUT_THE_WRITING = {"I1022"}
"""Rules about how a value is spelled (`Fn::Join` or `Fn::Sub`), which the planting decides and not the change."""
UNREADABLE = "cannot read it"
_SECTION = re.compile(r"^(IAM Statement|IAM Policy|Security Group|SSO Access Control) Changes$", re.MULTILINE)
_COMPARED = "Number of stacks with differences"


@dataclass(frozen=True)
class Job:
    """One template of one planted change. `app` is the folder of the changed stage's assembly, `stack` the name by
    which the CDK's command line selects it."""

    id: str
    app: Path
    stack: str
    before: Path
    after: Path


def versions() -> dict[str, str]:
    return {"aws-cdk": toolchain.VERSION, "cdk-nag": version("cdk-nag"), "cfn-lint": version("cfn-lint")}


class Unanswered(Exception):
    """A tool said nothing that is understood: that is not the same as silence."""


def cdk_diff(jobs: Sequence[Job]) -> dict[str, list[str]]:
    """Job → the kinds of change that `cdk diff --security-only` shows; none where it shows nothing."""
    program = npm.install(toolchain.PINS, toolchain.INSTALLED, PROGRAM)
    with tempfile.TemporaryDirectory() as home:
        process = subprocess.run(
            [use_pinned_node(), HERE / "diff.js", program],
            input=json.dumps(
                [
                    {"id": job.id, "app": str(job.app), "before": str(job.before), "stack": job.stack}
                    for job in jobs
                ]
            ),
            env={
                "HOME": home,
                "PATH": "",
                "AWS_EC2_METADATA_DISABLED": "true",
                "CDK_DISABLE_VERSION_CHECK": "1",
            },
            capture_output=True,
            text=True,
            check=False,
        )
    if process.returncode:
        raise Unanswered(process.stderr[-2000:])
    return {each["id"]: _shown(each) for each in json.loads(process.stdout)}


def _shown(answer: Mapping[str, Any]) -> list[str]:
    text = str(answer["text"])
    # It ends with this line if it compared at all; anything else is no answer.
    if _COMPARED not in text:
        raise Unanswered(f"{answer['id']}: {text[-1000:]}")
    return sorted(set(_SECTION.findall(text)))


def cfn_lint(template: Path) -> set[tuple[str, str]]:
    """(rule, message) of everything it says, informational rules included."""
    from cfnlint.api import ManualArgs, lint

    text = template.read_text(encoding="utf-8")
    found = lint(text, config=ManualArgs(regions=[REGION], include_checks=["I"]))
    return {(each.rule.id, f"{each.message} {'/'.join(map(str, each.path or ()))}") for each in found}


def cdk_nag(template: Path) -> set[tuple[str, str]]:
    """(rule, resource and what) of the AwsSolutions pack, for a template that is read back into the CDK."""
    use_pinned_node()
    import aws_cdk as cdk
    from aws_cdk.cloudformation_include import CfnInclude
    from cdk_nag import AwsSolutionsChecks

    with tempfile.TemporaryDirectory() as folder:
        app = cdk.App(
            outdir=folder,
            analytics_reporting=False,
            tree_metadata=False,
            context={"aws:cdk:disable-stack-trace": True},
        )
        stack = cdk.Stack(app, "Stack")
        try:
            CfnInclude(stack, "Template", template_file=str(template))
        except RuntimeError as error:
            return {(UNREADABLE, str(error).splitlines()[0])}
        report = AwsSolutionsChecks(app).validate_scope(app)
    return {
        (violation.rule_name, f"{resource.construct_path} {violation.description}")
        for violation in report.violations
        for resource in violation.violating_resources
    }
