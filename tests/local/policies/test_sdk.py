"""boto3 finds the switches and throws them, and the running gateway obeys."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import anyio.to_thread
import pytest

from tests.local.gateway.kit import NOW
from tests.local.policies.conftest import ENGINE, ENGINE_ARN, OFF_BOOKING, POLICIES, Plane

pytestmark = pytest.mark.anyio


async def run(call: Any, **arguments: Any) -> Any:
    return await anyio.to_thread.run_sync(lambda: call(**arguments))


async def test_every_policy_is_listed_whatever_the_page(sdk: Any) -> None:
    for size in (1, 2, 100, None):
        found: list[dict[str, Any]] = []
        more: dict[str, Any] = {"maxResults": size} if size else {}
        while True:
            answer = await run(sdk.list_policies, policyEngineId=ENGINE, **more)
            found += answer["policies"]
            if "nextToken" not in answer:
                break
            more["nextToken"] = answer["nextToken"]
        assert [policy["policyId"] for policy in found] == [policy.name for policy in POLICIES]
    assert [(policy["enforcementMode"], policy["status"]) for policy in found] == [
        ("ACTIVE", "ACTIVE"),
        ("LOG_ONLY", "ACTIVE"),
        ("LOG_ONLY", "ACTIVE"),
    ]
    assert found[0]["definition"]["cedar"]["statement"].startswith("permit(")
    assert found[1]["description"] == "Switch of the agent booking."


async def test_a_thrown_switch_counts_from_the_next_call_and_is_recorded(plane: Plane, sdk: Any) -> None:
    assert await anyio.to_thread.run_sync(plane.statuses) == (200, 200)
    for mode, expected in (("ACTIVE", (403, 403)), ("LOG_ONLY", (200, 200))):
        plane.world.clock.advance(60)
        answer = await run(
            sdk.update_policy,
            policyEngineId=ENGINE,
            policyId=OFF_BOOKING,
            enforcementMode=mode,
            validationMode="IGNORE_ALL_FINDINGS",
            description={"optionalValue": f"now {mode}"},
        )
        assert (answer["status"], answer["enforcementMode"]) == ("UPDATING", mode)
        after = await run(sdk.get_policy, policyEngineId=ENGINE, policyId=OFF_BOOKING)
        assert (after["status"], after["enforcementMode"]) == ("ACTIVE", mode)
        assert (after["description"], after["createdAt"]) == (f"now {mode}", NOW)
        assert await anyio.to_thread.run_sync(plane.statuses) == expected
    changes = [event for event in plane.events.select() if event["event"] == "control"]
    assert [(change["switch"], change["mode"]) for change in changes] == [
        ("agent booking", "ACTIVE"),
        ("agent booking", "LOG_ONLY"),
    ]


async def test_a_description_alone_changes_no_mode_and_is_no_switching(plane: Plane, sdk: Any) -> None:
    before = plane.world.app.engine
    assert before is not None
    version = before.version
    for description, expected in (({"optionalValue": "x"}, "x"), ({}, None)):
        await run(sdk.update_policy, policyEngineId=ENGINE, policyId=OFF_BOOKING, description=description)
        found = await run(sdk.get_policy, policyEngineId=ENGINE, policyId=OFF_BOOKING)
        assert (found.get("description"), found["enforcementMode"]) == (expected, "LOG_ONLY")
    assert before.version == version
    assert plane.events.select() == []


async def test_the_gateway_says_whether_it_enforces(sdk: Any) -> None:
    found = await run(sdk.get_gateway, gatewayIdentifier="air-dev-abcdefghij")
    assert found["policyEngineConfiguration"] == {"arn": ENGINE_ARN, "mode": "ENFORCE"}
    assert (found["status"], found["createdAt"]) == ("READY", NOW)


async def test_what_is_not_there_is_an_error_of_its_type(sdk: Any) -> None:
    for call, arguments in (
        (sdk.get_policy, {"policyEngineId": ENGINE, "policyId": "none-abcdefghij"}),
        (sdk.get_policy, {"policyEngineId": "other-abcdefghij", "policyId": OFF_BOOKING}),
        (sdk.list_policies, {"policyEngineId": "other-abcdefghij"}),
        (sdk.get_gateway, {"gatewayIdentifier": "other-abcdefghij"}),
        (sdk.delete_policy, {"policyEngineId": ENGINE, "policyId": OFF_BOOKING}),
        (
            sdk.create_policy,
            {"policyEngineId": ENGINE, "name": "p", "definition": {"cedar": {"statement": "x" * 35}}},
        ),
        (sdk.list_policy_engines, {}),
    ):
        with pytest.raises(sdk.exceptions.ResourceNotFoundException):
            await run(call, **arguments)


async def test_a_policy_cannot_be_rewritten_past_the_declaration(plane: Plane, sdk: Any) -> None:
    with pytest.raises(sdk.exceptions.ValidationException, match="no local stand-in for 'definition'"):
        await run(
            sdk.update_policy,
            policyEngineId=ENGINE,
            policyId=OFF_BOOKING,
            enforcementMode="ACTIVE",
            definition={"cedar": {"statement": "permit(principal, action, resource is AgentCore::Gateway);"}},
        )
    assert await anyio.to_thread.run_sync(plane.statuses) == (200, 200)


def test_the_status_tells_of_switches_and_of_nothing_else(plane: Plane) -> None:
    plane.book._clock = lambda: NOW + timedelta(minutes=5)
    entry = plane.book.find(OFF_BOOKING)
    assert entry is not None
    plane.book.update(entry, "ACTIVE", "Switch of the agent booking. Off: wrong prices")
    agent, tool = plane.book.switches()
    assert agent == {
        "kind": "agent",
        "subject": "booking",
        "policy": "air_dev__off_booking",
        "off": True,
        "description": "Switch of the agent booking. Off: wrong prices",
        "updated": "2026-11-21T09:05:00+00:00",
    }
    assert (tool["kind"], tool["off"], tool["updated"]) == ("tool", False, "2026-11-21T09:00:00+00:00")
