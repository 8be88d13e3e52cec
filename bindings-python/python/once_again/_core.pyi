"""
The extension module `once_again._core`.
"""

from _typeshed import SupportsGetItem, SupportsLenAndGetItem
from typing import Any, Final, SupportsFloat, SupportsIndex, final

__all__ = ["Action", "ActionRun", "Breaker", "Budget", "Dialect", "Examination", "HttpGuard", "HttpRun", "Letters", "Link", "MemoryStore", "RetryCall", "RetryPolicy", "RetrySpec", "SharedRequest", "SqliteDialect", "SqliteStep", "Step", "breakers_to_prometheus", "check_fingerprint", "cleanup_interval", "client_config", "complete_breaker", "core_version", "decode_result", "describe_code", "describe_record", "encode_result", "fingerprint", "generate_key", "is_stream_answer", "key_config", "manager_settings", "name_refusal", "origin", "read_json", "record_key", "redirect", "registry_limit", "retry_after", "speaks_against_service", "store_step", "veto", "wants_credentials"]

@final
class Action:
    """
    The options of one idempotent function.
    """
    def __new__(cls, /, fields: Any) -> Action: ...
    def claim(self, /, about: Any, key: str | None, owner: SupportsLenAndGetItem[SupportsIndex], now: SupportsFloat | SupportsIndex) -> ActionRun:
        """
        Files a call: `about` is what it is about, `key` the caller's, `owner` 16 random bytes.
        """
    def claim_in(self, /, store: MemoryStore, about: Any, key: str | None, as_text: bool, now: SupportsFloat | SupportsIndex, wall_now: SupportsFloat | SupportsIndex, draw: SupportsIndex) -> tuple[ActionRun | None, Any]:
        """
        As `claim`, and claimed at once in a store that answers at once, at `wall_now`: none and what an earlier call
        returned, of its JSON or else as `text`; or the run and what it does first.
        """
    def claim_over(self, /, dialect: Dialect, about: Any, key: str | None, owner: SupportsLenAndGetItem[SupportsIndex], now: SupportsFloat | SupportsIndex, wall_now: SupportsFloat | SupportsIndex | None, draw: SupportsIndex) -> tuple[ActionRun, Step]:
        """
        As `claim`, and what the claim has to send to a store on a server.
        """
    @property
    def enabled(self, /) -> bool:
        """
        Whether calls are recorded at all.
        """
    @property
    def handler_timeout(self, /) -> float | None:
        """
        After so many seconds the function is told to stop.
        """
    @property
    def name(self, /) -> str:
        """
        The scope of its keys.
        """

@final
class ActionRun:
    """
    One call: events in, steps out. Its lock is held for core's work only, never while Python runs.
    """
    def answered_over(self, /, dialect: Dialect, ticket: SupportsIndex, answer: Any, now: SupportsFloat | SupportsIndex, wall_now: SupportsFloat | SupportsIndex | None, draw: SupportsIndex) -> Step:
        """
        The server has answered the command of this ticket.
        """
    def child_key(self, /, step: str, ordinal: SupportsIndex = 0) -> str:
        """
        The idempotency key that a step of this call sends onwards: the same each time the step runs again.
        """
    def completion(self, /, text: str | None) -> tuple[str, bytes | None] | None:
        """
        The operation that completes the run with a value of this text inside the caller's own transaction, and its bytes;
        none when the run holds no claim.
        """
    def ended(self, /, text: str | None, threw: bool, now: SupportsFloat | SupportsIndex, draw: SupportsIndex) -> Step:
        """
        The function returned a value of this text, or raised an error that is written so; none: what cannot be replayed.
        """
    def ended_in(self, /, store: MemoryStore, text: str | None, threw: bool, now: SupportsFloat | SupportsIndex, wall_now: SupportsFloat | SupportsIndex, draw: SupportsIndex) -> Step:
        """
        As `ended`, over a store that answers at once.
        """
    def ended_over(self, /, dialect: Dialect, text: str | None, threw: bool, now: SupportsFloat | SupportsIndex, wall_now: SupportsFloat | SupportsIndex | None, draw: SupportsIndex) -> Step:
        """
        As `ended`, over a store on a server.
        """
    @property
    def key(self, /) -> str:
        """
        The digest the record is filed under, in hexadecimal.
        """
    def tell(self, /, event: str, payload: SupportsGetItem[int, SupportsIndex] | None, now: SupportsFloat | SupportsIndex, draw: SupportsIndex) -> Step:
        """
        Something happened, as core's JSON text says, with its bytes beside it.
        """
    def tell_in(self, /, store: MemoryStore, event: str, now: SupportsFloat | SupportsIndex, wall_now: SupportsFloat | SupportsIndex, draw: SupportsIndex) -> Step:
        """
        As `tell` of an event without bytes, over a store that answers at once: its operations are done here, at `wall_now`,
        until the machine says something else.
        """
    def tell_over(self, /, dialect: Dialect, event: str, payload: SupportsGetItem[int, SupportsIndex] | None, now: SupportsFloat | SupportsIndex, wall_now: SupportsFloat | SupportsIndex | None, draw: SupportsIndex) -> Step:
        """
        As `tell`, over a store on a server: the step brings the command to send.
        """

@final
class Breaker:
    """
    A breaker, shared by threads. Its lock is held for core's arithmetic only, never while Python runs.

    What the next call must know is published to `gate` by every crossing that changes it: `gate.closed`, the epoch in
    which calls are admitted without asking (0: ask), and `gate.quiet`, whether a success changes nothing.
    """
    cached: Final[tuple[int, float]]
    """
    How many values `CACHE` keeps at most, and for how many seconds.
    """
    def __new__(cls, /, fields: Any, gate: Any, snapshot: str | None = None, now: SupportsFloat | SupportsIndex = 0.0) -> Breaker:
        """
        A closed breaker, or one that goes on at `now` where `snapshot` stopped.
        """
    def admit(self, /, now: SupportsFloat | SupportsIndex) -> tuple[int, int, int, str, float, tuple[str, str] | None]:
        """
        Asks for a call at `now`: `(epoch, kind, seq, state, retry_after, change)`; an epoch of 0 is a rejection.
        """
    def counters(self, /, now: "float") -> "dict[str, int]":
        """
        What has been counted, as of `now`.
        """
    @property
    def fallback_strategy(self, /) -> str:
        """
        What a rejected caller gets: `REJECT`, `CACHE`, `FALLBACK` or `QUEUE`.
        """
    def health(self, /, ok: bool, now: SupportsFloat | SupportsIndex) -> None:
        """
        An active probe of an open breaker ended at `now`.
        """
    @property
    def health_check(self, /) -> tuple[float, float] | None:
        """
        The interval and the time limit of the active probe, in seconds.
        """
    def isolate(self, /) -> tuple[str, str] | None:
        """
        Holds it open until `release` was called as often: the change.
        """
    @property
    def name(self, /) -> str | None:
        """
        The name it was given.
        """
    def release(self, /) -> tuple[str, str] | None:
        """
        Takes back one `isolate`: the change.
        """
    def reset(self, /) -> tuple[str, str] | None:
        """
        Begins anew: the change.
        """
    def set_mode(self, /, mode: str) -> tuple[str, str] | None:
        """
        `NORMAL`, `DISABLED` or `METRICS_ONLY`: the change.
        """
    def settle(self, /, epoch: SupportsIndex, kind: SupportsIndex, seq: SupportsIndex, outcome: SupportsIndex, duration: SupportsFloat | SupportsIndex, now: SupportsFloat | SupportsIndex, draw: SupportsIndex) -> tuple[str, tuple[str, str] | None, bool]:
        """
        Tells how a call ended: `(verdict, change, would_open)`. The draw is used only if the breaker opens.
        """
    def snapshot(self, /, now: SupportsFloat | SupportsIndex) -> str:
        """
        What is worth keeping of it at `now`, as a JSON text.
        """
    @property
    def state(self, /) -> str:
        """
        The state after the last event.
        """
    @property
    def timed(self, /) -> bool:
        """
        Whether a result must say how long the call took.
        """

@final
class Budget:
    """
    A budget, shared by threads. Its lock is held for core's arithmetic only, never while Python runs.
    """
    def __new__(cls, /, rules: Any, path: str) -> Budget:
        """
        A full budget with these rules: a mapping of fields, a preset's name, or true. `path` stands before a field's name
        in an error.
        """
    def deposit(self, /) -> None:
        """
        A call began, or succeeded at once: whichever deposits.
        """
    def failed(self, /, now: SupportsFloat | SupportsIndex, verdict: SupportsIndex, step: SupportsFloat | SupportsIndex | str, held: SupportsFloat | SupportsIndex) -> tuple[float | str, float]:
        """
        An attempt failed at `now`, and its policy decided on `step`: what follows after all, and what the call now holds.
        """
    def fields(self, /) -> "dict[str, Any]":
        """
        Every rule with the value that applies.
        """
    @property
    def name(self, /) -> str:
        """
        The name it was given, or `default`.
        """
    def returned(self, /, held: SupportsFloat | SupportsIndex) -> None:
        """
        The retry that took `held` never started.
        """
    def stats(self, /, now: "float") -> "dict[str, Any]":
        """
        Tokens and counts as of `now`.
        """
    def succeeded(self, /, held: SupportsFloat | SupportsIndex) -> None:
        """
        A call succeeded after a retry that took `held`.
        """
    @property
    def watches_success(self, /) -> bool:
        """
        Whether calls deposit when they succeed, and not when they begin.
        """

@final
class Dialect:
    """
    A store on a server: `redis` or `postgres`.
    """
    def __new__(cls, /, name: str, fields: Any) -> Dialect: ...
    def diagnose(self, /, answer: Any) -> list[str]:
        """
        What in the server's answer endangers records.
        """
    def health(self, /) -> tuple[str, Any]:
        """
        What asks the server about itself.
        """
    def install(self, /) -> tuple[str, Any] | None:
        """
        What makes all that the server must have; none where it needs nothing.
        """
    def reply(self, /, answer: Any) -> tuple[str, bytes | None]:
        """
        The reply in a server's answer (none: no row), a JSON text, and its payload.
        """
    def request(self, /, op: str, payload: SupportsGetItem[int, SupportsIndex] | None, wall_now: SupportsFloat | SupportsIndex | None) -> tuple[tuple[str, Any] | None, str | None]:
        """
        What to send for an operation; or, where the server need not be asked, the reply. `wall_now` overrides the
        server's clock.
        """

@final
class Examination:
    """
    What becomes of a request.
    """
    @property
    def action(self, /) -> str:
        """
        `pass`, `needBody`, `refuse` or `guard`.
        """
    @property
    def body(self, /) -> bytes:
        """
        Its body.
        """
    @property
    def headers(self, /) -> list[tuple[str, str]]:
        """
        Its header lines.
        """
    @property
    def status(self, /) -> int:
        """
        The status of a refusal.
        """
    def take(self, /) -> tuple[HttpRun, Step | None] | None:
        """
        The run of a guarded request, and its first step if it was claimed; they are given away once.
        """
    def with_body(self, /, body: bytes, owner: SupportsLenAndGetItem[SupportsIndex], now: SupportsFloat | SupportsIndex) -> Examination:
        """
        As `HttpGuard.examine`, with the body that this one wanted to see.
        """
    def with_body_in(self, /, store: MemoryStore, body: bytes, now: SupportsFloat | SupportsIndex, wall_now: SupportsFloat | SupportsIndex, draw: SupportsIndex) -> Examination:
        """
        As `HttpGuard.examine_in`, with the body that this one wanted to see.
        """

@final
class HttpGuard:
    """
    The options of one middleware.
    """
    def __new__(cls, /, fields: Any) -> HttpGuard: ...
    def examine(self, /, head: tuple[str, str, SupportsGetItem[int, tuple[str, str]], str | None, str], owner: SupportsLenAndGetItem[SupportsIndex], now: SupportsFloat | SupportsIndex) -> Examination:
        """
        What to do with a request whose body was not read yet. `owner` is 16 random bytes.
        """
    def examine_in(self, /, store: MemoryStore, head: tuple[str, str, SupportsGetItem[int, tuple[str, str]], str | None, str], now: SupportsFloat | SupportsIndex, wall_now: SupportsFloat | SupportsIndex, draw: SupportsIndex) -> Examination:
        """
        As `examine`, and claimed at once in a store that answers at once, at `wall_now`.
        """
    @property
    def handler_timeout(self, /) -> float | None:
        """
        After so many seconds a handler is told to stop.
        """
    @property
    def max_body_bytes(self, /) -> int:
        """
        The largest body of an answer that is kept.
        """
    @property
    def max_request_bytes(self, /) -> int:
        """
        The largest body of a request that is compared.
        """
    @property
    def methods(self, /) -> list[str]:
        """
        The methods whose requests are guarded, in upper case.
        """
    @property
    def own_store(self, /) -> tuple[int | None, int | None, str]:
        """
        The bounds of the memory store for those who brought none: `max_records`, `max_bytes`, `when_full`.
        """
    @property
    def wanted_headers(self, /) -> list[str]:
        """
        The request headers that `examine` wants to see, in lower case.
        """

@final
class HttpRun:
    """
    One guarded request: events in, steps out. Its lock is held for core's work only, never while Python runs.
    """
    def answered_over(self, /, dialect: Dialect, ticket: SupportsIndex, answer: Any, now: SupportsFloat | SupportsIndex, wall_now: SupportsFloat | SupportsIndex | None, draw: SupportsIndex) -> Step:
        """
        The server has answered the command of this ticket.
        """
    def child_key(self, /, step: str, ordinal: SupportsIndex = 0) -> str:
        """
        The idempotency key that a step of this request's handler sends onwards: the same each time the step runs again.
        """
    def completion(self, /, status: SupportsIndex, headers: SupportsGetItem[int, tuple[str, str]], body: bytes) -> tuple[str, bytes | None] | None:
        """
        The operation that completes the run with this answer inside the caller's own transaction, and its bytes; none
        when the run holds no claim.
        """
    def ended(self, /, status: SupportsIndex | None, headers: SupportsGetItem[int, tuple[str, str]], seen: str, body: bytes, now: SupportsFloat | SupportsIndex, draw: SupportsIndex) -> Step:
        """
        The handler has answered; `seen` is `kept`, `tooLarge` or `stream`. No status: it raised an error before.
        """
    def ended_in(self, /, store: MemoryStore, status: SupportsIndex | None, headers: SupportsGetItem[int, tuple[str, str]], seen: str, body: bytes, now: SupportsFloat | SupportsIndex, wall_now: SupportsFloat | SupportsIndex, draw: SupportsIndex) -> Step:
        """
        As `ended`, over a store that answers at once.
        """
    def ended_over(self, /, dialect: Dialect, status: SupportsIndex | None, headers: SupportsGetItem[int, tuple[str, str]], seen: str, body: bytes, now: SupportsFloat | SupportsIndex, wall_now: SupportsFloat | SupportsIndex | None, draw: SupportsIndex) -> Step:
        """
        As `ended`, over a store on a server.
        """
    def first_answer(self, /, headers: SupportsGetItem[int, tuple[str, str]]) -> list[tuple[str, str]]:
        """
        The headers that mark an answer with these headers of its own as a first one.
        """
    @property
    def shown_key(self, /) -> str:
        """
        The client's key, or `derived:` and a digest.
        """
    def tell(self, /, event: str, payload: SupportsGetItem[int, SupportsIndex] | None, now: SupportsFloat | SupportsIndex, draw: SupportsIndex) -> Step:
        """
        Something happened, as core's JSON text says, with its bytes beside it.
        """
    def tell_in(self, /, store: MemoryStore, event: str, now: SupportsFloat | SupportsIndex, wall_now: SupportsFloat | SupportsIndex, draw: SupportsIndex) -> Step:
        """
        As `tell` of an event without bytes, over a store that answers at once: its operations are done here, at `wall_now`,
        until the machine says something else.
        """
    def tell_over(self, /, dialect: Dialect, event: str, payload: SupportsGetItem[int, SupportsIndex] | None, now: SupportsFloat | SupportsIndex, wall_now: SupportsFloat | SupportsIndex | None, draw: SupportsIndex) -> Step:
        """
        As `tell`, over a store on a server: the step brings the command to send.
        """

@final
class Letters:
    """
    A bounded box of letters, shared by threads. Its lock is held for core's work only, never while Python runs.
    """
    def __new__(cls, /, fields: Any) -> Letters:
        """
        A box bounded as the fields say.
        """
    def get(self, /, id: str) -> str | None:
        """
        The letter with this id.
        """
    def list(self, /, limit: SupportsIndex) -> list[str]:
        """
        At most `limit` letters, the oldest first.
        """
    def put(self, /, id: str, letter: str) -> str:
        """
        What became of a letter: `kept`, `replaced` or `full`.
        """
    def remove(self, /, id: str) -> bool:
        """
        Takes a letter out; false when it is not there.
        """
    def stats(self, /) -> tuple[int, int, int]:
        """
        Letters it holds, letters it took, letters for which there was no room.
        """

@final
class Link:
    """
    Shares a breaker with others of its name, under the breaker's own lock.
    """
    def __new__(cls, /, breaker: Breaker) -> Link:
        """
        Takes the breaker's place in every question that it also answers; raises when it has no name.
        """
    def admit(self, /, now: SupportsFloat | SupportsIndex, waits: bool) -> tuple[tuple[int, int, int, str, float] | None, SharedRequest | None, tuple[str, str] | None, bool]:
        """
        As `Breaker.admit`. When the store must say there is a request in place of the decision, unless the caller cannot
        wait.
        """
    @property
    def attached(self, /) -> bool:
        """
        Whether the store answers.
        """
    def hear(self, /, request: SharedRequest, answer: str, now: SupportsFloat | SupportsIndex, draw: SupportsIndex) -> tuple[tuple[int, int, int, str, float] | None, tuple[str, str] | None, bool | None, bool]:
        """
        The store answered.
        """
    def late(self, /, request: SharedRequest, answer: str) -> None:
        """
        The store answered a request that was lost.
        """
    def lost(self, /, request: SharedRequest, now: SupportsFloat | SupportsIndex) -> tuple[tuple[int, int, int, str, float] | None, tuple[str, str] | None, bool | None, bool]:
        """
        The store did not answer in time, or refused.
        """
    def poll(self, /, now: SupportsFloat | SupportsIndex) -> SharedRequest | None:
        """
        The next request to send in the background.
        """
    def settle(self, /, epoch: SupportsIndex, kind: SupportsIndex, seq: SupportsIndex, outcome: SupportsIndex, duration: SupportsFloat | SupportsIndex, now: SupportsFloat | SupportsIndex, draw: SupportsIndex) -> tuple[str, tuple[str, str] | None, bool, bool]:
        """
        As `Breaker.settle`, and whether to `poll`.
        """

@final
class MemoryStore:
    """
    Records in the memory of this process, shared by threads. Its lock is held for core's work only, never while Python
    runs.
    """
    def __new__(cls, /, fields: Any, seed: SupportsIndex) -> MemoryStore:
        """
        A store bounded as the fields say. `seed` is any random number: it keeps those who choose keys from foreseeing
        which of them collide.
        """
    def apply(self, /, op: str, payload: SupportsGetItem[int, SupportsIndex] | None, wall_now: SupportsFloat | SupportsIndex) -> tuple[str, bytes | None]:
        """
        Does an operation at `wall_now`; both ways a JSON text and its payload.
        """
    @property
    def cleanup_interval(self, /) -> float:
        """
        Seconds between two sweeps.
        """
    def stats(self, /) -> str:
        """
        What it holds, as a JSON text.
        """

@final
class RetryCall:
    """
    One call's state, made at its first failure.
    """
    def copy(self, /) -> RetryCall:
        """
        The same state apart, to ask what would follow without remembering that it was asked.
        """
    def failed(self, /, now: SupportsFloat | SupportsIndex, verdict: SupportsIndex, retry_after: SupportsFloat | SupportsIndex | None, custom_delay: SupportsFloat | SupportsIndex | None, draw: SupportsIndex, slot: SupportsIndex) -> float | str:
        """
        An attempt failed at `now`: the seconds to wait before the next one, or the reason to stop.
        """

@final
class RetryPolicy:
    """
    A valid policy: never changed, shared by any number of calls and threads.
    """
    def begin(self, /, started: SupportsFloat | SupportsIndex) -> RetryCall:
        """
        A call that started at `started`.
        """
    @property
    def drawn(self, /) -> bool:
        """
        Whether delays are drawn.
        """
    def fields(self, /) -> "dict[str, Any]":
        """
        Every field with the value that applies, in Python's names and units.
        """
    def is_dead_letter(self, /, verdict: SupportsIndex) -> bool:
        """
        Whether a call that was given up with this verdict is a dead letter.
        """
    def judge(self, /, names: SupportsGetItem[int, str], kind: str | None, code: str | None, errno: SupportsIndex | None, status: SupportsIndex | None, http: tuple[str, bool, bool, str | None, bool] | None = None) -> tuple[int, bool, str]:
        """
        What the policy thinks of an error with these signs: the bits of a verdict, whether it may be retried, its kind.
        """
    def slot(self, /, service: str, operation: str, instance: str) -> int | None:
        """
        The retry slot of this caller; none where retries are not spread over slots.
        """
    def time_left(self, /, started: SupportsFloat | SupportsIndex, now: SupportsFloat | SupportsIndex) -> float | None:
        """
        How many seconds an attempt may run that starts `now` in a call that started at `started`.
        """
    @property
    def warnings(self, /) -> list[str]:
        """
        What was accepted although it has no effect.
        """

@final
class RetrySpec:
    """
    The fields that were given, and nothing else.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, fields: Any) -> RetrySpec:
        """
        Reads a mapping of fields, durations in seconds.
        """
    @staticmethod
    def chosen(said: Any) -> RetrySpec:
        """
        The policy meant by what is said about a call: criticality, module, real time, user facing, a policy of its own.
        """
    @staticmethod
    def environment(variables: dict[str, str]) -> RetrySpec:
        """
        What the variables `RETRY_…` say.
        """
    def fields(self, /) -> "dict[str, Any]":
        """
        The fields that are set, in Python's names and units.
        """
    def filled_from(self, /, defaults: RetrySpec) -> RetrySpec:
        """
        This configuration, with what it leaves open taken from `defaults`.
        """
    @staticmethod
    def for_operation(operation_type: str) -> RetrySpec:
        """
        The policy of a pool's manager for this type of operation.
        """
    @staticmethod
    def level(tree: Any, name: str) -> RetrySpec:
        """
        One level of a tree of levels, with everything it extends.
        """
    @staticmethod
    def levels(tree: Any) -> list[tuple[str, RetrySpec]]:
        """
        Every level of a tree of levels, by name.
        """
    def policy(self, /) -> RetryPolicy:
        """
        The policy this is once every default is filled in.
        """
    @staticmethod
    def preset(name: str) -> RetrySpec:
        """
        The preset of this name.
        """

@final
class SharedRequest:
    """
    Something to be asked of the store. Whoever asks hands it back with the answer.
    """
    @property
    def args(self, /) -> list[str]:
        """
        Its arguments.
        """
    @property
    def key(self, /) -> str:
        """
        Its only key.
        """
    @property
    def script(self, /) -> str:
        """
        The Lua script.
        """
    @property
    def timeout(self, /) -> float:
        """
        After so many seconds without an answer the store counts as away.
        """

@final
class SqliteDialect:
    """
    The statements around operations.
    """
    def __new__(cls, /) -> SqliteDialect: ...
    @property
    def begin(self, /) -> str:
        """
        Opens the transaction around one operation.
        """
    @staticmethod
    def migrate(found: SupportsIndex | None) -> list[tuple[str, Any]]:
        """
        The statements that bring a file whose schema has version `found` up to date.
        """
    @property
    def open(self, /) -> list[str]:
        """
        For a file that the store opens itself.
        """
    @property
    def version(self, /) -> str:
        """
        Answers the schema's version, or NULL.
        """
    @property
    def version_table(self, /) -> str:
        """
        Makes room for the schema's version.
        """

@final
class SqliteStep:
    """
    One operation at one time: first `look_up`, then `decide` on what that brought.
    """
    def __new__(cls, /, op: str, payload: SupportsGetItem[int, SupportsIndex] | None, wall_now: SupportsFloat | SupportsIndex) -> SqliteStep: ...
    def decide(self, /, row: Any) -> tuple[list[tuple[str, Any]], str, bytes | None]:
        """
        What to run, in this order and in the transaction of the look-up; the reply, a JSON text, and its payload.
        """
    def look_up(self, /) -> tuple[str, Any]:
        """
        What to read: one row, or none.
        """

@final
class Step:
    """
    What the driver of a run does next.
    """
    @property
    def action(self, /) -> str:
        """
        `apply`, `execute`, `unprotected`, `replay`, `refuse`, `wait`, `abortHandler`, `answer`, `settled`, `nothing`.
        """
    @property
    def attempts(self, /) -> int:
        """
        Which run of this record it is, from 1.
        """
    @property
    def code(self, /) -> str | None:
        """
        Why there is no end to tell of: the name of an error code.
        """
    @property
    def deadline(self, /) -> float | None:
        """
        When the run wants to hear that time has passed, in seconds of the monotonic clock.
        """
    @property
    def detail(self, /) -> str | None:
        """
        The same as a sentence.
        """
    @property
    def duplicate(self, /) -> bool:
        """
        Whether the answer that takes the work's place meets an operation that had been begun before.
        """
    @property
    def epoch(self, /) -> int:
        """
        A fencing token.
        """
    @property
    def headers(self, /) -> list[tuple[str, str]]:
        """
        Its header lines; without a status, those that the handler's own answer gains.
        """
    @property
    def how(self, /) -> str | None:
        """
        What takes the place of this call's end: `returned`, `threw`, `uncertain` or `refused`.
        """
    @property
    def op(self, /) -> str | None:
        """
        The operation to apply, as a JSON text.
        """
    @property
    def payload(self, /) -> bytes | None:
        """
        The operation's bytes, the checkpoint of an earlier run, or the body of an HTTP answer that takes the handler's place.
        """
    @property
    def reason(self, /) -> str | None:
        """
        Why the work runs unprotected, or why its completion is lost.
        """
    @property
    def retry_after(self, /) -> float | None:
        """
        When to come back, in seconds.
        """
    @property
    def sent(self, /) -> tuple[str, Any] | None:
        """
        The same as what to send to the store's server: a script or a statement, and the list of its arguments.
        """
    @property
    def status(self, /) -> int | None:
        """
        The status of an HTTP answer that takes the handler's place.
        """
    @property
    def text(self, /) -> str | None:
        """
        The value that another run returned, or the error it raised.
        """
    @property
    def ticket(self, /) -> int:
        """
        Names the answer of an operation.
        """

def breakers_to_prometheus(breakers: SupportsGetItem[int, tuple[str, Breaker]]) -> str:
    """
    Breakers and their names in the text format of Prometheus.
    """

def check_fingerprint(text: str) -> str:
    """
    The fingerprint, if it is one.
    """

def cleanup_interval(given: Any) -> float:
    """
    Seconds between two sweeps of a store that is bounded by nothing else.
    """

def client_config(fields: Any) -> tuple[str, RetrySpec, list[tuple[str, str]], bool]:
    """
    Reads the options of `IdempotentHttpClient`, durations in seconds.
    """

def complete_breaker(fields: Any) -> Any:
    """
    A configuration with every default filled in.
    """

def core_version() -> str:
    """
    The version of the decision core inside this module.
    """

def decode_result(outcome: bytes) -> str | None:
    """
    The JSON text in an encoded outcome, if it keeps one.
    """

def describe_code(name: str) -> tuple[int, bool, list[str]]:
    """
    What core knows of an error code: HTTP status, whether a retry may help, suggested actions.
    """

def describe_record(record: bytes) -> tuple[str, str, float, str | None]:
    """
    What an encoded record says: state, fingerprint, when it was made (seconds), its result as a JSON text.
    """

def encode_result(result: str) -> bytes:
    """
    A result, which is a JSON text, as an encoded outcome.
    """

def fingerprint(body: Any, *, method: str | None = None, path: str | None = None, query: str | None = None, media_type: str | None = None, headers: Any | None = None, include: "list[str] | tuple[str, ...] | None" = None, exclude: "list[str] | tuple[str, ...] | None" = None, include_body: bool = True) -> str:
    """
    What identifies a request: `alg:hex`, the same in every language.

    Args:
        body: Bytes are a raw body, JSON unless `media_type` says otherwise. Any other value is a parsed one (dict, list,
            tuple, str, int of any size, float, bool, None, and classes derived from these, as `json.dumps` writes them)
            and has the fingerprint of its JSON text. Names in any order, 1.0 and 1: all one.
        method, path, query, `media_type`, headers: Of the request, what counts besides; headers are a mapping or pairs.
        include, exclude: JSON Pointers to the fields of the body that alone count, or that do not.
        `include_body`: Whether the body counts at all.

    Raises:
        `FingerprintError`: the value holds what JSON has no form for (NaN, bytes, dates, Decimal, sets, keys that are no
            strings) or is nested deeper than 128; or the body is multipart, whose boundary is random.
        `ConfigError`: a JSON Pointer is malformed.
    """

def generate_key(random: SupportsLenAndGetItem[SupportsIndex]) -> str:
    """
    A version 4 UUID from 16 random bytes.
    """

def is_stream_answer(status: SupportsIndex, headers: SupportsGetItem[int, tuple[str, str]]) -> bool:
    """
    Whether an answer is passed on as it comes, because it has no foreseeable end.
    """

def key_config(fields: Any) -> tuple[list[str], str, bool]:
    """
    Which requests get a key: the methods that do, the header that carries it, and whether keys are made at all.
    """

def manager_settings(fields: Any) -> tuple[int, int, float, bool, list[str]]:
    """
    Valid settings of a manager: retention in microseconds, records, seconds between sweeps, whether the body counts,
    the headers that count.
    """

def name_refusal(status: SupportsIndex | None, timed_out: bool, problem_type: str | None, code: str | None, replayed: bool) -> tuple[str, bool]:
    """
    What to call a refused request, and whether the same call may succeed later.
    """

def origin(url: str) -> str | None:
    """
    The origin of a URL whose host is ASCII, if it has one.
    """

def read_json(text: str) -> Any:
    """
    What `json.loads` makes of a text.
    """

def record_key(namespace: str, scope: str, key: str) -> str:
    """
    The key of the record that a caller's key is filed under. Half a surrogate pair, which a `str` may hold, is read as
    U+FFFD: no key has that either.
    """

def redirect(status: SupportsIndex, method: str, from_url: str, to: str | None, followed: SupportsIndex, key_header: str, headers: SupportsGetItem[int, str]) -> tuple[str | None, str, bool, list[str]] | None:
    """
    What becomes of an answer with a `Location`; None if its status is no redirect's, and it is the caller's. `to` is the location
    resolved against `from_url`, None if that is no URL.
    """

def registry_limit(fields: Any) -> int:
    """
    How many breakers a registry of this configuration keeps.
    """

def retry_after(headers: SupportsGetItem[int, tuple[str, str]], wall_now: SupportsFloat | SupportsIndex) -> float | None:
    """
    How many seconds a server asked to wait, in response headers read at `wall_now`.
    """

def speaks_against_service(verdict: SupportsIndex) -> bool:
    """
    Whether a failure with this verdict says something about the service, so that a breaker counts it.
    """

def store_step(op: str, payload: SupportsGetItem[int, SupportsIndex] | None, found: bytes | None, wall_now: SupportsFloat | SupportsIndex) -> tuple[str, bytes | None, int, str, bytes | None]:
    """
    Decides one operation at `wall_now`, where `found` is what lies under its key.
    """

def veto(verdict: SupportsIndex) -> int:
    """
    A verdict that the caller's own conditions overruled.
    """

def wants_credentials(verdict: SupportsIndex) -> bool:
    """
    Whether a failure with this verdict asks for new credentials before the next attempt.
    """
