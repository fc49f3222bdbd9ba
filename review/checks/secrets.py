"""Secrets: where they are, and where they must never be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from review import literals
from review.findings import CHECKS, Context, Found, Severity


@CHECKS.check(
    "SEC-01",
    Severity.ERROR,
    "No secret stands in the assembly",
    fix="Put it into Secrets Manager, and rotate it: the assembly has been written down.",
    source="OWASP MCP01",
    waivable=False,
)
def literal(context: Context) -> Iterator[Found]:
    """By form (access keys, private keys, tokens, JWTs, URLs with passwords) anywhere; and by name with random
    text beside it in variables, parameters and outputs. The value itself is never shown."""
    for resource in context.stage.resources():
        for path, key, value in _walk(resource.properties, ""):
            what = literals.secret(key, value)
            if what:
                name = context.names.of(resource)
                yield Found(
                    f"{name} {path}", f"{name} holds {what} at {path}", resource.place(f"Properties.{path}")
                )
        for path, key, value in _walk(resource.notes, ""):
            if what := literals.secret(key, value):
                yield Found(
                    f"{resource.type} {path}", f"metadata holds {what}", resource.place(f"Metadata.{path}")
                )
    for stack in context.stage.stacks:
        for kind, table in (("Outputs", stack.outputs), ("Parameters", stack.parameters)):
            for path, key, value in _walk(table, ""):
                owner = path.partition(".")[0] if key in ("Default", "Value") else key
                if what := literals.secret(owner, value):
                    place = next(iter(stack.resources.values())).place() if stack.resources else None
                    if place:
                        yield Found(
                            f"{stack.name} {kind}.{path}",
                            f"{stack.name} holds {what} at {kind}.{path}",
                            place,
                        )


def _walk(value: Any, path: str, key: str = "") -> Iterator[tuple[str, str, str]]:
    """path, key, text of every text in a value."""
    if isinstance(value, str):
        yield path, key, value
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield from _walk(item, f"{path}.{name}" if path else str(name), str(name))
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from _walk(item, f"{path}.{index}", key)


@CHECKS.check(
    "SEC-02",
    Severity.ERROR,
    "Client secrets stay in the vault",
    fix="Take the secret from Secrets Manager or from the client itself; remove it from outputs and variables.",
    source="OWASP MCP01",
)
def vaulted(context: Context) -> Iterator[Found]:
    """A secret in an output or a variable is read by everybody who may describe a stack or a function."""
    for provider in context.model.providers:
        if provider.secret == "literal":  # noqa: S105 - the word for it, not one
            yield Found(provider.id, f"provider {provider.id} has its secret in the template", provider.place)
    for stack in context.stage.stacks:
        for name, value in stack.outputs.items():
            if isinstance(value, str) and _is_secret(value):
                place = next(iter(stack.resources.values())).place()
                yield Found(
                    f"{stack.name} {name}", f"output {name} of {stack.name} holds a client's secret", place
                )
    for type_, path in (
        ("AWS::Lambda::Function", "Environment"),
        ("AWS::BedrockAgentCore::Runtime", "EnvironmentVariables"),
        ("AWS::SSM::Parameter", "Value"),
    ):
        for resource in context.stage.of_type(type_):
            if any(_is_secret(text) for _, _, text in _walk({path: resource.properties.get(path)}, "")):
                name = context.names.of(resource)
                yield Found(name, f"{name} holds a secret in {path}", resource.place(f"Properties.{path}"))


def _is_secret(text: str) -> bool:
    return ".ClientSecret}" in text or "{{resolve:secretsmanager:" in text


@CHECKS.check(
    "SEC-03",
    Severity.WARNING,
    "Access tokens are short-lived",
    fix="Set `token_minutes` to 60 or less, in production to 30 or less.",
    source="OWASP MCP01",
)
def short(context: Context) -> Iterator[Found]:
    """A token that leaks is a key until it ends."""
    limit = 30 if context.production else 60
    for client in context.model.clients:
        if client.access_minutes is None or client.access_minutes > limit:
            lives = "an unknown time" if client.access_minutes is None else f"{client.access_minutes} minutes"
            yield Found(client.id, f"tokens of {client.id} live {lives}; {limit} is the limit", client.place)


@CHECKS.check(
    "SEC-04",
    Severity.NOTE,
    "Tokens can be revoked, and nobody learns who exists",
    fix="Set EnableTokenRevocation, and PreventUserExistenceErrors to ENABLED.",
    source="Amazon Cognito Developer Guide",
)
def revocable(context: Context) -> Iterator[Found]:
    """Without revocation a sign-out ends nothing."""
    for client in context.model.clients:
        if not client.revocation:
            yield Found(client.id, f"tokens of {client.id} cannot be revoked", client.place)
        if not client.hides_unknown_users:
            yield Found(client.id, f"client {client.id} tells who exists", client.place)
