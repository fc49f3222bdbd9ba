"""Why a request is refused: the one exception of the decision path and its closed list of reasons."""

from __future__ import annotations

NO_TOKEN = "no_token"  # noqa: S105 - a reason, no secret
BAD_TOKEN = "bad_token"  # noqa: S105 - a reason, no secret
NOT_GRANTED = "not_granted"
UNKNOWN_TOOL = "unknown_tool"
UNKNOWN_METHOD = "unknown_method"
MALFORMED_REQUEST = "malformed_request"
MALFORMED_RESPONSE = "malformed_response"
NO_USER = "no_user"
BAD_USER_TOKEN = "bad_user_token"  # noqa: S105 - a reason, no secret
USER_MISMATCH = "user_mismatch"
ARGUMENT_NOT_ALLOWED = "argument_not_allowed"
HTTP_LANE = "http_lane"
UNSUPPORTED_EVENT = "unsupported_event"
POLICY_UNAVAILABLE = "policy_unavailable"
KEYS_UNAVAILABLE = "keys_unavailable"
MISCONFIGURED = "misconfigured"
INTERNAL = "internal"


class Refused(Exception):
    """The request must not pass.

    `reason` is one of this module's constants and selects the wire answer; `detail` is a short constant
    for the decision log (never text from the caller), null where the reason says it all.
    """

    def __init__(self, reason: str, detail: str | None = None) -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail
