"""A client's own records: a write under a key that is under way is joined, one that has ended is answered from them.

They spare requests; that a repeated one changes nothing is the service's promise, by its key.
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
    from collections.abc import Callable
    from typing import Any


class Records:
    """What came of keys. Threads share it freely."""

    def __init__(self, manager: IdempotencyManager) -> None:
        self.manager = manager
        self._lock = Lock()
        self._under_way: dict[str, tuple[str, Future[Received | HttpAnswer]]] = {}

    def once(
        self, key: str, fingerprint: str, send: Callable[[], Received | HttpAnswer]
    ) -> tuple[Received | HttpAnswer, str]:
        """What the call under ``key`` came to, which is sent only if nobody has sent it.

        Answers how, too: it was ``sent``, it ``joined`` another call, or it is on ``record``.

        Raises:
            KeyReusedError: the key came with another request.
        """
        own: Future[Received | HttpAnswer] = Future()
        with self._lock:
            known, other = self._under_way.setdefault(key, (fingerprint, own))
        if other is not own:
            if known != fingerprint:
                raise KeyReusedError
            return other.result(), "joined"
        try:
            received, how = self._begun(key, fingerprint, send)
            own.set_result(received)
            return received, how
        except BaseException as error:
            own.set_exception(error)
            raise
        finally:
            with self._lock:
                del self._under_way[key]

    def _begun(
        self, key: str, fingerprint: str, send: Callable[[], Received | HttpAnswer]
    ) -> tuple[Received | HttpAnswer, str]:
        check = self.manager.check_duplicate(key, fingerprint)
        if check.is_duplicate:
            if check.record.state == "completed":
                return _thawed(check.record.response), "record"
            # Under way in another process that shares the store: the service joins or refuses it by its key.
            return send(), "sent"
        kept = False
        try:
            received = send()
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
