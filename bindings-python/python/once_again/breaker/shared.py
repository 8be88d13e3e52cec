"""A breaker whose state lives in Redis: carries what core asks for there, and hands the answers back."""

from __future__ import annotations

from _thread import allocate_lock

from once_again import _core

from .courier import courier_of
from .permit import IGNORED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .gate import Gate

    Decided = tuple[int, int, int, str, float]


class Errand:
    """A request under way. Whoever takes it first, its answer or the end of patience, says what became of it."""

    __slots__ = ("_once", "deadline", "decided", "orphaned", "request", "wake")

    def __init__(self, request: _core.SharedRequest, now: float, wake: Callable[[], object] | None) -> None:
        self.request = request
        self.deadline = now + request.timeout
        # A claim's: who waits for the decision, and the decision.
        self.wake = wake
        self.decided: Decided | None = None
        self.orphaned = False
        self._once = [None]

    def take(self) -> bool:
        """Whether nobody has taken it yet."""
        try:
            self._once.pop()
        except IndexError:
            return False
        return True


class Shared:
    """One breaker's part in what several processes share.

    Nothing here has a timer. What is not answered in time is given up at the breaker's next event; only who waits for
    a probe waits by the clock.
    """

    __slots__ = ("_courier", "_errands", "_gate", "_link", "_lock")

    def __init__(self, gate: Gate, client: Any) -> None:
        self._courier = courier_of(client)
        self._link = _core.Link(gate.core)
        self._gate = gate
        self._errands: set[Errand] = set()
        self._lock = allocate_lock()

    @property
    def attached(self) -> bool:
        """Whether Redis answers."""
        return self._link.attached

    def ask(self, now: float) -> tuple[Any, ...]:
        """As `_core.Breaker.admit`; an epoch of None means `claim`, with the request in the place of the wait."""
        return self._ask(now, self._courier.blocks)

    def ask_async(self, now: float) -> tuple[Any, ...]:
        """As `ask`, for `claim_async`."""
        return self._ask(now, True)

    def _ask(self, now: float, waits: bool) -> tuple[Any, ...]:
        decided, request, change, awake = self._link.admit(now, waits)
        if awake or self._errands:
            self._tend(now)
        if decided is None:
            return (None, 0, 0, "", request, change)
        return (*decided, change)

    def settle(self, *numbers: Any) -> tuple[str, tuple[str, str] | None, bool]:
        """As `_core.Breaker.settle`."""
        verdict, change, would_open, awake = self._link.settle(*numbers)
        if awake:
            self._tend(numbers[5])
        return verdict, change, would_open

    def claim(self, request: _core.SharedRequest) -> Decided:
        """What Redis says to a probe, or what this process says when Redis takes too long."""
        from threading import Event

        answered = Event()
        errand = self._send(request, self._gate.clock.now(), answered.set)
        try:
            if not answered.wait(request.timeout):
                self._done(errand, None, TimeoutError("Redis did not answer a claim in time"))
                answered.wait()
        except BaseException:
            self._orphan(errand)
            raise
        assert errand.decided is not None, "a claim is always decided"
        return errand.decided

    async def claim_async(self, request: _core.SharedRequest) -> Decided:
        """As `claim`, without blocking the event loop."""
        from asyncio import get_running_loop, wait

        loop = get_running_loop()
        answered = loop.create_future()

        def end() -> None:
            if not answered.done():
                answered.set_result(None)

        def wake() -> None:
            try:
                loop.call_soon_threadsafe(end)
            except RuntimeError:
                pass  # the loop was closed, and nobody waits any more

        errand = self._send(request, self._gate.clock.now(), wake)
        try:
            await wait([answered], timeout=request.timeout)
            if not answered.done():
                self._done(errand, None, TimeoutError("Redis did not answer a claim in time"))
                await answered
        except BaseException:
            self._orphan(errand)
            raise
        assert errand.decided is not None, "a claim is always decided"
        return errand.decided

    def _tend(self, now: float) -> None:
        """Gives up what has taken too long, and sends what is to be sent."""
        with self._lock:
            overdue = [errand for errand in self._errands if now >= errand.deadline]
        for errand in overdue:
            self._done(errand, None, TimeoutError("Redis did not answer in time"))
        while (request := self._link.poll(now)) is not None:
            self._send(request, now, None)

    def _send(self, request: _core.SharedRequest, now: float, wake: Callable[[], object] | None) -> Errand:
        errand = Errand(request, now, wake)
        with self._lock:
            self._errands.add(errand)
        self._courier.carry(request, lambda answer, error: self._done(errand, answer, error))
        return errand

    def _done(self, errand: Errand, answer: str | None, error: Exception | None) -> None:
        """Redis answered, or did not."""
        gate = self._gate
        if not errand.take():
            if answer is not None:
                self._link.late(errand.request, answer)
            return
        now = gate.clock.now()
        if answer is None:
            decided, change, attached, awake = self._link.lost(errand.request, now)
        else:
            decided, change, attached, awake = self._link.hear(errand.request, answer, now, gate.draw())
        with self._lock:
            self._errands.discard(errand)
            errand.decided = decided
            unwanted = errand.orphaned
        if change is not None:
            gate.changed(change)
        if attached is not None:
            gate.connected(attached, error)
        if unwanted:
            self._give_back(errand)
        elif errand.wake is not None:
            errand.wake()
        if awake:
            self._tend(now)

    def _orphan(self, errand: Errand) -> None:
        """Nobody waits for a claim any more: a probe it brings says nothing."""
        with self._lock:
            errand.orphaned = True
            decided = errand.decided
        if decided is not None:
            self._give_back(errand)

    def _give_back(self, errand: Errand) -> None:
        if errand.decided is not None and errand.decided[0]:
            self._gate.settle(errand.decided[:3], IGNORED, 0.0, 0.0)
