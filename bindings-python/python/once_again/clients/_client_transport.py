"""The transports of `IdempotentHttpClient` and its async sibling: each attempt follows its redirects by itself, and
whatever a breaker answers in the service's place is passed on."""

from __future__ import annotations

from itertools import count

import httpx

from once_again import _core

from ._httpx import AsyncIdempotentTransport, IdempotentTransport, Repeating
from ._httpx_redirects import redirected
from .exchange import Exchange
from .settings import Settings

INSTEAD = "once_again.instead"
"""The extension of a response that the service did not give: what the breaker answered, and its strategy."""
_GIVEN = "once_again.given"
# What an answer does not depend on. Anything else may say who asks, and one caller's must never stand in for another's.
_OF_THE_CALL = frozenset(("traceparent", "tracestate", "x-request-id", "idempotency-key"))


class Standing(Repeating):
    """A breaker with the strategy ``CACHE`` keeps answers by method, URL and caller, of GET only."""

    @property
    def settings(self) -> Settings:
        """What it was told."""
        return self._settings

    def _exchange(self, request: httpx.Request) -> Exchange:
        exchange = super()._exchange(request)
        if request.method == "GET":
            named = {name: value for name, value in request.headers.items() if name not in _OF_THE_CALL}
            # The key is told to listeners, who need not know anybody's credentials.
            exchange.cache_key = f"GET {request.url} {_core.fingerprint(None, headers=named)}"
        return exchange

    def _reads(self, response: httpx.Response) -> bool:  # noqa: ARG002 (whatever it is, it is wanted whole)
        return True

    def _response(self, answer: object, exchange: Exchange) -> httpx.Response:
        if isinstance(answer, httpx.Response):
            kept = answer.extensions.get(_GIVEN)
            if kept is None:
                # Whoever reads an answer puts a stream of their own in its place.
                answer.extensions[_GIVEN] = answer.stream
                return answer
            extensions = {INSTEAD: (None, "CACHE")}
            return httpx.Response(answer.status_code, headers=answer.headers, stream=kept, extensions=extensions)
        assert exchange.breaker is not None, "nobody else answers"
        return httpx.Response(200, extensions={INSTEAD: (answer, exchange.breaker._gate.core.fallback_strategy)})


class ClientTransport(Standing, IdempotentTransport):
    """As `IdempotentTransport`, from the first address to the last."""

    def _reached(self, request: httpx.Request, until: float | None) -> httpx.Response:
        for followed in count():
            response = super()._reached(request, until)
            try:
                onward = redirected(request, response, followed, self._settings.key_header)
            except BaseException:
                response.close()
                raise
            if onward is None:
                return response
            response.close()
            request = onward
        raise AssertionError("core ends them")


class AsyncClientTransport(Standing, AsyncIdempotentTransport):
    """As `AsyncIdempotentTransport`, from the first address to the last."""

    async def _reached(self, request: httpx.Request) -> httpx.Response:
        for followed in count():
            response = await super()._reached(request)
            try:
                onward = redirected(request, response, followed, self._settings.key_header)
            except BaseException:
                await response.aclose()
                raise
            if onward is None:
                return response
            await response.aclose()
            request = onward
        raise AssertionError("core ends them")
