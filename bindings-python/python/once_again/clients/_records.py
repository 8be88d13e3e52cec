"""The records of a client of its own: a key that was used before is answered without a request."""

from __future__ import annotations

from concurrent.futures import Future
from threading import Lock

from once_again.errors import InProgressError, KeyReusedError, OutcomeUnknownError
from once_again.idempotency import IdempotencyManager

from ._answer import HttpAnswer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


class Records:
    """What came of keys. Calls with a key that is in flight here join it."""

    def __init__(self, manager: IdempotencyManager) -> None:
        self._manager = manager
        self._lock = Lock()
        self._flights: dict[str, tuple[str, Future[HttpAnswer]]] = {}

    def answer(self, key: str, fingerprint: str, send: Callable[[], HttpAnswer]) -> HttpAnswer:
        """The recorded answer of ``key``, else what ``send`` gets.

        Raises:
            KeyReusedError: the key came with another request.
            InProgressError: another process is sending it.
        """
        own: Future[HttpAnswer] = Future()
        with self._lock:
            known, flight = self._flights.setdefault(key, (fingerprint, own))
        if flight is not own:
            if known != fingerprint:
                raise KeyReusedError
            return _cached(flight.result())
        try:
            answer = self._sent(key, fingerprint, send)
            own.set_result(answer)
            return answer
        except BaseException as error:
            own.set_exception(error)
            raise
        finally:
            with self._lock:
                del self._flights[key]

    def _sent(self, key: str, fingerprint: str, send: Callable[[], HttpAnswer]) -> HttpAnswer:
        manager = self._manager
        check = manager.check_duplicate(key, fingerprint)
        record = check.record
        if check.is_duplicate:
            if record.state == "completed":
                return HttpAnswer(**record.response, attempts=0, from_cache=True)
            raise InProgressError if record.state == "inProgress" else OutcomeUnknownError
        try:
            answer = send()
        except BaseException:
            # The server has the last word on what became of it; the next call asks it under the same key.
            manager.release(key)
            raise
        kept = ("status", "headers", "data", "replayed")
        manager.store_response(key, {name: getattr(answer, name) for name in kept})
        return answer


def _cached(answer: HttpAnswer) -> HttpAnswer:
    return HttpAnswer(answer.status, answer.headers, answer.data, answer.replayed, 0, from_cache=True)
