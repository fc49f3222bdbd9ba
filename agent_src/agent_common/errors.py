"""What a caller may learn about a failure, and nothing more.

An `AgentError` carries one of the wire's codes and a sentence written here. Every other exception is
reduced to one by `classify`; its class goes to the log, its text goes nowhere.
"""

from __future__ import annotations

from typing import Literal

Code = Literal[
    "empty_prompt",
    "bad_request",
    "sign_in_required",
    "timeout",
    "model_unavailable",
    "gateway_unavailable",
    "memory_unavailable",
    "internal",
]


class AgentError(Exception):
    """A failure with a code and a sentence a customer may read."""

    def __init__(self, code: Code, message: str) -> None:
        super().__init__(message)
        self.code: Code = code
        self.message = message


class GatewayUnavailable(AgentError):
    """The gateway, or the identity needed to reach it, cannot be had: the agent must not go on without."""

    def __init__(self, message: str = "The gateway cannot be reached. Try again later.") -> None:
        super().__init__("gateway_unavailable", message)


class StartError(Exception):
    """The process must not start: what is missing, and where it is set."""


_MODEL_UNAVAILABLE = "The model cannot be reached. Try again later."
_INTERNAL = "The request could not be completed."


def classify(error: BaseException) -> AgentError:
    """The `AgentError` a caller is told about.

    Identity, gateway and delegation translate their own faults before they get here, so what botocore
    raises out of the agent loop came from the model's endpoint.
    """
    if isinstance(error, AgentError):
        return error
    if _is_model_fault(error):
        return AgentError("model_unavailable", _MODEL_UNAVAILABLE)
    return AgentError("internal", _INTERNAL)


def _is_model_fault(error: BaseException) -> bool:
    from botocore.exceptions import BotoCoreError, ClientError
    from strands.types.exceptions import (
        ContextWindowOverflowException,
        EventLoopException,
        MaxTokensReachedException,
        ModelThrottledException,
    )

    if isinstance(error, EventLoopException):
        return _is_model_fault(error.original_exception)
    return isinstance(
        error,
        (
            BotoCoreError,
            ClientError,
            ContextWindowOverflowException,
            MaxTokensReachedException,
            ModelThrottledException,
        ),
    )
