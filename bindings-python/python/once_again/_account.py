"""What happened in one call so far, and telling it: to hooks, the log, the metrics and the trace."""

from __future__ import annotations

from sys import modules as _modules

from . import _log, _metrics, _trace
from ._classify import message_of
from .events import RetryEvent, SuccessEvent

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ._plan import Names, Plan

    # The error, its kind, the seconds waited after it (none after the last), when it came.
    Failure = tuple[Exception, str, float | None, float]

# Of a call that fails for very long, only the last failures are kept.
_MOST_KEPT = 1_000
# Operations that were warned of; names made at run time must not fill the memory.
_MOST_WARNED = 1_000


class Account:
    """The attempts of one call, and everybody who hears of them."""

    __slots__ = (
        "_failures",
        "_logger",
        "_made",
        "_metrics",
        "_operation",
        "_service",
        "_started",
        "_trace_id",
        "is_heard",
        "plan",
    )

    _made: int
    """How many attempts have failed."""
    is_heard: bool
    """Whether anybody but a hook hears of this call."""

    def _open(self, plan: Plan, names: Names, started: float) -> None:
        self.plan = plan
        self._service, self._operation = names
        self._started = started
        self._failures: list[Failure] = []
        self._made = 0
        self._metrics = _metrics.current() if plan.metered and "prometheus_client" in _modules else None
        self._logger = None if plan.log_level == _log.NEVER else _log.current(plan.logger)
        self.is_heard = self._logger is not None or self._metrics is not None or "opentelemetry.trace" in _modules
        self._trace_id: str | None = None

    @property
    def operation(self) -> str:
        """The operation's name."""
        return self._operation

    @property
    def attempt(self) -> int:
        """The number of the attempt that is made now or comes next, from 1."""
        return self._made + 1

    def belongs_to(self, trace_id: str | None) -> None:
        """Says which trace the call is a part of, where its request does."""
        self._trace_id = trace_id

    def begins(self) -> None:
        """An attempt begins."""
        if self._logger is not None:
            self._write(_log.DEBUG, "attempt", attempt=self.attempt, delay=None, error=None)

    def succeeded(self) -> None:
        """The attempt succeeded, and with it the call."""
        plan, attempts = self.plan, self._made + 1
        if self.is_heard and self._made:
            self._write(_log.INFO, "success_after_retry", attempt=attempts, delay=None, error=None)
            _trace.add_event("retry.attempt", {"attempt": attempts})
        if plan.on_success is None and self._metrics is None:
            return
        elapsed = plan.clock.now() - self._started
        if self._metrics is not None:
            self._metrics.attempt(self._service, self._operation, attempts)
            self._metrics.success(self._service, self._operation, attempts, elapsed)
        if plan.on_success is not None:
            _log.quietly(plan.on_success, SuccessEvent(self._operation, self._service, attempts, elapsed))

    def unsaved(self, error: Exception) -> None:
        """The call succeeded, but its checkpoint could not be saved."""
        self._write(_log.ERROR, "checkpoint_not_saved", attempt=None, error=self._shown(error))
        if self._metrics is not None:
            self._metrics.unsaved(self._service, self._operation)

    def _add(self, error: Exception, kind: str, delay: float | None, at: float) -> None:
        """An attempt failed."""
        self._made += 1
        if self._made > _MOST_KEPT:
            del self._failures[0]
        self._failures.append((error, kind, delay, at))

    def _tell_failure(self, retryable: bool) -> None:
        """The last failure, for metrics, the trace and the log."""
        plan = self.plan
        _, kind, delay, _ = self._failures[-1]
        attempt = self._made
        if self._metrics is not None:
            self._metrics.attempt(self._service, self._operation, attempt)
        _trace.add_event("retry.attempt", {"attempt": attempt, "delay": delay or 0.0, "kind": kind})
        if self._logger is None:
            return
        if plan.log_level <= _log.DEBUG:
            self._write(_log.DEBUG, "classified", delay=None, kind=kind, retryable=retryable)
            if delay is not None:
                self._write(_log.DEBUG, "backoff")
        if kind == "Unknown" and self._operation not in plan.warned and len(plan.warned) < _MOST_WARNED:
            plan.warned.add(self._operation)
            self._write(_log.WARNING, "unknown_error")
        if delay is not None:
            self._write(_log.WARNING, "retry")

    def _tell_end(self, reason: str) -> None:
        _, kind, _, at = self._failures[-1]
        if reason != "not_retryable" or self._made > 1:
            self._write(_log.ERROR, "give_up")
        if self._metrics is not None:
            self._metrics.failure(self._service, self._operation, kind, at - self._started)
        if self.plan.on_give_up is not None:
            _log.quietly(self.plan.on_give_up, self._event(reason))

    def _bury(self) -> None:
        """The call is a dead letter."""
        plan = self.plan
        if self._metrics is not None:
            self._metrics.dead_letter(self._service, self._operation)
        if plan.dead_letter is not None or plan.letters is not None:
            from .dead_letter import bury

            error, kind, _, at = self._failures[-1]
            self._write(_log.ERROR, "dead_letter")
            _log.quietly(bury, self, error, kind, at - self._started)

    def _event(self, reason: str | None) -> RetryEvent:
        error, kind, delay, at = self._failures[-1]
        return RetryEvent(
            self._operation,
            self._service,
            self._made,
            error,
            kind,
            delay,
            at - self._started,
            reason,
        )

    def _write(self, level: int, event: str, **changes: object) -> None:
        """A log line about the last failure, where ``changes`` do not say otherwise."""
        plan = self.plan
        logger = self._logger
        if logger is None or level < plan.log_level or not _log.wants(logger, level):
            return
        error, kind, delay, _ = self._failures[-1] if self._failures else (None, "", None, 0.0)
        self._trace_id = self._trace_id or _trace.current()
        fields = {
            "event": event,
            "service": self._service,
            "operation": self._operation,
            "attempt": self._made,
            "delay": delay,
            "error": None if error is None else f"{kind}: {self._shown(error)}",
            "trace_id": self._trace_id,
            **changes,
        }
        _log.write(logger, level, plan.clock.wall_now(), fields)

    def _shown(self, error: Exception) -> str:
        name = type(error).__name__
        return f"{name}: {message_of(error)}" if self.plan.log_messages else name
