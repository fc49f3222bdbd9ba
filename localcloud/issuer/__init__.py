"""Stand-ins for two Amazon Cognito user pools: agents by client credentials, end users by code and PKCE.

Where the documentation is silent, `docs/fidelity/issuer.md` says what was chosen.
"""

from localcloud.issuer.admin import create_admin
from localcloud.issuer.app import create_issuer
from localcloud.issuer.client_secrets import ClientSecrets
from localcloud.issuer.directory import GUEST, Directory
from localcloud.issuer.http import OneAddress
from localcloud.issuer.keys import SigningKeys
from localcloud.issuer.users_app import create_users_issuer

__all__ = [
    "GUEST",
    "ClientSecrets",
    "Directory",
    "OneAddress",
    "SigningKeys",
    "create_admin",
    "create_issuer",
    "create_users_issuer",
]
