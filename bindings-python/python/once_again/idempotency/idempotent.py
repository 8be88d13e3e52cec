"""`idempotent`: a function that runs once for each key or each content, and answers what it answered then."""

from __future__ import annotations

import os
import sys

from once_again import _core
from once_again._callables import decorate, hook_of
from once_again._clock import clock_of, random_of
from once_again._options import flag, text
from once_again.errors import ConfigError

from .arguments import Arguments
from .stats import OPTIONS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from typing_extensions import Unpack

    from once_again._types import IdempotentDecorator, IdempotentOptions
    from once_again.stores import MemoryStore

    from .run import Run
    from .run_async import AsyncRun
    from .stats import IdempotencyStats

# What belongs to this process; every other option is core's to read.
_OURS = (
    "store",
    "key",
    "about",
    "codec",
    "is_safe_to_retry",
    "merge_results",
    "with_context",
    "clock",
    "random",
    *OPTIONS,
)


class _Action:
    """One idempotent function: its options, and what happens to a call of it."""

    def __init__(self, target: Callable[..., Any], options: dict[str, Any]) -> None:
        ours = {name: options[name] for name in _OURS if name in options}
        self.core = _core.Action({name: value for name, value in options.items() if name not in ours})
        self.target = target
        self.codec = ours.get("codec")
        for method in ("encode", "decode") if self.codec is not None else ():
            if not callable(getattr(self.codec, method, None)):
                expected = "an object with encode() and decode()"
                raise ConfigError("codec", f"an object of type {type(self.codec).__name__}", expected)
        self.arguments = Arguments(target, ours.get("key"), hook_of("about", ours.get("about")))
        self.with_context = flag("with_context", ours.get("with_context", False))
        if self.with_context and not _takes(target, "context"):
            raise ConfigError("with_context", repr(True), "a function with a parameter `context`")
        self.is_safe_to_retry = ours.get("is_safe_to_retry")
        self.merge_results = ours.get("merge_results")
        from .run import Host

        clock = ours.get("clock")
        self.host = Host(
            _store(ours.get("store"), clock),
            clock_of(clock),
            random_of(ours.get("random")),
            self.core.handler_timeout,
            ours,
        )
        self.replays = self.core.enabled and self.is_safe_to_retry is None
        """Whether what an earlier call returned is what a call answers, with nobody asked."""
        self._warned = False

    def split(self, args: tuple[Any, ...], bound: bool) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        """The object that a method belongs to, if any, and the arguments that say what the call is about."""
        receivers = 1 if bound or self.arguments.receives else 0
        return args[:receivers], args[receivers:]

    def claim(self, args: tuple[Any, ...], kwargs: dict[str, Any], key: str | None) -> _core.ActionRun:
        """Files a call."""
        given = self.arguments.key(args, kwargs) if key is None else key
        about = self.arguments.about(args, kwargs)
        return self.core.claim(about, given, os.urandom(16), self.host.clock.now())

    def claim_in(
        self, memory: MemoryStore, args: tuple[Any, ...], kwargs: dict[str, Any], key: str | None
    ) -> tuple[_core.ActionRun | None, Any]:
        """Files a call and claims it in our memory store: none and what an earlier call returned, or the run and its
        first step."""
        if key is None:
            key = self.arguments.key(args, kwargs)
        about = self.arguments.about(args, kwargs)
        host, codec = self.host, self.codec
        core, begun = self.core.claim_in(
            memory._core,
            about,
            key,
            codec is not None,
            host.clock.now(),
            memory._swept(),
            host.random.getrandbits(32),
        )
        if core is None:
            host.watch.replayed_at_once()
        return core, codec.decode(begun) if core is None and codec is not None else begun

    def claim_over(
        self, carrier: Any, args: tuple[Any, ...], kwargs: dict[str, Any], key: str | None
    ) -> tuple[_core.ActionRun, _core.Step]:
        """Files a call over a store on a server: the run, and its first step."""
        if key is None:
            key = self.arguments.key(args, kwargs)
        about, host, dialect = self.arguments.about(args, kwargs), self.host, carrier.dialect
        begun: tuple[_core.ActionRun, _core.Step] = self.core.claim_over(
            dialect.core,
            about,
            key,
            os.urandom(16),
            host.clock.now(),
            dialect.wall_now(),
            host.random.getrandbits(32),
        )
        return begun

    def context(self, run: Run | AsyncRun, step: _core.Step | None, kwargs: dict[str, Any]) -> dict[str, Any]:
        """The arguments by name, with what the function wants to know about its run."""
        if not self.with_context:
            return kwargs
        from .context import IdempotentContext

        return {**kwargs, "context": IdempotentContext(run, step, self.text)}

    def text(self, value: Any) -> str | None:
        """The text that is recorded, or none with a warning.

        The work is done by now, so nothing that goes wrong here may keep its run from hearing that.
        """
        from .result import result_text

        try:
            written: object = result_text(value, self.codec)
        except Exception as error:
            self._warn(value, f"cannot be written: {type(error).__name__}")
            return None
        if isinstance(written, str):
            return written
        no_json, no_text = (
            "would not come back equal from JSON (give it a codec)",
            "was not made a text of by its codec",
        )
        self._warn(value, no_json if self.codec is None else no_text)
        return None

    def _warn(self, value: object, why: str) -> None:
        if self._warned:
            return
        self._warned = True
        import warnings

        try:
            warnings.warn(
                f"once_again: what {self.core.name!r} returned, a {type(value).__name__}, {why}, "
                "so it is recorded as done but cannot be replayed",
                RuntimeWarning,
                stacklevel=2,
            )
        except RuntimeWarning:
            pass  # warnings are errors here; the effect has happened, and its result must not be lost to one


class Idempotent:
    """A function that runs once; made by `idempotent`. It keeps the function's name, doc and signature."""

    def __init__(self, target: Any, action: _Action, execute: Callable[..., Any], call: Callable[..., Any]) -> None:
        from functools import update_wrapper

        self._action = action
        self._execute = execute
        self._call = call
        update_wrapper(self, target)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._call(self._action, self._action.split(args, False), kwargs, None)

    def execute(self, *args: Any, **kwargs: Any) -> Any:
        """The same as an `IdempotentResult`, which says whether it was a replay."""
        return self._execute(self._action, self._action.split(args, False), kwargs, None)

    def with_key(self, key: str) -> _Bound:
        """The same function, under this key instead of what the option ``key`` would answer."""
        return _Bound(self, (), text("key", key))

    def stats(self) -> IdempotencyStats:
        """What its calls came to so far."""
        return self._action.host.watch.counters.stats()

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        return self if instance is None else _Bound(self, (instance,), None)


class AsyncIdempotent(Idempotent):
    """An async one. Other decorators tell by its `__call__` that it is to be awaited."""

    async def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return await self._call(self._action, self._action.split(args, False), kwargs, None)


class _Bound:
    """An idempotent function with something said about its calls: the object it belongs to, or a key."""

    __slots__ = ("_function", "_key", "_receiver")

    def __init__(self, function: Idempotent, receiver: tuple[Any, ...], key: str | None) -> None:
        self._function = function
        self._receiver = receiver
        self._key = key

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        function = self._function
        return function._call(function._action, self._split(args), kwargs, self._key)

    def execute(self, *args: Any, **kwargs: Any) -> Any:
        """The same as an `IdempotentResult`, which says whether it was a replay."""
        function = self._function
        return function._execute(function._action, self._split(args), kwargs, self._key)

    def with_key(self, key: str) -> _Bound:
        """The same function, under this key instead of what the option ``key`` would answer."""
        return _Bound(self._function, self._receiver, text("key", key))

    def _split(self, args: tuple[Any, ...]) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        return self._function._action.split((*self._receiver, *args), bool(self._receiver))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._function, name)


def idempotent(**options: Unpack[IdempotentOptions]) -> IdempotentDecorator:
    """Makes a function, a method or an async function run once.

    A later call with the same key, or (without a ``key``) with equal arguments, answers what the first one returned, in
    this process or in another one over the same store; two calls at once get one result.

    Example::

        @idempotent(name="charge", store=store, key=lambda order: order["id"])
        def charge(order): ...

        charge(order)
        charge(order)  # the same receipt, nothing charged
        charge.execute(order).is_replay  # True

    Args:
        options: ``name`` (required) is the scope of the keys, the same in every language that shares the store.
            ``store``: default a `MemoryStore` of its own, which guards this process only. ``key``: a function of the
            call's arguments, or the name of a parameter (``"order"``, ``"order.id"``). The rest is in
            ``docs/idempotent.md``; times are seconds.

    Raises:
        ConfigError: an option is unknown, out of range or of the wrong type; or a function is async that nobody would
            await.
    """

    given: dict[str, Any] = {**options}

    def wrap(target: Any) -> Idempotent:
        from .call import call, execute

        action = _Action(target, given)
        for name in ("is_safe_to_retry", "merge_results"):
            hook_of(name, getattr(action, name))
        from once_again.stores.given import answers_later

        if answers_later(action.host.store):
            raise ConfigError(
                "store", type(action.host.store).__name__, "a store that answers at once, or an async function"
            )
        return Idempotent(target, action, execute, call)

    def wrap_async(target: Any) -> Idempotent:
        from .call_async import call, execute

        action = _Action(target, given)
        for name in ("is_safe_to_retry", "merge_results"):
            if (hook := getattr(action, name)) is not None and not callable(hook):
                raise ConfigError(name, f"an object of type {type(hook).__name__}", "a function")
        function = AsyncIdempotent(target, action, execute, call)
        # What is asked of a function is asked of this object too.
        if (inspect := sys.modules.get("inspect")) is not None and hasattr(inspect, "markcoroutinefunction"):
            inspect.markcoroutinefunction(function)
        return function

    def decorator(function: Any) -> Any:
        return decorate(function, wrap, wrap_async, "idempotent function")

    return decorator


def _store(store: Any, clock: Any) -> Any:
    if store is None:
        from once_again.stores import MemoryStore

        return MemoryStore(clock=clock)
    from once_again.stores.given import as_store

    return as_store(store, clock)


def _takes(target: Any, name: str) -> bool:
    code = getattr(target, "__code__", None)
    return code is None or name in code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
