"""Forwarding to a model server of the user's own that speaks the OpenAI chat completions API."""

from localcloud.model.forward.client import Forwarder
from localcloud.model.forward.settings import ForwardSettings

__all__ = ["ForwardSettings", "Forwarder"]
