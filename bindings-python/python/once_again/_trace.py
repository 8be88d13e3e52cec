"""Which trace a call belongs to: OpenTelemetry's, or whatever the program says, or its own."""

from __future__ import annotations

import sys
from contextvars import ContextVar

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

trace_id: ContextVar[str | None] = ContextVar("once_again.trace_id", default=None)
"""What log lines show as ``trace_id`` where OpenTelemetry has no span: set it per request. Unset: a UUID per call."""


def current() -> str:
    """The id of the trace that goes on here; a new UUID where there is none."""
    span = _span()
    if span is not None:
        return format(span.get_span_context().trace_id, "032x")
    return trace_id.get() or _new()


def of_headers(headers: Mapping[str, str]) -> str | None:
    """The id of the trace that a request is a part of: of its ``traceparent`` (W3C), else its ``x-request-id``."""
    parts = (headers.get("traceparent") or "").split("-")
    if len(parts) >= 4 and len(parts[1]) == 32 and parts[1].strip("0"):
        return parts[1]
    return headers.get("x-request-id") or None


def add_event(name: str, attributes: dict[str, Any]) -> None:
    """Notes something in the current span, if there is one that is recorded."""
    span = _span()
    if span is not None and span.is_recording():
        span.add_event(name, attributes)


def _span() -> Any:
    """OpenTelemetry's current span: none unless the program imported OpenTelemetry and is inside one."""
    get_current_span = getattr(sys.modules.get("opentelemetry.trace"), "get_current_span", None)
    if get_current_span is None:
        return None
    span = get_current_span()
    return span if span.get_span_context().is_valid else None


def _new() -> str:
    from uuid import uuid4

    return str(uuid4())
