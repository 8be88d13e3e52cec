"""Bodies whose encoding is undone before they are compared."""

from __future__ import annotations

import gzip
import sys
import zlib
from collections.abc import Callable

import brotli
import pytest

from once_again.http import body
from once_again.http.body import decoded

LIMIT = 1_000


@pytest.mark.parametrize(
    ("encoding", "encoded"),
    [
        ("gzip", gzip.compress(b"body")),
        (" X-GZip ", gzip.compress(b"body")),
        ("gzip", gzip.compress(b"bo") + gzip.compress(b"") + gzip.compress(b"dy")),
        ("deflate", zlib.compress(b"body")),
        ("br", brotli.compress(b"body")),
        ("", b"body"),
        ("identity", b"body"),
    ],
)
def test_a_body_is_what_its_encoding_stands_for(encoding: str, encoded: bytes) -> None:
    assert decoded(encoded, encoding, LIMIT) == b"body"


@pytest.mark.parametrize(
    ("encoding", "encoded"),
    [
        ("gzip", b"no gzip"),
        ("gzip", gzip.compress(b"body")[:-1]),
        ("gzip", gzip.compress(b"body")[:-8] + bytes(8)),  # another checksum
        ("br", b"no brotli"),
        ("br", brotli.compress(b"body")[:-1]),
        ("br", b""),
        ("deflate", zlib.compress(b"body")[:-1]),
        ("deflate", zlib.compress(b"body") + b"more"),
        ("gzip, gzip", gzip.compress(gzip.compress(b"body"))),
    ],
)
def test_a_body_that_its_encoding_does_not_describe_is_taken_as_it_came(encoding: str, encoded: bytes) -> None:
    assert decoded(encoded, encoding, LIMIT) == encoded


@pytest.mark.parametrize(
    ("encoding", "encode"), [("gzip", gzip.compress), ("deflate", zlib.compress), ("br", brotli.compress)]
)
def test_no_more_is_decoded_than_tells_that_it_is_too_long(encoding: str, encode: Callable[[bytes], bytes]) -> None:
    assert decoded(encode(b" " * LIMIT), encoding, LIMIT) == b" " * LIMIT
    assert decoded(encode(b" " * 500_000), encoding, LIMIT) == b" " * (LIMIT + 1)


def test_a_file_of_more_parts_than_anybody_sends_is_not_taken_apart() -> None:
    parts = gzip.compress(b"x")
    assert decoded(parts * 1_000, "gzip", 1_000_000) == b"x" * 1_000
    assert decoded(parts * 1_001, "gzip", 1_000_000) == parts * 1_001


def test_brotli_is_taken_as_it_came_where_nothing_bounds_its_decoding(monkeypatch: pytest.MonkeyPatch) -> None:
    class Old:
        def process(self, data: bytes) -> bytes:
            return data

    encoded = brotli.compress(b"body")
    try:
        monkeypatch.setattr(brotli, "Decompressor", Old)
        body._brotli.cache_clear()
        assert decoded(encoded, "br", LIMIT) == encoded
        monkeypatch.setitem(sys.modules, "brotli", None)
        body._brotli.cache_clear()
        assert decoded(encoded, "br", LIMIT) == encoded
    finally:
        body._brotli.cache_clear()
