"""A client's own records: a write under a key that is under way is joined, one that has ended is answered from them.

They spare requests; that a repeated one changes nothing is the service's promise, by its key. Only keys that a caller
gave are looked up and kept: a generated one is new for each call, and can never be asked for again.
"""

from __future__ import annotations

from concurrent.futures import Future
from threading import Lock

from once_again import _log
from once_again.errors import KeyReusedError
from once_again.idempotency import IdempotencyManager

from ._answer import HttpAnswer, Received

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from typing import Any

    # What a call came to; none where it was interrupted, which is no answer for those who joined it.
    Outcome = Received | HttpAnswer
    UnderWay = Future[Outcome | None]
    # What waits for another call, or sends a request, is left to whoever runs these steps.
    Steps = Generator[Any, Any, Outcome]


class Records:
    """What came of keys. Threads and event loops share it freely."""

    def __init__(self, manager: IdempotencyManager) -> None:
        self.manager = manager
        self._lock = Lock()
        self._under_way: dict[str, tuple[str, UnderWay]] = {}

    def once(self, key: str, fingerprint: str, send: Callable[[], Steps]) -> Generator[Any, Any, tuple[Outcome, str]]:
        """What the call under ``key`` came to, which is sent only if nobody has sent it.

        Answers how, too: it was ``sent``, it ``joined`` another call, or it is on ``record``.

        Raises:
            KeyReusedError: the key came with another request.
        """
        while True:
            own: UnderWay = Future()
            with self._lock:
                known, other = self._under_way.setdefault(key, (fingerprint, own))
            if other is own:
                return (yield from self._first(key, fingerprint, own, send))
            if known != fingerprint:
                raise KeyReusedError
            outcome = yield other
            if outcome is not None:
                return outcome, "joined"

    def _first(
        self, key: str, fingerprint: str, own: UnderWay, send: Callable[[], Steps]
    ) -> Generator[Any, Any, tuple[Outcome, str]]:
        try:
            received, how = yield from self._begun(key, fingerprint, send)
        except BaseException as error:
            self._over(key)
            if isinstance(error, Exception):
                own.set_exception(error)
            else:
                own.set_result(None)
            raise
        self._over(key)
        own.set_result(received)
        return received, how

    def _over(self, key: str) -> None:
        with self._lock:
            del self._under_way[key]

    def _begun(self, key: str, fingerprint: str, send: Callable[[], Steps]) -> Generator[Any, Any, tuple[Outcome, str]]:
        check = self.manager.check_duplicate(key, fingerprint)
        if check.is_duplicate:
            if check.record.state == "completed":
                return _thawed(check.record.response), "record"
            # Under way in another process that shares the store: the service joins or refuses it by its key.
            return (yield from send()), "sent"
        kept = False
        try:
            received = yield from send()
            if isinstance(received, Received):
                # The service has answered: what goes wrong with the record must not hide that.
                _log.quietly(self.manager.store_response, key, _frozen(received))
                kept = True
            return received, "sent"
        finally:
            if not kept:
                _log.quietly(self.manager.release, key)


def _frozen(received: Received) -> dict[str, object]:
    # Latin-1: one character for each byte.
    return {"status": received.status, "headers": received.headers, "bytes": received.content.decode("latin-1")}


def _thawed(kept: dict[str, Any]) -> Received:
    status, headers, content = kept["status"], kept["headers"], kept["bytes"]
    return Received(status, headers, content.encode("latin-1"), 0)
