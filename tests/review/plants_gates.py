"""Planted changes of gateways, policies, clients and pools."""

from __future__ import annotations

from tests.review.kit import added, edited, noted, without
from tests.review.plant_kit import (
    BOOKING,
    CLIENT,
    EVERYBODY,
    FUNCTION,
    GATEWAY,
    JWT,
    PERMIT,
    POLICY,
    POOL,
    SECOND,
    STATEMENT,
    SWITCH,
    Plant,
    append,
    drop,
    on,
    policy,
    put,
    replaced,
    token,
)

GATES: tuple[Plant, ...] = (
    # Gateway and authorizer
    Plant("no authorizer", on(GATEWAY, put("AuthorizerType", "NONE")), "has the authorizer NONE", "GWY-01"),
    Plant("iam authorizer", on(GATEWAY, put("AuthorizerType", "AWS_IAM")), "has the authorizer AWS_IAM"),
    Plant(
        "clients dropped",
        on(GATEWAY, drop(f"{JWT}.AllowedClients")),
        "no longer asks for any client",
        "IDN-03",
    ),
    Plant(
        "scopes dropped", on(GATEWAY, drop(f"{JWT}.AllowedScopes")), "no longer asks for any scope", "IDN-10"
    ),
    Plant(
        "foreign client",
        on(GATEWAY, append(f"{JWT}.AllowedClients", "someone")),
        "now takes the client",
        "IDN-03",
    ),
    Plant(
        "foreign issuer",
        on(GATEWAY, put(f"{JWT}.DiscoveryUrl", "https://evil.example/.well-known/openid-configuration")),
        "has another issuer",
        "IDN-06",
    ),
    Plant(
        "no policy engine", on(GATEWAY, drop("PolicyEngineConfiguration")), "has no policy engine", "GWY-02"
    ),
    Plant(
        "log only",
        on(GATEWAY, put("PolicyEngineConfiguration.Mode", "LOG_ONLY")),
        "no longer enforces",
        "GWY-03",
    ),
    Plant("debug", on(GATEWAY, put("ExceptionLevel", "DEBUG")), "shows callers the errors", "GWY-04"),
    Plant(
        "no interceptor", on(GATEWAY, drop("InterceptorConfigurations")), "no REQUEST interceptor", "INT-01"
    ),
    Plant(
        "no response interceptor",
        on(GATEWAY, put("InterceptorConfigurations.0.InterceptionPoints", ["REQUEST"])),
        "no RESPONSE interceptor",
    ),
    Plant(
        "foreign interceptor",
        lambda stage: edited(
            stage,
            GATEWAY,
            put(
                "InterceptorConfigurations.0.Interceptor.Lambda.Arn",
                token(stage, FUNCTION, "tool_customer", "Arn", "Function"),
            ),
        ),
        "whose code nobody knows",
        "INT-03",
    ),
    Plant(
        "interceptor trusts another issuer",
        on(
            FUNCTION,
            put("Environment.Variables.ISSUER", "https://evil.example"),
            which=noted("gateway_interceptor", "Function"),
        ),
        "with other settings",
    ),
    Plant(
        "older protocol",
        on(GATEWAY, append("ProtocolConfiguration.Mcp.SupportedVersions", "2025-03-26")),
        "now speaks MCP 2025-03-26",
    ),
    Plant(
        "search", on(GATEWAY, put("ProtocolConfiguration.Mcp.SearchType", "SEMANTIC")), "offers tool search"
    ),
    Plant(
        "open resource policy",
        lambda stage: added(
            stage,
            "AWS::BedrockAgentCore::ResourcePolicy",
            {
                "ResourceArn": stage.of_type(GATEWAY)[0].attribute("GatewayArn"),
                "Policy": '{"Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}',
            },
        ),
        "has another resource policy",
        "GWY-07",
    ),
    # Policies
    Plant("second permit", policy(SECOND), "the policy engine refuses less", "INT-02"),
    Plant("permit for everybody", policy(EVERYBODY), "the policy engine refuses less", "POL-02"),
    Plant("permit for every tool", policy(EVERYBODY), "the policy engine refuses less", "POL-03"),
    Plant(
        "unvalidated",
        on(POLICY, put("ValidationMode", "IGNORE_ALL_FINDINGS"), **PERMIT),
        "is validated by",
        "POL-05",
    ),
    Plant(
        "permit for another badge",
        on(POLICY, replaced(STATEMENT, "airline/agent.loyalty", "airline/agent.policy"), **PERMIT),
        "the policy engine refuses less",
        "INT-02",
    ),
    Plant(
        "badge not asked for",
        on(POLICY, replaced(STATEMENT, ' == "airline/agent.loyalty"', ' like "*agent*"'), **PERMIT),
        "the policy engine refuses less",
        "POL-02",
    ),
    Plant("switch gone", lambda stage: without(stage, POLICY, **SWITCH), "is gone: the switch of", "OPS-01"),
    # Clients and pools
    Plant(
        "long tokens",
        on(CLIENT, put("AccessTokenValidity", 1440), **BOOKING),
        "tokens that live 24 h",
        "SEC-03",
    ),
    Plant(
        "user flow",
        on(CLIENT, append("AllowedOAuthFlows", "code"), **BOOKING),
        "may now use the flow code",
        "IDN-05",
    ),
    Plant(
        "second badge",
        on(CLIENT, append("AllowedOAuthScopes", "airline/agent.policy"), **BOOKING),
        "may now ask for airline/agent.policy",
        "IDN-10",
    ),
    Plant("no secret", on(CLIENT, put("GenerateSecret", False), **BOOKING), "needs no secret", "IDN-05"),
    Plant(
        "passwords",
        on(CLIENT, append("ExplicitAuthFlows", "ALLOW_USER_PASSWORD_AUTH"), **BOOKING),
        "sign in by",
        "IDN-05",
    ),
    Plant(
        "no revocation",
        on(CLIENT, put("EnableTokenRevocation", False), **BOOKING),
        "nobody can revoke",
        "SEC-04",
    ),
    Plant(
        "tells who exists",
        on(CLIENT, put("PreventUserExistenceErrors", "LEGACY"), **BOOKING),
        "tells who exists",
        "SEC-04",
    ),
    Plant(
        "open pool",
        on(POOL, put("AdminCreateUserConfig.AllowAdminCreateUserOnly", False), which=noted("users", "Pool")),
        "lets anybody sign up",
        "IDN-09",
    ),
    Plant(
        "pool unprotected", on(POOL, put("DeletionProtection", "INACTIVE")), "no longer protected", "DAT-02"
    ),
    Plant(
        "no second factor",
        on(POOL, put("MfaConfiguration", "OFF"), which=noted("users", "Pool")),
        "multi-factor sign-in OFF",
        "IDN-09",
    ),
    Plant(
        "a client of nobody",
        lambda stage: added(
            stage,
            CLIENT,
            {
                "ClientName": "planted",
                "UserPoolId": stage.of_type(POOL)[0].reference,
                "AllowedOAuthFlows": ["client_credentials"],
                "AllowedOAuthScopes": ["airline/agent.booking"],
                "GenerateSecret": True,
            },
        ),
        "client planted is new",
    ),
)
