"""Captures an answer while it is iterated: whole answers up to a limit, so that they can be replayed.

The last bytes leave only after the outcome is recorded, because a client that has seen them will never ask again.
"""

from __future__ import annotations

from collections import deque

from once_again import _core
from once_again.http.run import Answered, marked, with_length

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

    from once_again.http.run import Headers, HttpRun

    StartResponse = Callable[..., Callable[[bytes], object]]


class Capture:
    """What the application answers, on its way to the server: an iterable of bytes, as the application's own."""

    def __init__(self, start_response: StartResponse, run: HttpRun, limit: int, protected: bool) -> None:
        self._server = start_response
        self._run = run
        self._limit = limit
        # An unprotected answer must not promise that it can be had again.
        self._protected = protected
        self._source: Iterable[bytes] = ()
        self._iterator: Iterator[bytes] = iter(())
        self._line: str | None = None
        self._headers: Headers = []
        self._write: Callable[[bytes], object] | None = None
        self._out: deque[bytes] = deque()
        self._chunks: list[bytes] = []
        self._size = 0
        self._seen = "kept"
        # The newest chunk, kept back so that the last one waits for the record.
        self._held = b""
        self._begun = False
        self._ended = False

    def run(self, app: Any, environ: dict[str, Any]) -> Capture:
        """Has the application answer."""
        try:
            self._source = app(environ, self.start_response)
            self._iterator = iter(self._source)
        except BaseException as error:
            self._failed(error)
            raise
        return self

    def start_response(self, status: str, headers: Headers, exc_info: Any = None) -> Callable[[bytes], object]:
        """As the application calls it."""
        if exc_info is not None:
            try:
                # To the application a head has left with its first bytes, although we may hold both back.
                if self._begun:
                    raise exc_info[1].with_traceback(exc_info[2])
            finally:
                exc_info = None
        elif self._line is not None:
            raise AssertionError("the application called start_response twice")
        self._line = status
        self._headers = list(headers)
        if self._protected:
            self._headers = marked(self._headers, self._run.core.first_answer(self._headers))
        self._seen = "stream" if _core.is_stream_answer(_code(status), self._headers) else "kept"
        return self._written

    def __iter__(self) -> Capture:
        return self

    def __next__(self) -> bytes:
        while not self._out:
            if self._ended:
                raise StopIteration
            self._pull()
        return self._out.popleft()

    def close(self) -> None:
        """The server is done, or its client is gone. The application answers to the end all the same, and its outcome
        is kept; but a stream that nobody reads ends."""
        try:
            while not self._ended and self._seen == "kept":
                self._pull()
                self._out.clear()
            if not self._ended:
                self._ended = True
                self._run.answered(self._answered(b""))
        finally:
            if (close := getattr(self._source, "close", None)) is not None:
                close()

    def _pull(self) -> None:
        """Takes the application's next bytes, or its end."""
        try:
            chunk = next(self._iterator, None)
            if chunk is not None:
                self._take(chunk)
        except BaseException as error:
            self._failed(error)
            raise
        if chunk is None:
            self._end()

    def _written(self, data: bytes) -> None:
        """What `start_response` answers: how applications wrote before there were iterables."""
        self._take(data)
        while self._out and self._write is not None:
            self._write(self._out.popleft())

    def _take(self, chunk: bytes) -> None:
        if not chunk:
            return
        self._begun = True
        self._size += len(chunk)
        if self._seen == "kept" and self._size > self._limit:
            self._seen = "tooLarge"
            self._chunks.clear()
        if self._held or self._seen != "kept":
            self._leave(self._held)
            self._held = b""
        if self._seen == "kept":
            self._chunks.append(chunk)
            self._held = chunk
        else:
            self._leave(chunk)

    def _end(self) -> None:
        self._ended = True
        if self._line is None:
            # The server will complain; there is nothing to keep.
            self._run.answered(Answered())
            return
        step = self._run.answered(self._answered(b"".join(self._chunks)))
        if self._write is None and step.status is not None:
            self._write, body = answer(self._server, step.status, step.headers, step.payload or b"")
            self._out.extend(body)
            return
        if self._write is None:
            self._headers = marked(self._headers, step.headers)
        self._leave(self._held)

    def _leave(self, chunk: bytes) -> None:
        if self._write is None and self._line is not None:
            self._write = self._server(self._line, self._headers)
        if chunk:
            self._out.append(chunk)

    def _answered(self, body: bytes) -> Answered:
        return Answered(None if self._line is None else _code(self._line), self._headers, self._seen, body)

    def _failed(self, error: BaseException) -> None:
        if self._ended:
            return
        self._ended = True
        if isinstance(error, Exception):
            self._run.answered(Answered())
        else:
            # Interrupted, it did not fail: whether it had an effect is for the next claim to find out.
            self._run.abandon()


def answer(
    start_response: StartResponse, status: int, headers: Headers, body: bytes
) -> tuple[Callable[[bytes], object], list[bytes]]:
    """Begins an answer that takes the handler's place; its body is to follow."""
    return start_response(_status_line(status), with_length(headers, body)), [body]


def _status_line(status: int) -> str:
    """The status with its phrase, as WSGI wants it."""
    from http import HTTPStatus

    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"{status} Unknown"


def _code(line: str) -> int:
    return int(line.split(" ", 1)[0])
