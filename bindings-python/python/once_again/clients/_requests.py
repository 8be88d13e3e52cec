"""An adapter of requests that tries again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urljoin

import requests
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict
from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

from once_again import _core
from once_again.config import RetryConfig

from .exchange import Answered, Exchange
from .redirects import goes_along
from .send import response_of, send
from .settings import Settings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing_extensions import Unpack

    from once_again._types import ClientOptions


class IdempotentAdapter(HTTPAdapter):
    """An adapter that sends a request again, with the same key and the same bytes.

    A write gets one ``Idempotency-Key`` (a UUID) when it has none, and keeps it through retries and redirects; without
    a key only idempotent methods are repeated. The last answer is returned when attempts run out, and the error of
    requests is raised where none came; `CircuitOpenError` where the breaker let no request through. Of a redirect that
    the session follows to another origin, only what says nothing of who asks goes there, whatever is mounted for it.
    Unless the call says ``stream=True``, an answer is read within its attempt, so that one that breaks off is repeated.
    A body that is a file or a generator is read once.

    Example::

        session = requests.Session()
        session.mount("https://", IdempotentAdapter())

    Args:
        config: The fields of the policy, or a preset's name; those left open are of the preset ``http``, with a
            ``total_timeout`` of 60 s and a budget. Waiting to connect and for each piece of an answer is cut to what is
            left of it.
        pool: Arguments of `HTTPAdapter`.
        options: As of `IdempotentTransport`, without ``read_bodies``.

    Raises:
        ConfigError: an option is unknown, out of range or of the wrong type.
    """

    def __init__(
        self,
        config: RetryConfig | str | None = None,
        /,
        *,
        pool: Mapping[str, Any] | None = None,
        **options: Unpack[ClientOptions],
    ) -> None:
        self._settings = Settings(config, options, awaits=False)
        super().__init__(**(pool or {}))

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: Any = True,
        cert: Any = None,
        proxies: Any = None,
    ) -> requests.Response:
        """Sends a request as often as it takes."""
        _read(request)
        exchange = Exchange(self._settings, request.method or "GET", request.url or "", request.headers)

        def attempt(limit: float | None) -> Answered:
            response = super(IdempotentAdapter, self).send(
                request, stream, _shorter(timeout, limit), verify, cert, proxies
            )
            # Reading it here finds out whether it is whole.
            body = response.content if response.status_code >= 400 or not stream else None
            return Answered(response, response.status_code, response.headers, body)

        answer: requests.Response = response_of(send(exchange, attempt, lambda error: error), requests.Response)
        if answer.is_redirect:
            request.headers = _Sent(request, answer, self._settings.key_header)
        return answer


class _Sent(CaseInsensitiveDict[str]):
    """The headers of a request that a redirect answered. The session copies them for the next one."""

    def __init__(self, request: requests.PreparedRequest, answer: requests.Response, key_header: str) -> None:
        super().__init__(request.headers)
        self._left = isinstance(request.headers, _Left)
        method, at, to = request.method or "GET", request.url or "", _target(request, answer)
        # As a session has it, also of what fetch leaves alone.
        status = answer.status_code
        turned = method not in ("GET", "HEAD") and (status in (302, 303) or (status == 301 and method == "POST"))
        _, self._kept = goes_along(turned, method, at, to, key_header, self)
        self._leaves = _origin_of(at) != _origin_of(to)

    def copy(self) -> CaseInsensitiveDict[str]:
        onward = [(name, value) for name, value in self.items() if name.lower() in self._kept]
        return (_Left if self._leaves or self._left else CaseInsensitiveDict)(onward)


class _Left(CaseInsensitiveDict[str]):
    """The headers of a request that has left its origin: the session's cookies, which it would add, stay there."""

    def __setitem__(self, name: str, value: str) -> None:
        if name.lower() != "cookie":
            super().__setitem__(name, value)

    def copy(self) -> CaseInsensitiveDict[str]:
        return _Left(self)


def _target(request: requests.PreparedRequest, answer: requests.Response) -> str | None:
    """Where a redirect leads, as the connection to it would be made; none if that is no URL."""
    try:
        location = answer.headers["Location"].encode("latin-1").decode(errors="replace")
        return parse_url(urljoin(request.url or "", location)).url
    except (ValueError, LocationParseError):
        return None


def _origin_of(url: str | None) -> str | None:
    return None if url is None else _core.origin(url)


def _read(request: requests.PreparedRequest) -> None:
    body: Any = request.body
    if body is None or isinstance(body, (bytes, str)):
        return
    data = body.read() if hasattr(body, "read") else b"".join(body)
    request.body = data
    request.headers.pop("Transfer-Encoding", None)
    request.prepare_content_length(data)
    # Bytes need no rewinding before a redirect sends them again, and cannot be.
    vars(request)["_body_position"] = None


def _shorter(timeout: Any, limit: float | None) -> Any:
    """The time-outs to connect and to read, no longer than ``limit``."""
    if limit is None:
        return timeout
    if hasattr(timeout, "connect_timeout"):  # one of urllib3's own
        return timeout
    connect, read = timeout if isinstance(timeout, tuple) else (timeout, timeout)
    return tuple(limit if given is None else min(given, limit) for given in (connect, read))
