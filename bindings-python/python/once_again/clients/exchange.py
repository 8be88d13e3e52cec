"""One logical request, however often it is sent: its key, its call, and what core must know of each answer."""

from __future__ import annotations

import json
from os import urandom

from once_again import _core, _log, _trace
from once_again._call import Call

from .settings import Settings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, MutableMapping
    from typing import Any

_REPLAYED = ("idempotent-replayed", "x-idempotency-replay")


class Answered:
    """What came back: the library's own response, and what decides about it."""

    __slots__ = ("body", "headers", "response", "status")

    def __init__(self, response: Any, status: int, headers: Any, body: bytes | None) -> None:
        self.response = response
        self.status = status
        self.headers = headers
        self.body = body
        """Of an answer of 400 or more, decoded."""


class HttpFailure(Exception):  # noqa: N818 (it is raised where only this package sees it)
    """An attempt that may be worth another one. Hooks see it; it never leaves a client."""

    def __init__(self, about: tuple[str, bool, bool, str | None, bool], answered: Answered | None, error: Any) -> None:
        super().__init__(f"HTTP {answered.status}" if answered is not None else str(error))
        self.http_signals = about
        # Under this name the lists of a policy may have the answer, as in every language.
        self.code = None if answered is None else name_of(answered, replayed=about[2], problem=about[3])[0]
        self.subject: Exception = self if error is None else error
        """The library's own error, where no answer came."""
        self.answered = answered
        self.response = None if answered is None else answered.response
        self.status_code = None if answered is None else answered.status
        self.headers = {} if answered is None else answered.headers


class Exchange:
    """One logical request.

    Args:
        settings: The client's.
        method: In whatever case.
        url: Absolute, with the host as the library sends it.
        headers: The library's own, to which a key may be added. All attempts send them.
    """

    __slots__ = (
        "_credentials",
        "_has_key",
        "_headers",
        "_method",
        "_started",
        "_turn",
        "attempts",
        "breaker",
        "cache_key",
        "call",
        "settings",
    )

    attempts: int
    """How often the request was sent."""
    cache_key: str | None
    """Under which a breaker that answers in the service's place keeps an answer."""

    def __init__(self, settings: Settings, method: str, url: str, headers: MutableMapping[str, str]) -> None:
        self.settings = settings
        self.attempts = 0
        self.cache_key = None
        self._method = method.upper()
        self._headers = headers
        give_key(settings, self._method, headers)
        self._has_key = settings.key_header in headers
        self._credentials = settings.credentials
        self._turn = 0 if self._credentials is None else self._credentials.turn
        self.breaker = settings.breaker(url)
        self._started = settings.plan.clock.now()
        plan = settings.plan
        names = plan.names(Exchange, None, plan.fields.get("operation_name") or self._method)
        self.call = Call(plan, names, self._started)
        self.call.belongs_to(_trace.of_headers(headers))

    def begins(self) -> float | None:
        """An attempt is made; answers how many seconds it may take."""
        self.attempts += 1
        plan = self.settings.plan
        return plan.policy.time_left(self._started, plan.clock.now())

    def outcome(self, answered: Answered) -> Any:
        """The response, or the failure that it is."""
        if answered.status < 400:
            return answered.response
        about = self._about(is_replay(answered.headers), problem_type(answered))
        return HttpFailure(about, answered, None)

    def unanswered(self, error: Exception) -> HttpFailure:
        """The failure of an attempt that the library could not make."""
        return HttpFailure(self._about(False, None), None, error)

    def counts(self, failure: HttpFailure) -> bool:
        """Whether a breaker counts it against the service."""
        (bits, _, _), _ = self.settings.plan.classifier.judge(failure)
        return _core.speaks_against_service(bits)

    def wants_credentials(self) -> bool:
        """Whether new ones are to be got before the next attempt."""
        return self._credentials is not None and self.call.wants_credentials()

    def renew(self) -> bool:
        """Gets new credentials, and sends them from now on. Whoever cannot get any was refused, and stays so."""
        try:
            self._headers.update(self._credentials.renewed(self._turn))
        except Exception:
            _log.complain(self._credentials.refresh)
            return False
        return True

    async def renew_async(self) -> bool:
        """As `renew`."""
        try:
            self._headers.update(await self._credentials.renewed(self._turn))
        except Exception:
            _log.complain(self._credentials.refresh)
            return False
        return True

    def end(self, failure: Exception, late: Callable[[Exception], Exception]) -> Any:
        """The last answer; without one, raises why there is none. ``late`` makes the library's error of a time-out."""
        if not isinstance(failure, HttpFailure):
            raise failure
        if failure.answered is not None:
            return failure.response
        error = late(failure.subject)
        if error is failure.subject:
            raise error
        raise error from failure.subject

    def _about(self, replayed: bool, problem: str | None) -> tuple[str, bool, bool, str | None, bool]:
        return self._method, self._has_key, replayed, problem, self._credentials is not None


def give_key(settings: Settings, method: str, headers: MutableMapping[str, str]) -> None:
    """A write that has no key gets one."""
    if settings.auto_key and method in settings.methods and settings.key_header not in headers:
        headers[settings.key_header] = _core.generate_key(urandom(16))


def is_replay(headers: Any) -> bool:
    """Whether the service answered from its record of an earlier request."""
    return any(headers.get(name) == "true" for name in _REPLAYED)


def problem_type(answered: Answered) -> str | None:
    """The ``type`` of a problem (RFC 9457)."""
    is_problem = str(answered.headers.get("content-type", "")).lower().startswith("application/problem+json")
    return member(answered.body, "type") if is_problem else None


def name_of(answered: Answered, *, replayed: bool, problem: str | None) -> tuple[str, bool]:
    """The code of an answer of 400 or more, and whether the same call may succeed later."""
    own = member(answered.body, "code") or member(answered.body, "error", "code")
    return _core.name_refusal(answered.status, False, problem, own, replayed)


def member(body: bytes | None, *path: str) -> str | None:
    """A text in a JSON body."""
    try:
        value: Any = json.loads(body or b"")
        for name in path:
            value = value[name]
    except (ValueError, TypeError, LookupError, RecursionError):
        return None
    return value if isinstance(value, str) else None
