"""A conversation belongs to the user it began with, whichever token they show, and to nobody else."""

from __future__ import annotations

import pytest

from agent_common.users import User
from tests.agents.support.agents import NOW, SESSION, events_of, service
from tests.agents.support.scripted import ScriptedModel, says
from tests.agents.support.users import signed_in, user_token

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (signed_in("C1001"), signed_in("C1002")),
        (signed_in("C1001"), signed_in("guest")),
        (signed_in("C1001"), None),
        (None, signed_in("guest")),
        (signed_in("guest"), signed_in("C1001")),
        # Two users of whom no customer is known are two users all the same.
        (signed_in("a.b@example.com"), signed_in("c.d@example.com")),
    ],
)
async def test_another_user_cannot_read_on_in_a_session(first: User | None, second: User | None) -> None:
    model = ScriptedModel(says("C1001's secrets"), says("never"))
    answering = service(model)
    await events_of(answering, user=first)
    assert [event["code"] for event in await events_of(answering, user=second)] == ["bad_request"]
    assert len(model.asked) == 1


async def test_a_user_whose_token_was_renewed_goes_on_in_their_session() -> None:
    model = ScriptedModel(says("one"), says("two"))
    answering = service(model, USER_CLAIM="username")
    for expires in (NOW.timestamp() + 60, NOW.timestamp() + 3600):
        token = user_token("C1001", exp=int(expires))
        asked = answering.check({"prompt": "q"}, session_id=SESSION, authorization=[f"Bearer {token}"])
        events = [event async for event in answering.answer(asked, {})]
        assert events[-1]["type"] == "done"
    assert len(model.asked[1].messages) == 3
