"""The platform's own interface, for commands on this machine and the console's page: status, events, tokens, …"""

from localcloud.control.app import create_control
from localcloud.control.control import Control

__all__ = ["Control", "create_control"]
