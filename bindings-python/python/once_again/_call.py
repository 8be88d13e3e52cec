"""One call after its first failure: asks core what follows."""

from __future__ import annotations

from . import _core, _log
from ._account import Account
from .budget import Purse
from .errors import CircuitOpenError, MaxRetriesExceeded
from .events import FailedAttempt

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ._plan import Names, Plan


class Call(Account):
    """The state of one call. It belongs to that call alone."""

    __slots__ = ("_core", "_purse", "final")

    final: Exception
    """What to raise, once `failed` gave no delay."""

    def __init__(self, plan: Plan, names: Names, started: float) -> None:
        self._open(plan, names, started)
        self._core = plan.policy.begin(started)
        self._purse = None if plan.budget is None else Purse(plan.budget)

    def begins(self) -> None:
        deposit = self.plan.deposit_on_begin
        if deposit is not None and not self._failures:
            deposit()
        super().begins()

    def succeeded(self) -> None:
        deposit = self.plan.deposit_on_success
        if self._failures:
            if self._purse is not None:
                self._purse.succeeded()
        elif deposit is not None:
            deposit()
        super().succeeded()

    def sleep(self, delay: float) -> None:
        """Waits for the next attempt."""
        try:
            self.plan.clock.sleep(delay)
        except BaseException:
            self._give_back()
            raise

    async def async_sleep(self, delay: float) -> None:
        """Waits for the next attempt."""
        try:
            await self.plan.clock.async_sleep(delay)
        except BaseException:
            self._give_back()
            raise

    def _give_back(self) -> None:
        """The retry was paid for and never starts."""
        if self._purse is not None:
            self._purse.returned()

    def failed(self, error: Exception) -> float | None:
        """An attempt failed: the seconds to wait before the next one, or none when it is over.

        It does not raise by itself: an error raised where it is also a local variable keeps itself alive.
        """
        plan = self.plan
        try:
            (bits, retry, kind), retry_after = plan.classifier.judge(error)
            attempt = len(self._failures) + 1
            if retry and plan.conditions and not all(agrees(error, attempt) for agrees in plan.conditions):
                bits = _core.veto(bits)
            custom = None if plan.backoff is None else float(plan.backoff(attempt, plan.initial_delay))
        except Exception as broken:
            # A function of the caller's own failed: its error must not hide the one it was asked about.
            broken.__context__ = broken.__context__ or error
            raise
        draw = plan.random.getrandbits(32) if plan.drawn else 0
        now = plan.clock.now()
        slot = plan.slot(self._service, self._operation) if plan.spreads else 0
        step = self._core.failed(now, bits, retry_after, custom, draw, slot)
        if self._purse is not None:
            # Last of all: a budget takes what it grants.
            step = self._purse.failed(bits, step)
        if isinstance(step, str):
            self._failures.append((error, kind, None, now))
            if self.is_heard:
                self._tell_failure(retry)
            self.final = self._give_up(error, step, bits)
            return None
        self._failures.append((error, kind, step, now))
        if self.is_heard:
            self._tell_failure(retry)
        if plan.on_retry is not None:
            _log.quietly(plan.on_retry, self._event(None))
        return step

    def _give_up(self, error: Exception, reason: str, bits: int) -> Exception:
        """Tells everybody, and answers what the caller gets."""
        plan, attempts = self.plan, len(self._failures)
        self._tell_end(reason)
        if plan.policy.is_dead_letter(bits):
            self._bury()
        if reason == "not_retryable":
            if isinstance(error, CircuitOpenError) and attempts > 1:
                # Why the breaker is open: the failure before.
                error.__cause__ = self._failures[-2][0]
            return error
        if plan.reraise:
            return error
        history = tuple(
            FailedAttempt(number, failure, kind, delay, at - self._started)
            for number, (failure, kind, delay, at) in enumerate(self._failures, 1)
        )
        exceeded = MaxRetriesExceeded(self._operation, attempts, history[-1].elapsed, reason, history)
        exceeded.__cause__ = error
        return exceeded
