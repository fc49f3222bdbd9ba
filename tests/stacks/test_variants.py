"""What the main project does not use, synthesized from a small one: pins, plain models, no provider."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from governance.names import SEARCH_TOOL as SEARCH
from localcloud.assembly import load_stage
from localcloud.gateway.authorizer import Caller
from localcloud.gateway.catalog import Catalog
from localcloud.gateway.policy import PolicyEngine
from stacks.synthesize import synthesize
from tests.assembly_fixture import LIBRARY
from tests.local.assembly.build import ADDRESSES
from tests.stacks.templates import Stage, joined

pytestmark = pytest.mark.xdist_group("cdk")
ROLE = "library-dev-agent-librarian"
WEB_ACL = "arn:aws:wafv2:eu-west-1:444455556666:regional/webacl/guard/0a1b2c3d-0a1b-4c3d-8e9f-0a1b2c3d4e5f"
NETWORK = (
    "  network: {mode: vpc, subnets: [subnet-0a1b2c3d, subnet-1a1b2c3d], security_groups: [sg-0a1b2c3d]}"
)


@pytest.fixture(scope="module")
def library(library_assembly: Path) -> Stage:
    """The library as declared."""
    return Stage.read(library_assembly, "library-dev")


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """The library with a pinned agent in a VPC, a web ACL, a rate, a trial policy mode, retained data and
    bounded roles.

    Validated, as the main project's assembly is: nothing else holds these properties against their schemas.
    """
    folder = tmp_path_factory.mktemp("changed")
    project = folder / "project"
    shutil.copytree(LIBRARY, project, ignore=shutil.ignore_patterns("__pycache__"))
    file = project / "environments" / "dev.yaml"
    text = file.read_text(encoding="utf-8")
    text = text.replace("policy_mode: ENFORCE", "policy_mode: LOG_ONLY")
    text = text.replace("retain_data: false", "retain_data: true")
    text = text.replace("  agents: {}", '  agents: {library: {librarian: {version: "3", idle_seconds: 60}}}')
    text = text.replace("  network: {mode: public}", NETWORK)
    text = text.replace("platform_version: V1", "platform_version: V2")
    text = text.replace("web_acl_arn: null", f"web_acl_arn: {WEB_ACL}")
    file.write_text(text + "permissions_boundary: team/limits\n", encoding="utf-8")
    agent = project / "systems" / "library" / "agents" / "librarian.yaml"
    declared = agent.read_text(encoding="utf-8")
    declared = declared.replace("seconds: ", "requests_per_minute: 50, seconds: ")
    parts = "memory: short_term\nmemory_days: 14\nbrowser: vpc\n"
    agent.write_text(f"{declared}may_search: true\n{parts}", encoding="utf-8")
    with (project / "systems" / "library" / "system.yaml").open("a", encoding="utf-8") as system:
        system.write("search: semantic\n")
    return Stage.read(synthesize(project, folder / "out", validate=True), "library-dev")


def test_a_pinned_endpoint_does_not_move_with_a_deployment(changed: Stage) -> None:
    endpoint = changed.one("AWS::BedrockAgentCore::RuntimeEndpoint")
    assert endpoint.properties["AgentRuntimeVersion"] == "3"


def test_an_agents_own_settings_go_before_the_environments(library: Stage, changed: Stage) -> None:
    kind = "AWS::BedrockAgentCore::Runtime"
    usual, own = library.one(kind).properties, changed.one(kind).properties
    assert usual["LifecycleConfiguration"] == {"IdleRuntimeSessionTimeout": 300, "MaxLifetime": 3600}
    assert own["LifecycleConfiguration"] == {"IdleRuntimeSessionTimeout": 60, "MaxLifetime": 3600}
    assert (usual["PlatformVersion"], own["PlatformVersion"]) == ("V1", "V2")


def test_a_runtime_in_a_vpc_has_its_subnets_and_no_right_to_change_networks(changed: Stage) -> None:
    """The service makes the network interfaces with a service-linked role of its own (contracts §10)."""
    assert changed.one("AWS::BedrockAgentCore::Runtime").properties["NetworkConfiguration"] == {
        "NetworkMode": "VPC",
        "NetworkModeConfig": {
            "Subnets": ["subnet-0a1b2c3d", "subnet-1a1b2c3d"],
            "SecurityGroups": ["sg-0a1b2c3d"],
        },
    }
    actions = {action for statement in changed.statements(ROLE) for action in statement.actions}
    assert not [action for action in actions if action.startswith("ec2:")]


def test_a_browser_in_a_vpc_is_where_the_runtimes_are(changed: Stage) -> None:
    """Its name tells which network, as that cannot be changed: the next one is made beside it."""
    browser = changed.one("AWS::BedrockAgentCore::BrowserCustom", Agent="librarian")
    assert browser.properties["NetworkConfiguration"] == {
        "NetworkMode": "VPC",
        "VpcConfig": {"SecurityGroups": ["sg-0a1b2c3d"], "Subnets": ["subnet-0a1b2c3d", "subnet-1a1b2c3d"]},
    }
    assert re.fullmatch("library_dev_librarian_[0-9a-f]{8}", browser.properties["Name"])


def test_a_memory_without_users_is_of_sessions_and_stays_with_the_data(changed: Stage) -> None:
    memory = changed.one("AWS::BedrockAgentCore::Memory", Agent="librarian")
    assert (memory.body["DeletionPolicy"], memory.properties["EventExpiryDuration"]) == ("Retain", 14)
    (remember,) = [item for item in changed.statements(ROLE) if item.sid == "Remember"]
    assert remember.condition == {"StringLike": {"bedrock-agentcore:actorId": "session-*"}}


def test_a_web_acl_guards_the_gateway_and_nothing_passes_while_it_is_away(changed: Stage) -> None:
    gateway = changed.one("AWS::BedrockAgentCore::Gateway")
    assert gateway.properties["WafConfiguration"] == {"FailureMode": "FAIL_CLOSE"}
    association = changed.one("AWS::WAFv2::WebACLAssociation")
    assert association.properties == {
        "ResourceArn": {"Fn::GetAtt": [gateway.id, "GatewayArn"]},
        "WebACLArn": WEB_ACL,
    }
    # It wants a gateway that nothing changes at the time, so it comes last.
    assert association.depends_on == {changed.one("AWS::BedrockAgentCore::GatewayRateLimit").id}


def test_only_what_is_declared_is_limited(changed: Stage) -> None:
    limit = changed.one("AWS::BedrockAgentCore::GatewayRateLimit")
    assert limit.declared == {"RateLimit": "agents", "PerMinute": {"librarian": 50}}
    assert len(limit.properties["Entries"]) == 1


def test_search_is_on_and_granted_where_it_is_declared(changed: Stage) -> None:
    gateway = changed.one("AWS::BedrockAgentCore::Gateway")
    assert gateway.properties["ProtocolConfiguration"]["Mcp"]["SearchType"] == "SEMANTIC"
    policy = changed.one("AWS::BedrockAgentCore::Policy", Tool=SEARCH)
    statement = joined(policy.properties["Definition"]["Cedar"]["Statement"])
    assert f'action in [AgentCore::Action::"{SEARCH}"]' in statement
    assert '"library/agent.librarian"' in statement
    file = changed.code("gateway_interceptor") / "gateway_interceptor" / "policy.json"
    grants = json.loads(file.read_text(encoding="utf-8"))["grants"]
    assert set(grants["librarian"]) == {"catalog___find_book", SEARCH}


def test_the_local_policy_engine_reads_the_search_permit_as_meant(changed: Stage) -> None:
    """The action has no target before it, here as in the permit; without the permit it is denied."""
    spec = load_stage(changed.folder.parent, "library-dev", ADDRESSES).gateway
    catalog = Catalog(spec)
    assert spec.semantic_search
    engine = PolicyEngine(spec.policies, mode="ENFORCE", gateway_arn=spec.arn, actions=catalog.tools)
    librarian, stranger = (
        Caller({"sub": name, "scope": f"library/agent.{name}"}, "issuer", 0, 0.0)
        for name in ("librarian", "stranger")
    )
    assert engine.visible(librarian) == {"catalog___find_book", SEARCH}
    assert engine.visible(stranger) == frozenset()
    assert engine.authorize(librarian, SEARCH, {"query": "x"}).allowed
    rest = [policy for policy in spec.policies if SEARCH not in policy.statement]
    without = PolicyEngine(rest, mode="ENFORCE", gateway_arn=spec.arn, actions=catalog.tools)
    assert not without.authorize(librarian, SEARCH, {"query": "x"}).allowed


def test_a_gateway_without_limits_and_web_acl_has_neither(library: Stage) -> None:
    assert library.resources("AWS::BedrockAgentCore::GatewayRateLimit") == []
    assert library.resources("AWS::WAFv2::WebACLAssociation") == []
    assert "WafConfiguration" not in library.one("AWS::BedrockAgentCore::Gateway").properties


def test_what_has_no_effect_locally_is_told(changed: Stage) -> None:
    loaded = load_stage(changed.folder.parent, "library-dev", ADDRESSES)
    told = "\n".join(loaded.notices)
    assert "AWS WAF is not emulated" in told
    assert "networks are not emulated" in told
    assert "librarian" in told
    assert "pinned to version 3" in told


def test_nothing_is_told_about_a_stage_that_runs_whole(library: Stage) -> None:
    assert load_stage(library.folder.parent, "library-dev", ADDRESSES).notices == ()


def test_the_environment_sets_the_policy_mode(changed: Stage) -> None:
    gateway = changed.one("AWS::BedrockAgentCore::Gateway")
    assert gateway.properties["PolicyEngineConfiguration"]["Mode"] == "LOG_ONLY"


def test_every_role_is_bounded_where_the_environment_says_so(changed: Stage, library: Stage) -> None:
    bounds = {str(role.properties.get("PermissionsBoundary")) for role in changed.roles().values()}
    assert bounds == {"arn:aws:iam::444455556666:policy/team/limits"}
    assert not any("PermissionsBoundary" in role.properties for role in library.roles().values())


def test_logs_are_retained_with_the_data(changed: Stage) -> None:
    for group in changed.resources("AWS::Logs::LogGroup"):
        assert group.body["DeletionPolicy"] == "Retain"
    assert changed.one("AWS::DynamoDB::Table").properties["DeletionProtectionEnabled"] is True


def test_a_gateway_without_outbound_providers_gets_no_tokens_or_secrets(library: Stage) -> None:
    actions = {
        action for item in library.statements("library-dev-gateway") if item.allows for action in item.actions
    }
    assert actions == {
        "lambda:InvokeFunction",
        "bedrock-agentcore:GetPolicyEngine",
        "bedrock-agentcore:AuthorizeAction",
        "bedrock-agentcore:PartiallyAuthorizeActions",
    }


def test_a_plain_model_id_is_one_model_of_the_region(library: Stage) -> None:
    (statement,) = [item for item in library.statements(ROLE) if item.sid.startswith("Model")]
    assert statement.resources == [
        "arn:aws:bedrock:eu-west-1::foundation-model/anthropic.claude-3-haiku-20240307-v1:0"
    ]


def test_a_system_without_users_has_no_trace_of_them(library: Stage) -> None:
    """Its runtimes are called with IAM and take no header of a caller; one pool, no public client."""
    runtime = library.one("AWS::BedrockAgentCore::Runtime").properties
    assert "AuthorizerConfiguration" not in runtime
    assert "RequestHeaderConfiguration" not in runtime
    assert "USER_CLAIM" not in runtime["EnvironmentVariables"]
    function = library.one("AWS::Lambda::Function", Function="gateway_interceptor").properties
    assert set(function["Environment"]["Variables"]) == {"ISSUER", "JWKS_URL", "METRIC_NAMESPACE"}
    assert library.one("AWS::Cognito::UserPool").declared == {"Pool": "agents"}
    assert library.one("AWS::Cognito::UserPoolClient").declared == {"Agent": "librarian"}
    assert len(library.resources("AWS::Cognito::UserPoolDomain")) == 1


def test_an_agent_without_delegates_is_told_of_none(library: Stage) -> None:
    variables = library.one("AWS::BedrockAgentCore::Runtime").properties["EnvironmentVariables"]
    assert not [name for name in variables if name.startswith("DELEGATE_")]


def test_a_tool_declared_irreversible_may_delete(library: Stage) -> None:
    actions = {
        action for item in library.statements("library-dev-function-tool-catalog") for action in item.actions
    }
    assert "dynamodb:DeleteItem" in actions


def test_a_tool_granted_to_nobody_is_in_no_permit(library: Stage) -> None:
    policies = library.resources("AWS::BedrockAgentCore::Policy", Agent="librarian")
    statements = " ".join(joined(item.properties["Definition"]["Cedar"]["Statement"]) for item in policies)
    assert "find_book" in statements
    assert "withdraw_book" not in statements
