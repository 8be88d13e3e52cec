"""HTTP clients that try again: with one idempotency key for each write, and the same bytes every time.

Example::

    from once_again.clients import IdempotentTransport

    with httpx.Client(transport=IdempotentTransport()) as client:
        client.post("https://api.example.com/payments", json=payment)  # charged once, whatever the network does

`IdempotentTransport` and `AsyncIdempotentTransport` are for httpx, `IdempotentAdapter` for requests,
`idempotent_session` and `IdempotentMiddleware` for aiohttp; `IdempotentHttpClient`, `AsyncIdempotentHttpClient` and
their factories are the Q ecosystem's, over httpx. None of these libraries is a requirement of this package: each is
imported by whoever asks for what stands on it.

`settings` holds what a client was told and `exchange` one logical request; `send` is the loop around its attempts.
"""

from __future__ import annotations

from importlib import import_module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ._aiohttp import IdempotentMiddleware, idempotent_session
    from ._answer import HttpAnswer, HttpError
    from ._async_http_client import AsyncIdempotentHttpClient
    from ._factory import AsyncClientFactory, ClientFactory
    from ._http_client import IdempotentHttpClient
    from ._httpx import AsyncIdempotentTransport, IdempotentTransport
    from ._requests import IdempotentAdapter

__all__ = [
    "AsyncClientFactory",
    "AsyncIdempotentHttpClient",
    "AsyncIdempotentTransport",
    "ClientFactory",
    "HttpAnswer",
    "HttpError",
    "IdempotentAdapter",
    "IdempotentHttpClient",
    "IdempotentMiddleware",
    "IdempotentTransport",
    "idempotent_session",
]

# Where each name is, and which library it stands on.
_PLACES = {
    "AsyncClientFactory": ("_factory", "httpx"),
    "AsyncIdempotentHttpClient": ("_async_http_client", "httpx"),
    "AsyncIdempotentTransport": ("_httpx", "httpx"),
    "ClientFactory": ("_factory", "httpx"),
    "HttpAnswer": ("_answer", None),
    "HttpError": ("_answer", None),
    "IdempotentAdapter": ("_requests", "requests"),
    "IdempotentHttpClient": ("_http_client", "httpx"),
    "IdempotentMiddleware": ("_aiohttp", "aiohttp"),
    "IdempotentTransport": ("_httpx", "httpx"),
    "idempotent_session": ("_aiohttp", "aiohttp"),
}


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, library = _PLACES[name]
    try:
        return getattr(import_module(f"{__name__}.{module}"), name)
    except ModuleNotFoundError as error:
        if error.name != library:
            raise
        message = f"once_again.clients.{name} needs {library}, which is not installed: pip install {library}"
        raise ModuleNotFoundError(message, name=library) from error
