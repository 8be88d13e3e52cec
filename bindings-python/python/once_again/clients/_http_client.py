"""`IdempotentHttpClient`: the Q ecosystem's HTTP client, over httpx."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import httpx

from once_again import _core
from once_again._clock import clock_of
from once_again._options import wrong
from once_again.breaker import CircuitBreaker
from once_again.config import RetryConfig
from once_again.errors import ConfigError
from once_again.idempotency import IdempotencyManager

from ._answer import HttpAnswer, HttpError
from ._httpx import IdempotentTransport
from ._records import Records
from .exchange import Answered, member, problem_type

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self, Unpack

    from once_again._types import HttpClientOptions

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


class IdempotentHttpClient:
    """Sends requests that take effect once, to one service. Threads share it freely.

    Example::

        with IdempotentHttpClient(base_url="https://api.example.com", module="qwallet") as client:
            receipt = client.post("/payments", {"amount": 7}).data

    Args:
        options: ``base_url`` (required); ``timeout`` of each attempt (10 s); ``total_timeout`` (60 s); what chooses the
            policy as in `RetryPolicyManager.choose` (``retry_policy``, ``criticality``, ``module``, ``real_time``,
            ``user_facing``); ``identity`` (``squid_id``, ``sub_id``, ``dao_id``: sent as ``x-squid-id``, ``x-subid``,
            ``x-dao-id``); ``circuit_breaker`` (a `CircuitBreaker`, its fields or a preset's name); ``auto_key`` (True);
            ``idempotency`` (the arguments of `IdempotencyManager`: records of the client's own, so that a key which was
            used before is answered without a request); ``transport`` (what sends: one of httpx's); ``refresh_auth``,
            ``budget``, ``clock``, ``random``, ``logger`` and the hooks, as of `IdempotentTransport`.

    Raises:
        ConfigError: an option is unknown, out of range or of the wrong type.
    """

    def __init__(self, **options: Unpack[HttpClientOptions]) -> None:
        given: dict[str, Any] = dict(options)
        said = {name: given.pop(name) for name in _CORES if name in given}
        own = said.get("retry_policy")
        if isinstance(own, RetryConfig):
            said["retry_policy"] = own.fields()
        self._base_url, spec, identity, auto_key = _core.client_config(said)
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
        transport = IdempotentTransport(config, transport=given.pop("transport", None), auto_key=auto_key, **given)
        self._key_header = transport.key_header
        self._client = httpx.Client(transport=transport, headers=identity, follow_redirects=True)

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> HttpAnswer:
        """Reads."""
        return self.request("GET", path, None, headers)

    def delete(self, path: str, headers: Mapping[str, str] | None = None) -> HttpAnswer:
        """Deletes."""
        return self.request("DELETE", path, None, headers)

    def post(self, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> HttpAnswer:
        """Sends ``body``: bytes and text as they are, anything else as JSON."""
        return self.request("POST", path, body, headers)

    def put(self, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> HttpAnswer:
        """As `post`."""
        return self.request("PUT", path, body, headers)

    def patch(self, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> HttpAnswer:
        """As `post`."""
        return self.request("PATCH", path, body, headers)

    def request(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> HttpAnswer:
        """Sends one request, as often as it takes.

        Raises:
            HttpError: the answer was 400 or more, or none came.
            CircuitOpenError: the breaker rejected the request.
            KeyReusedError: with ``idempotency``, the key came with another request.
        """
        if not isinstance(path, str):
            raise wrong("path", path, "a string: a path under base_url")
        url = f"{self._base_url}/{path.lstrip('/')}"
        content: dict[str, Any] = {} if body is None else {"json": body}
        if isinstance(body, (bytes, str)):
            content = {"content": body}
        request = self._client.build_request(method.upper(), url, headers=headers, **content)
        key = request.headers.get(self._key_header)
        if self._records is None or key is None:
            return self._sent(request)
        fingerprint = _core.fingerprint(request.read(), method=request.method, path=url)
        return self._records.answer(key, fingerprint, lambda: self._sent(request))

    def _sent(self, request: httpx.Request) -> HttpAnswer:
        try:
            response = self._client.send(request)
        except httpx.RequestError as error:
            late = isinstance(error, httpx.TimeoutException)
            code, retryable = _core.name_refusal(None, late, None, None, False)
            raise HttpError(code, retryable, None, None, self._clock.wall_now()) from error
        answer = _answer(response)
        if answer.status < 400:
            return answer
        said = Answered(response, answer.status, response.headers, response.content)
        own_code, problem = member(said, "code"), problem_type(said)
        code, retryable = _core.name_refusal(answer.status, False, problem, own_code, answer.replayed)
        raise HttpError(code, retryable, answer.status, answer, self._clock.wall_now())

    def close(self) -> None:
        """Closes its connections."""
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<IdempotentHttpClient {self._base_url}>"


def _records(given: Any, clock: Any) -> Records | None:
    if given is None or given is False:
        return None
    if not isinstance(given, Mapping):
        raise wrong("idempotency", given, "a mapping of the arguments of IdempotencyManager")
    try:
        return Records(IdempotencyManager(**{"clock": clock, **given}))
    except TypeError as error:
        raise ConfigError("idempotency", str(error), "the arguments of IdempotencyManager") from None


def _answer(response: httpx.Response) -> HttpAnswer:
    media_type = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    data: Any = response.text or None
    if data is not None and (media_type == "application/json" or media_type.endswith("+json")):
        try:
            data = json.loads(data)
        except (ValueError, RecursionError):
            pass  # it says that it is JSON, and is not: then it is text
    return HttpAnswer(
        response.status_code,
        {name.lower(): value for name, value in response.headers.items()},
        data,
        response.headers.get("Idempotent-Replayed") == "true",
        response.extensions.get("attempts", 1),
    )
