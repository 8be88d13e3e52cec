"""What a function returned or raised, as the text under which every language keeps it."""

from __future__ import annotations

import json
from math import isfinite

from once_again import _core
from once_again._classify import message_of, sign_of
from once_again.errors import (
    IdempotencyError,
    InProgressError,
    KeyReusedError,
    NotReplayableError,
    OutcomeUnknownError,
    ReplayedError,
    StoreFullError,
    StoreUnavailableError,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from once_again._types import Codec

# Deeper than any result, and where a cycle ends.
_DEEPEST = 128


def result_text(value: Any, codec: Codec | None) -> str | None:
    """The text of a result; none when reading it back would give something else."""
    if codec is not None:
        return codec.encode(value)
    return json.dumps(value, separators=(",", ":")) if _is_json(value, 0) else None


def read_result(text: str, codec: Codec | None) -> Any:
    """The value of a result's text. An empty one is JavaScript's `undefined`."""
    if codec is not None:
        return codec.decode(text)
    return _core.read_json(text) if text else None


def _is_json(value: Any, depth: int) -> bool:
    """Whether JSON returns just this: a tuple would come back as a list, an enumeration as its value."""
    kind = type(value)
    if value is None or kind in (str, bool, int):
        return True
    if kind is float:
        return isfinite(value)
    if depth >= _DEEPEST:
        return False
    if kind is list:
        return all(_is_json(item, depth + 1) for item in value)
    return kind is dict and all(type(name) is str and _is_json(item, depth + 1) for name, item in value.items())


def error_text(error: Exception) -> str:
    """An error as it is kept: what its catcher may look at."""
    kept: dict[str, Any] = {"name": type(error).__name__, "message": message_of(error)}
    code = sign_of(error, "code")
    if isinstance(code, (str, int)):
        kept["code"] = code
    return json.dumps(kept)


def read_error(text: str) -> Exception:
    """The error that an earlier call raised: of its own class where that is a built-in one."""
    import builtins

    kept = json.loads(text)
    name, message = str(kept.get("name", "Error")), str(kept.get("message", ""))
    kind = getattr(builtins, name, None)
    error: Exception | None = None
    if isinstance(kind, type) and issubclass(kind, Exception):
        try:
            error = kind(message)
        except TypeError:
            pass  # one of those that want more than a message
    if error is None:
        return ReplayedError(name, message)
    if "code" in kept:
        error.code = kept["code"]  # type: ignore[attr-defined]
    return error


def refusal(step: _core.Step) -> IdempotencyError:
    """The error of a call that has no end to tell of."""
    detail = step.detail or ""
    match step.code:
        case "IDEMPOTENCY_KEY_REUSED":
            return KeyReusedError(detail)
        case "IDEMPOTENCY_IN_PROGRESS":
            return InProgressError(detail)
        case "IDEMPOTENCY_OUTCOME_UNKNOWN":
            return OutcomeUnknownError(detail)
        case "IDEMPOTENCY_NOT_REPLAYABLE":
            return NotReplayableError(detail)
        case "STORE_FULL":
            return StoreFullError(step.retry_after or 0.0)
    return StoreUnavailableError(detail)


def ended(step: _core.Step, codec: Codec | None) -> Any:
    """How another run of the call ended: its value, or its error raised.

    Raises:
        IdempotencyError: there is no end to tell of.
    """
    if step.how == "returned":
        return read_result(step.text or "", codec)
    if step.how == "threw":
        raise read_error(step.text or "{}")
    raise refusal(step)
