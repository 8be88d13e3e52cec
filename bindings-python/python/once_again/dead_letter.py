"""Dead letters (advanced retry): calls that were given up, kept until somebody sends them again or throws them away.

Example::

    letters = DeadLetterQueue(handlers={"charge": lambda letter: charge(letter.payload, letter.key)})


    @with_retry(RetryConfig(dead_letter_store=letters), operation_name="charge")
    def charge(order, key): ...


    for letter in letters.list():
        letters.redrive(letter.id)
"""

from __future__ import annotations

import sys
from _thread import allocate_lock
from os import urandom

from . import _core, _log
from ._callables import is_async
from ._classify import Classifier, message_of, sign_of
from ._clock import clock_of, system_clock
from .errors import ConfigError, InProgressError, MaxRetriesExceeded
from .events import Fields

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from typing_extensions import Self

    from ._account import Account
    from ._types import Clock, DeadLetterStore

__all__ = ["DeadLetter", "DeadLetterQueue", "MemoryDeadLetterStore"]

_METHODS = ("put", "get", "list", "remove")
_LONGEST_MESSAGE = 4_000


class DeadLetter(Fields):
    """A call that was given up. It is plain JSON inside, so that any store can keep it."""

    __slots__ = (
        "attempts",
        "error",
        "first_at",
        "id",
        "key",
        "last_at",
        "metadata",
        "operation",
        "payload",
        "payload_omitted",
        "tags",
        "type",
    )

    id: str
    operation: str
    type: str
    """The operation's type."""
    error: dict[str, str]
    """The last failure: ``kind``, ``name`` of its class, ``code`` and ``message`` (at most 4 000 characters) if any."""
    attempts: int
    first_at: float
    """When the call began, seconds since the Unix epoch."""
    last_at: float
    """When it was given up."""
    tags: dict[str, str]
    """The policy's tags."""
    metadata: dict[str, Any]
    """The tags, and what the call itself said."""
    key: str
    """The idempotency key of the call, the same in every redrive; of a call without one, the letter's id."""
    payload: Any
    """What the operation needs to be run again, as the call gave it."""
    payload_omitted: bool
    """Whether the call gave a payload that is no JSON."""

    def __init__(self, **fields: Any) -> None:
        for name in self.__slots__:
            setattr(self, name, fields[name])

    def to_json(self) -> str:
        """The letter as a JSON text, for a store to keep."""
        import json

        # Metadata may be anything; a payload was looked at before.
        return json.dumps({name: getattr(self, name) for name in self.__slots__}, default=str)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The letter in a JSON text."""
        import json

        return cls(**json.loads(text))


class MemoryDeadLetterStore:
    """Dead letters in memory: bounded, and gone with the process. A full one refuses new letters and drops none.

    Args:
        max_letters: 1 to 10 000 000; default 10 000.

    Raises:
        ConfigError: `max_letters` is out of range.
    """

    __slots__ = ("_letters",)

    def __init__(self, max_letters: int | None = None) -> None:
        self._letters = _core.Letters({"max_letters": max_letters})

    def put(self, letter: DeadLetter) -> bool:
        """Keeps a letter, in place of one with the same id; false when there is no room."""
        return self._letters.put(letter.id, letter.to_json()) != "full"

    def get(self, letter_id: str) -> DeadLetter | None:
        """The letter with this id."""
        text = self._letters.get(letter_id)
        return None if text is None else DeadLetter.from_json(text)

    def list(self, limit: int | None = None) -> list[DeadLetter]:
        """At most ``limit`` letters, the oldest first."""
        return [DeadLetter.from_json(text) for text in self._letters.list(_limit(limit, sys.maxsize))]

    def remove(self, letter_id: str) -> bool:
        """Takes a letter out; false when it is not there."""
        return self._letters.remove(letter_id)

    def stats(self) -> dict[str, int]:
        """``letters`` it holds, letters it ever ``kept``, letters it ``refused`` for want of room."""
        return dict(zip(("letters", "kept", "refused"), self._letters.stats(), strict=True))


class DeadLetterQueue:
    """Keeps calls that were given up, and runs them again when asked. Threads share it freely.

    Args:
        store: Where letters live: `MemoryDeadLetterStore` by default, or any object with its methods.
        max_letters: Of the store in memory; default 10 000.
        handlers: How operations are run again, by their names: functions of a `DeadLetter`. `handle` adds more.
        clock: Times in seconds; default the machine's.

    Raises:
        ConfigError: an argument is out of range or of the wrong type.
    """

    def __init__(
        self,
        store: DeadLetterStore | None = None,
        *,
        max_letters: int | None = None,
        handlers: Mapping[str, Callable[[DeadLetter], Any]] | None = None,
        clock: Clock | None = None,
    ) -> None:
        if store is not None and max_letters is not None:
            raise ConfigError("max_letters", str(max_letters), "nothing beside a store of its own size")
        self._store = MemoryDeadLetterStore(max_letters) if store is None else store
        _check("store", self._store)
        self._handlers = dict(handlers or {})
        self._clock = clock_of(clock)
        self._running: dict[str, object] = {}
        self._lock = allocate_lock()
        self._counts = dict.fromkeys(("buried", "lost", "redriven", "discarded"), 0)

    def handle(self, operation: str, handler: Callable[[DeadLetter], Any]) -> None:
        """Says how an operation is run again."""
        self._handlers[operation] = handler

    def bury(self, letter: DeadLetter) -> None:
        """Takes a letter. It raises nothing: a letter that the store cannot keep is logged whole and counted."""
        self._count("buried")
        self._put(letter)

    def list(self, limit: int | None = None) -> list[DeadLetter]:
        """At most ``limit`` letters, the oldest first."""
        return self._store.list(None if limit is None else _limit(limit, 0))

    def discard(self, letter_id: str) -> bool:
        """Throws a letter away; false when there is none with this id."""
        removed = self._store.remove(letter_id)
        if removed:
            self._count("discarded")
        return removed

    def redrive(self, letter_id: str) -> Any:
        """Runs a letter's operation again, and forgets the letter when that succeeds; with an async handler, answers
        what to await.

        A failure comes out as it is, and the letter stays, with the new failure and the attempts added.

        Raises:
            ConfigError: there is no such letter, or nobody said how its operation is run.
            InProgressError: the letter is being redriven already.
        """
        letter = self._store.get(letter_id) if isinstance(letter_id, str) else None
        if letter is None:
            raise ConfigError("letter_id", repr(letter_id), "the id of a letter in this queue")
        handler = self._handlers.get(letter.operation)
        if handler is None:
            known = ", ".join(self._handlers) or "none"
            raise ConfigError("handlers", repr(letter.operation), f"an operation that has one ({known})")
        return self._redrive_async(letter, handler) if is_async(handler) else self._redrive(letter, handler)

    def stats(self) -> dict[str, int]:
        """Letters ``buried``, ``redriven``, ``discarded``, and those ``lost``: no store kept them, the log has them."""
        return dict(self._counts)

    def _redrive(self, letter: DeadLetter, handler: Callable[[DeadLetter], Any]) -> Any:
        with _Redrive(self, letter):
            return handler(letter)

    async def _redrive_async(self, letter: DeadLetter, handler: Callable[[DeadLetter], Any]) -> Any:
        with _Redrive(self, letter):
            return await handler(letter)

    def _put(self, letter: DeadLetter) -> None:
        try:
            if self._store.put(letter):
                return
        except Exception:
            _log.complain(self._store.put)
        self._count("lost")
        import logging

        # To stderr if the program set up no logging: what no store keeps must be somewhere.
        logging.getLogger("once_again").error("dead_letter_lost %s", letter.to_json())

    def _count(self, what: str) -> None:
        with self._lock:
            self._counts[what] += 1


def queue_of(field: str, given: Any) -> DeadLetterQueue:
    """The queue that an option means: one to share, or one over a store.

    Raises:
        ConfigError: it is neither, by the option's name.
    """
    if isinstance(given, DeadLetterQueue):
        return given
    _check(field, given)
    return DeadLetterQueue(given)


def _limit(given: int | None, default: int) -> int:
    if given is None:
        return default
    if not isinstance(given, int) or given < 0:
        raise ConfigError("limit", repr(given), "a whole number of letters, 0 or more")
    return given


def _check(field: str, store: Any) -> None:
    if not all(callable(getattr(store, method, None)) for method in _METHODS):
        expected = "an object with " + ", ".join(f"{method}()" for method in _METHODS)
        raise ConfigError(field, f"an object of type {type(store).__name__}", expected)


class _Redrive:
    """One redrive of a letter, which settles it."""

    __slots__ = ("_letter", "_queue")

    def __init__(self, queue: DeadLetterQueue, letter: DeadLetter) -> None:
        self._queue = queue
        self._letter = letter

    def __enter__(self) -> None:
        # One step, so of two threads one gets it.
        if self._queue._running.setdefault(self._letter.id, self) is not self:
            raise InProgressError("this letter is being redriven")

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        queue, letter = self._queue, self._letter
        try:
            if error is None:
                queue._store.remove(letter.id)
                queue._count("redriven")
            elif isinstance(error, Exception):
                self._failed(error)
        finally:
            del queue._running[letter.id]

    def _failed(self, error: Exception) -> None:
        letter, attempts, kind = self._letter, 1, None
        if isinstance(error, MaxRetriesExceeded):
            attempts, last = error.attempts, error.history[-1]
            error, kind = last.error, last.kind
        letter.error = error_of(error, kind or kind_of(error))
        letter.attempts += attempts
        letter.last_at = self._queue._clock.wall_now()
        self._queue._put(letter)


def bury(account: Account, error: Exception, kind: str, elapsed: float) -> None:
    """Hands a call that core calls a dead letter to whoever asked for them."""
    plan, operation, attempts = account.plan, account.operation, account.attempt - 1
    tags = plan.fields.get("tags", {})
    said = plan.said
    metadata = {**tags, **said.get("metadata", {})}
    if plan.dead_letter is not None:
        _log.quietly(plan.dead_letter, operation, error, attempts, metadata)
    if plan.letters is None:
        return
    last_at = plan.clock.wall_now()
    letter_id = _core.generate_key(urandom(16))
    plan.letters.bury(
        DeadLetter(
            id=letter_id,
            operation=operation,
            type=plan.fields.get("operation_type", "unknown"),
            error=error_of(error, kind),
            attempts=attempts,
            first_at=last_at - elapsed,
            last_at=last_at,
            tags=tags,
            metadata=metadata,
            key=said.get("key") or letter_id,
            **_payload(said.get("payload")),
        )
    )


def error_of(error: Exception, kind: str) -> dict[str, str]:
    """An error as a letter has it: longer messages are cut."""
    shown = {"kind": kind, "name": type(error).__name__}
    code = sign_of(error, "code")
    if isinstance(code, str):
        shown["code"] = code
    message = message_of(error)[:_LONGEST_MESSAGE]
    return {**shown, "message": message} if message else shown


def kind_of(error: Exception) -> str:
    """What kind of failure an error is to a policy that says nothing about it."""
    (_, _, kind), _ = Classifier(_core.RetrySpec.preset("q.standard").policy(), (), system_clock).judge(error)
    return kind


def _payload(payload: Any) -> dict[str, Any]:
    """A payload's fields of a letter: JSON or nothing."""
    import json

    try:
        json.dumps(payload)
    except (TypeError, ValueError, RecursionError):
        return {"payload": None, "payload_omitted": True}
    return {"payload": payload, "payload_omitted": False}
