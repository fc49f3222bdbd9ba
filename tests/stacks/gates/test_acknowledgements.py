"""AWS's solution rules: what they find fails the synth, unless one file accepts it, narrowly and with a reason."""

from __future__ import annotations

import json
from pathlib import Path

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam

from stacks.acknowledgements import ACKNOWLEDGED
from stacks.errors import SynthesisError
from stacks.gates.acknowledge import Acknowledgement, Reported, judge
from stacks.gates.plugins import NagPlugin
from stacks.synthesize import ACKNOWLEDGED_FILE, settings, write_assembly

ROLE = "shop-dev/Runtime/Agents/till/Access/Role/Resource"
WIDE = Acknowledgement(
    "AwsSolutions-IAM5", "Runtime/Agents/*/Access/Role/Resource", "Because.", "team", "Resource::*"
)


def accepted(assembly: Path) -> list[Reported]:
    document = json.loads((assembly / ACKNOWLEDGED_FILE).read_text(encoding="utf-8"))
    return [Reported.of(entry["construct"], entry["finding"], "") for entry in document]


def test_no_acknowledgement_outlives_its_finding(
    assembly: Path, kinds_assembly: Path, library_assembly: Path
) -> None:
    """What was fixed must not stay accepted: it would cover the next defect of the same form."""
    found = [each for folder in (assembly, kinds_assembly, library_assembly) for each in accepted(folder)]
    stale = [item for item in ACKNOWLEDGED if not any(item.covers(each) for each in found)]
    assert stale == []


def test_no_two_acknowledgements_accept_the_same(assembly: Path, kinds_assembly: Path) -> None:
    for each in (*accepted(assembly), *accepted(kinds_assembly)):
        assert len([item for item in ACKNOWLEDGED if item.covers(each)]) == 1, each


def test_every_acknowledgement_says_why_and_who_answers_for_it() -> None:
    for item in ACKNOWLEDGED:
        assert len(item.reason.split()) >= 8, item
        assert item.owner
        # An L1 ends in its construct's own id.
        assert item.path.endswith(("/Resource", "/Secret")), f"{item.path} is more than one kind of resource"
        assert not item.path.startswith("*")


@pytest.mark.parametrize(
    "reported",
    [
        Reported(ROLE, "AwsSolutions-IAM5", "Action::s3:*"),
        Reported(ROLE, "AwsSolutions-IAM4", "Resource::*"),
        Reported(ROLE, "AwsSolutions-IAM5", "Resource::*x"),
        Reported(
            "shop-dev/Runtime/Agents/till/Access/Role/DefaultPolicy/Resource",
            "AwsSolutions-IAM5",
            "Resource::*",
        ),
        Reported(
            "shop-dev/Runtime/Agents/till/more/Access/Role/Resource", "AwsSolutions-IAM5", "Resource::*"
        ),
        Reported("shop-dev/Gateway/Access/Role/Resource", "AwsSolutions-IAM5", "Resource::*"),
    ],
)
def test_an_acknowledgement_covers_no_more_than_it_says(reported: Reported) -> None:
    judged = judge([reported], [WIDE])
    assert (judged.left, judged.used) == ((reported,), ())


@pytest.mark.parametrize(
    ("finding", "covered"),
    [
        ("Resource::arn:aws:x:eu-west-1:111122223333:thing/shop_dev-*", True),
        ("Resource::arn:aws:x:*:111122223333:thing/shop_dev-*", False),
        ("Resource::arn:aws:x:eu-west-1:*:thing/shop_dev-*", False),
        ("Resource::arn:aws:x:eu-west-1:111122223333:thing/*", False),
        ("Resource::arn:aws:x:eu-west-1:111122223333:thing/shop_dev-*/more", False),
        ("Resource::arn:aws:x:eu-west-1:111122223333:thing/shop/dev-*", False),
        ("Resource::arn:aws:y:GET/orders/*/lines", True),
        ("Resource::arn:aws:y:GET/orders*", False),
        ("Resource::arn:aws:y:*/orders/*", False),
    ],
)
def test_what_differs_in_a_finding_is_never_a_wildcard(finding: str, covered: bool) -> None:
    patterns = (
        "Resource::arn:aws:x:{region}:{account}:thing/{name}-*",
        "Resource::arn:aws:y:{name}/{route}",
    )
    items = [Acknowledgement("R", "*/Role/Resource", "Because.", "team", pattern) for pattern in patterns]
    reported = Reported("shop-dev/Access/Role/Resource", "R", finding)
    assert any(item.covers(reported) for item in items) is covered


def planted(folder: Path) -> cdk.App:
    """An application with one role that may do everything."""
    app = cdk.App(outdir=str(folder), context=settings(), analytics_reporting=False, stack_traces=False)
    stage = cdk.Stage(app, "shop-dev", env=cdk.Environment(account="111122223333", region="eu-west-1"))
    statement = iam.PolicyStatement(actions=["s3:GetObject"], resources=["*"])
    iam.Role(
        cdk.Stack(stage, "Runtime"),
        "Role",
        assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
        inline_policies={"Everything": iam.PolicyDocument(statements=[statement])},
    )
    return app


def test_a_finding_that_nobody_accepted_is_no_assembly(tmp_path: Path) -> None:
    app = planted(tmp_path / "out")
    cdk.Validations.of(app).add_plugins(NagPlugin(app, ()))
    with pytest.raises(SynthesisError) as caught:
        write_assembly(app)
    (_, sentence) = str(caught.value).splitlines()
    assert "shop-dev/Runtime/Role/Resource: " in sentence
    assert "acknowledge it with a reason in stacks/acknowledgements.py for Runtime/Role/Resource." in sentence
    assert sentence.endswith("[AwsSolutions-IAM5[Resource::*]]")


def test_an_accepted_finding_is_told_with_its_reason(tmp_path: Path) -> None:
    app = planted(tmp_path / "out")
    item = Acknowledgement("AwsSolutions-IAM5", "Runtime/Role/Resource", "Because.", "team", "Resource::*")
    nag = NagPlugin(app, [item])
    cdk.Validations.of(app).add_plugins(nag)
    write_assembly(app)
    ((reported, by),) = nag.used
    assert (reported.construct, str(reported), by) == (
        "shop-dev/Runtime/Role/Resource",
        "AwsSolutions-IAM5[Resource::*]",
        item,
    )
