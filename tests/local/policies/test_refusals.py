"""Who may not throw a switch: every agent, every function, and whoever says to be the operator and is not."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from localcloud.assembly import Addresses, load_stage
from tests.assembly_fixture import assembly
from tests.local.policies.conftest import ENGINE, KEY, OFF_BOOKING, Plane, guarded

__all__ = ["assembly"]

pytestmark = pytest.mark.anyio
POLICY = f"/policy-engines/{ENGINE}/policies/{OFF_BOOKING}"
THROW = json.dumps({"enforcementMode": "ACTIVE"}).encode()
BACK = json.dumps({"enforcementMode": "LOG_ONLY"}).encode()
OPERATIONS = [
    ("PATCH", POLICY, THROW),
    ("GET", POLICY, b""),
    ("GET", f"/policy-engines/{ENGINE}/policies", b""),
    ("GET", "/gateways/air-dev-abcdefghij/", b""),
    ("DELETE", POLICY, b""),
    ("PATCH", "/policy-engines/none/policies/none", THROW),
]


def unchanged(plane: Plane) -> bool:
    return [entry.mode for entry in plane.book.every()] == ["ACTIVE", "LOG_ONLY", "LOG_ONLY"] and (
        plane.events.select() == []
    )


async def test_an_agents_or_functions_credential_throws_a_switch(plane: Plane, assembly: Any) -> None:
    """Every credential that the airline's platform gives to a child process, whatever it is signed with."""
    addresses = Addresses(
        front="http://127.0.0.1:1",
        gateway="http://127.0.0.1:2",
        issuer="http://127.0.0.1:3",
        providers={"flights": "http://127.0.0.1:4"},
    )
    system = load_stage(assembly, "airline-dev", addresses)
    names = [runtime.name for runtime in system.runtimes] + [function.name for function in system.functions]
    assert len(names) == 8
    for name in names:
        for method, path, body in OPERATIONS:
            for key in ("its-own-secret", KEY):
                refused = await plane.send(method, path, body, who=f"LOCAL.{name}", key=key)
                assert (refused.status_code, refused.headers["x-amzn-errortype"]) == (
                    403,
                    "AccessDeniedException",
                )
    assert unchanged(plane)


@pytest.mark.parametrize(("method", "path", "body"), OPERATIONS)
@pytest.mark.parametrize(
    ("who", "key"),
    [
        ("LOCAL.operator", "guessed"),
        ("LOCAL.operator", ""),
        ("LOCAL.Operator", KEY),
        ("operator", KEY),
        ("AKIDEXAMPLE", KEY),
        (None, ""),
    ],
)
async def test_whoever_says_to_be_the_operator_is_believed(
    plane: Plane, method: str, path: str, body: bytes, who: str | None, key: str
) -> None:
    refused = await plane.send(method, path, body, who=who, key=key)
    assert refused.status_code == 403
    # What is there and what is not look the same.
    assert ENGINE not in refused.text
    assert KEY not in refused.text
    assert unchanged(plane)


async def test_a_signature_holds_for_another_request_than_it_was_made_for(plane: Plane) -> None:
    made = await plane.send("PATCH", POLICY, THROW)
    assert made.status_code == 202
    headers = dict(made.request.headers)
    (tool_switch,) = [entry.policy.name for entry in plane.book.every() if "12345678" in entry.policy.name]
    replayed = [
        ("PATCH", POLICY, BACK, headers),
        ("PATCH", f"/policy-engines/{ENGINE}/policies/{tool_switch}", THROW, headers),
        ("GET", POLICY, b"", headers),
        ("PATCH", f"{POLICY}?x=1", THROW, headers),
        ("PATCH", POLICY, THROW, {**headers, "x-amz-date": "20200101T000000Z"}),
        ("PATCH", POLICY, THROW, {**headers, "host": "127.0.0.1:1"}),
        ("PATCH", POLICY, THROW, {key: value for key, value in headers.items() if key != "x-amz-date"}),
        (
            "PATCH",
            POLICY,
            THROW,
            {**headers, "authorization": headers["authorization"].replace("us-east-1", "eu-west-1")},
        ),
    ]
    for method, path, body, with_headers in replayed:
        kept = {key: value for key, value in with_headers.items() if key != "content-length"}
        refused = await plane.send(method, path, body, headers=kept)
        assert refused.status_code == 403, (method, path)
    assert [entry.mode for entry in plane.book.every()] == ["ACTIVE", "ACTIVE", "LOG_ONLY"]


async def test_of_two_signatures_one_counts(plane: Plane) -> None:
    made = await plane.send("GET", POLICY)
    pair = [(key, value) for key, value in made.request.headers.items() if key != "content-length"]
    pair.append(("authorization", made.request.headers["authorization"]))
    assert (await plane.send("GET", POLICY, headers=pair)).status_code == 403


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"{", "not JSON"),
        (b"[" * 60_000, "not JSON"),
        (b"[]", "must be an object"),
        (b'{"enforcementMode": "OFF"}', "enforcementMode must be ACTIVE or LOG_ONLY"),
        (b'{"enforcementMode": ["ACTIVE"]}', "enforcementMode must be"),
        (b'{"validationMode": "NONE"}', "validationMode must be"),
        (b'{"description": "x"}', "description must be an object"),
        (b'{"description": {"optionalValue": 7}}', "description must be an object"),
        (b'{"name": "x"}', "no local stand-in for 'name'"),
        (b'{"enforcementMode": "ACTIVE", "definition": {}}', "no local stand-in for 'definition'"),
        (b" " * 70_000, "larger than"),
    ],
)
async def test_a_change_that_is_not_understood_is_made_in_part(plane: Plane, body: bytes, told: str) -> None:
    refused = await plane.send("PATCH", POLICY, body)
    assert (refused.status_code, told in refused.text) == (400, True), refused.text
    assert unchanged(plane)


@pytest.mark.parametrize(
    "query", ["maxResults=0", "maxResults=101", "maxResults=x", "nextToken=-1", "nextToken=9999999999", "a=b"]
)
async def test_a_page_that_is_none_is_refused(plane: Plane, query: str) -> None:
    assert (await plane.send("GET", f"/policy-engines/{ENGINE}/policies?{query}")).status_code == 400


async def test_a_gateway_without_an_engine_has_no_policies() -> None:
    bare = Plane.of(replace(guarded(), policy_mode=None, policies=(), engine_id="", engine_arn=""))
    assert (await bare.send("GET", f"/policy-engines/{ENGINE}/policies")).status_code == 404
    found = await bare.send("GET", "/gateways/air-dev-abcdefghij/")
    assert "policyEngineConfiguration" not in found.json()
