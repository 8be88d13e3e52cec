"""`AsyncIdempotentHttpClient`: `IdempotentHttpClient` for asyncio."""

from __future__ import annotations

from asyncio import shield, wrap_future
from concurrent.futures import Future

import httpx

from ._answer import HttpAnswer
from ._client_calls import Calls
from ._client_transport import AsyncClientTransport

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType
    from typing import Any

    from typing_extensions import Self, Unpack

    from once_again._types import HttpClientOptions


class AsyncIdempotentHttpClient:
    """As `IdempotentHttpClient`, over `httpx.AsyncClient` on asyncio. Tasks share it freely.

    A cancelled call stops at once, and a call that has joined it sends the request itself. An attempt that takes longer
    than ``timeout`` is cancelled.

    Example::

        async with AsyncIdempotentHttpClient(base_url="https://api.example.com", module="qwallet") as client:
            receipt = (await client.post("/payments", {"amount": 7})).data

    Args:
        options: As of `IdempotentHttpClient`. ``transport`` is one that awaits, ``refresh_auth`` may be async, and a
            store of ``idempotency`` still answers at once: the event loop waits for it.

    Raises:
        ConfigError: an option is unknown, out of range or of the wrong type.
    """

    def __init__(self, **options: Unpack[HttpClientOptions]) -> None:
        self._calls = Calls(options, AsyncClientTransport)
        self._client = httpx.AsyncClient(transport=self._calls.transport, headers=self._calls.identity)

    async def get(self, path: str, headers: Mapping[str, str] | None = None) -> HttpAnswer:
        """Reads."""
        return await self.request("GET", path, None, headers)

    async def delete(self, path: str, headers: Mapping[str, str] | None = None) -> HttpAnswer:
        """Deletes."""
        return await self.request("DELETE", path, None, headers)

    async def post(self, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> HttpAnswer:
        """Sends ``body``: bytes and text as they are, anything else as JSON."""
        return await self.request("POST", path, body, headers)

    async def put(self, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> HttpAnswer:
        """As `post`."""
        return await self.request("PUT", path, body, headers)

    async def patch(self, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> HttpAnswer:
        """As `post`."""
        return await self.request("PATCH", path, body, headers)

    async def request(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> HttpAnswer:
        """As `IdempotentHttpClient.request`."""
        steps = self._calls.call(self._client, method, path, body, headers)
        try:
            wanted = next(steps)
            while True:
                try:
                    got = await (_joined(wanted) if isinstance(wanted, Future) else self._client.send(wanted))
                except BaseException as error:
                    wanted = steps.throw(error)
                else:
                    wanted = steps.send(got)
        except StopIteration as end:
            answer: HttpAnswer = end.value
            return answer

    async def aclose(self) -> None:
        """Closes its connections."""
        await self._client.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        return f"<AsyncIdempotentHttpClient {self._calls.base_url}>"


async def _joined(other: Future[Any]) -> Any:
    # Cancelled with one that has joined it, it would be lost to the others.
    return await shield(wrap_future(other))
