"""The interceptor: the function every gateway request and answer passes."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import aws_cognito as cognito
from constructs import Construct

from governance import interceptor_policy
from governance.names import INTERCEPTOR
from stacks.components.python_function import PythonFunction
from stacks.components.user_identity import UserIdentity
from stacks.deployment import Deployment

POLICY_FILE = f"{INTERCEPTOR}/policy.json"

TIMEOUT_SECONDS = 5
"""Long enough for one fetch of the pool's keys on a cold start; a warm decision takes microseconds."""

RESERVED_CONCURRENCY = 50
"""Tools may not starve authorization: without a free interceptor the gateway refuses everyone. At a few
milliseconds a request this is far above the gateway's 200 requests per second."""

MEMORY_MB = 512


class Interceptor(PythonFunction):
    """One function for both interception points; what it may let through is part of its asset."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        deployment: Deployment,
        pool: cognito.UserPool,
        users: UserIdentity | None,
    ) -> None:
        issuer = pool.user_pool_provider_url
        policy = interceptor_policy.render(deployment.system, deployment.environment.name, deployment.matrix)
        super().__init__(
            scope,
            construct_id,
            deployment=deployment,
            package=INTERCEPTOR,
            code=deployment.assets.interceptor(INTERCEPTOR, {POLICY_FILE: policy}),
            description=f"Decides who may call what on the gateway {deployment.names.gateway}",
            timeout_seconds=TIMEOUT_SECONDS,
            memory_mb=MEMORY_MB,
            environment={
                "ISSUER": issuer,
                "JWKS_URL": f"{issuer}/.well-known/jwks.json",
                "METRIC_NAMESPACE": deployment.names.metric_namespace,
                **_users(users),
            },
            # It reads no data and calls no service: its own log is all its role reaches.
            statements=[],
            traced=False,
            reserved_concurrency=RESERVED_CONCURRENCY,
        )


def _users(users: UserIdentity | None) -> Mapping[str, str]:
    """Whose tokens tell the end user, where there are any."""
    if users is None:
        return {}
    issuer = users.pool.user_pool_provider_url
    return {
        "USERS_CLIENT": users.client.ref,
        "USERS_ISSUER": issuer,
        "USERS_JWKS_URL": f"{issuer}/.well-known/jwks.json",
    }
