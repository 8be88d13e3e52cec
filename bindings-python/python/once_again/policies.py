"""The named policies of the Q ecosystem, and how one is chosen."""

from __future__ import annotations

from . import _core
from ._options import wrong
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
        retry_policy: RetryConfig | str | Mapping[str, Any] | None = None,
        criticality: Criticality | None = None,
        module: str | None = None,
        real_time: bool = False,
        user_facing: bool = False,
    ) -> RetryConfig:
        """The policy meant when several things are said about a call.

        First wins: ``retry_policy`` (a configuration, a preset's name or fields, over STANDARD), a criticality of
        CRITICAL or HIGH, a module that is conservative, ``real_time``, a criticality of MEDIUM or LOW, ``module``,
        STANDARD. ``user_facing`` changes no number of attempts; it lowers ``total_timeout`` to 10 s, unless
        ``retry_policy`` gave one.
        """
        own = retry_policy if isinstance(retry_policy, RetryConfig) else None
        said = {
            "retry_policy": retry_policy if own is None else own.fields(),
            "criticality": criticality,
            "module": module,
            "real_time": real_time,
            "user_facing": user_facing,
        }
        chosen = RetryConfig.of_spec(_core.RetrySpec.chosen(said))
        # Functions are in no text that core could read.
        return chosen if own is None else own.over(chosen)

    @staticmethod
    def create_custom(**fields: Unpack[RetryFields]) -> RetryConfig:
        """STANDARD with these fields."""
        return RetryConfig(**fields).over(RetryPolicyManager.STANDARD)

    @staticmethod
    def validate(given: RetryConfig | str | None = None, /, **fields: Unpack[RetryFields]) -> list[str]:
        """What is accepted in these fields although it has no effect.

        Args:
            given: A configuration, or the name of a preset.
            fields: What is changed in it.

        Raises:
            ConfigError: a field is unknown or out of range, or the fields contradict one another.
        """
        if not isinstance(given, (RetryConfig, str, type(None))):
            raise wrong("given", given, "a RetryConfig, or the name of a preset")
        config = RetryConfig.preset(given) if isinstance(given, str) else given
        own = RetryConfig(**fields)
        return (own if config is None else own.over(config)).validate()
