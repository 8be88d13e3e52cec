"""`AsyncIdempotentHttpClient` and `AsyncClientFactory` against a real server, and against tasks that are cancelled."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import httpx
import pytest
from scripted import Story, server

from once_again import CircuitBreaker, CircuitOpenError, ConfigError, KeyReusedError, RetryConfig
from once_again.clients import AsyncClientFactory, AsyncIdempotentHttpClient, ClientFactory, HttpError

Script = Callable[..., Story]
FAST = RetryConfig(initial_delay=0.001, jitter=False, max_attempts=3)
MADE = {"do": "effect", "status": 201, "headers": {"Content-Type": "application/json"}, "body": '{"id": 1}'}
KEY = {"Idempotency-Key": "k"}


@pytest.fixture(scope="module")
def script() -> Iterator[Script]:
    with server() as script:
        yield script


def answer(status: int, body: str = "", **headers: str) -> dict[str, Any]:
    return {"do": "answer", "status": status, "body": body, "headers": headers}


def client(story: Story, **options: Any) -> AsyncIdempotentHttpClient:
    return AsyncClientFactory.create_http_client(**{"base_url": story.url, "retry_policy": FAST, **options})


def over(send: Any, **options: Any) -> AsyncIdempotentHttpClient:
    return AsyncIdempotentHttpClient(base_url="http://a", transport=httpx.MockTransport(send), **options)


def test_a_write_is_sent_until_it_is_done_under_one_key_and_for_one_identity(script: Script) -> None:
    story = script({"do": "resetAfter"}, answer(503), MADE)

    async def main() -> None:
        async with client(story, identity={"squid_id": "user123"}) as made:
            got = await made.post("/payments", {"amount": 7})
        assert (got.status, got.data, got.replayed, got.attempts, got.from_cache) == (201, {"id": 1}, False, 3, False)

    asyncio.run(main())
    assert len(set(story.seen("idempotency-key"))) == 1
    assert list(story.log()["effects"].values()) == [1]
    assert set(story.seen("x-squid-id")) == {"user123"}


def test_each_method_sends_what_its_name_says(script: Script) -> None:
    story = script(answer(200))

    async def main() -> None:
        async with client(story) as made:
            await made.get("/a", {"x-said": "1"})
            await made.delete("/a")
            for send in (made.post, made.put, made.patch):
                await send("/a", b"x")

    asyncio.run(main())
    assert [one["method"] for one in story.log()["requests"]] == ["GET", "DELETE", "POST", "PUT", "PATCH"]
    assert [key is None for key in story.seen("idempotency-key")] == [True, True, False, False, False]


def test_a_refusal_has_its_code_and_no_answer_is_one_too(script: Script) -> None:
    async def main(story: Story, **options: Any) -> HttpError:
        async with client(story, **options) as made:
            with pytest.raises(HttpError) as raised:
                await made.post("/x")
            return raised.value

    refused = asyncio.run(main(script(answer(402, '{"code": "INSUFFICIENT_FUNDS"}'))))
    assert (refused.code, refused.status_code, refused.attempts) == ("INSUFFICIENT_FUNDS", 402, 1)
    reset = asyncio.run(main(script({"do": "resetBefore"})))
    assert (reset.code, reset.answer, reset.attempts) == ("SERVICE_UNAVAILABLE", None, 3)
    late = asyncio.run(main(script({"do": "hang"}), timeout=0.05))
    assert (late.code, late.status_code) == ("TIMEOUT_ERROR", 504)


def test_calls_with_one_key_at_a_time_are_one_request(script: Script) -> None:
    story = script({**MADE, "do": "slowHeaders", "ms": 200}, answer(500))

    async def main() -> list[Any]:
        async with client(story, idempotency={}) as made:
            together = await asyncio.gather(*(made.post("/payments", {"amount": 7}, KEY) for _ in range(8)))
            later = await made.post("/payments", {"amount": 7}, KEY)
            with pytest.raises(KeyReusedError):
                await made.post("/payments", {"amount": 8}, KEY)
            return [*together, later]

    answers = asyncio.run(main())
    assert [got.data["id"] for got in answers] == [1] * 9
    assert sorted(got.attempts for got in answers) == [0] * 8 + [1]
    assert answers[-1].from_cache
    assert len(story.log()["requests"]) == 1


def test_a_cancelled_call_leaves_its_request_to_one_that_has_joined_it() -> None:
    sent: list[int] = []

    async def send(_: httpx.Request) -> httpx.Response:
        sent.append(1)
        if len(sent) == 1:
            await asyncio.Event().wait()
        return httpx.Response(201, text="done")

    async def main() -> None:
        async with over(send, idempotency={}) as made:
            calls = [asyncio.ensure_future(made.post("/x", 7, KEY)) for _ in range(3)]
            while not sent:
                await asyncio.sleep(0)
            # One that has joined goes, and nobody minds; then the one that sends.
            calls[2].cancel()
            await asyncio.sleep(0)
            calls[0].cancel()
            outcomes = await asyncio.gather(*calls, return_exceptions=True)
            assert [isinstance(one, asyncio.CancelledError) for one in outcomes] == [True, False, True]
            assert outcomes[1].data == "done"
            assert (await made.post("/x", 7, KEY)).from_cache

    asyncio.run(main())
    assert len(sent) == 2


def test_a_cancelled_call_makes_no_further_attempt(script: Script) -> None:
    story = script(answer(503))

    async def main() -> None:
        async with client(story, retry_policy=RetryConfig(initial_delay=30.0)) as made:
            with pytest.raises((asyncio.TimeoutError, TimeoutError)):
                await asyncio.wait_for(made.post("/x", 7, KEY), 0.2)

    asyncio.run(main())
    assert len(story.log()["requests"]) == 1


def test_a_failed_call_leaves_its_key_free() -> None:
    answers = iter([404, 201])

    async def main() -> int:
        async with over(lambda _: httpx.Response(next(answers)), idempotency={}) as made:
            with pytest.raises(HttpError):
                await made.post("/x", 7, KEY)
            return (await made.post("/x", 7, KEY)).status

    assert asyncio.run(main()) == 201


def test_a_breaker_answers_in_the_services_place(script: Script) -> None:
    breaker = CircuitBreaker(failure_threshold=1, fallback_strategy="CACHE")
    kept = answer(200, "old", **{"Content-Type": "text/plain"})
    story = script(kept, answer(500, **{"Idempotent-Replayed": "true"}))

    async def main() -> None:
        async with client(story, circuit_breaker=breaker) as made:
            assert (await made.get("/price")).data == "old"
            with pytest.raises(HttpError):
                await made.get("/price")
            for _ in range(2):
                again = await made.get("/price")
                assert (again.data, again.fallback) == ("old", "CACHE")
            with pytest.raises(CircuitOpenError):
                await made.get("/price", {"x-api-key": "another"})

    asyncio.run(main())


def test_tasks_of_two_event_loops_get_new_credentials_once() -> None:
    asked: list[int] = []
    barrier = Barrier(2)

    async def send(request: httpx.Request) -> httpx.Response:
        if request.headers.get("Authorization") == "new":
            return httpx.Response(200)
        await asyncio.get_running_loop().run_in_executor(None, barrier.wait, 10)
        return httpx.Response(401)

    async def refresh() -> str:
        asked.append(1)
        await asyncio.sleep(0.05)
        return "new"

    made = over(send, refresh_auth=refresh)

    async def one() -> int:
        return (await made.get("/x")).status

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(asyncio.run, [one(), one()])) == [200, 200]
    assert asked == [1]


def test_credentials_are_got_anew_when_the_loop_that_was_getting_them_ended() -> None:
    asked: list[int] = []

    async def refresh() -> str:
        asked.append(1)
        if len(asked) == 1:
            await asyncio.Event().wait()
        return "new"

    def send(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200 if request.headers.get("Authorization") == "new" else 401)

    made = over(send, refresh_auth=refresh)

    async def given_up() -> None:
        with pytest.raises((asyncio.TimeoutError, TimeoutError)):
            await asyncio.wait_for(made.get("/x"), 0.05)

    asyncio.run(given_up())

    async def whole() -> int:
        return (await asyncio.wait_for(made.get("/x"), 10)).status

    assert asyncio.run(whole()) == 200
    assert len(asked) == 2


def test_a_modules_client_has_its_breaker_and_counts_with_all_others(script: Script) -> None:
    story = script(answer(500, **{"Idempotent-Replayed": "true"}))
    before = ClientFactory.get_global_retry_stats()["total_operations"]

    async def main() -> None:
        async with AsyncClientFactory.create_module_client("qdrive", story.url) as made:
            for _ in range(5):
                with pytest.raises(HttpError):
                    await made.get("/")
            with pytest.raises(CircuitOpenError):
                await made.get("/")
            assert repr(made) == f"<AsyncIdempotentHttpClient {story.url}>"

    asyncio.run(main())
    assert len(story.log()["requests"]) == 5
    assert AsyncClientFactory.get_global_retry_stats()["total_operations"] - before == 6


def test_a_wrong_option_is_refused_by_its_name() -> None:
    for options, field in (({}, "base_url"), ({"base_url": "http://a", "idempotency": 5}, "idempotency")):
        with pytest.raises(ConfigError) as raised:
            AsyncIdempotentHttpClient(**options)  # type: ignore[arg-type]
        assert raised.value.field == field
