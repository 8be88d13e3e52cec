"""`RetryBudget`: tokens that many calls share, so that their retries never become a storm."""

from __future__ import annotations

from . import _core
from ._clock import clock_of
from ._options import fields_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from typing_extensions import Unpack

    from ._clock import SystemClock
    from ._types import BudgetFields, BudgetOption, BudgetStats, Clock


class RetryBudget:
    """Limits the retries of many calls together: calls deposit, retries withdraw, and without tokens there is no retry.

    A dependency that is down sees at most (1 + ``ratio``) · calls + ``reserve_per_second`` · seconds + ``capacity``
    requests, however many attempts the policies allow. Give one object to everything that calls the same dependency;
    threads and tasks share it freely::

        budget = RetryBudget(ratio=0.1)


        @retry_kernel_task(budget=budget)
        def read(task): ...

    A retry that is refused ends its call with a `MaxRetriesExceeded` whose ``reason`` is ``budget``.

    Args:
        rules: The name of a preset, or the fields below as a mapping. ``default`` and ``finagle``: one retry for five
            calls, and ten a second. ``grpc`` (gRFC A6): a token for each failure, nothing retried at or under half.
            ``aws`` (the SDKs' standard mode): 500 tokens, 5 for a retry, 10 after a time-out.
        clock: What the reserve goes by; default the machine's.
        fields: ``preset``, ``name``, ``capacity`` (1 to 1 000 000 tokens, also ``max_tokens``), ``ratio`` (tokens that
            a call deposits, 0 to 1 000, also ``token_ratio``), ``reserve_per_second``, ``deposit_on`` (``attempt`` or
            ``success``), ``withdraw_on`` (``retry`` or ``failure``), ``cost``, ``cost_per_kind``, ``gate`` (the share
            of ``capacity`` at or under which nothing is retried), ``refund_on_success``.

    Raises:
        ConfigError: a field is unknown, out of range or of the wrong type.
    """

    __slots__ = ("_clock", "_core")

    def __init__(
        self,
        rules: str | Mapping[str, Any] | None = None,
        /,
        *,
        clock: Clock | None = None,
        **fields: Unpack[BudgetFields],
    ) -> None:
        self._core = _core.Budget(fields_of("rules", rules, fields) if fields else rules, "")
        self._clock = clock_of(clock)

    @classmethod
    def _own(cls, rules: Any, clock: Clock | SystemClock) -> RetryBudget:
        """One that somebody makes of his option ``budget``."""
        budget = cls.__new__(cls)
        budget._core = _core.Budget(rules, "budget.")
        budget._clock = clock
        return budget

    @property
    def name(self) -> str:
        """The name in statistics."""
        return self._core.name

    @property
    def config(self) -> dict[str, Any]:
        """Every rule with the value that applies."""
        return self._core.fields()

    @property
    def tokens(self) -> float:
        """Tokens there are now, to the millionth."""
        return self.stats()["tokens"]

    def stats(self) -> BudgetStats:
        """Tokens and counts: ``tokens``, ``capacity``, ``deposits``, ``retries``, ``refused``, ``returned``."""
        stats: BudgetStats = self._core.stats(self._clock.now())  # type: ignore[assignment]
        return stats

    def __repr__(self) -> str:
        return f"<RetryBudget {self.name!r} {self.tokens:g} of {self.config['capacity']}>"


class Purse:
    """What one call takes from its budget for a retry."""

    __slots__ = ("_budget", "_held")

    def __init__(self, budget: RetryBudget) -> None:
        self._budget = budget
        self._held = 0.0

    def failed(self, verdict: int, step: float | str) -> float | str:
        """What follows a failure for which the policy decided on ``step``."""
        budget = self._budget
        step, self._held = budget._core.failed(budget._clock.now(), verdict, step, self._held)
        return step

    def returned(self) -> None:
        """The retry never started."""
        self._budget._core.returned(self._held)
        self._held = 0.0

    def succeeded(self) -> None:
        """The retry succeeded."""
        self._budget._core.succeeded(self._held)
        self._held = 0.0


def budget_of(option: BudgetOption | None, clock: Clock | SystemClock) -> RetryBudget | None:
    """The budget that the option ``budget`` means: one to share, or one of rules, of a preset's name, of true."""
    if option is None or option is False:
        return None
    return option if isinstance(option, RetryBudget) else RetryBudget._own(option, clock)


def deposits_of(budget: RetryBudget | None) -> tuple[Callable[[], None] | None, Callable[[], None] | None]:
    """What is called when a call begins, and when it succeeds at once: one of them, if there is a budget."""
    if budget is None:
        return None, None
    deposit = budget._core.deposit
    return (None, deposit) if budget._core.watches_success else (deposit, None)
