"""The scripted server that HTTP clients of every language are tested against (`tests/clients/server.mjs`), and the
clients of this package behind one signature."""

from __future__ import annotations

import asyncio
import itertools
import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import aiohttp
import httpx
import pytest
import requests

from once_again.clients import (
    AsyncIdempotentTransport,
    IdempotentAdapter,
    IdempotentTransport,
    idempotent_session,
)

SERVER = Path(__file__).parents[2] / "tests" / "clients" / "server.mjs"
_ids = itertools.count()


class Story:
    """Requests to one URL that take steps in order."""

    def __init__(self, origin: str, steps: tuple[dict[str, Any], ...]) -> None:
        self.origin, self._id = origin, f"python{next(_ids)}"
        self.url = f"{origin}/r/{self._id}"
        with urlopen(Request(f"{origin}/_script/{self._id}", json.dumps(steps).encode(), method="POST")) as answer:
            answer.read()

    def log(self) -> dict[str, Any]:
        with urlopen(f"{self.origin}/_log/{self._id}") as answer:
            log: dict[str, Any] = json.load(answer)
        return log

    def seen(self, header: str) -> list[str | None]:
        return [request["headers"].get(header) for request in self.log()["requests"]]


@contextmanager
def server() -> Iterator[Callable[..., Story]]:
    """A running server; answers what makes a story of steps."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    with subprocess.Popen([node, str(SERVER)], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            port = process.stdout.readline().split()[-1]
            yield lambda *steps: Story(f"http://127.0.0.1:{port}", steps)
        finally:
            process.kill()


class Seen:
    """What a caller got."""

    def __init__(self, status: int, body: str, headers: Any) -> None:
        self.status, self.body, self.headers = status, body, headers


def with_httpx(options: dict[str, Any], method: str, url: str, **said: Any) -> Seen:
    transport = IdempotentTransport(**options)
    with httpx.Client(transport=transport, follow_redirects=True) as client:
        answer = client.request(method, url, **said)
        return Seen(answer.status_code, answer.text, answer.headers)


def with_async_httpx(options: dict[str, Any], method: str, url: str, **said: Any) -> Seen:
    async def main() -> Seen:
        transport = AsyncIdempotentTransport(**options)
        async with httpx.AsyncClient(transport=transport, follow_redirects=True) as client:
            answer = await client.request(method, url, **said)
            return Seen(answer.status_code, answer.text, answer.headers)

    return asyncio.run(main())


def with_requests(options: dict[str, Any], method: str, url: str, **said: Any) -> Seen:
    if "content" in said:
        said["data"] = said.pop("content")
    with requests.Session() as session:
        session.mount("http://", IdempotentAdapter(**options))
        answer = session.request(method, url, **said)
        return Seen(answer.status_code, answer.text, answer.headers)


def with_aiohttp(options: dict[str, Any], method: str, url: str, **said: Any) -> Seen:
    if "content" in said:
        said["data"] = said.pop("content")

    async def main() -> Seen:
        async with idempotent_session(**options) as session, session.request(method, url, **said) as answer:
            return Seen(answer.status, await answer.text(), answer.headers)

    return asyncio.run(main())


NETWORK = (httpx.TransportError, requests.RequestException, aiohttp.ClientError)
CLIENTS = {
    "httpx": with_httpx,
    "httpx-async": with_async_httpx,
    "requests": with_requests,
    "aiohttp": with_aiohttp,
}
