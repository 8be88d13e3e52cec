"""Options of the middlewares, for type checkers. Ranges and defaults are core's."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Literal, TypedDict

from once_again._types import Clock, Random, Seconds
from once_again.events import IdempotencyNotice
from once_again.idempotency import IdempotencyCounters

class HttpOptions(TypedDict, total=False):
    """What both middlewares take."""

    store: Any
    ttl: Seconds
    ttl_ms: float
    header_name: str
    key_prefix: str
    methods: Sequence[str]
    missing_key: Literal["derive", "pass", "require"]
    derived_window: Seconds
    conflict: Literal["reject", "wait"] | Mapping[str, Seconds]
    lease: Seconds | Literal[False]
    renew_every: Seconds
    max_run: Seconds
    max_tx: Seconds
    on_orphan: Literal["reexecute", "fail"]
    max_takeovers: int
    on_5xx: Literal["retry", "keep", "forget", "unknown"]
    profile: Literal["default", "stripe_v1", "success_only", "at_most_once"]
    max_body_bytes: int
    max_request_bytes: int
    principal_cookies: Sequence[str]
    handler_timeout: Seconds
    store_timeout: Seconds
    complete_timeout: Seconds
    fail_open: bool
    include_body_in_fingerprint: bool
    fingerprint: Mapping[str, Sequence[str]]
    fingerprint_headers: Sequence[str]
    expose_headers: bool
    max_records: int
    max_bytes: int
    when_full: Literal["refuse", "evictCompleted"]
    counters: IdempotencyCounters
    on_unprotected: Callable[[IdempotencyNotice], object]
    on_lost_completion: Callable[[IdempotencyNotice], object]
    clock: Clock
    random: Random

class AsgiOptions(HttpOptions, total=False):
    """What the ASGI middleware takes."""

    principal: Callable[[Any], str | bytes | int | Awaitable[str | bytes | int | None] | None]

class WsgiOptions(HttpOptions, total=False):
    """What the WSGI middleware takes."""

    principal: Callable[[Any], str | int | None]
