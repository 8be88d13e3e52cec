"""`IdempotentHttpClient` and `ClientFactory` against a real server that misbehaves as it is told."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import httpx
import pytest
from scripted import Story, server

from once_again import (
    CircuitBreaker,
    CircuitOpenError,
    ConfigError,
    KeyReusedError,
    RetryConfig,
    StoreFullError,
)
from once_again.clients import ClientFactory, HttpError, IdempotentHttpClient

Script = Callable[..., Story]
FAST = RetryConfig(initial_delay=0.001, jitter=False, max_attempts=3)
MADE = {"do": "effect", "status": 201, "headers": {"Content-Type": "application/json"}, "body": '{"id": 1}'}


@pytest.fixture(scope="module")
def script() -> Iterator[Script]:
    with server() as script:
        yield script


def answer(status: int, body: str = "", **headers: str) -> dict[str, Any]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return {"do": "answer", "status": status, "body": body, "headers": named}


def client(story: Story, **options: Any) -> IdempotentHttpClient:
    return ClientFactory.create_http_client(**{"base_url": story.url, "retry_policy": FAST, **options})


def test_a_write_is_sent_until_it_is_done_under_one_key_and_for_one_identity(script: Script) -> None:
    story = script({"do": "resetAfter"}, answer(503), MADE)
    with client(story, identity={"squid_id": "user123", "dao_id": "dao789"}) as made:
        got = made.post("/payments", {"amount": 7}, {"x-qonsent": "granted"})
    assert (got.status, got.data, got.replayed, got.attempts, got.from_cache) == (201, {"id": 1}, False, 3, False)
    requests = story.log()["requests"]
    assert len({request["headers"]["idempotency-key"] for request in requests}) == 1
    assert {request["url"].rpartition("/")[2] for request in requests} == {"payments"}
    assert list(story.log()["effects"].values()) == [1]
    for header, value in (("x-squid-id", "user123"), ("x-dao-id", "dao789"), ("x-qonsent", "granted")):
        assert set(story.seen(header)) == {value}
    assert story.seen("x-subid") == [None, None, None]


def test_reads_and_empty_answers_have_their_data(script: Script) -> None:
    with client(script(answer(200, "text"), answer(204), answer(200, "{", Content_Type="application/json"))) as made:
        assert [made.get("a").data, made.delete("a").data, made.get("a").data] == ["text", None, "{"]


@pytest.mark.parametrize(
    ("step", "code", "retryable"),
    [
        (answer(503), "SERVICE_UNAVAILABLE", True),
        (answer(429), "RATE_LIMIT_EXCEEDED", True),
        (answer(504), "TIMEOUT_ERROR", True),
        (answer(401), "QLOCK_AUTH_FAIL", False),
        (answer(404), "REQUEST_REFUSED", False),
        (answer(500, Idempotent_Replayed="true"), "SERVICE_UNAVAILABLE", False),
        (answer(500, X_Idempotency_Replay="true"), "SERVICE_UNAVAILABLE", False),
        (answer(400, '{"error": {"code": "DEPENDENCY_MISSING"}}'), "DEPENDENCY_MISSING", False),
        (answer(402, '{"code": "INSUFFICIENT_FUNDS"}'), "INSUFFICIENT_FUNDS", False),
        (
            answer(422, '{"type": "key-reused"}', Content_Type="application/problem+json"),
            "IDEMPOTENCY_KEY_REUSED",
            False,
        ),
    ],
)
def test_a_refusal_has_its_code(script: Script, step: dict[str, Any], code: str, retryable: bool) -> None:
    step["headers"]["x-request-id"] = "r1"
    with client(script(step)) as made, pytest.raises(HttpError) as raised:
        made.post("/payments", {"amount": 7})
    error = raised.value
    assert (error.code, error.retryable, error.status_code, error.request_id) == (code, retryable, step["status"], "r1")
    assert error.suggested_actions
    assert error.timestamp > 1.7e9
    copy = pickle.loads(pickle.dumps(error))
    assert (copy.code, copy.answer, str(copy)) == (code, error.answer, f"{code}: HTTP {step['status']}")


def test_no_answer_is_a_code_too_and_httpx_says_why(script: Script) -> None:
    with client(script({"do": "resetBefore"})) as made, pytest.raises(HttpError) as raised:
        made.get("/")
    assert (raised.value.code, raised.value.answer, raised.value.attempts) == ("SERVICE_UNAVAILABLE", None, 3)
    assert isinstance(raised.value.__cause__, httpx.TransportError)
    with client(script({"do": "hang"}), timeout=0.1) as made, pytest.raises(HttpError) as raised:
        made.get("/")
    assert (raised.value.code, raised.value.status_code) == ("TIMEOUT_ERROR", 504)


def test_a_key_that_was_used_before_is_answered_without_a_request(script: Script) -> None:
    story = script(MADE, answer(500))
    with client(story, idempotency={"default_ttl": 60.0}) as made:
        first = made.post("/payments", {"amount": 7}, {"Idempotency-Key": "k"})
        again = made.post("/payments", {"amount": 7}, {"Idempotency-Key": "k"})
        assert (first.data, first.from_cache, again.data, again.from_cache, again.attempts) == (
            {"id": 1},
            False,
            {"id": 1},
            True,
            0,
        )
        with pytest.raises(KeyReusedError):
            made.post("/payments", {"amount": 8}, {"Idempotency-Key": "k"})
    assert len(story.log()["requests"]) == 1


def test_calls_with_one_key_at_a_time_are_one_request(script: Script) -> None:
    story = script({**MADE, "do": "slowHeaders", "ms": 300}, answer(500))
    with client(story, idempotency={}) as made, ThreadPoolExecutor(8) as pool:
        calls = [pool.submit(made.post, "/payments", {"amount": 7}, {"Idempotency-Key": "k"}) for _ in range(8)]
        answers = [call.result() for call in calls]
    assert {got.data["id"] for got in answers} == {1}
    assert sorted(got.attempts for got in answers) == [0] * 7 + [1]
    assert len(story.log()["requests"]) == 1


def test_a_failed_call_leaves_its_key_free(script: Script) -> None:
    story = script(answer(404), MADE)
    with client(story, idempotency={}) as made:
        with pytest.raises(HttpError):
            made.post("/payments", 7, {"Idempotency-Key": "k"})
        assert made.post("/payments", 7, {"Idempotency-Key": "k"}).status == 201


def test_a_key_that_nobody_gave_takes_no_record(script: Script) -> None:
    story = script(MADE)
    with client(story, idempotency={"max_records": 1}) as made:
        for _ in range(3):
            assert made.post("/payments", {"amount": 7}).status == 201
        assert made.post("/payments", {"amount": 7}, {"Idempotency-Key": "k"}).status == 201
        with pytest.raises(StoreFullError):
            made.post("/payments", {"amount": 7}, {"Idempotency-Key": "another"})
        assert made.post("/payments", {"amount": 7}).from_cache is False
        assert made.post("/payments", {"amount": 7}, {"Idempotency-Key": "k"}).from_cache is True
    assert len(story.log()["effects"]) == 5


class Interrupted(BaseException):
    """As `KeyboardInterrupt`, which would end the test itself."""


def test_whoever_joined_a_call_that_is_interrupted_sends_the_request(script: Script) -> None:
    begun, joined = Event(), Event()

    def send(_: httpx.Request) -> httpx.Response:
        if not begun.is_set():
            begun.set()
            joined.wait(10)
            raise Interrupted
        return httpx.Response(201)

    options: Any = {"base_url": "http://a", "idempotency": {}, "transport": httpx.MockTransport(send)}
    with IdempotentHttpClient(**options) as made, ThreadPoolExecutor(2) as pool:
        first = pool.submit(made.post, "/x", 7, {"Idempotency-Key": "k"})
        begun.wait(10)
        second = pool.submit(made.post, "/x", 7, {"Idempotency-Key": "k"})
        joined.set()
        assert second.result().status == 201
        assert isinstance(first.exception(), Interrupted)


def test_bytes_are_answered_from_a_record_as_they_came(script: Script) -> None:
    from httpx import MockTransport, Response

    sent: list[int] = []

    def send(_: httpx.Request) -> Response:
        sent.append(1)
        return Response(200, content=bytes(range(256)), headers={"Content-Type": "application/octet-stream"})

    options: Any = {"base_url": "http://a", "idempotency": {}, "transport": MockTransport(send)}
    with IdempotentHttpClient(**options) as made:
        for _ in range(2):
            assert made.post("/x", b"\xff", {"Idempotency-Key": "k"}).data == bytes(range(256))
    assert sent == [1]


def test_a_breaker_answers_in_the_services_place(script: Script) -> None:
    breaker = CircuitBreaker(failure_threshold=1, fallback_strategy="CACHE")
    story = script(answer(200, "old", Content_Type="text/plain"), answer(500, Idempotent_Replayed="true"))
    with client(story, circuit_breaker=breaker) as made:
        assert made.get("/price").data == "old"
        with pytest.raises(HttpError):
            made.get("/price")
        for _ in range(2):
            again = made.get("/price")
            assert (again.data, again.fallback) == ("old", "CACHE")
        assert made.get("/price", {"X-Request-Id": "r2"}).fallback == "CACHE"
        for header in ("x-squid-id", "authorization", "cookie", "x-api-key", "x-tenant", "accept-language"):
            with pytest.raises(CircuitOpenError):
                made.get("/price", {header: "another"})
        with pytest.raises(CircuitOpenError):
            made.post("/price")
    fields = {"failure_threshold": 1, "fallback_strategy": "FALLBACK", "fallback": lambda error: {"state": error.state}}
    with client(script(answer(503)), circuit_breaker=fields, retry_policy="q.no_retry") as made:
        with pytest.raises(HttpError):
            made.post("/x")
        instead = made.post("/x")
        assert (instead.status, instead.data, instead.fallback) == (200, {"state": "OPEN"}, "FALLBACK")


def test_what_all_clients_did_is_counted(script: Script) -> None:
    retries, keyed = ClientFactory.get_global_retry_stats(), ClientFactory.get_global_idempotency_stats()
    with client(script(answer(503), MADE), idempotency={}) as made:
        for _ in range(2):
            made.post("/payments", 7, {"Idempotency-Key": "k"})
    with client(script(answer(404))) as made, pytest.raises(HttpError):
        made.get("/")
    after, keyed_after = ClientFactory.get_global_retry_stats(), ClientFactory.get_global_idempotency_stats()
    for name, more in (("total_operations", 2), ("total_attempts", 3), ("failed_operations", 1)):
        assert after[name] - retries[name] == more, name
    assert after["by_attempt"][2] - retries["by_attempt"].get(2, 0) == 1
    assert after["by_error_type"]["Server"] - retries["by_error_type"].get("Server", 0) == 1
    for name, more in (("total_operations", 2), ("duplicates", 1), ("active", 0)):
        assert keyed_after[name] - keyed[name] == more, name
    assert 0 < keyed_after["cache_hit_rate"] < 1


@pytest.mark.parametrize("path", [5, "https://b.example.com/x", "//b.example.com/x"])
def test_a_path_stays_below_the_clients_address(path: Any) -> None:
    with IdempotentHttpClient(base_url="http://a") as made, pytest.raises(ConfigError, match="path"):
        made.get(path)


def test_a_body_that_json_cannot_say_is_refused_by_its_name() -> None:
    with IdempotentHttpClient(base_url="http://a") as made, pytest.raises(ConfigError, match="body"):
        made.post("/x", {1, 2})


def test_a_modules_client_has_its_policy_and_a_breaker(script: Script) -> None:
    story = script(answer(500, Idempotent_Replayed="true"))
    with ClientFactory.create_module_client("qdrive", story.url) as made:
        for _ in range(5):
            with pytest.raises(HttpError):
                made.get("/")
        with pytest.raises(CircuitOpenError):
            made.get("/")
    assert len(story.log()["requests"]) == 5


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({}, "base_url"),
        ({"base_url": "/api"}, "base_url"),
        ({"base_url": "http://a", "tries": 1}, "tries"),
        ({"base_url": "http://a", "timeout": 0}, "timeout"),
        ({"base_url": "http://a", "identity": {"squid": "x"}}, "identity.squid"),
        ({"base_url": "http://a", "idempotency": 5}, "idempotency"),
        ({"base_url": "http://a", "idempotency": {"ttl": 5}}, "idempotency"),
        ({"base_url": "http://a", "refresh_auth": 5}, "refresh_auth"),
    ],
)
def test_a_wrong_option_is_refused_by_its_name(options: dict[str, Any], field: str) -> None:
    with pytest.raises(ConfigError) as raised:
        IdempotentHttpClient(**options)
    assert raised.value.field == field
