"""Never run: what a type checker must make of code that uses the HTTP clients. `test_types.py` has it checked."""

from __future__ import annotations

from typing import Any

import aiohttp
import httpx
import requests
from typing_extensions import assert_type

from once_again import CircuitBreakerRegistry, RetryBudget, RetryConfig
from once_again.clients import (
    AsyncClientFactory,
    AsyncIdempotentHttpClient,
    AsyncIdempotentTransport,
    ClientFactory,
    HttpAnswer,
    HttpError,
    IdempotentAdapter,
    IdempotentHttpClient,
    IdempotentMiddleware,
    IdempotentTransport,
    idempotent_session,
)


def headers() -> dict[str, str]:
    return {"Authorization": "Bearer new"}


async def token() -> str:
    return "Bearer new"


def with_httpx() -> httpx.Response:
    transport = IdempotentTransport(
        RetryConfig(max_attempts=5), breakers={"failure_threshold": 3}, refresh_auth=headers
    )
    with httpx.Client(transport=transport) as client:
        return client.post("https://api.example.com/payments", json={})


async def with_async_httpx() -> httpx.Response:
    sending = httpx.AsyncHTTPTransport(http2=False)
    transport = AsyncIdempotentTransport("s3", transport=sending, attempt_timeout=2.0, refresh_auth=token)
    async with httpx.AsyncClient(transport=transport) as client:
        return await client.post("https://api.example.com/payments", json={})


def with_requests() -> requests.Response:
    session = requests.Session()
    session.mount("https://", IdempotentAdapter(budget=RetryBudget("aws"), pool={"pool_maxsize": 20}))
    return session.post("https://api.example.com/payments", json={}, timeout=5.0)


async def with_aiohttp() -> Any:
    breakers = CircuitBreakerRegistry()
    assert_type(idempotent_session(), aiohttp.ClientSession)
    async with (
        aiohttp.ClientSession(middlewares=[IdempotentMiddleware(breakers=breakers, key_header="X-Key")]) as session,
        session.post("https://api.example.com/payments") as answer,
    ):
        return await answer.json()


def with_a_client() -> Any:
    client = ClientFactory.create_module_client("qwallet", "https://api.example.com", total_timeout=20.0)
    assert_type(client, IdempotentHttpClient)
    try:
        answer = client.post("/payments", {"amount": 7}, {"Idempotency-Key": "k"})
    except HttpError as error:
        assert_type(error.answer, HttpAnswer | None)
        return error.suggested_actions
    assert_type(answer.status, int)
    return answer.data


async def with_an_async_client() -> Any:
    made = AsyncClientFactory.create_module_client("qwallet", "https://api.example.com")
    assert_type(made, AsyncIdempotentHttpClient)
    async with AsyncIdempotentHttpClient(base_url="https://api.example.com", refresh_auth=token) as client:
        answer = await client.post("/payments", {"amount": 7}, {"Idempotency-Key": "k"})
        assert_type(answer, HttpAnswer)
        return answer.data


def wrongly() -> None:
    IdempotentTransport(auto_keys=True)  # type: ignore[call-arg]
    IdempotentHttpClient(base_url=5)  # type: ignore[arg-type]
