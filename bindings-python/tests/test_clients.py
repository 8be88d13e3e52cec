"""The clients for httpx, requests and aiohttp against a real server that misbehaves as it is told."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from email.utils import formatdate
from typing import Any

import pytest
from scripted import CLIENTS, NETWORK, Seen, Story, server

from once_again import CircuitBreakerRegistry, CircuitOpenError, RetryBudget, RetryEvent

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
FAST: dict[str, Any] = {"initial_delay": 0.001, "jitter": "none"}
GOOD = {"do": "effect", "status": 201, "body": "made"}
IN_PROGRESS = {
    "do": "answer",
    "status": 409,
    "headers": {"Content-Type": "application/problem+json", "Retry-After": "0"},
    "body": '{"type": "https://example.com/problems/in-progress"}',
}

Client = Callable[..., Seen]
Script = Callable[..., Story]


@pytest.fixture(scope="module")
def script() -> Iterator[Script]:
    with server() as script:
        yield script


@pytest.fixture(params=list(CLIENTS))
def client(request: pytest.FixtureRequest) -> Client:
    return CLIENTS[request.param]


def answer(status: int, body: str = "", **headers: str) -> dict[str, Any]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return {"do": "answer", "status": status, "body": body, "headers": named}


def one_key(story: Story) -> str:
    keys = set(story.seen("idempotency-key"))
    assert len(keys) == 1
    key = keys.pop()
    assert key is not None
    return key


@pytest.mark.parametrize("broken", ["resetBefore", "resetAfter"])
def test_a_write_whose_connection_breaks_takes_effect_once(client: Client, script: Script, broken: str) -> None:
    story = script({"do": broken}, {"do": broken}, GOOD)
    assert client(FAST, "POST", story.url, json={"amount": 7}).status == 201
    key = one_key(story)
    assert UUID.fullmatch(key)
    assert story.log()["effects"] == {key: 1}
    assert len({request["bodySha256"] for request in story.log()["requests"]}) == 1


def test_the_callers_own_key_is_kept(client: Client, script: Script) -> None:
    story = script(answer(503), GOOD)
    client(FAST, "POST", story.url, headers={"Idempotency-Key": "mine"})
    assert story.seen("idempotency-key") == ["mine", "mine"]


def test_a_write_without_a_key_is_sent_once(client: Client, script: Script) -> None:
    story = script({"do": "resetAfter"}, GOOD)
    with pytest.raises(NETWORK):
        client({**FAST, "auto_key": False}, "POST", story.url)
    assert story.seen("idempotency-key") == [None]
    story = script(answer(503, "away"), GOOD)
    assert client({**FAST, "auto_key": False}, "POST", story.url).body == "away"
    assert client({**FAST, "auto_key": False}, "PUT", story.url).status == 201


def test_a_stream_is_sent_whole_each_time(client: Client, script: Script, request: pytest.FixtureRequest) -> None:
    async def pieces() -> Any:
        for piece in (b"one", b"two"):
            yield piece

    story = script({"do": "resetBefore"}, GOOD)
    is_async = "async" in request.node.name or "aiohttp" in request.node.name
    body: Any = pieces() if is_async else iter([b"one", b"two"])
    assert client(FAST, "POST", story.url, content=body).status == 201
    bodies = {one["bodySha256"] for one in story.log()["requests"]}
    assert bodies == {hashlib.sha256(b"onetwo").hexdigest()}


@pytest.mark.parametrize(
    ("hint", "least"),
    [
        (lambda: {"Retry_After": "1"}, 1.0),
        (lambda: {"Retry_After": formatdate(time.time() + 2, usegmt=True)}, 0.9),
        (lambda: {"retry_after_ms": "300"}, 0.3),
        (lambda: {"RateLimit_Remaining": "0", "RateLimit_Reset": "1"}, 1.0),
    ],
)
def test_what_a_server_asks_to_wait_is_waited(script: Script, hint: Callable[[], Any], least: float) -> None:
    for client in (CLIENTS["httpx"], CLIENTS["aiohttp"]):
        story = script(answer(429, **hint()), GOOD)
        begun = time.monotonic()
        assert client(FAST, "POST", story.url).status == 201
        assert time.monotonic() - begun >= least - 0.01
        one_key(story)


def test_who_is_asked_to_wait_too_long_gets_the_answer(client: Client, script: Script) -> None:
    story = script(answer(429, "later", Retry_After="3600"), GOOD)
    seen = client(FAST, "GET", story.url)
    assert (seen.status, seen.body, len(story.log()["requests"])) == (429, "later", 1)


def test_the_last_answer_is_returned_whole_when_attempts_run_out(client: Client, script: Script) -> None:
    story = script(answer(503, "first"), answer(500, "second"), answer(502, "last", X_Told="so"))
    seen = client({**FAST, "max_attempts": 3}, "GET", story.url)
    assert (seen.status, seen.body, seen.headers["x-told"]) == (502, "last", "so")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422, 501])
def test_other_refusals_are_final(client: Client, script: Script, status: int) -> None:
    story = script(answer(status, "no"), GOOD)
    assert client(FAST, "POST", story.url).status == status
    assert len(story.log()["requests"]) == 1


JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("step", "attempts"),
    [
        (answer(503), 4),
        (answer(504), 4),
        (answer(429), 4),
        (answer(408), 4),
        ({"do": "resetBefore"}, 4),
        ({**answer(500, '{"code": "DEPENDENCY_MISSING"}'), "headers": JSON}, 1),
        ({**answer(500, '{"error": {"code": "TIMEOUT_ERROR"}}'), "headers": JSON}, 4),
        (answer(404), 1),
    ],
)
def test_the_lists_of_a_policy_name_codes_and_statuses_of_answers_and_nothing_else_is_retried_then(
    client: Client, script: Script, step: dict[str, Any], attempts: int
) -> None:
    lists = {"retry_on": ["SERVICE_UNAVAILABLE", "TIMEOUT_ERROR"], "retry_statuses": [503, 504, 429]}
    story = script(step)
    with suppress(*NETWORK):
        # aiohttp sends a GET again by itself when its connection breaks.
        client({**FAST, **lists, "max_attempts": 4, "breakers": False}, "POST", story.url)
    assert len(story.log()["requests"]) == attempts


def test_a_replayed_failure_is_final(client: Client, script: Script) -> None:
    story = script(answer(500, "kept", Idempotent_Replayed="true"), GOOD)
    assert client(FAST, "POST", story.url).body == "kept"
    assert len(story.log()["requests"]) == 1


def test_a_request_that_is_still_in_progress_is_waited_for_without_using_attempts(
    client: Client, script: Script
) -> None:
    story = script(IN_PROGRESS, IN_PROGRESS, IN_PROGRESS, IN_PROGRESS, GOOD)
    assert client({**FAST, "max_attempts": 2}, "POST", story.url).status == 201
    one_key(story)


def test_waiting_for_it_ends_with_the_total_time_out(client: Client, script: Script) -> None:
    story = script({**IN_PROGRESS, "headers": {**IN_PROGRESS["headers"], "Retry-After": "0.2"}})  # type: ignore[dict-item]
    begun = time.monotonic()
    options = {"initial_delay": 0.05, "jitter": "none", "total_timeout": 0.5}
    assert client(options, "POST", story.url).status == 409
    assert time.monotonic() - begun < 2.0


def test_a_storm_of_failures_is_no_storm_of_retries(client: Client, script: Script) -> None:
    story = script(answer(503))
    budget = RetryBudget(capacity=3, ratio=0.0, reserve_per_second=0.0)
    options = {**FAST, "max_attempts": 5, "budget": budget, "breakers": False}
    for _ in range(10):
        assert client(options, "POST", story.url).status == 503
    assert len(story.log()["requests"]) == 10 + 3


def test_an_answer_that_comes_too_late_is_asked_for_again(client: Client, script: Script) -> None:
    slow = {**GOOD, "do": "slowHeaders", "ms": 3_000}
    story = script(slow, GOOD)
    begun = time.monotonic()
    assert client({**FAST, "attempt_timeout": 0.2}, "POST", story.url).status == 201
    assert time.monotonic() - begun < 2.0
    one_key(story)


def test_a_server_that_never_answers_ends_the_call_with_the_librarys_own_time_out(
    client: Client, script: Script
) -> None:
    story = script({"do": "hang"})
    begun = time.monotonic()
    with pytest.raises(NETWORK, match=r"(?i)time|took"):
        client({**FAST, "total_timeout": 0.3}, "POST", story.url)
    assert time.monotonic() - begun < 2.0


def test_a_body_that_breaks_off_is_asked_for_again(client: Client, script: Script) -> None:
    story = script({"do": "truncate", "body": "hal"}, answer(200, "whole"))
    assert client(FAST, "POST", story.url).body == "whole"
    one_key(story)


@pytest.mark.parametrize("status", [307, 308])
def test_a_redirected_write_keeps_its_key_and_its_body(client: Client, script: Script, status: int) -> None:
    target = script(answer(503), GOOD)
    story = script(answer(status, Location=target.url))
    assert client(FAST, "POST", story.url, content=b"body").status == 201
    assert set(target.seen("idempotency-key")) == {one_key(story)}
    assert {one["bodySha256"] for one in target.log()["requests"]} == {hashlib.sha256(b"body").hexdigest()}


def test_new_credentials_are_got_once_and_a_second_refusal_is_final(client: Client, script: Script) -> None:
    asked: list[int] = []

    def refresh() -> str:
        asked.append(1)
        return "Bearer new"

    options = {**FAST, "refresh_auth": refresh}
    story = script(answer(401), GOOD)
    assert client(options, "POST", story.url, headers={"Authorization": "Bearer old"}).status == 201
    assert story.seen("authorization") == ["Bearer old", "Bearer new"]
    one_key(story)
    assert client(options, "POST", script(answer(401)).url).status == 401
    assert len(asked) == 2


def test_a_breaker_stands_before_each_origin(client: Client, script: Script) -> None:
    breakers = CircuitBreakerRegistry({"failure_threshold": 2})
    options = {**FAST, "breakers": breakers, "max_attempts": 1}
    for _ in range(3):
        assert client(options, "GET", script(answer(404)).url).status == 404
    story = script(answer(503))
    for _ in range(2):
        assert client(options, "GET", story.url).status == 503
    with pytest.raises(CircuitOpenError):
        client(options, "GET", story.url)
    assert len(story.log()["requests"]) == 2
    assert list(breakers) == ["/".join(story.url.split("/")[:3])]


def test_every_attempt_forwards_the_trace_it_came_with(client: Client, script: Script) -> None:
    parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    story, events = script(answer(503), GOOD), []

    def heard(event: RetryEvent) -> None:
        events.append((event.attempt, str(event.error), event.kind))

    client({**FAST, "on_retry": heard}, "POST", story.url, headers={"traceparent": parent})
    assert story.seen("traceparent") == [parent, parent]
    assert events == [(1, "HTTP 503", "Server")]
