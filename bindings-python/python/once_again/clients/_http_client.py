"""`IdempotentHttpClient`: the Q ecosystem's HTTP client, over httpx."""

from __future__ import annotations

from concurrent.futures import Future

import httpx

from ._answer import HttpAnswer
from ._client_calls import Calls
from ._client_transport import ClientTransport

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType
    from typing import Any

    from typing_extensions import Self, Unpack

    from once_again._types import HttpClientOptions


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
            ``idempotency`` (the arguments of `IdempotencyManager`: records of the client's own, so that a key which you
            give is answered without a request if it was used before); ``transport`` (what sends: one of httpx's);
            ``refresh_auth``, ``budget``, ``clock``, ``random``, ``logger`` and the hooks, as of `IdempotentTransport`.

    Raises:
        ConfigError: an option is unknown, out of range or of the wrong type.
    """

    def __init__(self, **options: Unpack[HttpClientOptions]) -> None:
        self._calls = Calls(options, ClientTransport)
        self._client = httpx.Client(transport=self._calls.transport, headers=self._calls.identity)

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
            StoreFullError: with ``idempotency``, ``max_records`` keys that callers gave are on record.
        """
        steps = self._calls.call(self._client, method, path, body, headers)
        try:
            wanted = next(steps)
            while True:
                try:
                    got = wanted.result() if isinstance(wanted, Future) else self._client.send(wanted)
                except BaseException as error:
                    wanted = steps.throw(error)
                else:
                    wanted = steps.send(got)
        except StopIteration as end:
            answer: HttpAnswer = end.value
            return answer

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
        return f"<IdempotentHttpClient {self._calls.base_url}>"
