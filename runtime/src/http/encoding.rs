//! A request's body as its fingerprint is taken of it: without the encoding it travelled in.

use brotli_decompressor::Decompressor;
use flate2::bufread::{MultiGzDecoder, ZlibDecoder};
use http::header::{CONTENT_ENCODING, HeaderMap};
use std::borrow::Cow;
use std::io::{self, Read};

/// What brotli reads at a time.
const PIECE: usize = 4_096;

/// The body behind its `Content-Encoding`: of one longer than `limit` no more than tells so, because a few bytes may stand for
/// gigabytes. One that its encoding does not describe, or whose encoding is not known here, is taken as it came.
pub(super) fn decoded<'a>(body: &'a [u8], headers: &HeaderMap, limit: u64) -> Cow<'a, [u8]> {
    let mut encodings = headers.get_all(CONTENT_ENCODING).iter();
    let (Some(encoding), None) = (encodings.next(), encodings.next()) else { return body.into() };
    let Ok(encoding) = encoding.to_str() else { return body.into() };
    let whole = match encoding.trim().to_ascii_lowercase().as_str() {
        "gzip" | "x-gzip" => read(MultiGzDecoder::new(body), limit),
        "deflate" => read(ZlibDecoder::new(body), limit),
        "br" => read(Decompressor::new(body, PIECE), limit),
        _ => return body.into(),
    };
    whole.map_or(body.into(), Cow::Owned)
}

fn read(decoder: impl Read, limit: u64) -> io::Result<Vec<u8>> {
    let mut whole = Vec::new();
    decoder.take(limit.saturating_add(1)).read_to_end(&mut whole)?;
    Ok(whole)
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::{GzEncoder, ZlibEncoder};
    use http::HeaderValue;
    use std::io::Write;

    /// `zlib.brotliCompressSync("hello")` of Node.js.
    const BROTLI: &[u8] = b"\x0B\x02\x80hello\x03";

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    fn zlib(text: &[u8]) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    fn seen(body: &[u8], encodings: &[&'static str], limit: u64) -> Vec<u8> {
        let mut headers = HeaderMap::new();
        for encoding in encodings {
            headers.append(CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
        decoded(body, &headers, limit).into_owned()
    }

    #[test]
    fn a_body_is_seen_as_it_was_before_it_was_encoded() {
        let two = [gzip(b"hel"), gzip(b"lo")].concat();
        for (body, encoding) in [
            (gzip(b"hello"), "gzip"),
            (two, "X-GZIP"),
            (zlib(b"hello"), "deflate"),
            (BROTLI.into(), " BR "),
            (b"hello".into(), "identity"),
        ] {
            assert_eq!(seen(&body, &[encoding], 5), b"hello", "{encoding}");
        }
        assert_eq!(seen(b"hello", &[], 5), b"hello");
    }

    #[test]
    fn a_few_bytes_that_stand_for_many_are_not_decoded_beyond_the_limit() {
        let bomb = gzip(&vec![0; 10 << 20]);
        assert_eq!(seen(&bomb, &["gzip"], 1_000).len(), 1_001);
    }

    #[test]
    fn what_its_encoding_does_not_describe_is_taken_as_it_came() {
        let whole = gzip(b"hello");
        for (body, encodings) in [
            (&b"hello"[..], &["gzip"][..]),
            (b"hello", &["deflate"]),
            (b"hello", &["br"]),
            (&whole[..whole.len() - 1], &["gzip"]),
            (&BROTLI[..5], &["br"]),
            (&whole, &["gzip", "gzip"]),
            (&whole, &["zstd"]),
        ] {
            assert_eq!(seen(body, encodings, 1_000), body, "{encodings:?}");
        }
    }
}
