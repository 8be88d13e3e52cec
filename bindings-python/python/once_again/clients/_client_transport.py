"""The transport of `IdempotentHttpClient`: it passes on whatever a breaker answers in the service's place."""

from __future__ import annotations

import httpx

from ._httpx import IdempotentTransport
from .exchange import Exchange
from .settings import Settings

INSTEAD = "once_again.instead"
"""The extension of a response that the service did not give: what the breaker answered, and its strategy."""
_GIVEN = "once_again.given"
# What an answer may depend on beside its URL: one caller's must never stand in for another's.
_CALLER = ("authorization", "cookie", "x-squid-id", "x-subid", "x-dao-id", "x-qonsent", "accept")


class ClientTransport(IdempotentTransport):
    """As `IdempotentTransport`; a breaker with the strategy ``CACHE`` keeps answers by method and URL, of GET only."""

    @property
    def settings(self) -> Settings:
        """What it was told."""
        return self._settings

    def _exchange(self, request: httpx.Request) -> Exchange:
        exchange = super()._exchange(request)
        if request.method == "GET":
            caller = [request.headers.get(name) for name in _CALLER]
            exchange.cache_key = f"GET {request.url} {caller}"
        return exchange

    def _response(self, answer: object, exchange: Exchange) -> httpx.Response:
        if isinstance(answer, httpx.Response):
            if _GIVEN not in answer.extensions:
                answer.extensions[_GIVEN] = True
                return answer
            # An old one, which somebody has read.
            assert isinstance(answer.stream, httpx.SyncByteStream), "the transport does not await"
            extensions = {INSTEAD: (None, "CACHE")}
            body = httpx.ByteStream(b"".join(answer.stream))
            return httpx.Response(answer.status_code, headers=answer.headers, stream=body, extensions=extensions)
        assert exchange.breaker is not None, "nobody else answers"
        return httpx.Response(200, extensions={INSTEAD: (answer, exchange.breaker._gate.core.fallback_strategy)})
