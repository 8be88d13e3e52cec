"""What an HTTP client was told, made ready for its requests."""

from __future__ import annotations

from once_again import _core
from once_again._callables import is_async
from once_again._options import flag, wrong
from once_again._plan import Plan
from once_again.breaker import CircuitBreaker, CircuitBreakerRegistry
from once_again.config import RetryConfig
from once_again.errors import ConfigError

from .credentials import AsyncCredentials, Credentials

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

# Of the whole call, unless the caller says otherwise: what bounds waiting for a request that is in progress elsewhere.
_TOTAL_TIMEOUT = 60.0


class Settings:
    """One client's settings. They never change, so any number of threads and tasks share them.

    Args:
        config: The fields of the policy, or a preset's name; those left open are of the preset ``http``.
        options: Those of the clients, and of `retry_kernel_task`.
        awaits: Whether a client awaits what it calls.

    Raises:
        ConfigError: an option is unknown, out of range or of the wrong type.
    """

    __slots__ = ("_breakers", "auto_key", "credentials", "key_header", "methods", "plan", "reads")

    def __init__(self, config: RetryConfig | str | None, options: Mapping[str, Any], awaits: bool) -> None:
        given = dict(options)
        keys = {name: given.pop(name) for name in ("methods", "key_header", "auto_key") if name in given}
        methods, self.key_header, self.auto_key = _core.key_config(keys)
        self.methods = frozenset(methods)
        self.reads = flag("read_bodies", given.pop("read_bodies", True))
        self._breakers = _breakers(given.pop("breakers", True))
        refresh = given.pop("refresh_auth", None)
        if refresh is not None and (not callable(refresh) or (is_async(refresh) and not awaits)):
            expected = "a function" if awaits else "a function that is not async: nothing awaits it here"
            raise wrong("refresh_auth", refresh, expected)
        self.credentials: Any = None
        if refresh is not None:
            self.credentials = AsyncCredentials(refresh) if awaits else Credentials(refresh)

        if isinstance(config, str):
            config = RetryConfig.preset(config)
        if config is not None:
            if given.get("config") is not None:
                raise ConfigError("config", "two of them", "one: as the argument, or as config=")
            given["config"] = config
        # A budget is on unless it is said to be off; one object, for all requests of this client.
        usual = RetryConfig(total_timeout=_TOTAL_TIMEOUT, budget=True)
        # The attempt's limit is kept by the exchange, which knows whether a request may be sent again.
        self.plan = Plan((usual, RetryConfig.preset("http")), given)

    def breaker(self, url: str) -> CircuitBreaker | None:
        """The breaker of a URL's origin, or the one for all."""
        if self.plan.breaker is not None:
            return self.plan.breaker
        return None if self._breakers is None else self._breakers.for_url(url)


def _breakers(given: Any) -> CircuitBreakerRegistry | None:
    if given is False or given is None:
        return None
    if isinstance(given, CircuitBreakerRegistry):
        return given
    return CircuitBreakerRegistry(None if given is True else given)
