"""The named policies of the Q ecosystem, and how one is chosen."""

from __future__ import annotations

from . import _core
from .config import RetryConfig

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, Literal

    from typing_extensions import Unpack

    from ._types import RetryFields

    Criticality = Literal["CRITICAL", "HIGH", "MEDIUM", "LOW"]


class RetryPolicyManager:
    """Policies with a name, as `RetryConfig`: give one as ``config=``, or to `RetryPolicy`."""

    CONSERVATIVE = RetryConfig.preset("q.conservative")
    """As few retries as possible, for payments and other critical calls: 2 attempts, 1 s to 30 s."""
    STANDARD = RetryConfig.preset("q.standard")
    """For most calls: 3 attempts, 0.1 s to 10 s."""
    AGGRESSIVE = RetryConfig.preset("q.aggressive")
    """For calls that may as well be made again: 5 attempts, 0.05 s to 10 s."""
    FAST = RetryConfig.preset("q.fast")
    """For real-time calls: 3 attempts, 0.025 s to 1 s."""
    NO_RETRY = RetryConfig.preset("q.no_retry")
    """One attempt."""

    @staticmethod
    def for_module(module: str) -> RetryConfig:
        """The policy for a module of the Q ecosystem (``qwallet``, ``qdrive``…); an unknown one gets STANDARD."""
        return RetryPolicyManager.choose(module=module)

    @staticmethod
    def for_criticality(criticality: Criticality) -> RetryConfig:
        """The policy for CRITICAL, HIGH, MEDIUM or LOW."""
        return RetryPolicyManager.choose(criticality=criticality)

    @staticmethod
    def choose(
        *,
        retry_policy: str | Mapping[str, Any] | None = None,
        criticality: Criticality | None = None,
        module: str | None = None,
        real_time: bool = False,
        user_facing: bool = False,
    ) -> RetryConfig:
        """The policy meant when several things are said about a call.

        First wins: ``retry_policy`` (a preset's name or fields, over STANDARD), a criticality of CRITICAL or HIGH, a
        module that is conservative, ``real_time``, a criticality of MEDIUM or LOW, ``module``, STANDARD.
        ``user_facing`` changes no number of attempts; it lowers ``total_timeout`` to 10 s.
        """
        said = {
            "retry_policy": retry_policy,
            "criticality": criticality,
            "module": module,
            "real_time": real_time,
            "user_facing": user_facing,
        }
        return RetryConfig.of_spec(_core.RetrySpec.chosen(said))

    @staticmethod
    def create_custom(**fields: Unpack[RetryFields]) -> RetryConfig:
        """STANDARD with these fields."""
        return RetryConfig(**fields).over(RetryPolicyManager.STANDARD)
