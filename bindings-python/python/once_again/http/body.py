"""A request's body as its fingerprint is taken of it: without the encoding it travelled in."""

from __future__ import annotations

import zlib

# By the names in Content-Encoding: what zlib calls the format.
_FORMATS = {"gzip": 31, "x-gzip": 31, "deflate": 15}


def decoded(body: bytes, encoding: str, limit: int) -> bytes:
    """The body behind ``encoding``: of one longer than ``limit`` no more than tells so, because a few bytes may stand
    for gigabytes. One that its encoding does not describe is taken as it came; its parser will refuse it."""
    form = _FORMATS.get(encoding.strip().lower())
    if form is None or len(body) > limit:
        return body
    whole = b""
    rest = body
    try:
        while rest:
            # A gzip file may be several, one behind the other.
            part = zlib.decompressobj(form)
            whole += part.decompress(rest, limit + 1 - len(whole))
            if len(whole) > limit:
                return whole
            if not part.eof:
                return body
            rest = part.unused_data
    except zlib.error:
        return body
    return whole
