"""Types for type checkers. A stub without a module: ``typing`` takes as long to import as all the rest."""

from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from datetime import timedelta
from logging import Logger
from typing import Any, Concatenate, Literal, ParamSpec, Protocol, TypeAlias, TypedDict, TypeVar, overload

from typing_extensions import Required, Unpack

from .breaker import CircuitBreaker, CircuitBreakerRegistry, QueuedCall
from .budget import RetryBudget
from .config import RetryConfig
from .dead_letter import DeadLetter, DeadLetterQueue
from .errors import CircuitOpenError
from .events import IdempotencyNotice, RetryEvent, SuccessEvent
from .idempotency import IdempotencyCounters, IdempotencyStats, RetryContext

F = TypeVar("F", bound=Callable[..., Any])
P = ParamSpec("P")
Q = ParamSpec("Q")
R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)

Seconds: TypeAlias = float | timedelta
ErrorTypes: TypeAlias = type[BaseException] | Sequence[type[BaseException]]
ErrorTest: TypeAlias = ErrorTypes | Callable[[BaseException], object]
RetryTest: TypeAlias = type[Exception] | str | Callable[[Exception], object]
RetryTests: TypeAlias = RetryTest | Sequence[RetryTest]
Strategy: TypeAlias = Literal["fixed", "exponential", "linear", "fibonacci", "schedule", "custom"]
Jitter: TypeAlias = Literal["none", "full", "equal", "decorrelated", "deviation"]

class Clock(Protocol):
    """What ``clock=`` takes: times and sleeps in seconds."""

    def now(self) -> float:
        """A monotonic reading with an arbitrary origin."""
    def wall_now(self) -> float:
        """Seconds since the Unix epoch."""
    def sleep(self, seconds: float, /) -> object:
        """Blocks the calling thread."""
    def async_sleep(self, seconds: float, /) -> Awaitable[object]:
        """Suspends the calling asyncio task."""

class Random(Protocol):
    """What ``random=`` takes: a ``random.Random``, or anything with its ``getrandbits``."""

    def getrandbits(self, k: int, /) -> int:
        """``k`` uniform random bits."""

class DeadLetterStore(Protocol):
    """Where dead letters are kept."""

    def put(self, letter: DeadLetter, /) -> bool:
        """Keeps a letter, in place of one with the same id; false when there is no room."""
    def get(self, letter_id: str, /) -> DeadLetter | None:
        """The letter with this id."""
    def list(self, limit: int | None, /) -> list[DeadLetter]:
        """At most ``limit`` letters, the oldest first."""
    def remove(self, letter_id: str, /) -> bool:
        """Takes a letter out; false when it is not there."""

class StructuredLogger(Protocol):
    """What ``logger=`` takes besides ``logging``'s: one of structlog's."""

    def bind(self, **fields: Any) -> Any: ...

BudgetPreset: TypeAlias = Literal["default", "grpc", "aws", "finagle"]

class BudgetFields(TypedDict, total=False):
    """The fields of `RetryBudget`, under every name they have."""

    preset: BudgetPreset
    name: str
    capacity: int
    max_tokens: int
    ratio: float
    token_ratio: float
    reserve_per_second: float
    deposit_on: Literal["attempt", "success"]
    withdraw_on: Literal["retry", "failure"]
    cost: float
    cost_per_kind: Mapping[str, float]
    gate: float
    refund_on_success: bool

class BudgetStats(TypedDict):
    """What a budget has counted."""

    tokens: float
    capacity: float
    deposits: int
    retries: int
    refused: int
    returned: int

BudgetOption: TypeAlias = RetryBudget | BudgetFields | BudgetPreset | bool

class RetryFields(TypedDict, total=False):
    """The fields of `RetryConfig`, under every name they have in Python."""

    max_attempts: int
    strategy: Strategy
    initial_delay: Seconds
    base_delay: Seconds
    base: Seconds
    exponential_base: float
    multiplier: float
    backoff_multiplier: float
    max_delay: Seconds
    schedule: Sequence[Seconds]
    custom_backoff: Callable[[int, float], float]
    jitter: bool | Jitter
    jitter_type: bool | Jitter
    jitter_factor: float
    deviation: float
    jitter_max_deviation: float
    attempt_timeout: Seconds
    total_timeout: Seconds
    timeout: Seconds
    max_retry_after: Seconds
    on: RetryTests
    retry_on: RetryTests
    retryable_errors: RetryTests
    never_on: RetryTests
    permanent_errors: RetryTests
    retryable_status_codes: Sequence[int]
    per_kind: Mapping[str, Any]
    custom_conditions: Sequence[Callable[[Exception, int], object]]
    name: str
    operation_name: str
    operation_type: str
    tags: Mapping[str, str | float | bool]
    enable_circuit_breaker: bool
    enable_dead_letter: bool
    enable_metrics: bool
    enable_logging: bool
    log_level: Literal["debug", "info", "warning", "error"]
    log_messages: bool
    slot_count: int
    slot_width: Seconds
    coordination_enabled: bool
    require_coordination: bool
    idempotency_ttl: Seconds
    dead_letter_handler: Callable[[str, Exception, int, dict[str, Any]], object]
    dead_letter_store: DeadLetterQueue | DeadLetterStore
    budget: BudgetOption
    logger: Logger | StructuredLogger

class RetryOptions(RetryFields, total=False):
    """What a retry decorator takes: the fields, and what belongs to this process alone."""

    config: RetryConfig
    breaker: CircuitBreaker
    reraise: bool
    clock: Clock
    random: Random
    on_retry: Callable[[RetryEvent], object]
    on_give_up: Callable[[RetryEvent], object]
    on_success: Callable[[SuccessEvent], object]
    service_name: str
    instance: str

class ClientOptions(RetryOptions, total=False):
    """What an HTTP client takes: which requests get keys, breakers, credentials; and what a retry decorator takes."""

    auto_key: bool
    methods: Iterable[str]
    key_header: str
    breakers: CircuitBreakerRegistry | Mapping[str, Any] | str | bool
    refresh_auth: Callable[[], Any]
    read_bodies: bool

class HttpClientOptions(TypedDict, total=False):
    """What `IdempotentHttpClient` takes; durations in seconds."""

    base_url: str
    timeout: Seconds
    total_timeout: Seconds
    module: str
    criticality: Literal["CRITICAL", "HIGH", "MEDIUM", "LOW"]
    real_time: bool
    user_facing: bool
    retry_policy: RetryConfig | str | Mapping[str, Any]
    identity: Mapping[str, str]
    auto_key: bool
    circuit_breaker: CircuitBreaker | Mapping[str, Any] | str
    idempotency: Mapping[str, Any]
    transport: Any
    refresh_auth: Callable[[], Any]
    budget: BudgetOption
    clock: Clock
    random: Random
    logger: Logger | StructuredLogger
    on_retry: Callable[[RetryEvent], object]
    on_give_up: Callable[[RetryEvent], object]
    on_success: Callable[[SuccessEvent], object]

class RetryDecorator(Protocol):
    """Works bare and with arguments, on functions, methods and async functions."""

    @overload
    def __call__(self, function: F, /) -> F: ...
    @overload
    def __call__(self, **options: Unpack[RetryOptions]) -> Callable[[F], F]: ...

class HealthCheckFields(TypedDict, total=False):
    """An active probe of an open breaker: required ``probe``; ``interval`` (30 s), ``timeout`` (5 s)."""

    probe: Required[Callable[[], Any]]
    interval: Seconds
    timeout: Seconds

class BreakerFields(TypedDict, total=False):
    """The fields of `CircuitBreaker`: the threshold shape, or the rate shape."""

    name: str
    consecutive_failures: int | Literal[False]
    fallback_strategy: Literal["REJECT", "CACHE", "FALLBACK", "QUEUE"]
    fallback: Callable[[CircuitOpenError], Any]
    queue: Callable[[QueuedCall], object]
    health_check: HealthCheckFields
    probe_lease: Seconds
    half_open_max_wait: Seconds
    abandoned: Literal["failure", "ignored"]
    preset: str

    failure_threshold: int
    recovery_timeout: Seconds
    monitoring_window: Seconds
    half_open_max_calls: int

    window: Seconds | Literal["none"] | Mapping[str, float]
    failure_rate: float | Literal[False]
    minimum_calls: int
    minimum_failures: int
    failures_in_window: int | Literal[False]
    slow_call_duration: Seconds | Literal[False]
    slow_call_rate: float
    slow_minimum_calls: int
    open_wait: Seconds | Mapping[str, float]
    half_open: Mapping[str, Any]

class Codec(Protocol):
    """Writes and reads results that JSON would not return equal: dates, tuples, classes."""

    def encode(self, value: Any, /) -> str:
        """The text that is kept."""
    def decode(self, text: str, /) -> Any:
        """The value of a text that was kept."""

class IdempotentOptions(TypedDict, total=False):
    """What `idempotent` takes. Ranges and defaults are core's."""

    name: Required[str]
    store: Any
    key: str | Callable[..., object]
    about: Callable[..., object]
    include: Sequence[str]
    exclude: Sequence[str]
    key_strategy: Literal["client", "content", "hybrid"] | Mapping[str, Any]
    ttl: Seconds
    ttl_ms: float
    level: Literal["action", "request", "workflow", "transaction"]
    conflict: Literal["wait", "wait_for_completion", "return_previous", "reject"] | Mapping[str, Seconds]
    lease: Seconds | Literal[False]
    renew_every: Seconds
    max_run: Seconds
    max_tx: Seconds
    on_orphan: Literal["reexecute", "fail"]
    max_takeovers: int
    profile: Literal["default", "at_most_once"]
    keep_errors: bool
    cache_results: bool | Mapping[str, Any]
    result_caching: bool | Mapping[str, Any]
    codec: Codec
    is_safe_to_retry: Callable[[Any, Any, RetryContext], object]
    merge_results: Callable[[Any, Any, RetryContext], Any]
    with_context: bool
    handler_timeout: Seconds
    fail_open: bool
    store_timeout: Seconds
    complete_timeout: Seconds
    key_prefix: str
    enabled: bool
    counters: IdempotencyCounters
    on_unprotected: Callable[[IdempotencyNotice], object]
    on_lost_completion: Callable[[IdempotencyNotice], object]
    clock: Clock
    random: Random

class Result(Protocol[R_co]):
    """An `IdempotentResult`."""

    @property
    def output(self) -> R_co: ...
    @property
    def is_replay(self) -> bool: ...
    @property
    def confirmed(self) -> bool: ...
    @property
    def key(self) -> str: ...

class Idempotent(Protocol[P, R_co]):
    """A function that runs once."""

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R_co: ...
    def execute(self, *args: P.args, **kwargs: P.kwargs) -> Result[R_co]: ...
    def with_key(self, key: str) -> Idempotent[P, R_co]: ...
    def stats(self) -> IdempotencyStats: ...
    @overload
    def __get__(self, instance: None, owner: type | None = None) -> Idempotent[P, R_co]: ...
    @overload
    def __get__(
        self: Idempotent[Concatenate[Any, Q], R_co], instance: object, owner: type | None = None
    ) -> Idempotent[Q, R_co]: ...

class AsyncIdempotent(Protocol[P, R_co]):
    """An async function that runs once."""

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Coroutine[Any, Any, R_co]: ...
    def execute(self, *args: P.args, **kwargs: P.kwargs) -> Coroutine[Any, Any, Result[R_co]]: ...
    def with_key(self, key: str) -> AsyncIdempotent[P, R_co]: ...
    def stats(self) -> IdempotencyStats: ...
    @overload
    def __get__(self, instance: None, owner: type | None = None) -> AsyncIdempotent[P, R_co]: ...
    @overload
    def __get__(
        self: AsyncIdempotent[Concatenate[Any, Q], R_co], instance: object, owner: type | None = None
    ) -> AsyncIdempotent[Q, R_co]: ...

class IdempotentDecorator(Protocol):
    """Works on functions, methods and async functions."""

    @overload
    def __call__(  # type: ignore[overload-overlap]
        self, function: Callable[P, Coroutine[Any, Any, R]], /
    ) -> AsyncIdempotent[P, R]: ...
    @overload
    def __call__(self, function: Callable[P, R], /) -> Idempotent[P, R]: ...
