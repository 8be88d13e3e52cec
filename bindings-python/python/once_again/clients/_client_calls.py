"""The calls of `IdempotentHttpClient` and its async sibling, but for sending and waiting.

Each is a generator that yields a request to be sent, or another call's `Future` to be waited for, and is sent what came
of it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import httpx

from once_again import _core
from once_again._callables import hook_of
from once_again._clock import clock_of
from once_again._options import wrong
from once_again.breaker import CircuitBreaker
from once_again.config import RetryConfig
from once_again.errors import ConfigError
from once_again.events import RetryEvent
from once_again.idempotency import IdempotencyManager

from ._answer import HttpAnswer, HttpError, Received
from ._client_transport import INSTEAD, AsyncClientTransport, ClientTransport
from ._records import Records
from ._stats import global_stats
from .exchange import Answered, give_key, name_of, problem_type

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator

    from typing_extensions import TypeVar

    from ._records import Outcome, UnderWay

    T = TypeVar("T")
    # Yields what is to be sent or waited for, takes what came of it.
    Steps = Generator[httpx.Request | UnderWay, Any, T]

# What core reads.
_CORES = (
    "base_url",
    "timeout",
    "total_timeout",
    "module",
    "criticality",
    "real_time",
    "user_facing",
    "retry_policy",
    "identity",
    "auto_key",
)


class Calls:
    """One client's: its options, made ready.

    Raises:
        ConfigError: an option is unknown, out of range or of the wrong type.
    """

    def __init__(self, options: Mapping[str, Any], transport: type[ClientTransport | AsyncClientTransport]) -> None:
        given: dict[str, Any] = dict(options)
        said = {name: given.pop(name) for name in _CORES if name in given}
        own = said.get("retry_policy")
        if isinstance(own, RetryConfig):
            said["retry_policy"] = own.fields()
        self.base_url, spec, self.identity, auto_key = _core.client_config(said)
        config = RetryConfig.of_spec(spec)
        if isinstance(own, RetryConfig):
            # Functions are in no text that core could read.
            config.ours, config.tests = own.ours, own.tests
        self._clock = clock_of(given.get("clock"))
        self._records = _records(given.pop("idempotency", None), given.get("clock"))
        breaker = given.pop("circuit_breaker", None)
        if breaker is not None and not isinstance(breaker, CircuitBreaker):
            breaker = CircuitBreaker(breaker, clock=given.get("clock"))
        if breaker is not None:
            given["breaker"] = breaker
        else:
            given["breakers"] = False
        sending = given.pop("transport", None)
        self.transport: Any = transport(config, transport=sending, auto_key=auto_key, **_counted(given))

    def call(
        self, client: httpx.Client | httpx.AsyncClient, method: str, path: str, body: Any, headers: Any
    ) -> Steps[HttpAnswer]:
        """One call, over a client with these headers and this transport."""
        url = _url(self.base_url, path)
        request = client.build_request(method.upper(), url, headers=headers, content=_content(body))
        if body is not None and not isinstance(body, (bytes, str)):
            request.headers.setdefault("Content-Type", "application/json")
        settings = self.transport.settings
        given = request.headers.get(settings.key_header)
        give_key(settings, request.method, request.headers)
        if settings.key_header not in request.headers or request.method not in settings.methods:
            return _shown((yield from self._sent(request)), "sent")
        began, duplicate, hit = self._clock.now(), False, False
        global_stats.began()
        try:
            received, how = yield from self._kept(request, given)
            answer = _shown(received, how)
            hit = answer.replayed or answer.from_cache
            duplicate = hit or how != "sent"
            return answer
        finally:
            global_stats.settled(self._clock.now() - began, duplicate, hit)

    def _kept(self, request: httpx.Request, key: str | None) -> Steps[tuple[Outcome, str]]:
        records = self._records
        if records is None or key is None:
            return (yield from self._sent(request)), "sent"
        url, headers = str(request.url), dict(request.headers)
        fingerprint = records.manager.create_request_fingerprint(request.method, url, headers, request.read())
        return (yield from records.once(key, fingerprint, lambda: self._sent(request)))

    def _sent(self, request: httpx.Request) -> Steps[Outcome]:
        """Sends, and counts."""
        began = self._clock.now()
        attempts, failure = 0, None
        try:
            received = yield from self._received(request)
            attempts = received.attempts
            return received
        except BaseException as error:
            attempts, failure = getattr(error, "attempts", 0), error
            raise
        finally:
            global_stats.ended(attempts, self._clock.now() - began, failure)
            del failure  # its traceback holds this frame

    def _received(self, request: httpx.Request) -> Steps[Outcome]:
        try:
            response = yield request
        except httpx.RequestError as error:
            late = isinstance(error, httpx.TimeoutException)
            code, retryable = _core.name_refusal(None, late, None, None, False)
            attempts = request.extensions.get("attempts", 1)
            raise HttpError(code, retryable, None, attempts, self._clock.wall_now()) from error
        value, strategy = response.extensions.get(INSTEAD, (None, None))
        if strategy is not None and strategy != "CACHE":
            return HttpAnswer(200, {}, value, False, response.extensions["attempts"], False, strategy)
        headers = {name.lower(): value for name, value in response.headers.items()}
        received = Received(response.status_code, headers, response.content, response.extensions.get("attempts", 1))
        if strategy is not None:
            answer = received.answer()
            answer.fallback = strategy
            return answer
        if received.status < 400:
            return received
        said = Answered(response, received.status, headers, received.content)
        answer = received.answer()
        code, retryable = name_of(said, replayed=answer.replayed, problem=problem_type(said))
        raise HttpError(code, retryable, answer, received.attempts, self._clock.wall_now())


def _records(given: Any, clock: Any) -> Records | None:
    if given is None or given is False:
        return None
    if not isinstance(given, Mapping):
        raise wrong("idempotency", given, "a mapping of the arguments of IdempotencyManager")
    try:
        manager = IdempotencyManager(**{"clock": clock, **given})
    except TypeError as error:
        raise ConfigError("idempotency", str(error), "the arguments of IdempotencyManager") from None
    return Records(manager)


def _url(base_url: str, path: str) -> str:
    """Below the client's address, whatever the path holds."""
    if not isinstance(path, str):
        raise wrong("path", path, "a path below base_url")
    if "://" in path.partition("?")[0] or path.startswith("//"):
        raise ConfigError("path", "an absolute URL", "a path below base_url")
    depth = 0
    for name in re.split(r"[/\\]", re.split(r"[?#]", path)[0]):
        dots = name.lower().replace("%2e", ".")
        depth += -1 if dots == ".." else dots not in ("", ".")
        if depth < 0:
            # An order's number that somebody made up leads elsewhere under the client's credentials.
            raise ConfigError("path", "dots that lead above base_url", "a path below base_url")
    return base_url + ("" if path.startswith("/") or not path else "/") + path


def _content(body: Any) -> bytes | str | None:
    if body is None or isinstance(body, (bytes, str)):
        return body
    try:
        return json.dumps(body, ensure_ascii=False, allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise ConfigError("body", str(error), "bytes, a text, or what JSON can say") from None


def _shown(received: Outcome, how: str) -> HttpAnswer:
    return received.answer(how) if isinstance(received, Received) else received


def _counted(given: dict[str, Any]) -> dict[str, Any]:
    """The options, with the retries of all clients counted together."""
    heard, told = hook_of("on_retry", given.get("on_retry")), hook_of("on_give_up", given.get("on_give_up"))

    def on_retry(event: RetryEvent) -> None:
        global_stats.retried(event.kind, event.delay or 0.0)
        if heard is not None:
            heard(event)

    def on_give_up(event: RetryEvent) -> None:
        global_stats.gave_up(event.kind)
        if told is not None:
            told(event)

    return {**given, "on_retry": on_retry, "on_give_up": on_give_up}
