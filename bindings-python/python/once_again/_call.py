"""One call after its first failure: asks core what follows."""

from __future__ import annotations

from . import _core, _log
from ._account import Account
from .budget import Purse
from .errors import CircuitOpenError, ConfigError, MaxRetriesExceeded
from .events import FailedAttempt

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ._plan import Names, Plan


class Call(Account):
    """The state of one call. It belongs to that call alone."""

    __slots__ = ("_bits", "_core", "_purse", "final", "is_timed")

    _bits: int
    """The verdict on the last failure."""
    is_timed: bool
    """Whether the call as a whole has a limit."""
    final: Exception
    """What to raise, once `failed` gave no delay or `wait` no time."""

    def __init__(self, plan: Plan, names: Names, started: float) -> None:
        self._open(plan, names, started)
        self._core = plan.policy.begin(started)
        self._purse = None if plan.budget is None else Purse(plan.budget)
        self.is_timed = plan.is_timed

    def begins(self) -> None:
        deposit = self.plan.deposit_on_begin
        if deposit is not None and not self._made:
            deposit()
        super().begins()

    def succeeded(self) -> None:
        deposit = self.plan.deposit_on_success
        if self._made:
            if self._purse is not None:
                self._purse.succeeded()
        elif deposit is not None:
            deposit()
        super().succeeded()

    def wait(self, delay: float) -> bool:
        """Waits for the next attempt: whether there is still time for it."""
        if delay:
            try:
                self.plan.clock.sleep(delay)
            except BaseException:
                self._give_back()
                raise
        return not self.is_timed or self._is_in_time()

    async def async_wait(self, delay: float) -> bool:
        """Waits for the next attempt: whether there is still time for it."""
        if delay:
            try:
                await self.plan.clock.async_sleep(delay)
            except BaseException:
                self._give_back()
                raise
        return not self.is_timed or self._is_in_time()

    def _is_in_time(self) -> bool:
        """Ends the call if its time is over: a sleep may have ended late, and what cannot end in time is not begun."""
        if self.plan.policy.time_left(self._started, self.plan.clock.now()) != 0:
            return True
        self._give_back()
        error, kind, _, at = self._failures[-1]
        self._failures[-1] = (error, kind, None, at)
        self.final = self._give_up(error, "deadline")
        return False

    def _give_back(self) -> None:
        """The retry was paid for and never starts."""
        if self._purse is not None:
            self._purse.returned()

    def wants_credentials(self) -> bool:
        """Whether the last failure asks for new credentials before the next attempt."""
        return _core.wants_credentials(self._bits)

    def failed(self, error: Exception) -> float | None:
        """An attempt failed: the seconds to wait before the next one, or none when it is over.

        It does not raise by itself: an error raised where it is also a local variable keeps itself alive.
        """
        plan = self.plan
        try:
            (bits, retry, kind), retry_after = plan.classifier.judge(error)
        except Exception as broken:
            # A function of the caller's own failed: its error must not hide the one it was asked about.
            broken.__context__ = broken.__context__ or error
            raise
        draw = plan.random.getrandbits(32) if plan.drawn else 0
        now = plan.clock.now()
        slot = plan.slot(self._service, self._operation) if plan.spreads else 0
        if plan.consults:
            step, bits = self._consult(error, now, bits, retry_after, draw, slot)
        else:
            step = self._core.failed(now, bits, retry_after, None, draw, slot)
        if self._purse is not None:
            # Last of all: a budget takes what it grants.
            step = self._purse.failed(bits, step)
        self._bits = bits
        if isinstance(step, str):
            self._add(error, kind, None, now)
            if self.is_heard:
                self._tell_failure(retry)
            self.final = self._give_up(error, step)
            return None
        self._add(error, kind, step, now)
        if self.is_heard:
            self._tell_failure(retry)
        if plan.on_retry is not None:
            _log.quietly(plan.on_retry, self._event(None))
        return step

    def _consult(
        self, error: Exception, now: float, bits: int, retry_after: float | None, draw: int, slot: int
    ) -> tuple[float | str, int]:
        """What follows by core and then by the caller's own functions, who are asked only if core would go on."""
        plan, attempt = self.plan, self._made + 1
        trial = self._core.copy()
        step = trial.failed(now, bits, retry_after, None if plan.backoff is None else 0.0, draw, slot)
        if isinstance(step, str):
            self._core = trial
            return step, bits
        custom = None
        try:
            if not all(agrees(error, attempt) for agrees in plan.conditions):
                bits = _core.veto(bits)
            elif plan.backoff is not None:
                custom = _seconds(plan.backoff(attempt, plan.initial_delay))
        except Exception as broken:
            broken.__context__ = broken.__context__ or error
            raise
        return self._core.failed(now, bits, retry_after, custom, draw, slot), bits

    def _give_up(self, error: Exception, reason: str) -> Exception:
        """Tells everybody, and answers what the caller gets."""
        plan, attempts = self.plan, self._made
        self._tell_end(reason)
        if plan.policy.is_dead_letter(self._bits):
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
            for number, (failure, kind, delay, at) in enumerate(self._failures, attempts - len(self._failures) + 1)
        )
        exceeded = MaxRetriesExceeded(self._operation, attempts, history[-1].elapsed, reason, history)
        exceeded.__cause__ = error
        return exceeded


def _seconds(delay: Any) -> float:
    """What a custom backoff answered.

    Raises:
        ConfigError: it is no delay.
    """
    if isinstance(delay, (int, float)) and delay >= 0:
        return float(delay)
    shown = repr(delay) if isinstance(delay, (int, float)) else f"an object of type {type(delay).__name__}"
    raise ConfigError("custom_backoff", shown, "a function that gives a number of seconds, 0 or more")
