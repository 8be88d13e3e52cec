"""The request's body as the client sent it: read once for the fingerprint, then put back for the application."""

from __future__ import annotations

from io import BufferedReader, BytesIO, RawIOBase

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def read_and_put_back(environ: dict[str, Any], limit: int) -> bytes:
    """The body; of one longer than ``limit`` only the beginning, which is longer too.

    Raises:
        ConnectionError: the client went away before its request was whole.
    """
    source = environ["wsgi.input"]
    length = environ.get("CONTENT_LENGTH") or ""
    if length.isascii() and length.isdigit():
        # Longer ones are refused by their length alone.
        body = _read(source, int(length))
        if len(body) < int(length):
            raise ConnectionResetError("the client went away before its request was whole")
        environ["wsgi.input"] = BytesIO(body)
    elif environ.get("wsgi.input_terminated"):
        body = _read(source, limit + 1)
        whole = len(body) <= limit
        environ["wsgi.input"] = BytesIO(body) if whole else BufferedReader(_Rest(body, source))
    else:
        body = b""  # without a length and an end there is none
    return body


def _read(source: Any, size: int) -> bytes:
    """Some servers answer a part where there is more."""
    parts: list[bytes] = []
    while size > 0 and (part := source.read(size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


class _Rest(RawIOBase):
    """What was read already, and behind it what was not."""

    def __init__(self, read: bytes, source: Any) -> None:
        self._read = BytesIO(read)
        self._source = source

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        part = self._read.read(len(buffer)) or self._source.read(len(buffer))
        buffer[: len(part)] = part
        return len(part)
