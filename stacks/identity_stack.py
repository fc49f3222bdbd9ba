"""Who an agent is and who a user is: a pool for each, an agent's client and badge, credential providers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from aws_cdk import aws_cognito as cognito
from constructs import Construct

from governance import scopes
from governance.outbound import ProviderKind
from governance.scopes import Scope
from governance.shards import Sharded
from stacks.components.agent_identity import AgentIdentity
from stacks.components.api_key_provider import ApiKeyProvider
from stacks.components.outbound_provider import OutboundProvider
from stacks.components.system_key import SystemKey
from stacks.components.user_identity import PASSWORDS, UserIdentity
from stacks.deployment import Deployment
from stacks.part_stack import PartStack, declare, removal_policy
from stacks.shards import Shards


class IdentityStack(PartStack):
    """Agents' and users' identities, the credentials of external APIs, and the key of the system's logs.

    Users may also return to `console_url`, the published console's.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, deployment: Deployment, console_url: str | None = None
    ) -> None:
        super().__init__(scope, construct_id, deployment=deployment, key=None)
        names = deployment.names
        if deployment.environment.kms:
            # In the first stack, as every later one has logs.
            self.key = SystemKey(self, "Encryption", deployment=deployment).key
        self.pool = cognito.UserPool(
            self,
            "Pool",
            user_pool_name=names.user_pool,
            self_sign_up_enabled=False,
            account_recovery=cognito.AccountRecovery.NONE,
            # No human signs in here, only clients with credentials: threat protection (plan PLUS, priced per
            # user) has nothing to watch. End users have a pool of their own. Should somebody add a user by hand,
            # that user meets the strictest sign-in there is.
            feature_plan=cognito.FeaturePlan.LITE,
            password_policy=PASSWORDS,
            mfa=cognito.Mfa.REQUIRED,
            mfa_second_factor=cognito.MfaSecondFactor(otp=True, sms=False),
            deletion_protection=deployment.environment.retain_data,
            removal_policy=removal_policy(deployment),
        )
        declare(self.pool, {"Pool": "agents"})
        domain = cognito.UserPoolDomain(
            self,
            "Domain",
            user_pool=self.pool,
            cognito_domain=cognito.CognitoDomainOptions(
                domain_prefix=names.domain_prefix(deployment.environment.account)
            ),
        )
        badges = scopes.render(deployment.system)
        servers = self._servers(badges, deployment)
        agents = Shards(
            self,
            "Agents",
            part=Sharded.IDENTITY,
            deployment=deployment,
            subjects=[badge.agent for badge in badges],
        )
        self.agents: Mapping[str, AgentIdentity] = {
            badge.agent: AgentIdentity(
                agents.of(badge.agent),
                badge.agent,
                deployment=deployment,
                agent=deployment.system.agent(badge.agent),
                badge=badge,
                pool=self.pool,
                resource_server=servers[badge.server],
                domain=domain,
            )
            for badge in badges
        }
        users = deployment.system.users
        self.users: UserIdentity | None = (
            UserIdentity(self, "CustomersPool", deployment=deployment, users=users, console_url=console_url)
            if users
            else None
        )
        providers = Construct(self, "Providers")
        self.providers: dict[str, OutboundProvider] = {}
        self.keys: dict[str, ApiKeyProvider] = {}
        for provider in deployment.system.providers:
            if provider.kind is ProviderKind.OAUTH2:
                self.providers[provider.name] = OutboundProvider(
                    providers, provider.name, deployment=deployment, provider=provider
                )
            elif provider.kind is ProviderKind.API_KEY:
                self.keys[provider.name] = ApiKeyProvider(
                    providers, provider.name, deployment=deployment, provider=provider
                )

    def _servers(
        self, badges: Iterable[Scope], deployment: Deployment
    ) -> dict[str, cognito.UserPoolResourceServer]:
        """Resource servers by identifier, each with its badges; the system's only one, or several if it is split."""
        by_server: dict[str, list[Scope]] = {}
        for badge in badges:
            by_server.setdefault(badge.server, []).append(badge)
        holder = Construct(self, "BadgeServers") if deployment.system.split else self
        return {
            identifier: cognito.UserPoolResourceServer(
                holder,
                identifier if deployment.system.split else "Badges",
                user_pool=self.pool,
                identifier=identifier,
                scopes=[
                    cognito.ResourceServerScope(scope_name=badge.name, scope_description=badge.description)
                    for badge in declared
                ],
            )
            for identifier, declared in sorted(by_server.items())
        }
