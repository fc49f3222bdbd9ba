"""Who an agent is: the user pool, one client and badge per agent, and the credential providers."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import aws_cognito as cognito
from constructs import Construct

from governance import scopes
from stacks.components.agent_identity import AgentIdentity
from stacks.components.outbound_provider import OutboundProvider
from stacks.deployment import Deployment
from stacks.part_stack import PartStack, removal_policy


class IdentityStack(PartStack):
    """Agents' identities and the credentials of external APIs."""

    def __init__(self, scope: Construct, construct_id: str, *, deployment: Deployment) -> None:
        super().__init__(scope, construct_id, deployment=deployment)
        names = deployment.names
        self.pool = cognito.UserPool(
            self,
            "Pool",
            user_pool_name=names.user_pool,
            self_sign_up_enabled=False,
            account_recovery=cognito.AccountRecovery.NONE,
            # No human signs in here, only clients with credentials: threat protection (plan PLUS, priced per
            # user) has nothing to watch. Raise the plan when users are added.
            feature_plan=cognito.FeaturePlan.LITE,
            deletion_protection=deployment.environment.retain_data,
            removal_policy=removal_policy(deployment),
        )
        domain = cognito.UserPoolDomain(
            self,
            "Domain",
            user_pool=self.pool,
            cognito_domain=cognito.CognitoDomainOptions(
                domain_prefix=names.domain_prefix(deployment.environment.account)
            ),
        )
        badges = scopes.render(deployment.system)
        resource_server = cognito.UserPoolResourceServer(
            self,
            "Badges",
            user_pool=self.pool,
            identifier=names.resource_server,
            scopes=[
                cognito.ResourceServerScope(scope_name=badge.name, scope_description=badge.description)
                for badge in badges
            ],
        )
        agents = Construct(self, "Agents")
        self.agents: Mapping[str, AgentIdentity] = {
            badge.agent: AgentIdentity(
                agents,
                badge.agent,
                deployment=deployment,
                agent=deployment.system.agent(badge.agent),
                badge=badge,
                pool=self.pool,
                resource_server=resource_server,
                domain=domain,
            )
            for badge in badges
        }
        providers = Construct(self, "Providers")
        self.providers: Mapping[str, OutboundProvider] = {
            provider.name: OutboundProvider(
                providers, provider.name, deployment=deployment, provider=provider
            )
            for provider in deployment.system.providers
        }
