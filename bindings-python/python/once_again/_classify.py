"""What can be read off an error, for core to judge: names, codes, statuses, hints."""

from __future__ import annotations

from . import _core
from ._callables import is_async
from .errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from ._clock import SystemClock
    from ._types import Clock, ErrorTest

    Verdict = tuple[int, bool, str]

# Attributes that say more about an error than its class does.
_SIGNS = (
    "kind",
    "code",
    "errno",
    "status_code",
    "status",
    "response",
    "headers",
    "retry_after",
)
# Verdicts kept per policy; classes made at run time must not fill the memory.
_MOST_KEPT = 1_000


class Classifier:
    """Core's verdict on an error, kept for errors that look the same."""

    __slots__ = ("_by_class", "_by_errno", "_by_signs", "_clock", "_policy", "_tests")

    def __init__(
        self,
        policy: _core.RetryPolicy,
        tests: Iterable[tuple[str, Callable[[Exception], object]]],
        clock: Clock | SystemClock,
    ) -> None:
        self._policy = policy
        self._tests = tuple(tests)
        self._clock = clock
        # Errors without signs, by class, and those with a number only: most of them, and then nothing has to be read.
        self._by_class: dict[type, Verdict] = {}
        self._by_errno: dict[type, dict[int | None, Verdict]] = {}
        self._by_signs: dict[Any, Verdict] = {}

    def judge(self, error: Exception) -> tuple[Verdict, float | None]:
        """The verdict, and the seconds the server asked to wait."""
        if not error.__dict__:
            verdict = self._by_class.get(type(error))
            if verdict is None and (numbers := self._by_errno.get(type(error))) is not None:
                verdict = numbers.get(error.errno)  # type: ignore[attr-defined]
            if verdict is not None:
                return verdict, None
        return self._look(error)

    def _look(self, error: Exception) -> tuple[Verdict, float | None]:
        # One of our own HTTP clients says more than its library's error, or the lack of one, could.
        http = error.__dict__.get("http_signals")
        subject: Exception = error if http is None else error.subject  # type: ignore[attr-defined]
        cls = type(subject)
        passed = tuple(name for name, test in self._tests if test(subject))
        response = sign_of(error, "response")
        kind, code, errno = (
            sign_of(subject, "kind"),
            sign_of(subject, "code"),
            sign_of(subject, "errno"),
        )
        kind, code = (
            kind if isinstance(kind, str) else None,
            code if isinstance(code, str) else None,
        )
        errno = errno if isinstance(errno, int) and -(2**31) <= errno < 2**31 else None
        status = _status(error, response)
        if code is None and status == 409 and http is None:
            # The one status whose meaning is in the body: a first request still running is waited for.
            code = _problem_code(response)

        signs = (cls, passed, kind, code, errno, status, http)
        verdict = self._by_signs.get(signs)
        if verdict is None:
            names = [*passed, *names_of(cls)]
            verdict = self._policy.judge(names, kind, code, errno, status, http)
            if http is not None and status is None and verdict[2] not in ("Permanent", "Client"):
                # As in every language, the lists of a policy may have a request without an answer by its code.
                names.append(_core.name_refusal(None, verdict[2] == "Timeout", None, None, False)[0])
                verdict = self._policy.judge(names, kind, code, errno, status, http)
            _keep(self._by_signs, signs, verdict)
        if not (self._tests or error.__dict__):
            self._remember(cls, errno, verdict)
        return verdict, self._asked(error, response) if verdict[1] else None

    def _remember(self, cls: type, errno: int | None, verdict: Verdict) -> None:
        """Keeps the verdict where `judge` finds it at once, if that says all there is to read."""
        signs = [sign for sign in _SIGNS if hasattr(cls, sign)]
        if not signs:
            _keep(self._by_class, cls, verdict)
        elif signs == ["errno"]:
            if cls not in self._by_errno:
                _keep(self._by_errno, cls, {})
            _keep(self._by_errno[cls], errno, verdict)

    def _asked(self, error: Exception, response: Any) -> float | None:
        """`error.retry_after` (seconds, a timedelta, or as in the header), else what the headers say."""
        asked = sign_of(error, "retry_after")
        if hasattr(asked, "total_seconds"):
            return float(asked.total_seconds())
        if isinstance(asked, (int, float)) and not isinstance(asked, bool):
            return float(asked)
        headers = [("retry-after", asked)] if isinstance(asked, str) else _pairs(response) or _pairs(error)
        return _core.retry_after(headers, self._clock.wall_now()) if headers else None


def names_of(cls: type) -> list[str]:
    """The class and those it derives from, most derived first, each with its module."""
    return [name_of(base) for base in cls.__mro__ if base is not object]


def name_of(cls: type) -> str:
    """The class's name with its module."""
    return f"{cls.__module__}.{cls.__qualname__}"


def words(field: str, value: Any) -> tuple[list[str], list[tuple[str, Callable[[Exception], object]]]]:
    """A list of failures as core reads it, and the tests that only Python can make.

    Exception types become their names; a function becomes a name that an error has when the function says
    yes.

    Raises:
        ConfigError: something else, an exception that always passes through, or an async function: what it answers
            would always mean yes.
    """
    items = list(value) if isinstance(value, (tuple, list, set, frozenset)) else [value]
    listed: list[str] = []
    tests: list[tuple[str, Callable[[Exception], object]]] = []
    for item in items:
        if isinstance(item, type):
            if not issubclass(item, Exception):
                raise ConfigError(
                    field,
                    name_of(item),
                    "subclasses of Exception: cancellation and exits are never retried",
                )
            listed.append(name_of(item))
        elif callable(item) and not is_async(item):
            listed.append(f"{field}[{len(listed)}]()")
            tests.append((listed[-1], item))
        elif isinstance(item, str):
            listed.append(item)
        else:
            raise ConfigError(
                field,
                f"an object of type {type(item).__name__}" if callable(item) else repr(item),
                "exception types, their names, kinds of failure, or a function, not async, that says yes or no",
            )
    return listed, tests


def matcher(field: str, test: ErrorTest) -> Callable[[BaseException], object]:
    """One function for "these types" and for "what this function says".

    Raises:
        ConfigError: neither was given.
    """
    if callable(test) and not isinstance(test, type):
        return test
    types: list[type[BaseException]] = []
    for item in [test] if isinstance(test, type) or not hasattr(test, "__iter__") else test:
        if not (isinstance(item, type) and issubclass(item, BaseException)):
            raise ConfigError(field, repr(item), "exception types, or a function that gives true or false")
        types.append(item)
    return _InstanceOf(tuple(types))


class _InstanceOf:
    __slots__ = ("_types",)

    def __init__(self, types: tuple[type[BaseException], ...]) -> None:
        self._types = types

    def __call__(self, error: BaseException) -> bool:
        return isinstance(error, self._types)


def _keep(kept: dict[Any, Any], key: Any, value: Any) -> None:
    if len(kept) >= _MOST_KEPT:
        kept.clear()
    kept[key] = value


def sign_of(source: Any, name: str) -> Any:
    """An attribute, if it can be had: a property of somebody's error class may raise anything."""
    try:
        return getattr(source, name, None)
    except Exception:
        return None


def message_of(error: BaseException) -> str:
    """What an error says of itself; nothing, where saying it raises."""
    try:
        return str(error)
    except Exception:
        return ""


def _status(error: Exception, response: Any) -> int | None:
    for source, name in (
        (error, "status_code"),
        (error, "status"),
        (response, "status_code"),
        (response, "status"),
    ):
        status = sign_of(source, name)
        if isinstance(status, int) and 100 <= status <= 599:
            return int(status)
    return None


def _problem_code(response: Any) -> str | None:
    """The `code` of a problem body (RFC 9457), as our servers send it; of any client that can read JSON."""
    headers = {name.lower(): value for name, value in _pairs(response)}
    if not headers.get("content-type", "").startswith("application/problem+json"):
        return None
    try:
        code = response.json()["code"]
    except Exception:
        return None
    return code if isinstance(code, str) else None


def _pairs(source: Any) -> list[tuple[str, str]]:
    """The headers of a response, of any client library."""
    try:
        pairs = list(source.headers.items())
    except Exception:
        return []
    return [(name, value) for name, value in pairs if isinstance(name, str) and isinstance(value, str)]
