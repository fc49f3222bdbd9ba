"""Stand-in for an Amazon Cognito user pool: client-credentials tokens, JWKS, discovery.

Where the documentation is silent, `docs/fidelity/issuer.md` says what was chosen.
"""

from localcloud.issuer.app import create_issuer
from localcloud.issuer.keys import SigningKeys

__all__ = ["SigningKeys", "create_issuer"]
