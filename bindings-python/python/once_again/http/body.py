"""A request's body as its fingerprint is taken of it: without the encoding it travelled in."""

from __future__ import annotations

import zlib

_GZIP = frozenset(("gzip", "x-gzip"))


def decoded(body: bytes, encoding: str, limit: int) -> bytes:
    """The body behind ``encoding``: of one longer than ``limit`` no more than tells so, because a few bytes may stand
    for gigabytes. One that its encoding does not describe is taken as it came; its parser will refuse it."""
    name = encoding.strip().lower()
    if len(body) > limit:
        return body
    try:
        if name in _GZIP:
            return _gunzipped(body, limit + 1)
        if name == "deflate":
            return _inflated(body, limit + 1)
    except (zlib.error, EOFError, OSError):
        pass
    return body


def _gunzipped(body: bytes, size: int) -> bytes:
    from gzip import GzipFile
    from io import BytesIO

    # A gzip file may be many, one behind the other; this reader takes time that grows with their number only.
    with GzipFile(fileobj=BytesIO(body)) as file:
        return file.read(size)


def _inflated(body: bytes, size: int) -> bytes:
    stream = zlib.decompressobj()
    whole = stream.decompress(body, size)
    if len(whole) < size and (not stream.eof or stream.unused_data):
        raise EOFError
    return whole
