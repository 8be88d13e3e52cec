"""Redirects of clients that send in somebody's name: what goes along, and what stays with the first origin."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import aiohttp
import httpx
import pytest
import requests
from scripted import CLIENTS, Seen, Story, server

from once_again import ConfigError, RetryConfig
from once_again.clients import (
    AsyncIdempotentHttpClient,
    AsyncIdempotentTransport,
    HttpError,
    IdempotentAdapter,
    IdempotentHttpClient,
    IdempotentTransport,
    idempotent_session,
)

Client = Callable[..., Seen]
Script = Callable[..., Story]
FAST: dict[str, Any] = {"initial_delay": 0.001, "jitter": "none"}
OWN = {
    "x-squid-id": "me",
    "x-qonsent": "token",
    "x-api-key": "secret",
    "authorization": "secret",
    "cookie": "session=1",
    "accept": "text/x",
    "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
}
HARMLESS = {"accept", "traceparent"}
NOBODY = {name: value if name in HARMLESS else None for name, value in OWN.items()}


@pytest.fixture(scope="module")
def here() -> Iterator[Script]:
    with server() as script:
        yield script


@pytest.fixture(scope="module")
def there() -> Iterator[Script]:
    """Another origin: the same host at another port."""
    with server() as script:
        yield script


@pytest.fixture(params=list(CLIENTS))
def client(request: pytest.FixtureRequest) -> Client:
    return CLIENTS[request.param]


def answer(status: int, body: str = "", **headers: str) -> dict[str, Any]:
    return {"do": "answer", "status": status, "body": body, "headers": headers}


def said(story: Story) -> list[dict[str, str | None]]:
    return [{name: request["headers"].get(name) for name in OWN} for request in story.log()["requests"]]


def bodies(*stories: Story) -> set[str]:
    return {request["bodySha256"] for story in stories for request in story.log()["requests"]}


def test_to_another_origin_a_write_goes_with_its_key_and_bytes_and_without_a_word_on_who_asks(
    client: Client, here: Script, there: Script
) -> None:
    for status in (307, 308):
        target = there(answer(201, "done"))
        story = here(answer(status, location=target.url))
        assert client(FAST, "POST", story.url, json={"amount": 7}, headers=OWN).body == "done"
        assert said(story) == [OWN]
        assert said(target) == [NOBODY]
        assert target.seen("idempotency-key") == story.seen("idempotency-key") != [None]
        assert target.seen("content-type") == ["application/json"]
        assert len(bodies(story, target)) == 1


def test_to_another_origin_no_redirect_to_a_get_takes_the_key_along(
    client: Client, here: Script, there: Script
) -> None:
    for status in (301, 302, 303):
        target = there(answer(200, "seen"))
        story = here(answer(status, location=target.url))
        assert client(FAST, "POST", story.url, json={"amount": 7}, headers=OWN).body == "seen"
        assert said(target) == [NOBODY]
        assert [request["method"] for request in target.log()["requests"]] == ["GET"]
        assert target.seen("idempotency-key") == target.seen("content-type") == [None]


def test_a_chain_of_redirects_leaves_everything_where_it_first_left(
    client: Client, here: Script, there: Script
) -> None:
    last = there(answer(200, "last"))
    middle = there(answer(307, location=last.url))
    story = here(answer(307, location=middle.url))
    assert client(FAST, "PUT", story.url, content=b"x", headers=OWN).body == "last"
    assert (said(middle), said(last)) == ([NOBODY], [NOBODY])
    assert last.seen("idempotency-key") == story.seen("idempotency-key")


def test_within_an_origin_a_redirect_keeps_who_asks(client: Client, here: Script) -> None:
    target = here(answer(200, "there"))
    story = here(answer(308, location=target.url.removeprefix(target.origin)))
    # A cookie that is a header goes with what the library's own jar says, and its jar is empty.
    headers = {name: value for name, value in OWN.items() if name != "cookie"}
    client(FAST, "PUT", story.url, content=b"x", headers=headers)
    assert said(target) == [{**OWN, "cookie": None}]
    assert target.seen("idempotency-key") == story.seen("idempotency-key")


def test_a_location_with_credentials_gets_nothing_of_the_callers(
    client: Client, here: Script, there: Script, request: pytest.FixtureRequest
) -> None:
    target = there(answer(200, "seen"))
    story = here(answer(307, location=target.url.replace("//", "//me:word@")))
    if "httpx" in request.node.name:
        with pytest.raises(httpx.RequestError, match="credentials"):
            client(FAST, "POST", story.url, content=b"x", headers=OWN)
        assert target.log()["requests"] == []
        return
    client(FAST, "POST", story.url, content=b"x", headers=OWN)
    assert target.seen("idempotency-key") != story.seen("idempotency-key")
    for name, value in OWN.items():
        assert value not in target.seen(name), name


def test_cookies_that_a_library_sends_to_anybody_stay_with_the_first_origin(here: Script, there: Script) -> None:
    cookies = {"session": "secret"}

    def with_httpx(url: str) -> None:
        with httpx.Client(transport=IdempotentTransport(**FAST), cookies=cookies, follow_redirects=True) as client:
            client.post(url)

    async def with_async_httpx(url: str) -> None:
        transport = AsyncIdempotentTransport(**FAST)
        async with httpx.AsyncClient(transport=transport, cookies=cookies, follow_redirects=True) as client:
            await client.post(url)

    def with_requests(url: str) -> None:
        with requests.Session() as session:
            session.cookies.update(cookies)
            # For its own origin only: what serves the other one knows nothing of it.
            session.mount(url.rpartition("/r/")[0], IdempotentAdapter(**FAST))
            session.post(url)

    async def with_aiohttp(url: str) -> None:
        jar = aiohttp.CookieJar(unsafe=True)
        async with idempotent_session(**FAST, session={"cookies": cookies, "cookie_jar": jar}) as session:
            await session.post(url)

    for send in (with_httpx, with_async_httpx, with_requests, with_aiohttp):
        last = there(answer(200))
        middle = there(answer(307, location=last.url))
        story = here(answer(307, location=middle.url))
        sending = send(story.url)
        if sending is not None:
            asyncio.run(sending)
        assert story.seen("cookie") == ["session=secret"], send
        assert middle.seen("cookie") == last.seen("cookie") == [None], send


def test_a_request_of_httpx_that_is_sent_once_more_says_everything_again(here: Script, there: Script) -> None:
    target = there(answer(200))
    story = here(answer(303, location=target.url))
    with httpx.Client(transport=IdempotentTransport(**FAST), follow_redirects=True) as client:
        request = client.build_request("POST", story.url, headers=OWN, content=b"x")
        for _ in range(2):
            client.send(request)
    assert said(story) == [OWN] * 2
    assert len(set(story.seen("idempotency-key"))) == 1
    assert said(target) == [NOBODY] * 2


def with_a_client(base_url: str, method: str, path: str, body: Any = None, **options: Any) -> Any:
    with IdempotentHttpClient(base_url=base_url, **options) as client:
        return client.request(method, path, body, {name: value for name, value in OWN.items() if name != "x-squid-id"})


def with_an_async_client(base_url: str, method: str, path: str, body: Any = None, **options: Any) -> Any:
    async def main() -> Any:
        async with AsyncIdempotentHttpClient(base_url=base_url, **options) as client:
            headers = {name: value for name, value in OWN.items() if name != "x-squid-id"}
            return await client.request(method, path, body, headers)

    return asyncio.run(main())


OURS = pytest.mark.parametrize("send", [with_a_client, with_an_async_client])
OPTIONS: dict[str, Any] = {
    "retry_policy": RetryConfig(initial_delay=0.001, jitter=False, max_attempts=3),
    "identity": {"squid_id": "me"},
}


@OURS
def test_each_attempt_of_our_own_client_follows_its_redirects_from_the_start(
    send: Any, here: Script, there: Script
) -> None:
    target = there(answer(503), answer(201, "done"))
    story = here(answer(307, location=target.url))
    got = send(story.origin, "POST", story.url.removeprefix(story.origin), {"a": 1}, **OPTIONS)
    assert (got.status, got.data, got.attempts) == (201, "done", 2)
    assert (said(story), said(target)) == ([OWN] * 2, [NOBODY] * 2)
    keys = {*story.seen("idempotency-key"), *target.seen("idempotency-key")}
    assert len(keys) == 1
    assert keys != {None}
    assert len(bodies(story, target)) == 1


@OURS
def test_after_a_303_our_own_client_reads_without_body_and_key(send: Any, here: Script, there: Script) -> None:
    target = there(answer(200, "seen", **{"content-type": "text/plain"}))
    story = here(answer(303, location=target.url))
    assert send(story.url, "POST", "", {"a": 1}, **OPTIONS).data == "seen"
    (request,) = target.log()["requests"]
    assert request["method"] == "GET"
    left = {"idempotency-key", "content-type", "content-length", "x-squid-id", "x-api-key", "authorization", "cookie"}
    assert left.isdisjoint(request["headers"])
    assert request["headers"]["host"] == target.origin.removeprefix("http://")


@OURS
@pytest.mark.parametrize(
    ("location", "requests"),
    [("", 21), ("ftp://localhost/x", 1), ("http://x:port/", 1), ("http://me:word@127.0.0.1:1/", 1)],
)
def test_a_redirect_that_cannot_be_followed_is_a_failure_of_the_network_and_final(
    send: Any, here: Script, location: str, requests: int
) -> None:
    story = here(answer(307, location=location))
    with pytest.raises(HttpError) as raised:
        send(story.url, "POST", "/x", {}, **OPTIONS)
    assert (raised.value.code, raised.value.answer) == ("SERVICE_UNAVAILABLE", None)
    assert isinstance(raised.value.__cause__, httpx.RequestError)
    # The first request and 20 more.
    assert len(story.log()["requests"]) == requests


@OURS
def test_an_answer_with_a_location_that_redirects_nobody_is_the_answer(send: Any, here: Script) -> None:
    story = here(answer(201, location="/elsewhere"))
    assert send(story.url, "POST", "/x", {}, **OPTIONS).headers["location"] == "/elsewhere"
    assert send(here(answer(307)).url, "POST", "/x", {}, **OPTIONS).status == 307


@pytest.mark.parametrize("path", ["../admin", "/a/../../admin", "a/%2e%2E/../../x", "..", "\\..\\..\\x"])
def test_a_path_cannot_lead_above_the_clients_address(path: str) -> None:
    with IdempotentHttpClient(base_url="http://a/api") as client, pytest.raises(ConfigError, match="path"):
        client.get(path)


def test_dots_that_stay_below_the_clients_address_lead_there() -> None:
    sent: list[str] = []

    def send(request: httpx.Request) -> httpx.Response:
        sent.append(str(request.url))
        return httpx.Response(200)

    with IdempotentHttpClient(base_url="http://a/api", transport=httpx.MockTransport(send)) as client:
        client.get("a/../b/./c?next=/../..")
    assert sent == ["http://a/api/b/c?next=/../.."]
