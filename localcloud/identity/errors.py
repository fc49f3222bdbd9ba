"""Errors of the AgentCore data plane on the wire (rest-json: status, `x-amzn-ErrorType`, `{"message"}`)."""

from __future__ import annotations

from starlette.responses import JSONResponse, Response

_STATUS = {
    "ValidationException": 400,
    "UnauthorizedException": 401,
    "AccessDeniedException": 403,
    "ResourceNotFoundException": 404,
    "ConflictException": 409,
    "RuntimeClientError": 424,
    "ThrottlingException": 429,
    "InternalServerException": 500,
}


class CoreError(Exception):
    """One refusal. The message is the caller's to read: it names no credential."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message

    def response(self) -> Response:
        return JSONResponse(
            {"message": self.message}, status_code=_STATUS[self.kind], headers={"x-amzn-ErrorType": self.kind}
        )
