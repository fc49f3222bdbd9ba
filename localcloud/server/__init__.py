"""The platform: everything one stage of an assembly needs, composed, started and stopped together."""

from localcloud.server.platform import Platform

__all__ = ["Platform"]
