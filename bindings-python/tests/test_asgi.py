"""The ASGI middleware, seen from both its sides: what clients get, and what applications are given."""

from __future__ import annotations

import asyncio
import contextvars
import gzip
from typing import Any

import pytest
from asgi_client import Connection, ask, reply, scope_of

from once_again import ConfigError
from once_again.asgi import IdempotencyMiddleware, RequestIdempotency
from once_again.stores import MemoryStore
from once_again.testing import VirtualClock, mock_store


class Orders:
    """An application that counts its runs and tells what it was given."""

    def __init__(self, status: int = 201, seconds: float = 0.0, clock: VirtualClock | None = None) -> None:
        self.runs = 0
        self.bodies: list[bytes] = []
        self.claims: list[RequestIdempotency] = []
        self.scopes: list[Any] = []
        self.status = status
        self.seconds = seconds
        self.clock = clock or VirtualClock()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.runs += 1
        self.scopes.append(scope)
        if "once_again" in scope:
            self.claims.append(scope["once_again"])
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message["body"], message["more_body"]
        self.bodies.append(body)
        if self.seconds:
            await self.clock.async_sleep(self.seconds)
        await reply(send, self.status, b"order %d" % self.runs, (b"x-run", b"%d" % self.runs))


def test_a_request_runs_once_and_its_answer_is_replayed() -> None:
    async def main() -> None:
        app = Orders()
        guarded = IdempotencyMiddleware(app, clock=VirtualClock(wall_now=1_704_067_200.0))
        first = await ask(guarded, body=b'{"amount": 5}')
        again = await ask(guarded, body=b'{"amount":5.0}')
        assert (first.status, first.body, again.status, again.body) == (201, b"order 1", 201, b"order 1")
        assert first.headers == {"x-run": "1", "x-idempotency-replay": "false", "x-idempotency-key": "k"}
        assert again.headers == {
            "x-run": "1",
            "content-length": "7",
            "idempotent-replayed": "true",
            "x-idempotency-replay": "true",
            "x-idempotency-key": "k",
            "x-original-timestamp": "2024-01-01T00:00:00Z",
        }
        assert (app.runs, app.bodies) == (1, [b'{"amount": 5}'])
        assert (await ask(guarded, body=b'{"amount": 6}')).status == 422

    asyncio.run(main())


def test_the_application_gets_the_body_it_would_have_got_in_however_many_parts_it_came() -> None:
    async def main() -> None:
        app = Orders()
        guarded = IdempotencyMiddleware(app)
        connection = Connection(b'{"amount"', b":", b"", b"5}")
        await guarded(scope_of(headers={"idempotency-key": "k"}), connection.receive, connection.send)
        assert app.bodies == [b'{"amount":5}']
        assert (await ask(guarded, body=b'{"amount":5}')).headers["x-idempotency-replay"] == "true"

    asyncio.run(main())


def test_a_body_is_read_only_where_it_counts() -> None:
    async def main() -> None:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            await reply(send, 200)

        for key, options in (
            ("k,l", {}),
            (None, {"missing_key": "pass"}),
            ("k", {"include_body_in_fingerprint": False}),
        ):
            connection = Connection(b"{}")
            headers = {} if key is None else {"idempotency-key": key}
            guarded = IdempotencyMiddleware(app, **options)  # type: ignore[arg-type]
            await guarded(scope_of(headers=headers), connection.receive, connection.send)
            assert connection.received == 0

    asyncio.run(main())


def test_a_body_that_is_too_long_is_not_held_but_reaches_the_application_where_no_key_was_sent() -> None:
    async def main() -> None:
        app = Orders()
        guarded = IdempotencyMiddleware(app, max_request_bytes=4)
        parts = [b"12", b"34", b"56", b"78", b"9"]
        refused = Connection(*parts)
        await guarded(scope_of(headers={"idempotency-key": "k"}), refused.receive, refused.send)
        assert (refused.answer.status, refused.received, app.runs) == (413, 3, 0)
        passed = Connection(*parts)
        await guarded(scope_of(), passed.receive, passed.send)
        assert (passed.answer.status, app.bodies) == (201, [b"123456789"])
        assert "x-idempotency-replay" not in passed.answer.headers

    asyncio.run(main())


def test_a_compressed_body_is_compared_by_what_is_in_it() -> None:
    async def main() -> None:
        app = Orders()
        guarded = IdempotencyMiddleware(app, max_request_bytes=100)
        zipped = {"content-encoding": "gzip"}
        await ask(guarded, body=gzip.compress(b'{"a":1,', mtime=1) + gzip.compress(b'"b":2}', mtime=2), headers=zipped)
        assert (await ask(guarded, body=b'{"b": 2, "a": 1}')).headers["x-idempotency-replay"] == "true"
        assert (await ask(guarded, body=b"no gzip", headers=zipped, key="l")).status == 201
        assert (await ask(guarded, body=gzip.compress(b" " * 101), headers=zipped, key="m")).status == 413
        assert app.runs == 2

    asyncio.run(main())


def test_the_handler_is_shown_its_claim_in_the_scope_and_in_the_requests_state() -> None:
    async def main() -> None:
        app = Orders()
        guarded = IdempotencyMiddleware(app)
        await ask(guarded, key="order-7")
        (claim,) = app.claims
        assert (claim.key, claim.attempt, claim.signal.is_set()) == ("order-7", 1, False)
        assert claim.epoch > 0
        assert app.scopes[0]["state"]["once_again"] is claim
        assert claim.child_key("debit") == claim.child_key("debit") != claim.child_key("credit")

    asyncio.run(main())


def test_two_at_once_are_one_and_the_other_is_told_to_come_back_or_waits() -> None:
    async def main() -> None:
        for options, expected in (({}, [201, 409]), ({"conflict": {"wait": 5.0}}, [201, 201])):
            clock = VirtualClock()
            app = Orders(seconds=1.0, clock=clock)
            guarded = IdempotencyMiddleware(app, clock=clock, **options)  # type: ignore[arg-type]
            answers = await asyncio.gather(ask(guarded), ask(guarded))
            assert [answer.status for answer in answers] == expected
            assert app.runs == 1

    asyncio.run(main())


def test_a_thousand_requests_with_one_key_run_once() -> None:
    async def main() -> None:
        clock = VirtualClock()
        app = Orders(seconds=0.2, clock=clock)
        guarded = IdempotencyMiddleware(app, clock=clock, conflict="wait")
        answers = await asyncio.gather(*(ask(guarded) for _ in range(1_000)))
        assert app.runs == 1
        assert {answer.body for answer in answers} == {b"order 1"}
        assert sum(answer.headers["x-idempotency-replay"] == "false" for answer in answers) == 1

    asyncio.run(main())


def test_callers_are_told_apart_by_the_user_that_was_let_in_or_by_the_option() -> None:
    class User:
        is_authenticated = True

        def __init__(self, identity: object) -> None:
            self.identity = identity

    class Anonymous:
        is_authenticated = False

        @property
        def identity(self) -> str:
            raise NotImplementedError

    async def principal(scope: Any) -> str:
        return dict(scope["headers"])[b"x-user"].decode()

    async def main() -> None:
        app = Orders()
        guarded = IdempotencyMiddleware(app)
        for user in (User("ada"), User(7), Anonymous(), User("ada")):
            await ask(guarded, user=user)
        assert app.runs == 3
        asked = IdempotencyMiddleware(app, principal=principal)
        for name in ("ada", "bob", "ada"):
            await ask(asked, headers={"x-user": name})
        assert app.runs == 5
        for token, status in (("a", 201), ("b", 422), ("a", 201)):
            assert (await ask(guarded, key="token", headers={"authorization": token})).status == status

    asyncio.run(main())


def test_what_an_application_sets_in_its_context_is_seen_around_the_middleware() -> None:
    variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="unset")
    seen: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(variable.get())
        variable.set("inner")
        await reply(send, 200)

    async def main() -> None:
        variable.set("outer")
        await ask(IdempotencyMiddleware(app))
        assert (seen, variable.get()) == (["outer"], "inner")

    asyncio.run(main())


def test_other_methods_lifespans_and_websockets_pass_untouched() -> None:
    async def main() -> None:
        seen: list[tuple[Any, Any, Any]] = []

        async def app(*call: Any) -> None:
            seen.append(call)

        guarded = IdempotencyMiddleware(app)
        for scope in ({"type": "lifespan"}, {"type": "websocket"}, scope_of("GET", headers={"idempotency-key": ""})):
            call = (scope, object(), object())
            await guarded(*call)
            assert seen.pop() == call

    asyncio.run(main())


def test_a_store_that_is_away_refuses_unless_it_may_be_done_without() -> None:
    async def main() -> None:
        for options, status, runs in (({}, 503, 0), ({"fail_open": True}, 201, 1)):
            store = mock_store()
            store.fail(times=9)
            app = Orders()
            answer = await ask(IdempotencyMiddleware(app, store=store, clock=VirtualClock(), **options))  # type: ignore[arg-type]
            assert (answer.status, app.runs) == (status, runs)
            assert "x-idempotency-key" not in answer.headers

    asyncio.run(main())


def test_a_store_that_blocks_is_asked_in_a_thread_and_one_in_memory_here() -> None:
    import threading

    class Slow:
        def __init__(self) -> None:
            self.memory = MemoryStore()
            self.threads: set[int] = set()

        def apply(self, op: Any) -> Any:
            self.threads.add(threading.get_ident())
            return self.memory.apply(op)

    class InMemory(Slow):
        blocks = False

    async def main() -> None:
        for store, here in ((Slow(), False), (InMemory(), True)):
            guarded = IdempotencyMiddleware(Orders(), store=store)
            assert (await ask(guarded)).status == 201
            assert (await ask(guarded)).headers["x-idempotency-replay"] == "true"
            assert (store.threads == {threading.get_ident()}) is here

    asyncio.run(main())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"missingkey": "perhaps"}, "missingkey: got "),
        ({"lease": -1}, "lease: got -1, expected a number of seconds from 0.1 to 86400, or false for none"),
        ({"ttl": 86_400_000}, "ttl: got 86400000, expected at most 31536000: seconds expected, did you mean ttlMs?"),
        ({"store": 3}, "store: got 3, expected a store, or an object with get, set and delete"),
        ({"store": object()}, "store: got an object of type object, expected a store: an object with apply(op)"),
        ({"principal": "ada"}, 'principal: got "ada", expected a function from the request to the caller\'s name'),
        ({"stroe": None}, "stroe: got "),
    ],
)
def test_an_option_that_cannot_be_is_refused_at_once_by_its_name(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as refused:
        IdempotencyMiddleware(Orders(), **options)
    assert str(refused.value).startswith(message)


def test_what_is_no_application_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"^app: got an object of type NoneType"):
        IdempotencyMiddleware(None)


@pytest.mark.parametrize("caller", ["alice", b"alice", 7, None])
def test_a_principal_is_a_name(caller: Any) -> None:
    async def main() -> None:
        app = Orders()
        guarded = IdempotencyMiddleware(app, principal=lambda _scope: caller)
        await ask(guarded)
        await ask(guarded)
        assert app.runs == 1

    asyncio.run(main())


def test_an_object_whose_text_may_differ_each_time_is_no_principal() -> None:
    async def main() -> None:
        app = Orders()
        with pytest.raises(ConfigError, match="principal: got one that answers an object of type object"):
            await ask(IdempotencyMiddleware(app, principal=lambda _scope: object()))  # type: ignore[arg-type,return-value]
        assert app.runs == 0

    asyncio.run(main())
