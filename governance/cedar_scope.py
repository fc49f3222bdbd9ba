"""Whether a statement's action and resource go together as the service wants it (contracts §3.1).

A statement about certain actions names the one gateway; a statement about any action tests the resource's
type. The service refuses everything else when the policy is created, which Cedar's own validation does not.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

GATEWAY = "AgentCore::Gateway"


def findings(text: str) -> list[str]:
    """A sentence for each statement of `text` whose scope the service would refuse.

    Args:
        text: Cedar policies that parse.
    """
    import cedarpy

    policies = json.loads(cedarpy.policies_to_json_str(text))
    every = [*policies["staticPolicies"].values(), *policies["templates"].values()]
    return [sentence for policy in every if (sentence := _finding(policy)) is not None]


def _finding(policy: Mapping[str, Any]) -> str | None:
    action, resource = policy["action"], policy["resource"]
    one = resource["op"] == "==" and resource.get("entity", {}).get("type") == GATEWAY
    any_of_type = resource["op"] == "is" and resource["entity_type"] == GATEWAY and "in" not in resource
    if action["op"] == "All":
        return None if any_of_type else f"any action goes with `resource is {GATEWAY}` and nothing else."
    return None if one else f'certain actions go with `resource == {GATEWAY}::"<arn>"` and nothing else.'
