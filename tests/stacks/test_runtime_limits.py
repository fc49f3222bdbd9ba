"""What a runtime cannot take is refused at synth, with the agent's line: CloudFormation would stop half-way."""

from __future__ import annotations

import aws_cdk as cdk
import pytest

from governance.hosting import PlatformVersion
from governance.model import Project
from stacks.components.runtime_settings import check_variables
from stacks.errors import RuntimeLimit

V1, V2 = PlatformVersion.V1, PlatformVersion.V2
TOKEN = cdk.Token.as_string({"Ref": "Later"})

TAKEN = {
    "the most variables": ({f"V{number}": "x" for number in range(50)}, V1),
    "the longest value": ({"V": "x" * 2048}, V1),
    "the largest total": ({"V": "x" * 2047, "W": "x" * 1947}, V1),
    "the largest total of V2": ({"V": "x" * 2047, "W": "x" * 447}, V2),
}
REFUSED = {
    "51 environment variables": ({f"V{number}": "x" for number in range(51)}, V1),
    "has 2049 bytes": ({"V": "x" * 2049}, V1),
    # Korean letters are three bytes each.
    "has 2049 bytes;": ({"V": "가" * 683}, V1),
    "have 4001 bytes": ({"V": "x" * 2047, "W": "x" * 1948}, V1),
    "have 2501 bytes": ({"V": "x" * 2047, "W": "x" * 448}, V2),
    "have 4035 bytes": ({f"V{number:02}": TOKEN for number in range(29)} | {"V": "x" * 175}, V1),
}


@pytest.mark.parametrize("case", TAKEN)
def test_variables_within_the_limits_are_refused(project: Project, case: str) -> None:
    variables, platform = TAKEN[case]
    check_variables(project.system("airline").agent("booking"), variables, platform)


@pytest.mark.parametrize("says", REFUSED)
def test_more_than_a_runtime_takes_is_deployed(project: Project, says: str) -> None:
    variables, platform = REFUSED[says]
    with pytest.raises(RuntimeLimit, match=says) as refused:
        check_variables(project.system("airline").agent("booking"), variables, platform)
    assert str(refused.value).startswith("systems/airline/agents/booking.yaml:")
