"""Every role: whom it trusts, what it reaches, and above all what it does not."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase

import pytest

from governance.model import Project
from tests.stacks.templates import Stage, joined, strings

AGENTCORE = "bedrock-agentcore.amazonaws.com"

RUNS = {"Agent", "Server"}
"""Of whom a role of a runtime is, as its metadata tells."""

NO_RESOURCE = {
    "ecr:GetAuthorizationToken",
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
    "cloudwatch:PutMetricData",
}
"""Actions that IAM authorizes on no resource (Service Authorization Reference)."""

AGENT_ACTIONS = {
    "ecr:BatchGetImage",
    "ecr:GetDownloadUrlForLayer",
    "ecr:GetAuthorizationToken",
    "logs:CreateLogGroup",
    "logs:CreateLogStream",
    "logs:DescribeLogGroups",
    "logs:DescribeLogStreams",
    "logs:PutLogEvents",
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
    "cloudwatch:PutMetricData",
    "bedrock:InvokeModel",
    "bedrock:InvokeModelWithResponseStream",
    "bedrock-agentcore:GetResourceOauth2Token",
    "secretsmanager:GetSecretValue",
}


def test_no_star_where_the_action_knows_resources(every_system: list[Stage]) -> None:
    for stage in every_system:
        for statement in stage.statements():
            if statement.allows and "*" in statement.resources:
                assert set(statement.actions) <= NO_RESOURCE, (statement.role, statement.sid)


def test_metrics_of_another_name_can_be_made_up(every_system: list[Stage]) -> None:
    """The action knows no resource; only the namespace keeps a runtime from writing what alarms watch."""
    for stage in every_system:
        for statement in stage.statements():
            if statement.allows and "cloudwatch:PutMetricData" in statement.actions:
                assert statement.actions == ["cloudwatch:PutMetricData"]
                assert statement.condition == {"StringEquals": {"cloudwatch:namespace": "bedrock-agentcore"}}


def test_no_allowed_action_is_a_pattern(every_system: list[Stage]) -> None:
    for stage in every_system:
        for statement in stage.statements():
            patterns = [action for action in statement.actions if "*" in action]
            assert not (statement.allows and patterns), statement
            assert "NotAction" not in statement.body
            assert "NotResource" not in statement.body


def test_no_role_uses_a_managed_policy(every_system: list[Stage]) -> None:
    for stage in every_system:
        for role in stage.roles().values():
            assert "ManagedPolicyArns" not in role.properties


def test_a_service_is_trusted_for_one_resource_of_this_account_and_never_twice(
    every_system: list[Stage],
) -> None:
    """The library's gateway role has a second statement without conditions, which voids the first."""
    for stage in every_system:
        trusted = 0
        for name, role in stage.roles().items():
            (statement,) = role.properties["AssumeRolePolicyDocument"]["Statement"]
            assert (statement["Effect"], statement["Action"]) == ("Allow", "sts:AssumeRole")
            condition = statement["Condition"]
            assert {operator: set(keys) for operator, keys in condition.items()} == {
                "StringEquals": {"aws:SourceAccount"},
                "ArnLike": {"aws:SourceArn"},
            }
            account = condition["StringEquals"]["aws:SourceAccount"]
            assert re.fullmatch(r"\d{12}", account)
            arn = condition["ArnLike"]["aws:SourceArn"]
            if statement["Principal"] == {"Service": AGENTCORE}:
                trusted += 1
                kinds = "gateway|memory|runtime"
                assert re.fullmatch(
                    rf"arn:aws:bedrock-agentcore:[a-z0-9-]+:{account}:({kinds})/[a-z0-9_-]+-\?{{10}}", arn
                ), name
            else:
                assert statement["Principal"] == {"Service": "lambda.amazonaws.com"}
                assert re.fullmatch(rf"arn:aws:lambda:[a-z0-9-]+:{account}:function:[a-z0-9-]+", arn), name
        roles = [
            item
            for item in stage.resources("AWS::BedrockAgentCore::Memory")
            if "MemoryExecutionRoleArn" in item.properties
        ]
        assert trusted == 1 + len(stage.resources("AWS::BedrockAgentCore::Runtime")) + len(roles)


def test_a_functions_role_is_for_that_function(dev: Stage) -> None:
    for function in dev.resources("AWS::Lambda::Function"):
        role = dev.one("AWS::IAM::Role", Function=str(function.declared["Function"]))
        (statement,) = role.properties["AssumeRolePolicyDocument"]["Statement"]
        arn = statement["Condition"]["ArnLike"]["aws:SourceArn"]
        assert arn.rpartition(":")[2] == function.properties["FunctionName"]


def test_no_role_is_made_by_the_library(every_system: list[Stage]) -> None:
    """Ours carry the reasons of their statements, and have no policy elsewhere."""
    for stage in every_system:
        assert not stage.resources("AWS::IAM::Policy")
        assert not stage.resources("AWS::IAM::ManagedPolicy")
        for name, role in stage.roles().items():
            assert role.declared["Trust"], name
            stated = [item.sid for item in stage.statements(name)]
            assert stated == list(role.declared["Statements"]), name
            assert all(len(why) > 10 for why in role.declared["Statements"].values()), name
            assert len(set(stated)) == len(stated), name


def test_no_two_runtimes_or_functions_share_a_role(every_system: list[Stage]) -> None:
    for stage in every_system:
        used = [
            str(item.properties[key])
            for type_, key in (
                ("AWS::BedrockAgentCore::Runtime", "RoleArn"),
                ("AWS::BedrockAgentCore::Gateway", "RoleArn"),
                ("AWS::BedrockAgentCore::Memory", "MemoryExecutionRoleArn"),
                ("AWS::Lambda::Function", "Role"),
            )
            for item in stage.resources(type_)
            if key in item.properties
        ]
        assert len(set(used)) == len(used) == len(stage.roles())


@pytest.mark.parametrize("agent", ["booking", "loyalty", "policy"])
def test_a_specialist_may_do_exactly_this(dev: Stage, agent: str) -> None:
    allowed = {
        action
        for statement in dev.statements(f"airline-dev-agent-{agent}")
        if statement.allows
        for action in statement.actions
    }
    assert allowed == AGENT_ACTIONS


def test_the_orchestrator_may_besides_invoke_its_delegates_and_remember(dev: Stage, project: Project) -> None:
    statements = dev.statements("airline-dev-agent-orchestrator")
    allowed = {action for item in statements if item.allows for action in item.actions}
    remembering = {"bedrock-agentcore:CreateEvent", "bedrock-agentcore:ListEvents"}
    assert allowed - AGENT_ACTIONS == {"bedrock-agentcore:InvokeAgentRuntime", *remembering}
    (invoke,) = [item for item in statements if item.sid == "InvokeDelegates"]
    arns = [
        f"<{dev.one('AWS::BedrockAgentCore::Runtime', Agent=delegation.agent).id}.AgentRuntimeArn>"
        for delegation in project.system("airline").agent("orchestrator").delegates
    ]
    expected = [*arns, *(f"{arn}/runtime-endpoint/dev" for arn in arns)]
    assert sorted(joined(resource) for resource in invoke.resources) == sorted(expected)


def test_only_declared_delegations_become_grants(stages: list[Stage], project: Project) -> None:
    for stage in stages:
        about = stage.templates["runtime"]["Metadata"]["Airside"]
        for agent in project.system(about["System"]).agents:
            role = f"{about['System']}-{about['Environment']}-agent-{agent.name}"
            invoking = [
                item
                for item in stage.statements(role)
                if item.allows and "bedrock-agentcore:InvokeAgentRuntime" in item.actions
            ]
            assert bool(invoking) is bool(agent.delegates)


def test_no_agent_may_speak_for_an_unverified_user(every_system: list[Stage]) -> None:
    refused = {
        "bedrock-agentcore:GetWorkloadAccessTokenForUserId",
        "bedrock-agentcore:InvokeAgentRuntimeForUser",
        "bedrock-agentcore:InvokeAgentRuntimeWithWebSocketStreamForUser",
    }
    for stage in every_system:
        for statement in stage.statements():
            assert not (statement.allows and refused & set(statement.actions))
        guarded = [
            name
            for name, role in stage.roles().items()
            if RUNS & set(role.declared) or name.endswith("-gateway")
        ]
        assert len(guarded) == 1 + len(stage.resources("AWS::BedrockAgentCore::Runtime"))
        for role in guarded:
            (denied,) = [item for item in stage.statements(role) if item.sid == "NeverForUnverifiedUsers"]
            assert not denied.allows
            assert (set(denied.actions), denied.resources, denied.condition) == (refused, ["*"], {})


GUARDS = (
    "bedrock-agentcore:CreateBrowser",
    "bedrock-agentcore:CreateCodeInterpreter",
    "bedrock-agentcore:CreateOauth2CredentialProvider",
    "bedrock-agentcore:DeleteMemory",
    "bedrock-agentcore:DeletePolicy",
    "bedrock-agentcore:DeleteWorkloadIdentity",
    "bedrock-agentcore:ManageResourceScopedPolicy",
    "bedrock-agentcore:PutResourcePolicy",
    "bedrock-agentcore:SetTokenVaultCMK",
    "bedrock-agentcore:UpdateAgentRuntime",
    "bedrock-agentcore:UpdateAgentRuntimeEndpoint",
    "bedrock-agentcore:UpdateGateway",
    "bedrock-agentcore:UpdateGatewayTarget",
    "bedrock-agentcore:UpdateMemory",
    "bedrock-agentcore:UpdatePolicyEngine",
    "cognito-idp:UpdateUserPoolClient",
    "iam:PutRolePolicy",
    "lambda:InvokeFunction",
    "lambda:UpdateFunctionCode",
)
"""What would change or pass what guards an agent."""

NEEDED = (
    "bedrock-agentcore:CreateEvent",
    "bedrock-agentcore:GetResourceOauth2Token",
    "bedrock-agentcore:GetWorkloadAccessToken",
    "bedrock-agentcore:InvokeAgentRuntime",
    "bedrock-agentcore:ConnectBrowserAutomationStream",
    "bedrock-agentcore:InvokeCodeInterpreter",
    "bedrock-agentcore:ListEvents",
    "bedrock-agentcore:RetrieveMemoryRecords",
    "bedrock-agentcore:StartBrowserSession",
    "bedrock-agentcore:StartCodeInterpreterSession",
    "bedrock-agentcore:StopBrowserSession",
    "bedrock-agentcore:StopCodeInterpreterSession",
)
"""What agents do, or may be declared to do: a Deny that is too wide would stop them."""


def test_a_policy_attached_later_cannot_open_an_agents_guard(every_system: list[Stage]) -> None:
    for stage in every_system:
        for role in (name for name, role in stage.roles().items() if RUNS & set(role.declared)):
            (denied,) = [item for item in stage.statements(role) if item.sid == "NeverItsOwnGuard"]
            assert (denied.allows, denied.resources, denied.condition) == (False, ["*"], {})
            for action in GUARDS:
                assert any(fnmatchcase(action, pattern) for pattern in denied.actions), action
            for action in {*NEEDED, *AGENT_ACTIONS}:
                assert not any(fnmatchcase(action, pattern) for pattern in denied.actions), action


def test_no_agent_reaches_a_tools_function_table_or_secret(stages: list[Stage]) -> None:
    """The gateway must be the only way to a tool."""
    services = ("lambda:", "dynamodb:", "ssm:", "s3:", "kms:", "iam:", "sts:", "cognito-idp:", "events:")
    for stage in stages:
        for role in (name for name in stage.roles() if "-agent-" in name):
            for statement in stage.statements(role):
                if statement.allows:
                    assert not [item for item in statement.actions if item.startswith(services)]
                assert "outbound" not in " ".join(strings(statement.resources))


def test_an_agent_reads_its_clients_secret_only_through_identity(stages: list[Stage]) -> None:
    for stage in stages:
        for role in (name for name in stage.roles() if "-agent-" in name):
            (statement,) = [
                item for item in stage.statements(role) if "secretsmanager:GetSecretValue" in item.actions
            ]
            assert statement.condition == {"Bool": {"aws:ViaAWSService": "true"}}
            (resource,) = statement.resources
            system, environment, agent = role.replace("-agent-", "-").split("-", 2)
            assert resource.endswith(f":secret:airside/{system}/{environment}/agents/{agent}-??????")


def test_an_agent_gets_tokens_of_its_own_provider_for_its_own_identity(dev: Stage) -> None:
    for agent in ("booking", "loyalty", "policy", "orchestrator"):
        (statement,) = [
            item for item in dev.statements(f"airline-dev-agent-{agent}") if item.sid == "OwnToken"
        ]
        prefix = "arn:aws:bedrock-agentcore:ap-northeast-2:111122223333:"
        assert {item.removeprefix(prefix) for item in statement.resources} == {
            "token-vault/default",
            f"token-vault/default/oauth2credentialprovider/airline-dev-agent-{agent}",
            "workload-identity-directory/default",
            f"workload-identity-directory/default/workload-identity/airline_dev_{agent}-*",
        }


def test_model_access_is_limited_to_the_tiers_model(dev: Stage, project: Project) -> None:
    model = project.environment("dev").models["standard"]
    profile = f"arn:aws:bedrock:ap-northeast-2:111122223333:inference-profile/{model.model_id}"
    statements = [item for item in dev.statements("airline-dev-agent-policy") if item.sid.startswith("Model")]
    assert statements[0].resources == [profile]
    assert statements[1].resources == [
        f"arn:aws:bedrock:{region}::foundation-model/{name}"
        for region in model.regions
        for name in model.foundation_models
    ]
    # Without the condition the foundation models could be called past the profile.
    assert statements[1].condition == {"StringEquals": {"bedrock:InferenceProfileArn": profile}}


def test_the_gateway_invokes_its_interceptor_and_targets_functions_and_no_other(dev: Stage) -> None:
    (statement,) = [
        item for item in dev.statements("airline-dev-gateway") if "lambda:InvokeFunction" in item.actions
    ]
    functions = [
        function
        for function in dev.resources("AWS::Lambda::Function")
        # CloudFormation calls what works while a stack is deployed.
        if function.declared.get("Phase") != "deployment"
    ]
    named = [joined(resource) for resource in statement.resources]
    assert len(named) == len(functions)
    assert all(any(function.id in name for name in named) for function in functions)
    assert not [name for name in named if "*" in name]


def test_the_gateway_asks_its_own_engine_about_itself(dev: Stage) -> None:
    engine = f"<{dev.one('AWS::BedrockAgentCore::PolicyEngine').id}.PolicyEngineArn>"
    own = "arn:aws:bedrock-agentcore:ap-northeast-2:111122223333:gateway/airline-dev-??????????"
    by_sid = {item.sid: item for item in dev.statements("airline-dev-gateway")}
    assert [joined(item) for item in by_sid["ReadPolicyEngine"].resources] == [engine]
    assert sorted(joined(item) for item in by_sid["AskPolicyEngine"].resources) == sorted([engine, own])


def test_the_gateway_reads_the_secrets_of_its_providers_only(dev: Stage) -> None:
    (statement,) = [
        item
        for item in dev.statements("airline-dev-gateway")
        if "secretsmanager:GetSecretValue" in item.actions
    ]
    assert statement.resources == [
        "arn:aws:secretsmanager:ap-northeast-2:111122223333:secret:airside/airline/dev/flights-??????"
    ]


def test_the_interceptor_can_write_its_log_and_nothing_else(stages: list[Stage]) -> None:
    for stage in stages:
        about = stage.templates["gateway"]["Metadata"]["Airside"]
        role = f"{about['System']}-{about['Environment']}-function-gateway-interceptor"
        (statement,) = stage.statements(role)
        assert set(statement.actions) == {"logs:CreateLogStream", "logs:PutLogEvents"}
        (resource,) = statement.resources
        assert resource["Fn::GetAtt"][1] == "Arn"


def test_a_role_can_rotate_read_or_replace_a_clients_secret(stages: list[Stage]) -> None:
    """Rotating is an operator's, in person: whoever could do it would be that agent."""
    services = ("cognito-idp:", "secretsmanager:")
    providers = "Oauth2CredentialProvider"
    for stage in stages:
        for statement in stage.statements():
            found = [item for item in statement.actions if item.startswith(services) or providers in item]
            assert not statement.allows or set(found) <= {"secretsmanager:GetSecretValue"}, statement.role
            if statement.allows and found and "-agent-" not in statement.role:
                assert "/agents/" not in " ".join(strings(statement.resources)), statement.role


def test_nothing_can_change_its_own_guard(stages: list[Stage]) -> None:
    verbs = re.compile(r":(Create|Update|Delete|Put|Attach|Detach|Add|Remove|Set|Pass)", re.ASCII)
    harmless = {
        "bedrock-agentcore:CreateEvent",
        "logs:CreateLogGroup",
        "logs:CreateLogStream",
        "logs:PutLogEvents",
        "xray:PutTraceSegments",
        "xray:PutTelemetryRecords",
        "cloudwatch:PutMetricData",
        "dynamodb:PutItem",
        "dynamodb:UpdateItem",
        # Of the one key, for AgentCore itself: tests/stacks/test_keys.py.
        "kms:CreateGrant",
        # The publisher of the console's files, of which no agent knows (tests/stacks/test_front_end.py).
        "cloudfront:CreateInvalidation",
        "s3:DeleteObject",
        "s3:DeleteObjectVersion",
        "s3:PutObject",
    }
    for stage in stages:
        changing = {
            action
            for statement in stage.statements()
            if statement.allows
            for action in statement.actions
            if verbs.search(action)
        }
        assert changing <= harmless


def test_no_role_can_throw_a_switch_or_read_which_there_are(stages: list[Stage]) -> None:
    """Throwing one is an operator's, with a role that no template holds (docs/runbook.md)."""
    refused = re.compile(
        r"bedrock-agentcore:(ManageAdminPolicy|ManageResourceScopedPolicy|InvokeGateway"
        r"|(Create|Update|Delete|Get|List)Polic(y|ies)(Summaries|Summary)?)|ssm:.*"
    )
    for stage in stages:
        for statement in stage.statements():
            assert not [item for item in statement.actions if statement.allows and refused.fullmatch(item)]
