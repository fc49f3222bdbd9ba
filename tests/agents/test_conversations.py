"""Who may read on in which conversation, how many are kept, and that two requests never mix."""

from __future__ import annotations

import asyncio

import pytest

from agent_common.conversations import Conversations
from agent_common.errors import AgentError

pytestmark = pytest.mark.anyio


async def remember(store: Conversations, session: str, customer: str | None, *messages: str) -> None:
    async with store.open(session, customer) as conversation:
        conversation.messages = [*conversation.messages, *messages]


async def recall(store: Conversations, session: str, customer: str | None) -> list[str]:
    async with store.open(session, customer) as conversation:
        return list(conversation.messages)


async def test_sessions_do_not_see_each_other() -> None:
    store = Conversations()
    await remember(store, "s1", "C1", "one")
    assert await recall(store, "s2", "C1") == []
    assert await recall(store, "s1", "C1") == ["one"]


@pytest.mark.parametrize("other", ["C2", None])
async def test_a_session_is_not_continued_for_somebody_else(other: str | None) -> None:
    store = Conversations()
    await remember(store, "s1", "C1", "one")
    with pytest.raises(AgentError) as raised:
        await recall(store, "s1", other)
    assert raised.value.code == "bad_request"
    assert await recall(store, "s1", "C1") == ["one"]


async def test_an_anonymous_session_does_not_become_a_customers() -> None:
    store = Conversations()
    await remember(store, "s1", None, "one")
    with pytest.raises(AgentError):
        await recall(store, "s1", "C1")


async def test_a_session_nothing_was_said_in_belongs_to_nobody() -> None:
    store = Conversations()
    assert await recall(store, "s1", "C1") == []
    assert await recall(store, "s1", "C2") == []


async def test_requests_of_one_session_take_turns_in_order() -> None:
    store, first_is_in, leave = Conversations(), asyncio.Event(), asyncio.Event()
    order: list[str] = []

    async def first() -> None:
        async with store.open("s1", "C1"):
            first_is_in.set()
            await leave.wait()
            order.append("first")

    async def later(name: str) -> None:
        async with store.open("s1", "C1"):
            order.append(name)

    tasks = [asyncio.create_task(first())]
    await first_is_in.wait()
    tasks += [asyncio.create_task(later(name)) for name in ("second", "third")]
    await asyncio.sleep(0)
    assert order == []
    leave.set()
    await asyncio.gather(*tasks)
    assert order == ["first", "second", "third"]


async def test_only_so_many_requests_of_a_session_may_wait() -> None:
    store = Conversations(max_waiting=1)
    async with store.open("s1", "C1"):
        waiting = asyncio.create_task(recall(store, "s1", "C1"))
        await asyncio.sleep(0)
        with pytest.raises(AgentError, match="waiting"):
            await recall(store, "s1", "C1")
        assert await recall(store, "s2", "C1") == []
    assert await waiting == []


async def test_a_request_that_gave_up_waiting_frees_its_place() -> None:
    store = Conversations(max_waiting=1)
    async with store.open("s1", "C1"):
        for _ in range(3):
            waiting = asyncio.create_task(recall(store, "s1", "C1"))
            await asyncio.sleep(0)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting


async def test_the_conversation_unused_for_longest_is_forgotten_first() -> None:
    store = Conversations(max_sessions=2)
    await remember(store, "s1", None, "one")
    await remember(store, "s2", None, "two")
    await recall(store, "s1", None)
    await remember(store, "s3", None, "three")
    assert len(store) == 2
    assert await recall(store, "s1", None) == ["one"]
    assert await recall(store, "s2", None) == []


async def test_a_conversation_in_use_is_never_forgotten() -> None:
    store = Conversations(max_sessions=1)
    async with store.open("s1", None):
        with pytest.raises(AgentError, match="sessions are in use"):
            await recall(store, "s2", None)
    assert await recall(store, "s2", None) == []
