"""Bodies whose encoding is undone before they are compared."""

from __future__ import annotations

import gzip
import zlib

import pytest

from once_again.http.body import decoded

LIMIT = 1_000


@pytest.mark.parametrize(
    ("encoding", "encoded"),
    [
        ("gzip", gzip.compress(b"body")),
        (" X-GZip ", gzip.compress(b"body")),
        ("gzip", gzip.compress(b"bo") + gzip.compress(b"") + gzip.compress(b"dy")),
        ("deflate", zlib.compress(b"body")),
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
        ("deflate", zlib.compress(b"body")[:-1]),
        ("deflate", zlib.compress(b"body") + b"more"),
        ("gzip, gzip", gzip.compress(gzip.compress(b"body"))),
    ],
)
def test_a_body_that_its_encoding_does_not_describe_is_taken_as_it_came(encoding: str, encoded: bytes) -> None:
    assert decoded(encoded, encoding, LIMIT) == encoded


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_no_more_is_decoded_than_tells_that_it_is_too_long(encoding: str) -> None:
    encode = gzip.compress if encoding == "gzip" else zlib.compress
    assert decoded(encode(b" " * LIMIT), encoding, LIMIT) == b" " * LIMIT
    assert decoded(encode(b" " * 500_000), encoding, LIMIT) == b" " * (LIMIT + 1)
