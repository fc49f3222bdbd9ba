"""The policy engine's control plane, as far as switching needs it."""

from localcloud.policies.app import Policies

__all__ = ["Policies"]
