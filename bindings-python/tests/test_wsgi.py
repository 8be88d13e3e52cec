"""The WSGI middleware, seen from both its sides: what servers get, and what applications are given."""

from __future__ import annotations

import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Any
from wsgiref.util import FileWrapper
from wsgiref.validate import validator

import pytest

from once_again import ConfigError
from once_again.stores import MemoryStore
from once_again.testing import VirtualClock, mock_store
from once_again.wsgi import IdempotencyMiddleware


def environ_of(body: bytes = b"{}", key: str | None = "k", **more: Any) -> dict[str, Any]:
    environ = {
        "REQUEST_METHOD": "POST",
        "SCRIPT_NAME": "",
        "PATH_INFO": "/orders",
        "QUERY_STRING": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "192.0.2.1",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        **({} if key is None else {"HTTP_IDEMPOTENCY_KEY": key}),
        **more,
    }
    return {name: value for name, value in environ.items() if value is not None}


class Server:
    """What a server sees of an answer, in the order it sees it."""

    def __init__(self, app: Any, environ: dict[str, Any]) -> None:
        self.status = ""
        self.headers: dict[str, str] = {}
        self.sent: list[bytes] = []
        self.answer = app(environ, self.start_response)

    def start_response(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
        self.status, self.headers = status, {name.lower(): value for name, value in headers}
        return self.sent.append

    def finish(self) -> Server:
        try:
            self.sent += [chunk for chunk in self.answer if chunk]
        finally:
            if hasattr(self.answer, "close"):
                self.answer.close()
        return self

    @property
    def body(self) -> bytes:
        return b"".join(self.sent)


def ask(app: Any, *args: Any, **more: Any) -> Server:
    return Server(app, environ_of(*args, **more)).finish()


class Orders:
    """An application that counts its runs and tells what it was given."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.environs: list[dict[str, Any]] = []

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        self.environs.append(environ)
        length = environ.get("CONTENT_LENGTH")
        self.bodies.append(environ["wsgi.input"].read(int(length)) if length else environ["wsgi.input"].read())
        start_response("201 Created", [("Content-Type", "text/plain"), ("X-Run", str(len(self.bodies)))])
        return [b"order %d" % len(self.bodies)]


def test_a_request_runs_once_and_its_answer_is_replayed_by_the_rules_of_wsgi() -> None:
    app = Orders()
    guarded = IdempotencyMiddleware(app, clock=VirtualClock(wall_now=1_704_067_200.0))
    first = Server(validator(guarded), environ_of(b'{"amount": 5}')).finish()
    again = Server(validator(guarded), environ_of(b'{"amount":5.0}')).finish()
    assert (first.status, first.body) == (again.status, again.body) == ("201 Created", b"order 1")
    assert first.headers == {
        "content-type": "text/plain",
        "x-run": "1",
        "x-idempotency-replay": "false",
        "x-idempotency-key": "k",
    }
    assert again.headers == {
        "content-type": "text/plain",
        "x-run": "1",
        "content-length": "7",
        "idempotent-replayed": "true",
        "x-idempotency-replay": "true",
        "x-idempotency-key": "k",
        "x-original-timestamp": "2024-01-01T00:00:00Z",
    }
    refused = Server(validator(guarded), environ_of(b'{"amount": 6}')).finish()
    assert (refused.status, refused.headers["content-type"]) == ("422 Unprocessable Entity", "application/problem+json")
    assert app.bodies == [b'{"amount": 5}']


def test_a_body_without_a_length_is_read_to_its_end_where_it_has_one() -> None:
    app = Orders()
    guarded = IdempotencyMiddleware(app, max_request_bytes=8)
    chunked = {"CONTENT_LENGTH": None, "wsgi.input_terminated": True}
    assert ask(guarded, b'{"a":1}', **chunked).status == "201 Created"
    assert ask(guarded, b'{"a":1}').headers["x-idempotency-replay"] == "true"
    long = b"0123456789" * 2_000
    assert ask(guarded, long, key="l", **chunked).status.startswith("413 ")
    assert ask(guarded, long, key=None, **chunked).status == "201 Created"
    assert app.bodies == [b'{"a":1}', long]


def test_a_request_that_is_not_whole_runs_nothing() -> None:
    app = Orders()
    with pytest.raises(ConnectionResetError, match="before its request was whole"):
        ask(IdempotencyMiddleware(app), b"{}", CONTENT_LENGTH="3")
    assert app.bodies == []


def test_the_handler_is_shown_its_claim() -> None:
    app = Orders()
    ask(IdempotencyMiddleware(app), key="order-7")
    claim = app.environs[0]["once_again"]
    assert (claim.key, claim.attempt, claim.signal.is_set()) == ("order-7", 1, False)


def test_callers_are_told_apart_by_the_user_whom_the_server_let_in_or_by_the_option() -> None:
    app = Orders()
    guarded = IdempotencyMiddleware(app)
    for user in ("ada", "bob", "ada"):
        ask(guarded, REMOTE_USER=user)
    assert len(app.bodies) == 2
    asked = IdempotencyMiddleware(app, principal=lambda environ: environ["HTTP_X_USER"])
    for user in ("ada", "bob", "ada"):
        ask(asked, HTTP_X_USER=user)
    assert len(app.bodies) == 4
    assert ask(guarded, HTTP_AUTHORIZATION="a", key="t").status == "201 Created"
    assert ask(guarded, HTTP_AUTHORIZATION="b", key="t").status.startswith("422 ")


def test_the_target_is_the_one_on_the_request_line() -> None:
    app = Orders()
    guarded = IdempotencyMiddleware(app)
    ask(guarded, PATH_INFO="/caf\xc3\xa9", QUERY_STRING="a=1")
    for same in ({"RAW_URI": "/caf%C3%A9?a=1"}, {"REQUEST_URI": "http://localhost/caf%C3%A9?a=1"}):
        assert ask(guarded, PATH_INFO="/elsewhere", **same).headers["x-idempotency-replay"] == "true"
    assert len(app.bodies) == 1


def chunks(*parts: bytes, kind: str = "text/plain") -> Any:
    """An application that answers in chunks, and tells which it has made."""
    made: list[bytes] = []

    def app(environ: dict[str, Any], start_response: Any) -> Any:
        start_response("200 OK", [("Content-Type", kind)])
        for each in parts:
            made.append(each)
            yield each
        made.append(b"closed")

    return app, made


def test_the_last_bytes_leave_after_the_record_is_complete() -> None:
    store = mock_store()
    app, _made = chunks(b"one", b"", b"two", b"three")
    guarded = IdempotencyMiddleware(app, store=store)
    server = Server(guarded, environ_of())
    told = [(store.operations[-1]["op"], chunk) for chunk in server.answer]
    assert told == [("begin", b"one"), ("begin", b"two"), ("complete", b"three")]
    assert ask(guarded).body == b"onetwothree"


def test_a_stream_passes_undelayed_and_is_told_of_afterwards() -> None:
    app, made = chunks(b"data: 1\n\n", b"data: 2\n\n", kind="text/event-stream")
    guarded = IdempotencyMiddleware(app)
    server = Server(guarded, environ_of())
    assert (next(server.answer), made) == (b"data: 1\n\n", [b"data: 1\n\n"])
    server.finish()
    assert b"response-not-replayable" in ask(guarded).body


def test_an_answer_larger_than_is_kept_passes_on() -> None:
    app, _made = chunks(b"1234", b"5678", b"9")
    guarded = IdempotencyMiddleware(app, max_body_bytes=7)
    assert ask(guarded).body == b"123456789"
    assert b"response-not-replayable" in ask(guarded).body


def test_a_server_that_closes_early_leaves_an_outcome_that_is_whole_but_a_stream_ends() -> None:
    app, made = chunks(b"one", b"two", b"three")
    guarded = IdempotencyMiddleware(app)
    server = Server(guarded, environ_of())
    assert next(server.answer) == b"one"
    server.answer.close()
    assert made == [b"one", b"two", b"three", b"closed"]
    assert ask(guarded).body == b"onetwothree"

    app, made = chunks(b"1", b"2", b"3", kind="text/event-stream")
    guarded = IdempotencyMiddleware(app)
    server = Server(guarded, environ_of())
    next(server.answer)
    server.answer.close()
    assert made == [b"1"]
    assert b"response-not-replayable" in ask(guarded).body


def test_an_iterable_is_closed_once_it_was_answered() -> None:
    class Body(list[bytes]):
        closed = 0

        def close(self) -> None:
            Body.closed += 1

    def app(environ: dict[str, Any], start_response: Any) -> Body:
        start_response("200 OK", [])
        return Body([b"a", b"b"])

    assert (ask(IdempotencyMiddleware(app)).body, Body.closed) == (b"ab", 1)


def test_an_application_may_write_and_may_wrap_a_file() -> None:
    def writes(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        write = start_response("200 OK", [])
        write(b"one,")
        write(b"two,")
        return [b"three"]

    def sends(environ: dict[str, Any], start_response: Any) -> Any:
        start_response("200 OK", [])
        return environ["wsgi.file_wrapper"](BytesIO(b"file" * 5_000), 4_096)

    for app, body in ((writes, b"one,two,three"), (sends, b"file" * 5_000)):
        guarded = IdempotencyMiddleware(app)
        assert [ask(guarded, **{"wsgi.file_wrapper": FileWrapper}).body for _ in range(2)] == [body, body]


def test_an_error_before_the_first_bytes_may_begin_another_answer_and_one_after_them_may_not() -> None:
    def app(environ: dict[str, Any], start_response: Any) -> Any:
        start_response("200 OK", [("X-A", "1")])
        try:
            if environ["PATH_INFO"] == "/late":
                yield b"begun"
            raise ZeroDivisionError
        except ZeroDivisionError:
            start_response("500 Internal Server Error", [("X-B", "2")], sys.exc_info())
            yield b"sorry"

    guarded = IdempotencyMiddleware(app, on_5xx="keep")
    early = ask(guarded)
    assert (early.status, early.body, early.headers["x-b"]) == ("500 Internal Server Error", b"sorry", "2")
    assert "x-a" not in early.headers
    assert ask(guarded).headers["x-idempotency-replay"] == "true"
    with pytest.raises(ZeroDivisionError):
        ask(guarded, key="l", PATH_INFO="/late")


def test_what_the_application_raises_passes_on_and_the_next_request_runs_again() -> None:
    runs: list[int] = []

    def app(environ: dict[str, Any], start_response: Any) -> Any:
        runs.append(environ["once_again"].attempt)
        if len(runs) == 1:
            raise ZeroDivisionError
        if len(runs) == 2:
            raise KeyboardInterrupt
        start_response("200 OK", [])
        return [b"done"]

    guarded = IdempotencyMiddleware(app)
    for error in (ZeroDivisionError, KeyboardInterrupt):
        with pytest.raises(error):
            ask(guarded)
    assert [ask(guarded).body for _ in range(2)] == [b"done", b"done"]
    assert runs == [1, 2, 3]


def test_a_thousand_requests_from_many_threads_run_once() -> None:
    lock, runs = threading.Lock(), []

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        with lock:
            runs.append(1)
        start_response("200 OK", [])
        return [b"done"]

    guarded = IdempotencyMiddleware(app, conflict={"wait": 60.0})
    with ThreadPoolExecutor(50) as pool:
        bodies = list(pool.map(lambda _: ask(guarded).body, range(1_000)))
    assert (len(runs), set(bodies)) == (1, {b"done"})


def test_the_claim_is_renewed_while_the_handler_runs_and_its_signal_is_set_at_the_time_out() -> None:
    clock = VirtualClock()
    store = mock_store(clock=clock)
    signalled: list[bool] = []

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        for seconds in (24.0, 2.0):
            clock.advance(seconds)
            signalled.append(environ["once_again"].signal.is_set())
        start_response("200 OK", [])
        return []

    ask(IdempotencyMiddleware(app, store=store, clock=clock, lease=30.0, handler_timeout=25.0))
    assert signalled == [False, True]
    assert [op["op"] for op in store.operations] == ["begin", "renew", "renew", "complete"]


def test_a_store_or_a_function_that_nobody_would_await_is_refused_by_name() -> None:
    class Later:
        async def apply(self, op: Any) -> Any:
            return MemoryStore().apply(op)

    async def principal(environ: Any) -> str:
        return "ada"

    expected = "store: got Later, whose answers are to be awaited, expected a store that answers at once"
    with pytest.raises(ConfigError, match=expected):
        IdempotencyMiddleware(Orders(), store=Later())
    with pytest.raises(ConfigError, match="principal: got an object of type function, expected a function that is not"):
        IdempotencyMiddleware(Orders(), principal=principal)  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match=r"^lease: got -1, expected a number of seconds"):
        IdempotencyMiddleware(Orders(), lease=-1)


def test_a_store_over_a_client_of_asyncio_is_refused_by_name() -> None:
    import redis.asyncio

    from once_again.stores import RedisStore

    with pytest.raises(ConfigError, match="store: got RedisStore, whose answers are to be awaited"):
        IdempotencyMiddleware(Orders(), store=RedisStore(redis.asyncio.Redis()))
