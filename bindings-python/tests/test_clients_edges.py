"""The HTTP clients at their edges: credentials, cancellation, streams, options, libraries that are not there."""

from __future__ import annotations

import asyncio
import hashlib
import io
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import httpx
import pytest
import requests
from scripted import Story, server

from once_again import CircuitOpenError, ConfigError
from once_again.clients import (
    AsyncIdempotentTransport,
    IdempotentAdapter,
    IdempotentMiddleware,
    IdempotentTransport,
    idempotent_session,
)

Script = Callable[..., Story]
FAST: dict[str, Any] = {"initial_delay": 0.001, "jitter": "none"}
PROBLEM = {"Content-Type": "application/problem+json"}


@pytest.fixture(scope="module")
def script() -> Iterator[Script]:
    with server() as script:
        yield script


def guarded(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200 if request.headers["Authorization"] == "new" else 401)


def test_threads_that_are_refused_together_get_new_credentials_once() -> None:
    asked: list[int] = []
    barrier = Barrier(8)

    def together(request: httpx.Request) -> httpx.Response:
        if request.headers["Authorization"] == "old":
            barrier.wait(10)
        return guarded(request)

    def refresh() -> dict[str, str]:
        asked.append(1)
        return {"Authorization": "new"}

    transport = IdempotentTransport(transport=httpx.MockTransport(together), refresh_auth=refresh)
    with httpx.Client(transport=transport, headers={"Authorization": "old"}) as client, ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: client.get("http://a/").status_code, range(8)))
    assert (answers, asked) == ([200] * 8, [1])


def test_tasks_that_are_refused_together_get_new_credentials_once() -> None:
    asked: list[int] = []

    async def refresh() -> str:
        asked.append(1)
        await asyncio.sleep(0)
        return "new"

    async def main() -> list[int]:
        transport = AsyncIdempotentTransport(transport=httpx.MockTransport(guarded), refresh_auth=refresh)
        async with httpx.AsyncClient(transport=transport, headers={"Authorization": "old"}) as client:
            answers = await asyncio.gather(*(client.post("http://a/") for _ in range(8)))
            return [answer.status_code for answer in answers]

    assert asyncio.run(main()) == [200] * 8
    assert asked == [1]


def test_whoever_cannot_get_new_credentials_was_refused_and_stays_so(caplog: pytest.LogCaptureFixture) -> None:
    def refresh() -> str:
        raise LookupError("no more")

    transport = IdempotentTransport(transport=httpx.MockTransport(guarded), refresh_auth=refresh)
    with httpx.Client(transport=transport) as client:
        assert client.get("http://a/", headers={"Authorization": "old"}).status_code == 401
    assert "no more" in caplog.text


def test_a_breaker_may_answer_in_the_services_place_with_a_response() -> None:
    def instead(error: CircuitOpenError) -> httpx.Response:
        return httpx.Response(200, text=error.state)

    fields: Any = {"failure_threshold": 1, "fallback_strategy": "FALLBACK", "fallback": instead}
    away = httpx.MockTransport(lambda _: httpx.Response(500))
    transport = IdempotentTransport(transport=away, max_attempts=1, breakers=fields)
    with httpx.Client(transport=transport) as client:
        assert [client.get("http://a/").text for _ in range(2)] == ["", "OPEN"]
    fields["fallback"] = lambda error: "text"
    transport = IdempotentTransport(transport=away, max_attempts=1, breakers=fields)
    with httpx.Client(transport=transport) as client:
        client.get("http://a/")
        with pytest.raises(ConfigError, match=r"fallback: .* httpx\.Response"):
            client.get("http://a/")


def test_a_cancelled_call_makes_no_further_attempt(script: Script) -> None:
    story = script({"do": "answer", "status": 503})

    async def main() -> None:
        async with idempotent_session(initial_delay=30.0) as session:
            task = asyncio.ensure_future(session.get(story.url))
            while not story.log()["requests"]:
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.05)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        transport = AsyncIdempotentTransport(initial_delay=30.0)
        async with httpx.AsyncClient(transport=transport) as client:
            with pytest.raises((asyncio.TimeoutError, TimeoutError)):
                await asyncio.wait_for(client.get(story.url), 0.2)

    asyncio.run(main())
    assert len(story.log()["requests"]) == 2


def test_a_problem_that_is_compressed_is_understood() -> None:
    import gzip

    body = gzip.compress(b'{"type": "urn:problem:in-progress"}')
    headers = {**PROBLEM, "Content-Encoding": "gzip", "Retry-After": "0"}
    answers = [httpx.Response(409, headers=headers, stream=httpx.ByteStream(body)) for _ in range(4)]
    answers.append(
        httpx.Response(201, headers={"Content-Encoding": "gzip"}, stream=httpx.ByteStream(gzip.compress(b"ok")))
    )
    left = iter(answers)
    transport = IdempotentTransport(transport=httpx.MockTransport(lambda _: next(left)), max_attempts=2, **FAST)
    with httpx.Client(transport=transport) as client:
        answer = client.post("http://a/")
    assert (answer.status_code, answer.text, answer.extensions["attempts"]) == (201, "ok", 5)


def test_a_client_that_streams_reads_answers_itself(script: Script) -> None:
    story = script({"do": "truncate", "body": "hal"})
    transport = IdempotentTransport(read_bodies=False, **FAST)
    broken = pytest.raises(httpx.RemoteProtocolError)
    with httpx.Client(transport=transport) as client, client.stream("GET", story.url) as answer, broken:
        answer.read()
    session = requests.Session()
    session.mount("http://", IdempotentAdapter(**FAST))
    with session, session.get(story.url, stream=True) as streamed, pytest.raises(requests.RequestException):
        _ = streamed.content
    assert len(story.log()["requests"]) == 2


def test_a_file_is_sent_whole_each_time(script: Script) -> None:
    story = script({"do": "resetBefore"}, {"do": "effect"})
    with requests.Session() as session:
        session.mount("http://", IdempotentAdapter(**FAST, pool={"pool_maxsize": 2}))
        assert session.post(story.url, data=io.BytesIO(b"whole")).status_code == 200
    logged = story.log()["requests"]
    assert len({one["bodySha256"] for one in logged}) == 1
    assert logged[0]["headers"]["content-length"] == "5"


def test_another_header_carries_the_key_of_other_methods(script: Script) -> None:
    story = script({"do": "effect"})
    options: dict[str, Any] = {"methods": ["delete"], "key_header": "X-Key"}
    with httpx.Client(transport=IdempotentTransport(**options)) as client:
        client.delete(story.url)
        client.post(story.url)
    assert [key is None for key in story.seen("x-key")] == [False, True]


async def later() -> str:
    return "Bearer"


@pytest.mark.parametrize(
    "kind", [IdempotentTransport, AsyncIdempotentTransport, IdempotentAdapter, IdempotentMiddleware]
)
@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"auto_keys": True}, "auto_keys"),
        ({"auto_key": 1}, "auto_key"),
        ({"key_header": "a b"}, "key_header"),
        ({"methods": ["P OST"]}, "methods"),
        ({"refresh_auth": 5}, "refresh_auth"),
        ({"read_bodies": "no"}, "read_bodies"),
        ({"max_attempts": 0}, "max_attempts"),
        ({"breaker": 5}, "breaker"),
    ],
)
def test_a_wrong_option_is_refused_by_its_name(kind: Any, options: dict[str, Any], field: str) -> None:
    with pytest.raises(ConfigError) as raised:
        kind(**options)
    assert raised.value.field == field


def test_nothing_awaits_the_credentials_of_a_client_that_blocks() -> None:
    for kind in (IdempotentTransport, IdempotentAdapter):
        with pytest.raises(ConfigError, match="refresh_auth"):
            kind(refresh_auth=later)
    AsyncIdempotentTransport(refresh_auth=later)


@pytest.mark.parametrize(
    ("name", "library"),
    [
        ("IdempotentTransport", "httpx"),
        ("IdempotentHttpClient", "httpx"),
        ("IdempotentAdapter", "requests"),
        ("idempotent_session", "aiohttp"),
    ],
)
def test_a_library_that_is_not_there_is_named(name: str, library: str) -> None:
    program = f"import sys; sys.modules['{library}'] = None\nimport once_again.clients as c\nc.{name}"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert f"once_again.clients.{name} needs {library}, which is not installed" in ran.stderr


def test_the_package_imports_none_of_them() -> None:
    program = "import sys, once_again.clients; print({'httpx', 'requests', 'aiohttp'} & set(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout == "set()\n"


def test_a_redirected_file_is_sent_again_over_requests(script: Script) -> None:
    target = script({"do": "answer", "status": 200, "body": "ok"})
    story = script({"do": "answer", "status": 307, "headers": {"Location": target.url}})
    with requests.Session() as session:
        session.mount("http://", IdempotentAdapter(**FAST))
        assert session.post(story.url, data=io.BytesIO(b"file")).text == "ok"
    assert target.log()["requests"][0]["bodySha256"] == hashlib.sha256(b"file").hexdigest()
