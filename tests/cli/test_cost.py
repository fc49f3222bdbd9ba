"""`cost`: nothing paid for is left out in silence, no price is invented, and the sums are right."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from cli.__main__ import main
from cli.outcome import Failure
from cli.pricing import assumptions, prices
from cli.pricing.estimate import DAYS, estimate, foundation
from cli.pricing.inventory import COUNTED, FREE, Inventory, count, read
from cli.pricing.report import Report
from stacks.gates.templates import StageTemplates
from tests.assembly_fixture import assembly

__all__ = ["assembly"]

MODEL = "apac.anthropic.claude-sonnet-4-20250514-v1:0"
SONNET = "model/anthropic.claude-sonnet-4-20250514-v1:0"


TARGET = {
    "Type": "AWS::BedrockAgentCore::GatewayTarget",
    "Metadata": {"Airside": {"Tools": {"a": {}, "b": {}}}},
    "Properties": {
        "TargetConfiguration": {"Mcp": {"Lambda": {"LambdaArn": {"Fn::GetAtt": ["Tool", "Arn"]}}}}
    },
}


def runtime(name: str = "clerk", idle: int = 600, **more: Any) -> dict[str, Any]:
    return {
        "Type": "AWS::BedrockAgentCore::Runtime",
        "Properties": {
            "AgentRuntimeName": name,
            "EnvironmentVariables": {"MODEL_ID": MODEL},
            "LifecycleConfiguration": {"IdleRuntimeSessionTimeout": idle},
            **more,
        },
    }


def counted(**resources: dict[str, Any]) -> Inventory:
    return count("shop-dev", "eu-west-1", StageTemplates({"t": {"Resources": resources}}))


def report(inventory: Inventory, conversations: float = 1000, **own: float) -> Report:
    assumed = assumptions.changed(assumptions.defaults(inventory), own)
    return Report(inventory, assumed, prices.load(), conversations)


def usd(made: Report, what: str) -> float:
    (line,) = [line for line in made.estimate.lines if line.what == what]
    assert line.usd is not None
    return line.usd


def test_an_idle_session_is_paid_for_until_it_ends() -> None:
    """Memory is billed while a session lives: five minutes of talk and ten of idling, half a GB."""
    made = report(counted(Clerk=runtime()))
    assert usd(made, "agents' memory") == pytest.approx(1000 * 15 / 60 * 0.5 * 0.00945)
    longer = report(counted(Clerk=runtime(idle=1200)))
    assert usd(longer, "agents' memory") > usd(made, "agents' memory")
    assert usd(longer, "agents' CPU") == usd(made, "agents' CPU") == pytest.approx(1000 * 15 / 3600 * 0.0895)


def test_tokens_are_priced_by_the_model_behind_the_profile() -> None:
    made = report(counted(Clerk=runtime()), turns=2, model_calls=3, input_tokens=100, output_tokens=10)
    assert usd(made, f"{SONNET.removeprefix('model/')} reads") == pytest.approx(1000 * 600 * 3e-6)
    assert usd(made, f"{SONNET.removeprefix('model/')} writes") == pytest.approx(1000 * 60 * 15e-6)
    assert foundation("global.amazon.nova-pro-v1:0") == "amazon.nova-pro-v1:0"
    assert foundation("amazon.nova-pro-v1:0") == "amazon.nova-pro-v1:0"


def test_what_stands_there_costs_without_a_conversation() -> None:
    inventory = counted(
        Client={
            "Type": "AWS::Cognito::UserPoolClient",
            "Properties": {"AllowedOAuthFlows": ["client_credentials"]},
        },
        Users={"Type": "AWS::Cognito::UserPoolClient", "Properties": {"AllowedOAuthFlows": ["code"]}},
        Key={"Type": "AWS::KMS::Key"},
        Secret={"Type": "AWS::SecretsManager::Secret"},
        Board={"Type": "AWS::CloudWatch::Dashboard"},
        Simple={"Type": "AWS::CloudWatch::Alarm", "Properties": {"MetricName": "Errors"}},
        Ratio={
            "Type": "AWS::CloudWatch::Alarm",
            "Properties": {"Metrics": [{"Expression": "a/b"}, {"MetricStat": {}}, {"MetricStat": {}}]},
        },
    )
    made = report(inventory, 0)
    assert made.estimate.total() == pytest.approx(6 + 1 + 0.4 + 3 + 3 * 0.1)
    assert made.estimate.total() == made.estimate.total(fixed=True)
    assert made.as_json()["usd_per_conversation"] is None


def test_logs_are_paid_for_as_long_as_they_are_kept() -> None:
    group = {"Type": "AWS::Logs::LogGroup", "Properties": {"RetentionInDays": 365}}
    made = report(counted(Logs=group), turns=10, log_kb=100)
    assert usd(made, "logs") == pytest.approx(1 * 0.5)
    assert usd(made, "logs kept") == pytest.approx(1 * 365 / DAYS * 0.03)


def test_the_gateway_is_paid_for_by_request_and_by_decision() -> None:
    function = {"Type": "AWS::Lambda::Function", "Properties": {"MemorySize": 512}}
    gateway = {
        "Type": "AWS::BedrockAgentCore::Gateway",
        "Properties": {
            "InterceptorConfigurations": [
                {
                    "InterceptionPoints": ["REQUEST", "RESPONSE"],
                    "Interceptor": {"Lambda": {"Arn": {"Fn::GetAtt": ["Guard", "Arn"]}}},
                }
            ]
        },
    }
    engine = {"Type": "AWS::BedrockAgentCore::PolicyEngine"}
    # No tool's, so no call of a tool is one of it.
    other = {"Type": "AWS::Lambda::Function", "Properties": {"MemorySize": 10240}}
    made = report(
        counted(Guard=function, Tool=function, Gateway=gateway, Target=TARGET, Other=other, Engine=engine),
        turns=4,
        tool_calls=2,
        agents=1,
        list_requests=1,
    )
    assert usd(made, "gateway requests") == pytest.approx(1000 * 9 * 5e-6)
    assert usd(made, "policy engine") == pytest.approx(1000 * (8 + 2) * 25e-6)
    # Nine requests at two points of interception, and eight calls of a tool.
    assert usd(made, "functions' invocations") == pytest.approx(1000 * (18 + 8) * 2e-7)
    assert usd(made, "functions' time") == pytest.approx(1000 * 0.5 * (18 * 0.020 + 8 * 0.1) * 13.3334e-6)
    assert not [line for line in made.estimate.lines if line.what in ("searches for tools", "AWS WAF")]


def test_a_price_that_no_page_supported_is_taken_for_nothing() -> None:
    made = report(counted(Clerk=runtime()))
    (image,) = [line for line in made.estimate.unknown if line.what == "images"]
    assert image.quantity == pytest.approx(0.3)
    said = "\n".join(made.text())
    assert "at least" in said.splitlines()[0]
    assert "image_gb_month: see https://aws.amazon.com/ecr/pricing/" in said
    told = made.as_json()
    assert "image_gb_month" in told["not_priced"]
    assert told["complete"] is False
    own = Report(made.inventory, made.assumptions, made.prices.set("image_gb_month", 0.1), 0)
    assert usd(own, "images") == pytest.approx(0.03)


def test_a_resource_nobody_has_thought_of_is_free() -> None:
    made = report(counted(Cluster={"Type": "AWS::EKS::Cluster"}))
    assert made.inventory.unpriced == {"AWS::EKS::Cluster": 1}
    assert "1 AWS::EKS::Cluster" in "\n".join(made.text())
    assert made.as_json()["unknown_resources"] == {"AWS::EKS::Cluster": 1}


def test_every_assumption_moves_the_estimate_or_says_what_it_needs() -> None:
    every = counted(
        Clerk=runtime("clerk"),
        Buyer=runtime("buyer"),
        Engine={"Type": "AWS::BedrockAgentCore::PolicyEngine"},
        Code={"Type": "AWS::BedrockAgentCore::CodeInterpreterCustom"},
        Guard={"Type": "AWS::Lambda::Function"},
        Tool={"Type": "AWS::Lambda::Function"},
        Gateway={
            "Type": "AWS::BedrockAgentCore::Gateway",
            "Properties": {
                "ProtocolConfiguration": {"Mcp": {"SearchType": "SEMANTIC"}},
                "InterceptorConfigurations": [
                    {
                        "InterceptionPoints": ["REQUEST"],
                        "Interceptor": {"Lambda": {"Arn": {"Fn::GetAtt": ["Guard", "Arn"]}}},
                    }
                ],
            },
        },
        Target=TARGET,
        Pages={"Type": "AWS::CloudFront::Distribution"},
        Files={"Type": "AWS::S3::Bucket"},
        Memory={
            "Type": "AWS::BedrockAgentCore::Memory",
            "Properties": {
                "MemoryStrategies": [{"UserPreferenceMemoryStrategy": {}}, {"CustomMemoryStrategy": {}}]
            },
        },
        Table={"Type": "AWS::DynamoDB::Table"},
        Key={"Type": "AWS::KMS::Key"},
        Logs={"Type": "AWS::Logs::LogGroup", "Properties": {"RetentionInDays": 30}},
        Pool={"Type": "AWS::Cognito::UserPool", "Metadata": {"Airside": {"Pool": "users"}}},
    )
    known = prices.load()
    for key, price in known.by_key.items():
        if price.usd is None:
            known = known.set(key, 1.0)
    assumed = assumptions.changed(assumptions.defaults(every), {"search_requests": 1})
    values = {key: each.value for key, each in assumed.items()}
    base = estimate(every, values, known, 1000).total()
    idle = [
        key
        for key in values
        if estimate(every, {**values, key: values[key] * 2}, known, 1000).total() == base
    ]
    assert idle == []


def test_the_largest_assumption_is_told_first() -> None:
    told = report(counted(Clerk=runtime())).sensitivity()
    assert [key for key, _ in told][:2] == ["turns", "model_calls"]
    assert [abs(added) for _, added in told] == sorted((abs(added) for _, added in told), reverse=True)


@pytest.mark.parametrize("name", ["airline-dev", "airline-staging", "airline-prod", "account-dev"])
def test_every_resource_of_the_project_is_known_to_the_estimate(assembly: Path, name: str) -> None:
    inventory = read(assembly, name)
    assert inventory.unpriced == {}
    assert not COUNTED & FREE
    assert (inventory.budget_usd is None) is name.startswith("account")


def test_the_budget_decides_the_exit_code(assembly: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["cost", "--env", "prod", "--assembly", str(assembly), "--json"]
    assert main([*words, "--monthly-conversations", "100"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["over_budget"], told["budget_usd"]) == (False, 2000)
    assert main([*words, "--monthly-conversations", "1e6", "--assume", "turns=3"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["over_budget"] is True
    assert told["assumptions"]["turns"] == {
        "value": 3.0, "unit": "questions", "why": "a customer asks, is answered, and asks on", "own": True,
    }  # fmt: skip
    assert {line["price"]["region"] for line in told["lines"]} >= {"us-east-1", "any"}


def test_every_price_has_a_source_or_is_unknown() -> None:
    for price in prices.load().by_key.values():
        assert price.verify.startswith("https://aws.amazon.com/")
        assert (price.usd is None) == (price.source is None), price.key


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"source": None}, "has a figure and no source"),
        ({"usd": "cheap"}, "write a number of dollars, or unknown"),
        ({"usd": True}, "write a number of dollars"),
        ({"usd": -1}, "write a number of dollars"),
        ({"extra": 1}, "needs exactly"),
    ],
)
def test_a_price_file_that_is_wrong_is_refused(tmp_path: Path, change: dict[str, Any], told: str) -> None:
    document = yaml.safe_load(prices.FILE.read_text(encoding="utf-8"))
    document["prices"]["kms_key_month"] |= change
    file = tmp_path / "prices.yaml"
    file.write_text(yaml.safe_dump(document), encoding="utf-8")
    with pytest.raises(Failure, match=told):
        prices.load(file)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--monthly-conversations", "nan"], "must be from 0"),
        (["--monthly-conversations", "-1"], "must be from 0"),
        (["--monthly-conversations", "1", "--assume", "turns"], "write KEY=VALUE"),
        (["--monthly-conversations", "1", "--assume", "turns=many"], "must be a number"),
        (["--monthly-conversations", "1", "--assume", "turms=3"], "turms: is no assumption. Known: turns"),
        (["--monthly-conversations", "1", "--price", "gold=3"], "gold: is no price"),
        (["--monthly-conversations", "1", "--prices", "/nowhere"], "cannot be read as YAML"),
        (["--monthly-conversations", "1", "--env", "moon"], "has no stage airline-moon"),
    ],
)
def test_bad_words_say_what_is_wrong(
    assembly: Path, words: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["cost", "--assembly", str(assembly), *words]) == 2
    assert told in capsys.readouterr().err


def test_a_model_without_a_price_is_not_free(
    assembly: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = yaml.safe_load(prices.FILE.read_text(encoding="utf-8"))
    document["prices"][f"{SONNET}/output"]["usd"] = "unknown"
    file = tmp_path / "prices.yaml"
    file.write_text(yaml.safe_dump(document), encoding="utf-8")
    words = ["cost", "--assembly", str(assembly), "--monthly-conversations", "1", "--prices", str(file)]
    assert main(words) == 2
    assert f"--price {SONNET}/output=USD" in capsys.readouterr().err
    assert main([*words, "--price", f"{SONNET}/output=0.00001"]) == 0
