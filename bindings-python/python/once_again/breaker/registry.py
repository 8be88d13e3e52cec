"""One breaker per dependency, made when it is first asked for, and never more than a bound.

The names of dependencies come from outside, host names for instance, so their number must not be theirs to choose.
"""

from __future__ import annotations

from _thread import allocate_lock

from once_again import _core, _log
from once_again._callables import hook_of
from once_again._clock import system_clock
from once_again._options import fields_of, text
from once_again.errors import ConfigError
from once_again.events import Fields

from .breaker import CircuitBreaker

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any

    Options = Mapping[str, Any] | str | None


class Eviction(Fields):
    """A breaker had to make room for another one."""

    __slots__ = ("breaker", "key", "state")

    def __init__(self, key: str, state: str, breaker: CircuitBreaker) -> None:
        self.key = key
        self.state = state
        """Where it stood. Other than ``CLOSED`` only when none was closed: what it knew of its dependency is lost."""
        self.breaker = breaker
        """It still works for those who hold it."""


class CircuitBreakerRegistry:
    """Breakers by name, or by the origin of a URL. Threads share it freely.

    Example::

        breakers = CircuitBreakerRegistry({"failure_threshold": 5})
        answer = breakers.for_url(url).call(httpx.get, url)

    Args:
        breaker: How a breaker is made: the arguments of `CircuitBreaker` as a mapping, the name of a preset, or a
            function of the key that answers either. Its name is the key unless said otherwise.
        max_breakers: The most breakers it keeps, 1 to 1 000 000; default 1 000.
        on_evict: Hears of every breaker that made room. Without it, one that was not closed is logged, once.

    Raises:
        ConfigError: a field is out of range or of the wrong type.
    """

    __slots__ = ("_breakers", "_lock", "_max_breakers", "_on_evict", "_options_of", "_warned")

    def __init__(
        self,
        breaker: Options | Callable[[str], Options] = None,
        /,
        *,
        max_breakers: int | None = None,
        on_evict: Callable[[Eviction], object] | None = None,
    ) -> None:
        self._max_breakers = _core.registry_limit({"max_breakers": max_breakers})
        self._options_of: Callable[[str], Options] = breaker if callable(breaker) else lambda _: breaker
        self._on_evict = hook_of("on_evict", on_evict)
        # In the order in which they were last asked for. The lock guards this alone: nobody's function runs in it.
        self._breakers: dict[str, CircuitBreaker] = {}
        self._lock = allocate_lock()
        self._warned = False

    def get(self, name: str) -> CircuitBreaker:
        """The breaker of this name, made if need be.

        Raises:
            ConfigError: its configuration is refused.
        """
        with self._lock:
            if (known := self._breakers.pop(name, None)) is not None:
                self._breakers[name] = known
                return known
        options = self._options_of(text("name", name)) or None
        made = CircuitBreaker(**{"name": name, **fields_of("breaker", options, {})})
        evicted = None
        with self._lock:
            # Of two threads that make the same one, the first wins.
            breaker = self._breakers.pop(name, made)
            if breaker is made and len(self._breakers) >= self._max_breakers:
                evicted = self._make_room()
            self._breakers[name] = breaker
        if evicted is not None:
            self._tell(evicted)
        return breaker

    def for_url(self, url: str) -> CircuitBreaker:
        """The breaker of a URL's origin.

        Raises:
            ConfigError: the URL is relative, or has no origin (``data:``, ``file:``).
        """
        return self.get(_origin(text("url", url)))

    def remove(self, name: str) -> bool:
        """Forgets a breaker, which goes on working for those who hold it; whether there was one."""
        with self._lock:
            return self._breakers.pop(name, None) is not None

    def items(self) -> list[tuple[str, CircuitBreaker]]:
        """All of them by name, the one that was asked for longest ago first."""
        with self._lock:
            return list(self._breakers.items())

    def __contains__(self, name: object) -> bool:
        return name in self._breakers

    def __iter__(self) -> Iterator[str]:
        return iter([name for name, _ in self.items()])

    def __len__(self) -> int:
        return len(self._breakers)

    def to_prometheus(self) -> str:
        """All of them in the text format of Prometheus, as `CircuitBreaker.to_prometheus`; those of one name are added
        up."""
        return _core.breakers_to_prometheus([(one.name, one._gate.core) for _, one in self.items()])

    def _make_room(self) -> Eviction:
        """Forgets the one asked for longest ago, a closed one if any is: core's `RegistryConfig` says why."""
        closed = (name for name, breaker in self._breakers.items() if breaker.state == "CLOSED")
        name = next(closed, next(iter(self._breakers)))
        breaker = self._breakers.pop(name)
        return Eviction(name, breaker.state, breaker)

    def _tell(self, eviction: Eviction) -> None:
        if self._on_evict is not None:
            _log.quietly(self._on_evict, eviction)
        elif eviction.state != "CLOSED" and not self._warned:
            self._warned = True
            if (logger := _log.listening(_log.WARNING, None)) is not None:
                fields = {
                    "event": "breaker_forgotten",
                    "breaker": eviction.key,
                    "state": eviction.state,
                    "max_breakers": self._max_breakers,
                }
                _log.write(logger, _log.WARNING, system_clock.wall_now(), fields)


def _origin(url: str) -> str:
    """The scheme, host and port of a URL, as RFC 6454 and the URL standard write them."""
    found = _core.origin(url if url.isascii() else _encoded(url))
    if found is None:
        raise ConfigError("url", repr(url), "an absolute URL with an origin")
    return found


def _encoded(url: str) -> str:
    """The URL as far as its port, its host as DNS has it: by `idna`, which HTTP clients bring, else by IDNA 2003."""
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
        try:
            from idna import encode
        except ModuleNotFoundError:
            name = host.encode("idna").decode()
        else:
            name = encode(host, uts46=True).decode()
        return f"{parts.scheme}://{name}{'' if port is None else f':{port}'}"
    except ValueError:
        return ""  # no port, no host name
