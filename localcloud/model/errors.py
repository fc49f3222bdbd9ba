"""The errors of Bedrock Runtime, as exceptions that know their wire form."""

from __future__ import annotations

STATUS = {
    "AccessDeniedException": 403,
    "InternalServerException": 500,
    "ModelErrorException": 424,
    "ModelTimeoutException": 408,
    "ResourceNotFoundException": 404,
    "ServiceUnavailableException": 503,
    "ThrottlingException": 429,
    "ValidationException": 400,
    # Not in the service model, but what every AWS endpoint answers to an unsigned or unknown caller.
    "MissingAuthenticationTokenException": 403,
    "UnrecognizedClientException": 403,
}


class BedrockError(Exception):
    """A refusal in AWS form: `code` becomes `x-amzn-ErrorType`, `message` the JSON body's `message`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = STATUS[code]

    @property
    def stream_event(self) -> str:
        """The member of ConverseStreamOutput that carries this error once a stream has begun."""
        name = self.code[0].lower() + self.code[1:]
        return name if self.code in _IN_STREAM else "modelStreamErrorException"


_IN_STREAM = frozenset(
    {
        "InternalServerException",
        "ServiceUnavailableException",
        "ThrottlingException",
        "ValidationException",
    }
)
