"""A middleware of aiohttp that tries again, and a session that has it."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any

import aiohttp
from aiohttp import ClientHandlerType, ClientRequest, ClientResponse, ClientSession, hdrs
from yarl import URL

from once_again.config import RetryConfig

from .exchange import Answered, Exchange, give_key
from .redirects import goes_along
from .send import is_late, response_of, send_async
from .settings import Settings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing_extensions import Unpack

    from once_again._types import ClientOptions

_STREAM = "text/event-stream"
# Whether the request of this task has been redirected to another origin, as its trace has seen.
_ELSEWHERE: ContextVar[bool] = ContextVar("once_again.elsewhere", default=False)


class IdempotentMiddleware:
    """A middleware of `aiohttp.ClientSession` (3.12 and later) that sends a request again: same key, same bytes.

    A write gets one ``Idempotency-Key`` (a UUID) when it has none; without a key only idempotent methods are repeated.
    The last answer is returned when attempts run out, and aiohttp's own error is raised where none came;
    `CircuitOpenError` where the breaker let no request through. A session's middlewares see each redirect as a request
    of its own: give the session `trace_config` too, as `idempotent_session` does. Then a write that is redirected keeps
    its key, and of a redirect to another origin only what says nothing of who asks goes there.

    Args:
        config: The fields of the policy, or a preset's name; those left open are of the preset ``http``, with a
            ``total_timeout`` of 60 s and a budget.
        options: As of `AsyncIdempotentTransport`.

    Raises:
        ConfigError: an option is unknown, out of range or of the wrong type.
    """

    def __init__(self, config: RetryConfig | str | None = None, /, **options: Unpack[ClientOptions]) -> None:
        self._settings = Settings(config, options, awaits=True)

    async def __call__(self, request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
        await _read(request)
        if _ELSEWHERE.get():
            # The session adds those again that it would send to anybody.
            request.headers.popall(hdrs.COOKIE, None)
        exchange = Exchange(self._settings, request.method, str(request.url), request.headers)

        async def attempt() -> Answered:
            response = await handler(request)
            is_stream = response.content_type == _STREAM
            body = None
            if response.status >= 400 or (self._settings.reads and not is_stream):
                body = await response.read()
            return Answered(response, response.status, response.headers, body)

        answer: ClientResponse = response_of(await send_async(exchange, attempt, _late), ClientResponse)
        return answer

    def trace_config(self) -> aiohttp.TraceConfig:
        """Gives a write its key before it is sent for the first time, so that redirects carry it on, and takes away
        what must not come along to another origin."""

        async def start(_session: ClientSession, context: Any, params: aiohttp.TraceRequestStartParams) -> None:
            context.origin = params.url.origin()
            _ELSEWHERE.set(False)
            give_key(self._settings, params.method.upper(), params.headers)

        async def redirect(_session: ClientSession, context: Any, params: aiohttp.TraceRequestRedirectParams) -> None:
            to = _target(params)
            _ELSEWHERE.set(to is None or to.origin() != context.origin)
            _leave_behind(params, to, self._settings.key_header)

        trace = aiohttp.TraceConfig()
        trace.on_request_start.append(start)
        trace.on_request_redirect.append(redirect)
        return trace


def idempotent_session(
    config: RetryConfig | str | None = None,
    /,
    *,
    session: dict[str, Any] | None = None,
    **options: Unpack[ClientOptions],
) -> ClientSession:
    """An `aiohttp.ClientSession` with an `IdempotentMiddleware`, whose writes keep their key through redirects too.

    Example::

        async with idempotent_session(max_attempts=5, session={"base_url": "https://api.example.com"}) as client:
            async with client.post("/payments", json=payment) as answer:
                receipt = await answer.json()

    Args:
        config, options: As of `IdempotentMiddleware`.
        session: Arguments of the session itself.

    Raises:
        ConfigError: an option is unknown, out of range or of the wrong type.
    """
    middleware = IdempotentMiddleware(config, **options)
    given = dict(session or {})
    given["middlewares"] = (*given.get("middlewares", ()), middleware)
    given["trace_configs"] = [*(given.get("trace_configs") or ()), middleware.trace_config()]
    return ClientSession(**given)


def _target(params: aiohttp.TraceRequestRedirectParams) -> URL | None:
    """Where a redirect leads; none if that is no URL of an origin."""
    location = params.response.headers.get(hdrs.LOCATION) or params.response.headers.get(hdrs.URI) or ""
    try:
        to = params.url.join(URL(location))
        to.origin()
    except ValueError:
        return None
    return to


def _leave_behind(params: aiohttp.TraceRequestRedirectParams, to: URL | None, key_header: str) -> None:
    """Takes headers away from those that the session goes on with."""
    method, status = params.method.upper(), params.response.status
    turned = method != hdrs.METH_HEAD and (status == 303 or (status in (301, 302) and method == hdrs.METH_POST))
    _, kept = goes_along(turned, method, str(params.url), None if to is None else str(to), key_header, params.headers)
    for name in {name for name in params.headers if name.lower() not in kept}:
        params.headers.popall(name)


async def _read(request: ClientRequest) -> None:
    """Reads a body that could be written only once."""
    body = request.body
    if not isinstance(body, (bytes, aiohttp.BytesPayload)):
        await request.update_body(await body.as_bytes())


def _late(error: Exception) -> Exception:
    return aiohttp.ServerTimeoutError(str(error)) if is_late(error) else error
