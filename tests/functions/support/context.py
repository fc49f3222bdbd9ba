"""A Lambda context as a function sees it behind the gateway."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class ClientContext:
    """The part the gateway fills; the real one is an object with attributes as well."""

    custom: Any


@dataclass
class FakeLambdaContext:
    """`FakeLambdaContext.calling("customer-mcp___create_booking")` is a call of that tool."""

    client_context: ClientContext | None
    aws_request_id: str = "11111111-2222-3333-4444-555555555555"
    function_name: str = "under-test"
    memory_limit_in_mb: str = "256"
    milliseconds_left: int = field(default=10_000, repr=False)

    @classmethod
    def calling(cls, full_name: object) -> FakeLambdaContext:
        return cls(
            ClientContext(
                {
                    "bedrockAgentCoreMessageVersion": "1.0",
                    "bedrockAgentCoreAwsRequestId": "22222222-2222-3333-4444-555555555555",
                    "bedrockAgentCoreMcpMessageId": "7",
                    "bedrockAgentCoreGatewayId": "airline-dev-abcdefghij",
                    "bedrockAgentCoreTargetId": "ABCDEFGHIJ",
                    "bedrockAgentCoreToolName": full_name,
                }
            )
        )

    def get_remaining_time_in_millis(self) -> int:
        return self.milliseconds_left
