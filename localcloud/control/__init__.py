"""The platform's own interface, for commands on this machine: status, events, tokens."""

from localcloud.control.app import Control, create_control

__all__ = ["Control", "create_control"]
