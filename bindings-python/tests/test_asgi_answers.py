"""How answers leave through the ASGI middleware: when they are recorded; and failures, and clients that go away."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from asgi_client import Connection, ask, reply, scope_of

from once_again.asgi import IdempotencyMiddleware
from once_again.testing import VirtualClock, mock_store

KEYED = {"idempotency-key": "k"}


async def head(send: Any, *headers: tuple[bytes, bytes], status: int = 200) -> None:
    await send({"type": "http.response.start", "status": status, "headers": list(headers)})


async def part(send: Any, body: bytes, more: bool = True) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": more})


def test_the_last_bytes_leave_after_the_record_is_complete() -> None:
    store = mock_store()
    told: list[tuple[str, bytes]] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await head(send)
        for body in (b"one", b"two", b"", b"three"):
            await part(send, body)
        await part(send, b"", more=False)

    async def main() -> None:
        connection = Connection()

        async def send(message: dict[str, Any]) -> None:
            told.append((store.operations[-1]["op"], message.get("body", b"head")))
            await connection.send(message)

        guarded = IdempotencyMiddleware(app, store=store)
        await guarded(scope_of(headers=KEYED), connection.receive, send)
        assert told == [("begin", b"head"), ("begin", b"one"), ("begin", b"two"), ("complete", b"three")]
        assert (await ask(guarded, body=b"")).body == b"onetwothree"

    asyncio.run(main())


def test_a_stream_passes_undelayed_and_is_told_of_afterwards() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await head(send, (b"Content-Type", b"Text/Event-Stream; charset=utf-8"))
        assert [message["type"] for message in connection.answer.messages] == ["http.response.start"]
        for number in range(3):
            await part(send, b"data: %d\n\n" % number)
            assert connection.answer.messages[-1]["body"] == b"data: %d\n\n" % number
        await part(send, b"", more=False)

    async def main() -> None:
        nonlocal connection
        connection = Connection()
        guarded = IdempotencyMiddleware(app)
        await guarded(scope_of(headers=KEYED), connection.receive, connection.send)
        again = await ask(guarded, body=b"")
        assert (again.status, again.problem) == (409, "response-not-replayable")

    connection: Any = None
    asyncio.run(main())


def test_an_answer_larger_than_is_kept_passes_on() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await head(send)
        for body in (b"1234", b"5678", b"9"):
            await part(send, body)
        await part(send, b"0", more=False)

    async def main() -> None:
        guarded = IdempotencyMiddleware(app, max_body_bytes=7)
        first = await ask(guarded)
        assert [message["body"] for message in first.messages[1:]] == [b"12345678", b"9", b"0"]
        assert (await ask(guarded)).problem == "response-not-replayable"

    asyncio.run(main())


def test_an_error_reaches_whoever_stands_around_and_the_next_request_runs_again() -> None:
    runs: list[int] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        runs.append(scope["once_again"].attempt)
        if len(runs) == 1:
            raise ZeroDivisionError("first")
        if len(runs) == 2:
            await head(send)
            raise ZeroDivisionError("second")
        if len(runs) == 3:
            return  # without an answer
        await reply(send, 200, b"done")

    async def main() -> None:
        guarded = IdempotencyMiddleware(app)
        for message in ("first", "second"):
            with pytest.raises(ZeroDivisionError, match=message):
                await ask(guarded)
        assert (await ask(guarded)).messages == []
        assert (await ask(guarded)).body == b"done"
        assert (await ask(guarded)).body == b"done"
        assert runs == [1, 2, 3, 4]

    asyncio.run(main())


def test_under_at_most_once_an_error_leaves_the_outcome_unknown() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        raise ZeroDivisionError

    async def main() -> None:
        guarded = IdempotencyMiddleware(app, profile="at_most_once")
        with pytest.raises(ZeroDivisionError):
            await ask(guarded)
        assert (await ask(guarded)).problem == "outcome-unknown"

    asyncio.run(main())


def test_an_error_page_of_an_inner_middleware_is_the_answer_and_its_error_passes_on() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await reply(send, 500, b"sorry")
        raise ZeroDivisionError

    async def main() -> None:
        guarded = IdempotencyMiddleware(app, on_5xx="keep")
        with pytest.raises(ZeroDivisionError):
            await ask(guarded)
        again = await ask(guarded)
        assert (again.status, again.body) == (500, b"sorry")

    asyncio.run(main())


class Paced:
    """An application that waits in the middle of its work, and tells how it ended."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.go_on = asyncio.Event()
        self.end: str | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.begun.set()
        try:
            await self.go_on.wait()
            await reply(send, 201, b"done")
            self.end = "done"
        except BaseException as error:
            self.end = type(error).__name__
            raise


def test_a_client_that_goes_away_leaves_a_handler_that_runs_to_its_end() -> None:
    async def main() -> None:
        app = Paced()
        guarded = IdempotencyMiddleware(app)
        connection = Connection(b"{}")
        asked = asyncio.create_task(guarded(scope_of(headers=KEYED), connection.receive, connection.send))
        await app.begun.wait()
        connection.hung_up.set()
        app.go_on.set()
        await asked
        assert (app.end, connection.answer.messages) == ("done", [])
        assert (await ask(guarded)).body == b"done"

    asyncio.run(main())


def test_a_server_that_cancels_a_request_is_not_held_up_and_the_outcome_is_kept() -> None:
    async def main() -> None:
        app = Paced()
        guarded = IdempotencyMiddleware(app)
        connection = Connection(b"{}")
        asked = asyncio.create_task(guarded(scope_of(headers=KEYED), connection.receive, connection.send))
        await app.begun.wait()
        asked.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asked
        assert (app.end, (await ask(guarded)).status) == (None, 409)
        app.go_on.set()
        while app.end is None:
            await asyncio.sleep(0)
        assert (app.end, connection.answer.messages) == ("done", [])
        assert (await ask(guarded)).body == b"done"

    asyncio.run(main())


def test_a_request_cancelled_while_it_waits_for_another_is_cancelled() -> None:
    async def main() -> None:
        app = Paced()
        guarded = IdempotencyMiddleware(app, conflict="wait")
        first = asyncio.create_task(ask(guarded))
        await app.begun.wait()
        second = asyncio.create_task(ask(guarded))
        await asyncio.sleep(0)
        second.cancel()
        with pytest.raises(asyncio.CancelledError):
            await second
        app.go_on.set()
        assert (await first).body == b"done"

    asyncio.run(main())


def test_a_loop_that_closes_leaves_an_orphan_for_the_next_owner() -> None:
    store = mock_store()
    app: Any = None

    async def cut() -> None:
        nonlocal app
        app = Paced()
        task = asyncio.create_task(ask(IdempotencyMiddleware(app, store=store)))
        await app.begun.wait()
        task.cancel()

    async def again() -> None:
        async def answers(scope: Any, receive: Any, send: Any) -> None:
            await reply(send, 200, b"attempt %d" % scope["once_again"].attempt)

        assert (await ask(IdempotencyMiddleware(answers, store=store))).body == b"attempt 2"

    asyncio.run(cut())
    assert app.end == "CancelledError"
    assert [op["op"] for op in store.operations] == ["begin", "abandon"]
    asyncio.run(again())


def test_a_handler_does_not_hear_that_its_client_is_gone_unless_it_streams() -> None:
    heard: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        streams = scope["path"] == "/events"
        await head(send, (b"content-type", b"text/event-stream" if streams else b"text/plain"))
        await part(send, b"one")
        connection.hung_up.set()
        listening = asyncio.create_task(receive())
        for _turn in range(5):
            await asyncio.sleep(0)
        heard.append(listening.result()["type"] if listening.done() else "nothing")
        listening.cancel()
        await part(send, b"two", more=False)

    async def main() -> None:
        nonlocal connection
        guarded = IdempotencyMiddleware(app)
        for path, key in (("/events", "s"), ("/text", "t")):
            connection = Connection(b"{}")
            asked = guarded(scope_of(path=path, headers={"idempotency-key": key}), connection.receive, connection.send)
            await asyncio.gather(asked, return_exceptions=True)
        assert heard == ["http.disconnect", "nothing"]
        assert (await ask(guarded, "s", path="/events")).problem == "response-not-replayable"
        assert (await ask(guarded, "t", path="/text")).body == b"onetwo"

    connection: Any = None
    asyncio.run(main())


def test_a_stream_that_nobody_reads_ends() -> None:
    sent: list[int] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await head(send, (b"content-type", b"text/event-stream"))
        while True:
            await part(send, b"tick")
            sent.append(1)
            if len(sent) == 3:
                connection.hung_up.set()

    async def main() -> None:
        nonlocal connection
        connection = Connection(b"{}")
        guarded = IdempotencyMiddleware(app)
        with pytest.raises(OSError, match="went away"):
            await guarded(scope_of(headers=KEYED), connection.receive, connection.send)
        assert len(sent) == 3
        assert (await ask(guarded)).problem == "response-not-replayable"

    connection: Any = None
    asyncio.run(main())


def test_a_client_gone_before_its_request_was_whole_has_no_handler_run() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        raise AssertionError("nothing is to run")

    async def main() -> None:
        messages = [{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}]

        async def receive() -> Any:
            return messages.pop(0)

        connection = Connection()
        await IdempotencyMiddleware(app)(scope_of(headers=KEYED), receive, connection.send)
        assert connection.answer.messages == []

    asyncio.run(main())


def test_the_claim_is_renewed_while_the_handler_runs_and_its_signal_is_set_at_the_time_out() -> None:
    clock = VirtualClock()
    store = mock_store(clock=clock)
    signalled: list[tuple[bool, bool]] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        signal = scope["once_again"].signal
        await clock.async_sleep(24.0)
        before = signal.is_set()
        await clock.async_sleep(2.0)
        signalled.append((before, signal.is_set()))
        await reply(send, 200)

    async def main() -> None:
        await ask(IdempotencyMiddleware(app, store=store, clock=clock, lease=30.0, handler_timeout=25.0))
        assert [op["op"] for op in store.operations] == ["begin", "renew", "renew", "complete"]
        assert signalled == [(False, True)]

    asyncio.run(main())


def test_an_answer_whose_record_cannot_be_written_leaves_marked_as_lost() -> None:
    clock = VirtualClock()
    store = mock_store(clock=clock)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        store.fail(times=1_000)
        await reply(send, 201, b"charged")

    async def main() -> None:
        answer = await ask(IdempotencyMiddleware(app, store=store, clock=clock))
        assert (answer.status, answer.body) == (201, b"charged")
        assert answer.headers["idempotency-completion"] == "lost"

    asyncio.run(main())


def test_a_late_owner_does_not_contradict_the_outcome_that_stands() -> None:
    clock = VirtualClock()
    store = mock_store(clock=clock)

    async def slow(scope: Any, receive: Any, send: Any) -> None:
        store.fail(times=100)
        await clock.async_sleep(61.0)  # no renewal was confirmed
        store._failures.clear()
        assert (await ask(IdempotencyMiddleware(quick, store=store, clock=clock))).body == b"second"
        await reply(send, 200, b"first")

    async def quick(scope: Any, receive: Any, send: Any) -> None:
        await reply(send, 200, b"second")

    async def main() -> None:
        answer = await ask(IdempotencyMiddleware(slow, store=store, clock=clock))
        assert (answer.body, answer.headers["x-idempotency-replay"]) == (b"second", "true")

    asyncio.run(main())


def test_after_its_answer_an_application_hears_that_its_client_has_gone() -> None:
    async def app(_scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await reply(send, 201, b"order 1")
        heard.append((await receive())["type"])

    async def main() -> None:
        connection = Connection(b"{}")
        call = asyncio.create_task(
            IdempotencyMiddleware(app)(scope_of(headers={"idempotency-key": "k"}), connection.receive, connection.send)
        )
        while not connection.answer.messages[1:]:
            await asyncio.sleep(0)
        connection.hung_up.set()
        await asyncio.wait_for(call, 10)

    heard: list[str] = []
    asyncio.run(main())
    assert heard == ["http.disconnect"]
