"""The model, on Amazon Bedrock."""

from __future__ import annotations

from strands.models import BedrockModel, Model

from agent_common.settings import Settings


def open_model(settings: Settings) -> Model:
    """The declared model, with every wait bounded by the request's own limit."""
    from botocore.config import Config

    config = Config(
        connect_timeout=3,
        read_timeout=settings.limit_seconds,
        retries={"mode": "standard", "total_max_attempts": 2},
        max_pool_connections=32,
    )
    return BedrockModel(model_id=settings.model_id, region_name=settings.region, boto_client_config=config)
