"""The main project's assembly, as synthesized, is what the stand-ins are told."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import Any

import pytest

from localcloud.assembly.errors import InvalidTemplate
from localcloud.signed import allows
from localcloud.spec import LocalSystem, OAuthCredential
from tests.local.assembly.build import ADDRESSES
from tests.local.assembly.conftest import Stage
from tests.local.assembly.test_refused_stages import setting

POLICY = "AWS::BedrockAgentCore::Policy"
AGENTS = {"orchestrator", "booking", "loyalty", "policy"}


def test_every_agent_has_a_runtime_a_client_and_a_credential_of_its_own(system: LocalSystem) -> None:
    assert {runtime.agent for runtime in system.runtimes} == AGENTS
    assert {client.agent for client in system.pool.clients} == AGENTS
    assert {provider.agent for provider in system.oauth_providers if provider.agent} == AGENTS
    assert system.entry_agent == "orchestrator"
    secrets = {client.agent: client.client_secret for client in system.pool.clients}
    for provider in system.oauth_providers:
        if provider.agent is not None:
            assert provider.client_secret == secrets[provider.agent]
            assert provider.token_url == f"{ADDRESSES.issuer}/oauth2/token"


def test_an_agents_provider_reads_the_live_secret_of_its_own_client(system: LocalSystem) -> None:
    kept = {provider.agent: provider.secret for provider in system.oauth_providers if provider.secret}
    assert kept.keys() == AGENTS
    for agent, secret in kept.items():
        assert (secret.name, secret.key) == (f"airside/airline/dev/agents/{agent}", "client_secret")
        assert secret.arn.startswith("arn:aws:secretsmanager:ap-northeast-2:111122223333:secret:airside/")
    for client in system.pool.clients:
        # What Cognito takes for a client's secret; a stand-in that took more would hide a refusal.
        assert re.fullmatch(r"[A-Za-z0-9_+]{24,64}", client.client_secret)


def test_an_agents_client_has_its_badge_and_no_other(system: LocalSystem) -> None:
    for client in system.pool.clients:
        assert client.scopes == (f"airline/agent.{client.agent}",)
        assert client.flows == ("client_credentials",)


def test_no_secret_is_in_the_text_of_the_system_or_in_an_environment(system: LocalSystem) -> None:
    secrets = [client.client_secret for client in system.pool.clients]
    secrets += [provider.client_secret for provider in system.oauth_providers]
    environments = [dict(function.environment) for function in system.functions]
    environments += [dict(runtime.environment) for runtime in system.runtimes]
    for secret in secrets:
        assert len(secret) >= 32
        assert secret not in repr(system)
        assert secret not in repr(environments)
        assert secret not in repr(dict(system.parameters))


def test_a_restart_changes_the_secrets_and_nothing_else(airline: Stage, system: LocalSystem) -> None:
    again = airline.load()
    first, second = asdict(system), asdict(again)
    for part in (first, second):
        for client in part["pool"]["clients"]:
            client["client_secret"] = ""
        for provider in part["oauth_providers"]:
            provider["client_secret"] = ""
    assert first == second
    assert all(
        one.client_secret != two.client_secret
        for one, two in zip(system.pool.clients, again.pool.clients, strict=True)
    )


def test_the_gateway_trusts_this_stages_pool_and_clients_only(system: LocalSystem) -> None:
    authorizer = system.gateway.authorizer
    assert authorizer.discovery_url == f"{system.pool.issuer}/.well-known/openid-configuration"
    assert set(authorizer.allowed_clients) == {client.client_id for client in system.pool.clients}
    assert set(authorizer.allowed_scopes) == set(system.pool.scopes)
    assert system.gateway.url == f"{ADDRESSES.gateway}/mcp"
    assert system.gateway.policy_mode == "ENFORCE"
    assert {point for each in system.gateway.interceptors for point in each.points} == {"REQUEST", "RESPONSE"}
    for policy in system.gateway.policies:
        # Only an agent's switch names no gateway: its engine has this one.
        of_an_agent = policy.switch is not None and policy.switch.kind == "agent"
        assert (system.gateway.arn in policy.statement) is not of_an_agent


def test_switches_are_told_from_permits_and_keep_their_mode(airline: Stage, system: LocalSystem) -> None:
    switches = [policy for policy in system.gateway.policies if policy.switch is not None]
    assert {policy.mode for policy in switches} == {"LOG_ONLY"}
    assert {str(policy.switch) for policy in switches} >= {
        "agent booking",
        "tool customer-mcp___create_booking",
    }
    (booking,) = [policy for policy in switches if str(policy.switch) == "agent booking"]
    assert booking.declared == "airline_dev__off_booking"
    assert booking.arn == f"{system.gateway.engine_arn}/policy/{booking.name}"
    assert system.gateway.engine_id.startswith("airline_dev-")
    assert system.parameters["/airside/airline/dev/policy-engine-id"] == system.gateway.engine_id
    # Thrown in the template, it is thrown here.
    thrown = airline.load(POLICY, setting("EnforcementMode", "ACTIVE"), every=True).gateway.policies
    assert {policy.mode for policy in thrown} == {"ACTIVE"}


@pytest.mark.parametrize(
    "noted", ["booking", {}, {"King": "x"}, {"Agent": ""}, {"Agent": "a", "Tool": "b"}, 7]
)
def test_a_switch_of_nothing_known_is_refused(airline: Stage, noted: object) -> None:
    def note(node: dict[str, Any]) -> None:
        node["Metadata"]["Airside"]["Switch"] = noted

    with pytest.raises(InvalidTemplate, match=r"Metadata\.Airside\.Switch is"):
        airline.load(POLICY, note)


def test_functions_and_runtimes_run_from_folders_of_the_assembly(system: LocalSystem) -> None:
    for function in system.functions:
        assert (function.code / function.handler.split(".")[0]).is_dir()
    for runtime in system.runtimes:
        assert (runtime.source / runtime.build_args["AGENT"] / "__main__.py").is_file()


def test_external_origins_are_mapped_to_stand_ins(system: LocalSystem) -> None:
    (flights,) = [target for target in system.gateway.targets if target.kind == "openapi"]
    assert flights.document is not None
    assert flights.document["servers"][0]["url"] in system.hosts
    assert set(system.hosts.values()) == set(ADDRESSES.providers.values())
    (outbound,) = [provider for provider in system.oauth_providers if provider.provider]
    assert isinstance(flights.credential, OAuthCredential)
    assert flights.credential.provider_arn == outbound.arn
    assert outbound.token_url.startswith(ADDRESSES.providers["flights"])


def test_only_the_orchestrator_may_invoke_and_only_those_it_delegates_to(system: LocalSystem) -> None:
    by_agent = {runtime.agent: runtime for runtime in system.runtimes}
    for caller in by_agent.values():
        for callee in by_agent.values():
            allowed = allows(system.grants[caller.name], "bedrock-agentcore:InvokeAgentRuntime", callee.arn)
            assert allowed == (caller.agent == "orchestrator" and callee.agent != "orchestrator")


def test_an_agents_role_reaches_its_own_credential_only(system: LocalSystem) -> None:
    for runtime in system.runtimes:
        for provider in system.oauth_providers:
            allowed = allows(
                system.grants[runtime.name], "bedrock-agentcore:GetResourceOauth2Token", provider.arn
            )
            assert allowed == (provider.agent == runtime.agent)


def test_tables_name_their_rows_and_their_keys(system: LocalSystem) -> None:
    assert {table.logical_name: table.seed for table in system.tables} == {
        name: f"{name}.json" for name in ("customers", "bookings", "members", "tiers", "rules")
    }
    (bookings,) = [table for table in system.tables if table.logical_name == "bookings"]
    assert bookings.definition["GlobalSecondaryIndexes"][0]["IndexName"] == "by-customer"
    assert bookings.definition["TableName"] == bookings.name
    assert "SSESpecification" not in bookings.definition


@pytest.mark.parametrize("kind", ["runtimes", "functions", "targets", "tables"])
def test_every_part_is_there(system: LocalSystem, kind: str) -> None:
    counts = {
        "runtimes": len(system.runtimes),
        "functions": len(system.functions),
        "targets": len(system.gateway.targets),
        "tables": len(system.tables),
    }
    assert counts[kind] == {"runtimes": 4, "functions": 4, "targets": 4, "tables": 5}[kind]


def test_the_gateways_rate_limits_are_read_with_this_stages_clients(system: LocalSystem) -> None:
    agents, tools = system.gateway.rate_limits
    loyalty = next(client.client_id for client in system.pool.clients if client.agent == "loyalty")
    assert (agents.limit_id, agents.keys) == ("agents", ("$.context.jwt.client_id",))
    assert [(entry.values, entry.rate, entry.seconds) for entry in agents.entries] == [
        ((loyalty,), 1500, 60),
        (("*",), 3000, 60),
    ]
    assert (tools.limit_id, tools.keys) == ("tools", ("toolName",))
