"""`IdempotentHttpClient` and `ClientFactory` against a real server that misbehaves as it is told."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from scripted import Story, server

from once_again import CircuitOpenError, ConfigError, KeyReusedError, RetryConfig
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
    assert (raised.value.code, raised.value.answer) == ("SERVICE_UNAVAILABLE", None)
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
    assert [got.from_cache for got in answers].count(False) == 1
    assert len(story.log()["requests"]) == 1


def test_a_failed_call_leaves_its_key_free(script: Script) -> None:
    story = script(answer(404), MADE)
    with client(story, idempotency={}) as made:
        with pytest.raises(HttpError):
            made.post("/payments", 7, {"Idempotency-Key": "k"})
        assert made.post("/payments", 7, {"Idempotency-Key": "k"}).status == 201


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
