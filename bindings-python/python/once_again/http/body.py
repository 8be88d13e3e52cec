"""A request's body as its fingerprint is taken of it: without the encoding it travelled in."""

from __future__ import annotations

import zlib
from functools import lru_cache

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_GZIP = 31  # what zlib calls the format
# A gzip file may be several, one behind the other. More are no body: each costs as much as kilobytes of one.
_MEMBERS = 1_000
_PIECE = 65_536


def decoded(body: bytes, encoding: str, limit: int) -> bytes:
    """The body behind ``encoding``: of one longer than ``limit`` no more than tells so, because a few bytes may stand
    for gigabytes. One that its encoding does not describe is taken as it came; its parser will refuse it. So is one in
    Brotli, where no package is installed that reads it."""
    if len(body) > limit:
        return body
    try:
        match encoding.strip().lower():
            case "gzip" | "x-gzip":
                return _gunzipped(body, limit + 1)
            case "deflate":
                return _inflated(body, limit + 1)
            case "br":
                return _unbrotlied(body, limit + 1)
    except (zlib.error, _NoBodyError):
        pass
    return body


class _NoBodyError(Exception):
    """The encoding does not describe it."""


def _gunzipped(body: bytes, size: int) -> bytes:
    view, at, whole = memoryview(body), 0, bytearray()
    for _ in range(_MEMBERS):
        member = zlib.decompressobj(_GZIP)
        while not member.eof:
            piece = view[at : at + _PIECE]
            if not piece:
                raise _NoBodyError
            at += len(piece)
            whole += member.decompress(piece, size - len(whole))
            if len(whole) >= size:
                return bytes(whole)
        at -= len(member.unused_data)
        if at == len(body):
            return bytes(whole)
    raise _NoBodyError


def _inflated(body: bytes, size: int) -> bytes:
    stream = zlib.decompressobj()
    whole = stream.decompress(body, size)
    if len(whole) < size and (not stream.eof or stream.unused_data):
        raise _NoBodyError
    return whole


def _unbrotlied(body: bytes, size: int) -> bytes:
    brotli = _brotli()
    if brotli is None:
        raise _NoBodyError
    stream, whole, given = brotli.Decompressor(), bytearray(), body
    try:
        while len(whole) < size and not stream.is_finished():
            more = stream.process(given, output_buffer_limit=size - len(whole))
            if not more and not given:
                raise _NoBodyError
            whole += more
            given = b""
    except brotli.error:
        raise _NoBodyError from None
    return bytes(whole[:size])


@lru_cache(maxsize=1)
def _brotli() -> Any:
    """The package `brotli`, where it can bound what it decodes: since 1.2."""
    try:
        import brotli  # type: ignore[import-not-found,import-untyped,unused-ignore]
    except ImportError:
        return None
    try:
        brotli.Decompressor().process(b"", output_buffer_limit=1)
    except TypeError:
        return None
    return brotli
