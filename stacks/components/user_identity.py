"""End users: a pool of their own, and the public client through which they sign in."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_cognito as cognito
from constructs import Construct

from governance.binding import Users
from stacks.deployment import Deployment
from stacks.part_stack import declare, removal_policy

SESSION_HOURS = 8
"""After so long a user signs in again, however often the access token was renewed."""

PASSWORDS = cognito.PasswordPolicy(
    min_length=12,
    require_digits=True,
    require_lowercase=True,
    require_symbols=True,
    require_uppercase=True,
    temp_password_validity=cdk.Duration.days(3),
)


class UserIdentity(Construct):
    """Pool, domain and client of a system's end users; no agent's client is in this pool."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        deployment: Deployment,
        users: Users,
        console_url: str | None,
    ) -> None:
        super().__init__(scope, construct_id)
        names = deployment.names
        self.pool = cognito.UserPool(
            self,
            "Pool",
            user_pool_name=names.users_pool,
            # A user name is an identity that tools trust: only an operator or an import job may give one.
            self_sign_up_enabled=False,
            sign_in_aliases=cognito.SignInAliases(username=True),
            # Identities are compared exactly; two spellings of one name must not be one account.
            sign_in_case_sensitive=True,
            password_policy=PASSWORDS,
            # Optional, because an imported user has no second factor yet; require it once users have one. No
            # text messages: they can be intercepted and need a role of their own.
            mfa=cognito.Mfa.OPTIONAL,
            mfa_second_factor=cognito.MfaSecondFactor(otp=True, sms=False),
            account_recovery=cognito.AccountRecovery.EMAIL_ONLY,
            # Threat protection needs the plan PLUS, priced per user: raise it where its price is worth it.
            feature_plan=cognito.FeaturePlan.ESSENTIALS,
            deletion_protection=deployment.environment.retain_data,
            removal_policy=removal_policy(deployment),
        )
        declare(
            self.pool,
            {"Pool": "users", "Seed": {"table": users.seed_table, "attribute": users.seed_attribute}},
        )
        cognito.UserPoolDomain(
            self,
            "Domain",
            user_pool=self.pool,
            cognito_domain=cognito.CognitoDomainOptions(
                domain_prefix=names.users_domain_prefix(deployment.environment.account)
            ),
        )
        minutes = deployment.environment.token_minutes
        # The typed L1, as for agents: the L2 leaves ExplicitAuthFlows out, and password flows come with that.
        self.client = cognito.CfnUserPoolClient(
            self,
            "Client",
            user_pool_id=self.pool.user_pool_id,
            client_name=names.users_client,
            # Public: it runs where users can read it, so a secret would be none. The code flow is bound to
            # its caller by PKCE (RFC 7636), which Cognito checks whenever a challenge was sent.
            generate_secret=False,
            allowed_o_auth_flows=["code"],
            allowed_o_auth_flows_user_pool_client=True,
            # Not aws.cognito.signin.user.admin: with it users could change their own attributes.
            allowed_o_auth_scopes=["openid"],
            callback_ur_ls=[
                *deployment.environment.users_callback_urls,
                *([console_url] if console_url else []),
            ],
            # Signing out of the console comes back to it.
            logout_ur_ls=[console_url] if console_url else None,
            supported_identity_providers=["COGNITO"],
            explicit_auth_flows=["ALLOW_REFRESH_TOKEN_AUTH"],
            access_token_validity=minutes,
            id_token_validity=minutes,
            refresh_token_validity=SESSION_HOURS,
            token_validity_units=cognito.CfnUserPoolClient.TokenValidityUnitsProperty(
                access_token="minutes",  # noqa: S106  a unit of time
                id_token="minutes",  # noqa: S106  a unit of time
                refresh_token="hours",  # noqa: S106  a unit of time
            ),
            enable_token_revocation=True,
            prevent_user_existence_errors="ENABLED",
        )
        declare(self.client, {"Users": True})


def sign_in_origin(deployment: Deployment) -> str:
    """The origin of the users' hosted sign-in; known before it exists, as the domain's prefix is ours."""
    environment = deployment.environment
    prefix = deployment.names.users_domain_prefix(environment.account)
    return f"https://{prefix}.auth.{environment.region}.amazoncognito.com"
