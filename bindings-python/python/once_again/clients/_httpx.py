"""Transports of httpx that try again."""

from __future__ import annotations

import httpx

from once_again.config import RetryConfig

from ._httpx_redirects import arrives, leaves
from .exchange import Answered, Exchange
from .send import is_late, response_of, send, send_async
from .settings import Settings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from typing_extensions import Self, Unpack

    from once_again._types import ClientOptions

_STREAM = "text/event-stream"


class Repeating:
    """What both transports do around the attempts of a request."""

    _settings: Settings

    def _begins(self, request: httpx.Request) -> tuple[Exchange, str]:
        """The exchange, and where its redirects began."""
        first = arrives(request, self._settings.key_header)
        return self._exchange(request), first

    def _exchange(self, request: httpx.Request) -> Exchange:
        return Exchange(self._settings, request.method, str(request.url), request.headers)

    def _reads(self, response: httpx.Response) -> bool:
        """Whether the body belongs to the attempt."""
        is_stream = response.headers.get("Content-Type", "").startswith(_STREAM)
        return response.status_code >= 400 or (self._settings.reads and not is_stream)

    def _ends(self, request: httpx.Request, answer: object, exchange: Exchange, first: str) -> httpx.Response:
        response = self._response(answer, exchange)
        response.extensions["attempts"] = exchange.attempts
        leaves(request, response, first)
        return response

    def _response(self, answer: object, exchange: Exchange) -> httpx.Response:  # noqa: ARG002 (a subclass looks at it)
        response: httpx.Response = response_of(answer, httpx.Response)
        return response


class IdempotentTransport(Repeating, httpx.BaseTransport):
    """A transport that sends a request again, with the same key and the same bytes, over ``transport``.

    A write gets one ``Idempotency-Key`` (a UUID) when it has none, and keeps it through retries and redirects; without
    a key only idempotent methods are repeated. Of a redirect that the client follows to another origin, only what says
    nothing of who asks arrives there. The last answer is returned when attempts run out, and httpx's own error is
    raised where none came; `CircuitOpenError` where the breaker let no request through. An answer is read within its
    attempt, so that one that breaks off is repeated: each of 400 or more, and every other unless ``read_bodies=False``
    or it is an event stream. A request's stream is read once.

    Example::

        client = httpx.Client(transport=IdempotentTransport(max_attempts=5))

    Args:
        config: The fields of the policy, or a preset's name; those left open are of the preset ``http``, with a
            ``total_timeout`` of 60 s and a budget.
        transport: What sends; default a `httpx.HTTPTransport`.
        options: ``auto_key`` (True), ``methods`` that get a key (POST, PUT, PATCH), ``key_header``, ``breakers`` (a
            `CircuitBreakerRegistry`, or how its breakers are made; default one per origin; ``False``: none),
            ``refresh_auth`` (called once after a 401; answers headers, or the text of ``Authorization``),
            ``read_bodies`` (True), and those of `retry_kernel_task`.

    Raises:
        ConfigError: an option is unknown, out of range or of the wrong type.
    """

    def __init__(
        self,
        config: RetryConfig | str | None = None,
        /,
        *,
        transport: httpx.BaseTransport | None = None,
        **options: Unpack[ClientOptions],
    ) -> None:
        self._settings = Settings(config, options, awaits=False)
        self._transport = httpx.HTTPTransport() if transport is None else transport

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Sends a request as often as it takes."""
        request.read()
        exchange, first = self._begins(request)
        clock = self._settings.plan.clock

        def attempt(limit: float | None) -> Answered:
            until = None if limit is None else clock.now() + limit
            response = self._reached(request, until)
            if not self._reads(response):
                return Answered(response, response.status_code, response.headers, None)
            chunks = []
            try:
                assert isinstance(response.stream, httpx.SyncByteStream), "the transport does not await"
                for chunk in response.stream:
                    chunks.append(chunk)
                    if until is not None and clock.now() > until:
                        raise httpx.ReadTimeout("the answer took too long", request=request)
            finally:
                response.close()
            return _answered(response, b"".join(chunks))

        try:
            answer = send(exchange, attempt, _late(request))
        finally:
            request.extensions["attempts"] = exchange.attempts
        return self._ends(request, answer, exchange, first)

    def _reached(self, request: httpx.Request, until: float | None) -> httpx.Response:
        """One answer, whose head must have come by ``until``."""
        left = None if until is None else until - self._settings.plan.clock.now()
        if left is not None and left <= 0:
            raise httpx.ReadTimeout("the answer took too long", request=request)
        return self._transport.handle_request(_within(request, left))

    def close(self) -> None:
        """Closes what sends."""
        self._transport.close()

    def __enter__(self) -> Self:
        self._transport.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        self._transport.__exit__(kind, error, traceback)


class AsyncIdempotentTransport(Repeating, httpx.AsyncBaseTransport):
    """As `IdempotentTransport`, for `httpx.AsyncClient` on asyncio.

    ``refresh_auth`` may be async. An attempt that takes longer than ``attempt_timeout``, or than is left of
    ``total_timeout``, is cancelled.
    """

    def __init__(
        self,
        config: RetryConfig | str | None = None,
        /,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        **options: Unpack[ClientOptions],
    ) -> None:
        self._settings = Settings(config, options, awaits=True)
        self._transport = httpx.AsyncHTTPTransport() if transport is None else transport

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Sends a request as often as it takes."""
        await request.aread()
        exchange, first = self._begins(request)

        async def attempt() -> Answered:
            response = await self._reached(request)
            if not self._reads(response):
                return Answered(response, response.status_code, response.headers, None)
            try:
                assert isinstance(response.stream, httpx.AsyncByteStream), "the transport awaits"
                body = b"".join([chunk async for chunk in response.stream])
            finally:
                await response.aclose()
            return _answered(response, body)

        try:
            answer = await send_async(exchange, attempt, _late(request))
        finally:
            request.extensions["attempts"] = exchange.attempts
        return self._ends(request, answer, exchange, first)

    async def _reached(self, request: httpx.Request) -> httpx.Response:
        return await self._transport.handle_async_request(request)

    async def aclose(self) -> None:
        """Closes what sends."""
        await self._transport.aclose()

    async def __aenter__(self) -> Self:
        await self._transport.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        await self._transport.__aexit__(kind, error, traceback)


def _within(request: httpx.Request, limit: float | None) -> httpx.Request:
    """The request, each of whose phases may take no longer than ``limit``: nothing else interrupts one that blocks."""
    if limit is None:
        return request
    given = request.extensions.get("timeout", {})
    phases = ("connect", "read", "write", "pool")
    shorter = {phase: limit if given.get(phase) is None else min(given[phase], limit) for phase in phases}
    return httpx.Request(
        request.method,
        request.url,
        headers=request.headers,
        stream=request.stream,
        extensions={**request.extensions, "timeout": shorter},
    )


def _answered(response: httpx.Response, body: bytes) -> Answered:
    """The answer with its body, as it came: undoing its encoding is the client's part."""
    kept = httpx.Response(
        response.status_code,
        headers=response.headers,
        stream=httpx.ByteStream(body),
        extensions=response.extensions,
    )
    shown = None
    if response.status_code >= 400:
        try:
            shown = httpx.Response(response.status_code, headers=response.headers, content=body).content
        except httpx.DecodingError:
            pass  # then it says nothing that could be understood
    return Answered(kept, response.status_code, response.headers, shown)


def _late(request: httpx.Request) -> Callable[[Exception], Exception]:
    def late(error: Exception) -> Exception:
        return httpx.ReadTimeout(str(error), request=request) if is_late(error) else error

    return late
