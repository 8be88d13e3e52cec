"""Events as the retry policy standards write them: to structlog once the program configured it, else one JSON line each
on the logger ``once_again``.

Nobody listens unless the program set up one of them, so nothing is built, or even imported, until it did.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

# The numbers of `logging`, which is not imported for them; nothing is as loud as NEVER.
DEBUG, INFO, WARNING, ERROR, NEVER = 10, 20, 30, 40, 1000
LEVELS = {"debug": DEBUG, "info": INFO, "warning": WARNING, "error": ERROR}
_NAMES = {number: name for name, number in LEVELS.items()}
_logger: Any = None


def current(logger: Any) -> Any:
    """The given logger, or the program's own, if it set up one: somebody who may listen."""
    global _logger
    if logger is not None:
        return logger
    if (structlog := sys.modules.get("structlog")) is not None and _is_configured(structlog):
        return structlog.get_logger("once_again")
    if (logger := _logger) is None:
        if (logging := sys.modules.get("logging")) is None:
            return None
        _logger = logger = logging.getLogger("once_again")
    # Without a handler, Python would print warnings to stderr: a library stays silent.
    return logger if logger is not None and logger.hasHandlers() else None


def wants(logger: Any, level: int) -> bool:
    """Whether an event of ``level`` would reach anybody. One of structlog's loggers filters by itself."""
    return hasattr(logger, "bind") or logger.isEnabledFor(level)


def listening(level: int, logger: Any) -> Any:
    """The given logger, or the program's own, if an event of ``level`` would reach anybody."""
    found = current(logger)
    return found if found is not None and wants(found, level) else None


def write(logger: Any, level: int, wall_now: float, fields: dict[str, Any]) -> None:
    """One event: to structlog as it is, to anybody else as one JSON line."""
    from datetime import datetime, timezone

    timestamp = datetime.fromtimestamp(wall_now, timezone.utc).isoformat(timespec="milliseconds")
    name = _NAMES[level]
    line = {
        "timestamp": timestamp.replace("+00:00", "Z"),
        "level": name.upper(),
        **fields,
    }
    if hasattr(logger, "bind"):
        getattr(logger, name)(line.pop("event"), **line)
    else:
        import json

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


def _is_configured(structlog: Any) -> bool:
    # Not before: structlog prints to stdout until somebody says what it should do. It may also be half imported.
    is_configured: Callable[[], bool] | None = getattr(structlog, "is_configured", None)
    return is_configured is not None and is_configured()
