"""The Runtime API against clients that are not in order: an answer counts only for what the process holds."""

from __future__ import annotations

import asyncio
import os

import pytest

from localcloud.functions import wire
from localcloud.functions.wire import Connection
from localcloud.functions.worker import Invocation, Worker

NEXT = b"GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: x\r\n\r\n"


class Recorder:
    """An execution environment that takes one invocation, `known`."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, object]] = []

    def next_asked(self, connection: Connection) -> bool:
        self.seen.append(("next", None))
        connection.send(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
        return len(self.seen) < 3

    def answered(self, request_id: str, body: bytes) -> bool:
        self.seen.append((f"answered {request_id}", body))
        return request_id == "known"

    def failed(self, request_id: str, body: bytes) -> bool:
        self.seen.append((f"failed {request_id}", body))
        return request_id == "known"

    def oversized(self, request_id: str) -> bool:
        self.seen.append((f"oversized {request_id}", None))
        return True

    def init_failed(self, body: bytes) -> bool:
        self.seen.append(("init", body))
        return True

    def connection_lost(self, connection: Connection) -> None:
        self.seen.append(("lost", None))


def talk(*pieces: bytes) -> tuple[bytes, Recorder]:
    """Send the pieces one after another; everything that came back, and what the environment saw."""
    recorder = Recorder()

    async def main() -> bytes:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: Connection(recorder), "127.0.0.1", 0)
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0)
        writer.write_eof()
        answer = await reader.read()
        writer.close()
        server.close()
        await server.wait_closed()
        return answer

    return asyncio.run(main()), recorder


def post(path: str, body: bytes, *headers: str) -> bytes:
    lines = (f"POST {path} HTTP/1.1", "Host: x", f"Content-Length: {len(body)}", *headers, "", "")
    return "\r\n".join(lines).encode() + body


def test_request_cut_into_single_bytes_is_understood() -> None:
    request = post("/2018-06-01/runtime/invocation/known/response", '{"도시":"서울"}'.encode())
    answer, recorder = talk(*(request[index : index + 1] for index in range(len(request))))
    assert answer.startswith(b"HTTP/1.1 202")
    assert ("answered known", '{"도시":"서울"}'.encode()) in recorder.seen


def test_two_requests_in_one_packet_are_both_answered() -> None:
    answer, recorder = talk(post("/2018-06-01/runtime/invocation/known/response", b"1") + NEXT)
    assert answer.count(b"HTTP/1.1 2") == 2
    assert [name for name, _ in recorder.seen[:2]] == ["answered known", "next"]


def test_answer_for_an_invocation_the_process_does_not_hold_is_refused() -> None:
    answer, _ = talk(post("/2018-06-01/runtime/invocation/other/response", b"1"))
    assert answer.startswith(b"HTTP/1.1 400")
    assert b"InvalidRequestID" in answer


def test_large_body_is_read_dropped_and_answered_with_413() -> None:
    body = b"x" * (wire.MAX_PAYLOAD + 1)
    answer, recorder = talk(post("/2018-06-01/runtime/invocation/known/response", body))
    assert answer.startswith(b"HTTP/1.1 413")
    assert recorder.seen[0] == ("oversized known", None)


def test_client_that_waits_for_100_continue_gets_it() -> None:
    request = post("/2018-06-01/runtime/invocation/known/response", b"12", "Expect: 100-continue")
    recorder = Recorder()

    async def main() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: Connection(recorder), "127.0.0.1", 0)
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        writer.write(request[:-2])
        assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        writer.write(request[-2:])
        assert (await reader.readline()).startswith(b"HTTP/1.1 202")
        writer.close()
        server.close()
        await server.wait_closed()

    asyncio.run(main())
    assert recorder.seen[0] == ("answered known", b"12")


def test_init_error_is_taken() -> None:
    answer, recorder = talk(post("/2018-06-01/runtime/init/error", b"{}"))
    assert answer.startswith(b"HTTP/1.1 202")
    assert recorder.seen[0] == ("init", b"{}")


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        pytest.param(b"GET /2018-06-01/runtime/other HTTP/1.1\r\n\r\n", b"404", id="unknown path"),
        pytest.param(b"POST /2018-06-01/runtime/invocation/next HTTP/1.1\r\n\r\n", b"404", id="wrong method"),
        pytest.param(post("/2018-06-01/runtime/invocation/known/other", b""), b"404", id="unknown action"),
        pytest.param(b"nonsense\r\n\r\n", b"400", id="no request line"),
        pytest.param(b"GET / HTTP/1.0\r\n\r\n", b"400", id="HTTP/1.0"),
        pytest.param(b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", b"400", id="negative length"),
        pytest.param(b"POST / HTTP/1.1\r\nContent-Length: 1e3\r\n\r\n", b"400", id="length no number"),
        pytest.param(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", b"501", id="chunked"),
        pytest.param(b"GET / HTTP/1.1\r\nX: " + b"x" * (wire.MAX_HEAD + 8), b"400", id="endless head"),
    ],
)
def test_request_out_of_order_is_refused_and_the_connection_closed(
    request_bytes: bytes, status: bytes
) -> None:
    answer, recorder = talk(request_bytes)
    assert answer.startswith(b"HTTP/1.1 " + status)
    assert [name for name, _ in recorder.seen if name != "lost"] == []


class Owner:
    """A group that only takes notes."""

    timeout_seconds = 60.0

    def __init__(self) -> None:
        self.free = 0

    def wall_ms(self) -> int:
        return 1_000

    def worker_free(self, worker: Worker) -> None:
        self.free += 1

    def worker_gone(self, worker: Worker) -> None:
        pass

    def succeeded(self) -> None:
        pass


def test_only_one_request_for_work_is_served_at_a_time() -> None:
    """Another local process that asks on a worker's port must not be handed the worker's invocation."""

    async def main() -> None:
        loop = asyncio.get_running_loop()
        owner = Owner()
        worker = Worker(owner, loop, lambda line: None)
        address, port = (await worker.listen()).split(":")
        runtime_in, runtime_out = await asyncio.open_connection(address, int(port))
        runtime_out.write(NEXT)
        while not owner.free:
            await asyncio.sleep(0)
        thief_in, thief_out = await asyncio.open_connection(address, int(port))
        thief_out.write(NEXT)
        assert (await thief_in.readline()).startswith(b"HTTP/1.1 403")
        worker.run(Invocation(b'"event"', b"", loop.create_future()))
        assert (await runtime_in.readline()).startswith(b"HTTP/1.1 200")
        late_in, late_out = await asyncio.open_connection(address, int(port))
        late_out.write(NEXT)
        assert (await late_in.readline()).startswith(b"HTTP/1.1 403")
        for writer in (runtime_out, thief_out, late_out):
            writer.close()
        if worker.invocation is not None and worker.invocation.timer is not None:
            worker.invocation.timer.cancel()
        worker.kill()

    asyncio.run(main())


def test_answer_counts_only_for_the_invocation_that_was_delivered() -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        worker = Worker(Owner(), loop, lambda line: None)
        held = Invocation(b"{}", b"", loop.create_future())
        worker.run(held)
        assert not worker.answered(held.request_id, b"before it was delivered")
        held.delivered = True
        assert not worker.answered("another", b"1")
        assert not worker.failed("another", b"1")
        assert not worker.oversized("another")
        assert not held.future.done()
        assert worker.answered(held.request_id, b"2")
        assert not worker.answered(held.request_id, b"twice")
        assert (await held.future).payload == b"2"
        worker.kill()

    asyncio.run(main())


def test_what_was_printed_before_the_answer_is_read_before_the_caller_wakes() -> None:
    """The loop may see the answer's socket before the pipe: the order must not depend on it."""

    async def main() -> None:
        loop = asyncio.get_running_loop()
        lines: list[bytes] = []
        worker = Worker(Owner(), loop, lines.append)
        for answer in (worker.answered, worker.failed, lambda request_id, _: worker.oversized(request_id)):
            held = Invocation(b"{}", b"", loop.create_future())
            worker.run(held)
            held.delivered = True
            lines.clear()
            os.write(worker.stdout.write_end, b"decision\n")
            assert answer(held.request_id, b"{}")
            assert lines == [b"decision"]
        worker.kill()

    asyncio.run(main())
