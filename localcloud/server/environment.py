"""What every child process is told of AWS, and nothing of what the user's own shell knows."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Aws:
    """The local AWS of one platform. Each child gets an access key of its own that names it."""

    endpoint: str
    region: str
    _secret: str = field(default_factory=lambda: secrets.token_urlsafe(30), repr=False)

    def variables(self, name: str) -> dict[str, str]:
        """AWS SDK settings (AWS SDKs and Tools Reference Guide) of the runtime or function `name`."""
        return {
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": f"LOCAL.{name}",
            "AWS_SECRET_ACCESS_KEY": self._secret,
            # A profile, a proxy or a metadata service of the user's must never answer for the stage.
            "AWS_CONFIG_FILE": "/dev/null",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
            "AWS_EC2_METADATA_DISABLED": "true",
            # With this a template could lead its code round the endpoint above.
            "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "false",
            "AWS_MAX_ATTEMPTS": "2",
            "NO_PROXY": "*",
            "no_proxy": "*",
        }
