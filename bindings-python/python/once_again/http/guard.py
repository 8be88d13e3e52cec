"""What stands in front of a handler: decides through core whether a request is guarded, and files its run."""

from __future__ import annotations

import os

from once_again import _core
from once_again._clock import clock_of, random_of
from once_again.errors import ConfigError
from once_again.idempotency.run import Host
from once_again.idempotency.stats import OPTIONS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    Head = tuple[str, str, list[tuple[str, str]], str | None, str]


class Guard:
    """One configured guard, for the life of the application."""

    def __init__(self, options: Mapping[str, Any], adapt: Callable[[Any], Any]) -> None:
        """``adapt`` makes the store one that this kind of server can ask, or refuses it."""
        self.core = _core.HttpGuard({name: value for name, value in options.items() if name not in OPTIONS})
        clock = options.get("clock")
        self.principal: Callable[[Any], Any] | None = options.get("principal")
        store = options.get("store")
        self.store = self._own_store(clock) if store is None else _given(store, clock)
        self.host = Host(
            adapt(self.store), clock_of(clock), random_of(options.get("random")), self.core.handler_timeout, options
        )
        self.methods = frozenset(self.core.methods)
        self.wanted = frozenset(self.core.wanted_headers)
        self.max_body_bytes = self.core.max_body_bytes
        self.max_request_bytes = self.core.max_request_bytes

    def refuse_second(self, claim: Any) -> None:
        """Refuses a request that has passed a guard over the same store, ``claim``: it would wait for itself.

        Raises:
            ConfigError: it has.
        """
        if claim is not None and getattr(claim, "_store", None) is self.store:
            expected = "one guard over each store: put it around the application once"
            raise ConfigError("store", "that of a guard this request has passed", expected)

    def examine(self, head: Head) -> _core.Examination:
        """Reads key and caller off a request; answers ``needBody`` when it must see the body first.

        Over our own memory store a request that is guarded is claimed at once.
        """
        host = self.host
        if (memory := host.memory) is None:
            return self.core.examine(head, os.urandom(16), host.clock.now())
        return self.core.examine_in(memory._core, head, host.clock.now(), memory._swept(), host.random.getrandbits(32))

    def go_on(self, examined: _core.Examination, body: bytes) -> _core.Examination:
        """As `examine`, with the body that it wanted to see."""
        host = self.host
        if (memory := host.memory) is None:
            return examined.with_body(body, os.urandom(16), host.clock.now())
        return examined.with_body_in(memory._core, body, host.clock.now(), memory._swept(), host.random.getrandbits(32))

    def _own_store(self, clock: Any) -> Any:
        from once_again.stores import MemoryStore

        max_records, max_bytes, when_full = self.core.own_store
        return MemoryStore(
            max_records=max_records,
            max_bytes=max_bytes,
            when_full=when_full,  # type: ignore[arg-type]
            clock=clock,
        )


def checked_app(app: Any) -> Any:
    """The application that a middleware is put around.

    Raises:
        ConfigError: it cannot be called.
    """
    if not callable(app):
        raise ConfigError(
            "app", f"an object of type {type(app).__name__}", "an application to put the middleware around"
        )
    return app


def named(caller: Any) -> str | None:
    """Who asks, as ``principal`` answers it.

    Raises:
        ConfigError: it is no name. Any other object's text may differ from one request to the next, and then nobody's
            key would ever be known again.
    """
    if caller is None or isinstance(caller, str):
        return caller
    if isinstance(caller, bytes):
        return caller.decode("latin-1")
    if isinstance(caller, int):
        return str(caller)
    expected = "a function that answers a text, bytes, an integer or None"
    raise ConfigError("principal", f"one that answers an object of type {type(caller).__name__}", expected)


def _given(store: Any, clock: Any) -> Any:
    from once_again.stores.given import as_store

    return as_store(store, clock)
