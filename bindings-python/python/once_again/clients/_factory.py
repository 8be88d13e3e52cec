"""`ClientFactory` and `AsyncClientFactory`: clients by what they are for."""

from __future__ import annotations

from ._async_http_client import AsyncIdempotentHttpClient
from ._http_client import IdempotentHttpClient
from ._stats import global_stats

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from typing_extensions import Unpack

    from once_again._types import HttpClientOptions


class ClientFactory:
    """Makes the clients of the Q ecosystem."""

    @staticmethod
    def create_http_client(**options: Unpack[HttpClientOptions]) -> IdempotentHttpClient:
        """A client with these options."""
        return IdempotentHttpClient(**options)

    @staticmethod
    def create_module_client(module: str, base_url: str, **options: Any) -> IdempotentHttpClient:
        """A client for a module of the Q ecosystem, with that module's policy, a breaker and a budget.

        The breaker opens at 5 failures within 60 s for 30 s, and takes 3 probes. ``options`` change all that.
        """
        return IdempotentHttpClient(**_of_module(module, base_url, options))

    @staticmethod
    def get_global_retry_stats() -> dict[str, Any]:
        """Operations, attempts, durations (seconds) and errors of all clients of this process."""
        return global_stats.retries()

    @staticmethod
    def get_global_idempotency_stats() -> dict[str, Any]:
        """Keyed operations of all clients of this process, and how many of them were duplicates."""
        return global_stats.idempotency()


class AsyncClientFactory:
    """Makes the clients of the Q ecosystem that await. What they did counts with that of all others."""

    @staticmethod
    def create_http_client(**options: Unpack[HttpClientOptions]) -> AsyncIdempotentHttpClient:
        """A client with these options."""
        return AsyncIdempotentHttpClient(**options)

    @staticmethod
    def create_module_client(module: str, base_url: str, **options: Any) -> AsyncIdempotentHttpClient:
        """As `ClientFactory.create_module_client`."""
        return AsyncIdempotentHttpClient(**_of_module(module, base_url, options))

    get_global_retry_stats = ClientFactory.get_global_retry_stats
    get_global_idempotency_stats = ClientFactory.get_global_idempotency_stats


def _of_module(module: str, base_url: str, options: dict[str, Any]) -> dict[str, Any]:
    return {"circuit_breaker": "threshold", **options, "module": module, "base_url": base_url}
