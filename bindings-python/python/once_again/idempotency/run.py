"""One run of a plain function, or of an HTTP request in a thread: carries core's machine from the claim to the recorded
outcome.

The machine says what to do next; this asks the store, sleeps until its deadlines, and keeps the claim alive while the
work is done.
"""

from __future__ import annotations

import json
from _thread import allocate_lock

from once_again._clock import call_in_thread
from once_again.errors import ConfigError

from .stats import Watch

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from once_again import _core
    from once_again._clock import SystemClock, SystemRandom
    from once_again._types import Clock, Random
    from once_again.stores import MemoryStore

START, DUE, ABANDON, CHECKPOINT = (f'{{"event":"{name}"}}' for name in ("start", "due", "abandon", "checkpoint"))
_BEGUN = frozenset(("execute", "unprotected", "replay", "refuse"))
_SETTLED = frozenset(("settled", "answer"))


class Host:
    """What a run needs from the world."""

    __slots__ = ("carrier", "clock", "limit", "memory", "random", "store", "watch")

    def __init__(
        self,
        store: Any,
        clock: Clock | SystemClock,
        random: Random | SystemRandom,
        limit: float | None,
        options: Mapping[str, Any],
    ) -> None:
        self.store = store
        # Our own memory store is asked by core itself, without a text between them.
        self.memory: MemoryStore | None = store if _is_plain(store) else None
        # Of a store on a server core makes the commands itself; this carries them.
        self.carrier: Any = _carrier_of(store)
        self.clock = clock
        self.random = random
        self.limit = limit
        """After so many seconds the function is told to stop."""
        self.watch = Watch(options, clock)


class Told:
    """One run and the words it is told, for both kinds of driver."""

    __slots__ = ("began", "core", "host", "started", "stopped")

    # Its machine, a function's; an HTTP request's run has one of its own kind.
    core: Any

    def __init__(self, core: _core.ActionRun | _core.HttpRun, host: Host) -> None:
        self.core = core
        self.host = host
        self.began: float | None = None
        """When its operation began, as long as that is under way."""
        self.started: float | None = None
        self.stopped = False

    @property
    def shown_key(self) -> str:
        """The key as those are told of it who watch."""
        key: str = self.core.key
        return key

    def count_in(self) -> None:
        """Its operation begins."""
        self.began = self.host.watch.begun()

    def count(self, step: _core.Step) -> None:
        """Counts what the machine said last of the operation's beginning or end."""
        watch = self.host.watch
        if step.action == "execute":
            return
        if step.action == "unprotected":
            watch.unprotected(self.shown_key, step.reason or "")
            return
        if step.action in ("replay", "refuse"):
            watch.met(step)
        elif step.reason is not None and self.began is not None:
            watch.lost(self.shown_key, step.reason)
        self.count_out()

    def count_out(self) -> None:
        """Its operation is over, if that was not said before."""
        began, self.began = self.began, None
        if began is not None:
            self.host.watch.ended(began)

    def stop(self) -> None:
        """The claim cannot be kept: the work must end."""
        self.stopped = True

    def stopping(self) -> bool:
        """Whether the function must stop: its claim cannot be kept, or it has taken longer than it may."""
        limit = self.host.limit
        late = limit is not None and self.started is not None and self.host.clock.now() - self.started >= limit
        return self.stopped or late

    def tell(self, event: str, payload: bytes | None = None) -> _core.Step:
        """Hands the machine one event."""
        host = self.host
        now, draw, memory, carrier = host.clock.now(), host.random.getrandbits(32), host.memory, host.carrier
        step: _core.Step
        if carrier is not None:
            dialect = carrier.dialect
            step = self.core.tell_over(dialect.core, event, payload, now, dialect.wall_now(), draw)
        elif memory is None or payload is not None:
            step = self.core.tell(event, payload, now, draw)
        else:
            step = self.core.tell_in(memory._core, event, now, memory._swept(), draw)
        return step

    def replied(self, ticket: int, reply: Any) -> _core.Step:
        """Hands over a store's reply. One that cannot be read is a failure of its store like any other."""
        try:
            fields = dict(reply)
            payload = fields.pop("payload", None)
            return self.tell(f'{{"event":"reply","ticket":{ticket},"reply":{json.dumps(fields)}}}', payload)
        except (ConfigError, TypeError, ValueError):
            return self.failed(ticket)

    def answered_by(self, carrier: Any, ticket: int, answer: Any) -> _core.Step:
        """Hands over what a store's server has answered."""
        host, dialect = self.host, carrier.dialect
        now, draw = host.clock.now(), host.random.getrandbits(32)
        step: _core.Step = self.core.answered_over(dialect.core, ticket, answer, now, dialect.wall_now(), draw)
        return step

    def failed(self, ticket: int) -> _core.Step:
        """The store could not be reached. What went wrong is its own business: all failures are alike."""
        return self.tell(f'{{"event":"storeFailed","ticket":{ticket}}}')

    def ended(self, text: str | None, threw: bool) -> _core.Step:
        """The function has returned or raised."""
        host = self.host
        now, draw, memory, carrier = host.clock.now(), host.random.getrandbits(32), host.memory, host.carrier
        step: _core.Step
        if carrier is not None:
            dialect = carrier.dialect
            step = self.core.ended_over(dialect.core, text, threw, now, dialect.wall_now(), draw)
        elif memory is None:
            step = self.core.ended(text, threw, now, draw)
        else:
            step = self.core.ended_in(memory._core, text, threw, now, memory._swept(), draw)
        return step


def _is_plain(store: Any) -> bool:
    """Whether it is our memory store as it stands: whoever overrides `apply` wants to be asked."""
    from once_again.stores import MemoryStore

    return isinstance(store, MemoryStore) and type(store).apply is MemoryStore.apply


def _carrier_of(store: Any) -> Any:
    """What carries the commands of a store on a server, if its `apply` does nothing else."""
    carries = getattr(store, "carries", None)
    return store._carrier if carries is not None and type(store).apply is type(store).carries else None


def operation(step: _core.Step) -> dict[str, Any]:
    """The operation that a step asks for, as a store takes it."""
    op: dict[str, Any] = json.loads(step.op or "{}")
    if step.payload is not None:
        op["payload"] = step.payload
    return op


def _answers_later(store: Any) -> ConfigError:
    return ConfigError("store", type(store).__name__, "a store that answers at once: nobody awaits here")


class Run(Told):
    """`begin`, and when that answered ``execute`` or ``unprotected``, the end of the function."""

    __slots__ = ("_call_off", "_lock", "_over")

    def __init__(self, core: _core.ActionRun | _core.HttpRun, host: Host) -> None:
        super().__init__(core, host)
        # Held for the machine's sake while heartbeat and function end at once; never while the store is asked.
        self._lock = allocate_lock()
        self._over = False
        self._call_off: Callable[[], object] | None = None

    def begin(self) -> _core.Step:
        """Claims the key, waits for another owner where that is configured, and answers what to do."""
        return self.go_on(self.tell(START))

    def go_on(self, first: _core.Step) -> _core.Step:
        """As `begin`, from the first step of a machine that has begun."""
        self.count_in()
        try:
            step = self._until(_BEGUN, first)
        except BaseException:
            self.count_out()
            raise
        self.count(step)
        self.started = self.host.clock.now()
        if step.action == "execute":
            self._beat_at(step.deadline)
        return step

    def end(self, text: str | None, threw: bool) -> _core.Step:
        """Records the end of the function; answers how the record was left, or, when the store takes too long, that it
        is still being tried."""
        return self.finish(lambda: self.ended(text, threw))

    def finish(self, ended: Callable[[], _core.Step]) -> _core.Step:
        """Has the machine told by ``ended`` how the work has ended, and the record settled."""
        self._stop_beating()
        try:
            step = self._until(_SETTLED, ended())
            self.count(step)
        finally:
            self.count_out()
        if step.action == "answer":
            # The result goes out; a thread of its own keeps trying until the lease ends.
            call_in_thread(self.host.clock, 0.0, lambda: self._until(frozenset(("settled",)), self.tell(DUE)))
        return step

    def abandon(self) -> None:
        """The caller was interrupted: the claim is given up if the store can be told at once."""
        self._stop_beating()
        self.count_out()
        step = self.tell(ABANDON)
        if step.action == "apply":
            self._apply(step)

    def checkpoint(self, data: bytes) -> None:
        """Leaves ``data`` for whoever runs next, should this run not end."""
        self._do(self.tell(CHECKPOINT, data))

    def _until(self, ends: frozenset[str], step: _core.Step) -> _core.Step:
        """Does what the machine says until it says one of ``ends``."""
        clock = self.host.clock
        while step.action not in ends:
            if step.action == "apply":
                step = self._apply(step)
                continue
            if step.deadline is None:
                raise RuntimeError(f"a run that waits for nothing: {step.action}")
            if (left := step.deadline - clock.now()) > 0:
                clock.sleep(left)
            step = self.tell(DUE)
        return step

    def _apply(self, step: _core.Step) -> _core.Step:
        if (sent := step.sent) is not None:
            return self._carry(step, *sent)
        try:
            reply = self.host.store.apply(operation(step))
        except Exception:
            return self.failed(step.ticket)
        if hasattr(reply, "__await__"):
            raise _answers_later(self.host.store)
        return self.replied(step.ticket, reply)

    def _carry(self, step: _core.Step, text: str, args: list[Any]) -> _core.Step:
        carrier = self.host.carrier
        try:
            answer = carrier.carry(text, args)
        except Exception:
            return self.failed(step.ticket)
        if hasattr(answer, "__await__"):
            answer.close()
            raise _answers_later(self.host.store)
        return self.answered_by(carrier, step.ticket, answer)

    def _do(self, step: _core.Step) -> _core.Step:
        """What the machine says while the function runs."""
        while step.action == "apply":
            step = self._apply(step)
        if step.action == "abortHandler":
            self.stop()
        return step

    def _beat_at(self, deadline: float | None) -> None:
        if deadline is None:
            return
        clock = self.host.clock
        with self._lock:
            if not self._over:
                self._call_off = call_in_thread(clock, max(0.0, deadline - clock.now()), self._beat)

    def _beat(self) -> None:
        with self._lock:
            if self._over:
                return
            step = self.tell(DUE)
        self._beat_at(self._do(step).deadline)

    def _stop_beating(self) -> None:
        with self._lock:
            self._over = True
            call_off = self._call_off
        if call_off is not None:
            call_off()
