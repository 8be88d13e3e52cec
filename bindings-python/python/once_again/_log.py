"""Events as the retry policy standards write them: one JSON line each, on the logger ``once_again``.

Nobody listens unless the program set up logging, so nothing is built, or even imported, until it did.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from logging import Logger
    from typing import Any

# The numbers of `logging`, which is not imported for them; nothing is as loud as NEVER.
INFO, WARNING, ERROR, NEVER = 20, 30, 40, 1000
LEVELS = {"debug": 10, "info": INFO, "warning": WARNING, "error": ERROR}
_NAMES = {number: name.upper() for name, number in LEVELS.items()}
_logger: Logger | None = None


def listening(level: int, logger: Logger | None) -> Logger | None:
    """The given logger, or our own, if an event of ``level`` would reach anybody."""
    global _logger
    if logger is not None:
        return logger if logger.isEnabledFor(level) else None
    if (logger := _logger) is None:
        if (logging := sys.modules.get("logging")) is None:
            return None
        _logger = logger = logging.getLogger("once_again")
    # Without a handler, Python would print warnings to stderr: a library stays silent.
    return logger if logger is not None and logger.isEnabledFor(level) and logger.hasHandlers() else None


def write(logger: Logger, level: int, wall_now: float, fields: dict[str, Any]) -> None:
    """One event as one JSON line."""
    import json
    from datetime import datetime, timezone

    timestamp = datetime.fromtimestamp(wall_now, timezone.utc).isoformat(timespec="milliseconds")
    line = {
        "timestamp": timestamp.replace("+00:00", "Z"),
        "level": _NAMES[level],
        **fields,
    }
    logger.log(level, "%s", json.dumps(line))


def quietly(hook: Callable[..., object], *args: object) -> None:
    """Calls a hook of the user's; what it raises is logged and never hides what the hook was told of."""
    try:
        hook(*args)
    except Exception:
        complain(hook)


def complain(function: Callable[..., object]) -> None:
    """Logs the error, now being handled, of a function of the user's that nobody else would hear of."""
    import logging

    logging.getLogger("once_again").exception("a function given to once_again failed: %r", function)


def new_trace_id() -> str:
    """A UUID for one call."""
    from uuid import uuid4

    return str(uuid4())
