"""Functions and runtimes."""

from __future__ import annotations

from localcloud.assembly import physical, read
from localcloud.assembly.authorizer import custom_jwt
from localcloud.assembly.errors import InvalidTemplate, UnsupportedProperty
from localcloud.assembly.files import SYNTH_AGAIN
from localcloud.assembly.honoured import DEPLOYMENT
from localcloud.assembly.resource import Resource
from localcloud.assembly.scope import StageScope
from localcloud.spec import Function, Runtime


def functions(scope: StageScope) -> tuple[Function, ...]:
    """The Lambda functions that work while the system serves, with their assets' folders."""
    return tuple(
        _function(resource)
        for resource in scope.resources("AWS::Lambda::Function")
        if resource.note("Phase") != DEPLOYMENT
    )


def _function(resource: Resource) -> Function:
    where = resource.where
    runtime = resource.get("Runtime")
    if not isinstance(runtime, str) or not runtime.startswith("python3."):
        raise UnsupportedProperty(f"{where}.Runtime: {runtime!r} does not run locally; only Python does.")
    code = read.mapping(resource.get("Code"), f"{where}.Code")
    digest = str(code.get("S3Key", "")).removesuffix(".zip")
    if digest not in resource.scope.stack.files:
        raise InvalidTemplate(f"{where}.Code: {code} is no asset of this assembly. {SYNTH_AGAIN}")
    environment = read.mapping(resource.get("Environment") or {}, f"{where}.Environment")
    concurrency = resource.get("ReservedConcurrentExecutions")
    return Function(
        name=resource.name("FunctionName"),
        arn=physical.function_arn(resource),
        code=resource.scope.stack.files[digest],
        handler=resource.text("Handler"),
        environment=read.variables(environment.get("Variables"), f"{where}.Environment.Variables"),
        timeout_seconds=read.number(resource.get("Timeout") or 3, f"{where}.Timeout"),
        memory_mb=read.number(resource.get("MemorySize") or 128, f"{where}.MemorySize"),
        concurrency=None if concurrency is None else read.number(concurrency, where),
        package=resource.note("Function") or "",
    )


def runtimes(scope: StageScope) -> tuple[Runtime, ...]:
    """The agents' AgentCore runtimes with their images' folders."""
    return _runtimes(scope, servers=False)


def servers(scope: StageScope) -> tuple[Runtime, ...]:
    """The same of hosted tool servers, which the stacks note as such."""
    return _runtimes(scope, servers=True)


def _runtimes(scope: StageScope, *, servers: bool) -> tuple[Runtime, ...]:
    endpoints: dict[str, list[str]] = {}
    for endpoint in scope.resources("AWS::BedrockAgentCore::RuntimeEndpoint"):
        endpoints.setdefault(endpoint.text("AgentRuntimeId"), []).append(endpoint.text("Name"))
    roles = {physical.role_arn(role): role for role in scope.resources("AWS::IAM::Role")}
    found = []
    for resource in scope.resources("AWS::BedrockAgentCore::Runtime"):
        if (resource.note("Server") is not None) != servers:
            continue
        runtime_id = physical.runtime_id(resource)
        role = resource.text("RoleArn")
        if role not in roles:
            raise InvalidTemplate(f"{resource.where}.RoleArn: {role} is no role of this stage.")
        found.append(_runtime(resource, runtime_id, role, tuple(endpoints.get(runtime_id, ()))))
    return tuple(found)


def _runtime(resource: Resource, runtime_id: str, role: str, endpoints: tuple[str, ...]) -> Runtime:
    where = resource.where
    artifact = read.mapping(resource.get("AgentRuntimeArtifact"), f"{where}.AgentRuntimeArtifact")
    container = read.mapping(artifact.get("ContainerConfiguration"), f"{where}.ContainerConfiguration")
    digest = str(container.get("ContainerUri", "")).rpartition(":")[2]
    image = resource.scope.stack.images.get(digest)
    if image is None:
        raise InvalidTemplate(f"{where}: the image …:{digest} is no asset of this assembly. {SYNTH_AGAIN}")
    authorizer = resource.get("AuthorizerConfiguration")
    lifecycle = read.mapping(resource.get("LifecycleConfiguration") or {}, f"{where}.LifecycleConfiguration")
    headers = read.mapping(
        resource.get("RequestHeaderConfiguration") or {}, f"{where}.RequestHeaderConfiguration"
    )
    return Runtime(
        agent=resource.note("Server") or read.noted(resource, "Agent"),
        name=resource.text("AgentRuntimeName"),
        runtime_id=runtime_id,
        arn=physical.runtime_arn(resource),
        source=image.directory,
        build_args=image.build_args,
        environment=read.variables(resource.get("EnvironmentVariables"), f"{where}.EnvironmentVariables"),
        protocol=read.text(resource.get("ProtocolConfiguration") or "HTTP", f"{where}.ProtocolConfiguration"),
        role=role,
        idle_seconds=read.number(lifecycle.get("IdleRuntimeSessionTimeout", 900), where),
        lifetime_seconds=read.number(lifecycle.get("MaxLifetime", 28_800), where),
        endpoints=endpoints,
        workload=runtime_id,
        headers=read.texts(headers.get("RequestHeaderAllowlist"), f"{where}.RequestHeaderAllowlist"),
        authorizer=None if authorizer is None else custom_jwt(authorizer, f"{where}.AuthorizerConfiguration"),
    )
