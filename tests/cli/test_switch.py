"""`switch` says what it did only when the policy engine says so too, and of every failure what to do about it."""

from __future__ import annotations

import argparse
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError

from cli import switch
from cli.__main__ import main
from cli.outcome import Failure
from cli.switching import PATIENCE
from governance.names import Names
from governance.switch import Switch, SwitchKind
from tests.assembly_fixture import ROOT
from tests.cli.switchboard import CLERK, NAMES, SELL, Service, board, policy


def words(*given: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    switch.configure(parser)
    return parser.parse_args(given)


def test_every_switch_is_found_on_every_page_and_nothing_else() -> None:
    assert [str(state.switch) for state in board(Service()).states()] == ["agent clerk", "tool stock___sell"]


@pytest.mark.parametrize(
    "strange",
    [
        {"description": "Switch of the agent auditor."},
        {"name": "shop_dev__off_clerk"},
        {"description": ""},
        {"description": "Switch of the agent clerk. And more"},
    ],
)
def test_a_policy_whose_name_and_description_disagree_is_taken_for_a_switch(strange: dict[str, str]) -> None:
    assert board(Service(policy(CLERK, **strange))).states() == []


def test_off_is_told_when_the_engine_has_it_in_force(capsys: pytest.CaptureFixture[str]) -> None:
    service = Service(busy=3)
    assert switch.act(words("off", "--agent", "clerk", "--reason", "wrong  prices"), board(service)) == 0
    (update,) = service.updates
    assert update == {
        "policyEngineId": "shop_prod-abcdefghij",
        "policyId": f"{NAMES.switch('agent', 'clerk')}-abcdefghij",
        "enforcementMode": "ACTIVE",
        "validationMode": "IGNORE_ALL_FINDINGS",
        "description": {"optionalValue": "Switch of the agent clerk. Off: wrong prices"},
    }
    out, err = capsys.readouterr()
    assert out == "agent clerk is off (shop_prod__off_clerk, in force after 0.7 s)\n"
    assert "shop-prod on AWS (r)" in err
    assert "shop_prod__off_clerk is UPDATING, waiting until it is in force" in err


def test_on_takes_the_reason_back(capsys: pytest.CaptureFixture[str]) -> None:
    service = Service(policy(CLERK, "ACTIVE", "wrong prices"))
    assert switch.act(words("on", "--agent", "clerk", "--json"), board(service)) == 0
    assert service.updates[0]["enforcementMode"] == "LOG_ONLY"
    assert service.updates[0]["description"] == {"optionalValue": "Switch of the agent clerk."}
    told = json.loads(capsys.readouterr().out)
    assert (told["off"], told["reason"], told["changed"], told["enforced"]) == (False, None, True, True)


@pytest.mark.parametrize(
    ("given", "updates"),
    [
        (("off", "--agent", "clerk"), 0),
        (("off", "--agent", "clerk", "--reason", "wrong prices"), 0),
        (("off", "--agent", "clerk", "--reason", "another"), 1),
        (("on", "--tool", "stock___sell"), 0),
    ],
)
def test_what_is_so_already_is_not_done_again(given: tuple[str, ...], updates: int) -> None:
    service = Service(policy(CLERK, "ACTIVE", "wrong prices"), policy(SELL))
    assert switch.act(words(*given), board(service)) == 0
    assert len(service.updates) == updates


@pytest.mark.parametrize(
    "change", [{"gateway_mode": "LOG_ONLY"}, {"engine_arn": "arn:x:policy-engine/other-1"}]
)
def test_a_switch_that_stops_nothing_is_told_as_a_success(
    change: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    service = Service()
    vars(service).update(change)
    assert switch.act(words("off", "--agent", "clerk"), board(service)) == 1
    out, err = capsys.readouterr()
    assert out.startswith("agent clerk is off")
    assert "does not enforce its policies: no switch stops anything" in err
    assert switch.act(words("list"), board(service)) == 0
    assert "no switch stops anything" in capsys.readouterr().err


def test_a_thrown_switch_is_told_though_the_gateway_may_not_be_asked(
    capsys: pytest.CaptureFixture[str],
) -> None:
    service = Service()
    service.gateway_fault = client_error("AccessDeniedException")
    assert switch.act(words("off", "--agent", "clerk", "--json"), board(service)) == 1
    out, err = capsys.readouterr()
    assert (json.loads(out)["off"], json.loads(out)["enforced"]) == (True, None)
    assert "whether the gateway enforces its policies is not known" in err


def test_a_refused_update_is_told_with_its_reason() -> None:
    service = Service()
    service.ends = "UPDATE_FAILED"
    with pytest.raises(Failure, match=r"is UPDATE_FAILED: because\. The agent clerk is not switched off\."):
        switch.act(words("off", "--agent", "clerk"), board(service))


def test_waiting_ends_and_says_what_to_do() -> None:
    service = Service(busy=10_000)
    with pytest.raises(Failure, match=r"still UPDATING after 60 s\. Look again .*docs/runbook\.md"):
        switch.act(words("off", "--agent", "clerk"), board(service))
    assert PATIENCE == 60


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (("--agent", "clark"), r"no switch of the agent clark in shop-prod\. With a switch: clerk\."),
        (("--tool", "stock___steal"), r"With a switch: stock___sell\."),
        (("--target", "stock"), r"With a switch: no target\."),
    ],
)
def test_a_switch_that_is_not_there_is_named_with_those_that_are(given: tuple[str, str], told: str) -> None:
    service = Service()
    with pytest.raises(Failure, match=told):
        switch.act(words("off", *given), board(service))
    assert service.updates == []


def test_a_tool_is_not_silently_stopped_with_its_whole_target() -> None:
    service = Service(policy(Switch(SwitchKind.TARGET, "stock")))
    with pytest.raises(Failure, match=r"has no switch of its own: .*`--target stock` stops all tools"):
        switch.act(words("off", "--tool", "stock___sell"), board(service))
    assert service.updates == []
    assert switch.act(words("off", "--target", "stock"), board(service)) == 0


def client_error(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "ListPolicies")


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (
            client_error("AccessDeniedException"),
            r"refuses list_policies \(AccessDeniedException\): no docs/runbook",
        ),
        (client_error("ThrottlingException"), r"refuses list_policies \(ThrottlingException\): no$"),
        (NoCredentialsError(), "no credentials. Sign in, or set AWS_PROFILE"),
        (EndpointConnectionError(endpoint_url="https://x"), "list_policies failed: Could not connect"),
    ],
)
def test_what_aws_refuses_is_told_with_what_to_do(fault: Exception, told: str) -> None:
    service = Service()
    service.fault = fault
    with pytest.raises(Failure, match=told):
        switch.act(words("list"), board(service))


def test_the_operators_policy_allows_less_than_the_command_calls_or_more_than_switches() -> None:
    """The policy of the runbook: every call that was made, what AWS asks for besides, and switches only."""
    text = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8").partition("### Who may throw one")[2]
    policy = json.loads(text.partition("```json")[2].partition("```")[0])
    allowed = {
        action: each["Resource"] if isinstance(each["Resource"], list) else [each["Resource"]]
        for each in policy["Statement"]
        for action in ([each["Action"]] if isinstance(each["Action"], str) else each["Action"])
    }
    called = {"ssm:GetParameter"} | {
        f"bedrock-agentcore:{''.join(part.title() for part in name.split('_'))}"
        for name in vars(Service)
        if name.endswith(("_policies", "_policy", "_gateway"))
    }
    asked_besides = {"InvokeGateway", "ManageAdminPolicy", "ManageResourceScopedPolicy"}
    assert set(allowed) == called | {f"bedrock-agentcore:{name}" for name in asked_besides}
    prefix = Names("airline", "prod").switch_prefix
    engine, switches = allowed["bedrock-agentcore:UpdatePolicy"]
    assert switches == f"{engine}/policy/{prefix}*"
    parameters = [
        f":parameter{Names('airline', 'prod').parameter(key)}" for key in ("policy-engine-id", "gateway-id")
    ]
    assert [name.partition("ACCOUNT")[2] for name in allowed["ssm:GetParameter"]] == parameters


def test_a_system_that_is_not_deployed_there_is_no_system_without_switches() -> None:
    service = Service()
    service.parameters.clear()
    with pytest.raises(
        Failure, match=r"no parameter /airside/shop/prod/policy-engine-id: shop-prod is not deployed"
    ):
        switch.act(words("list"), board(service))


def test_a_list_tells_what_is_off_since_when_and_why(capsys: pytest.CaptureFixture[str]) -> None:
    service = Service(policy(CLERK, "ACTIVE", "wrong prices"), policy(SELL))
    assert switch.act(words("list"), board(service)) == 0
    off, on = capsys.readouterr().out.splitlines()
    assert off.split("  ")[0] == ["off", "agent clerk"][0]
    assert off.endswith("shop_prod__off_clerk  since 2026-11-21 09:00 UTC: wrong prices")
    assert on.startswith("on   tool stock___sell")
    assert switch.act(words("list", "--json"), board(service)) == 0
    told = json.loads(capsys.readouterr().out)
    assert [(each["kind"], each["off"]) for each in told["switches"]] == [("agent", True), ("tool", False)]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (("off",), "switch off needs --agent NAME, --tool TOOL or --target NAME."),
        (("list", "--agent", "clerk"), "switch list shows every switch"),
        (("on", "--agent", "clerk", "--reason", "x"), "--reason goes with off"),
        (("off", "--agent", "clerk", "--reason", " "), "--reason: must be printable text"),
        (("off", "--agent", "clerk", "--reason", "x" * 201), "--reason: must be printable text"),
        (("off", "--agent", "clerk", "--reason", "a\x1b[2J"), "--reason: must be printable text"),
        (("list", "--project", "/nowhere"), "--project /nowhere: is no folder"),
    ],
)
def test_bad_words_are_refused_before_anybody_is_asked(
    given: tuple[str, ...], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["switch", *given]) == 2
    assert told in capsys.readouterr().err


def test_aws_is_not_touched_unasked(tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a running platform the command ends; it does not go looking for a deployed one."""
    assert main(["switch", "off", "--agent", "clerk", "--project", str(tmp_path), "--env", "prod"]) == 2
    err = capsys.readouterr().err
    assert "no platform runs airline-prod on this machine" in err
    assert "--aws" in err


def test_without_credentials_aws_is_not_switched(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    assert main(["switch", "off", "--agent", "booking", "--env", "prod", "--aws"]) == 2
    assert "--aws --env prod: no AWS credentials that work (NoCredentialsError)" in capsys.readouterr().err
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    assert main(["switch", "list", "--aws"]) == 2
    assert "no AWS credentials that work (ProfileNotFound)" in capsys.readouterr().err
