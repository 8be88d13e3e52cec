//! Between header maps and core's lines.

use http::header::{HeaderMap, HeaderName, HeaderValue};
use http::{Response, StatusCode};
use once_again_core::http::{Header, Ready};

/// A value byte for byte: every byte is one character, as HTTP had it before there was UTF-8.
pub(super) fn text(value: &HeaderValue) -> String {
    value.as_bytes().iter().map(|byte| char::from(*byte)).collect()
}

/// Every line, in its order.
pub(super) fn lines(headers: &HeaderMap) -> Vec<Header> {
    headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect()
}

/// Adds lines: the first of a name replaces what stands under it, further ones join it.
pub(super) fn set(headers: &mut HeaderMap, lines: &[Header]) {
    let mut seen: Vec<HeaderName> = Vec::new();
    for (name, value) in lines.iter().filter_map(carried) {
        if seen.contains(&name) {
            headers.append(name, value);
        } else {
            headers.insert(&name, value);
            seen.push(name);
        }
    }
}

/// Core writes nothing that HTTP could not carry.
fn carried((name, value): &Header) -> Option<(HeaderName, HeaderValue)> {
    let bytes: Option<Vec<u8>> = value.chars().map(|c| u8::try_from(c).ok()).collect();
    Some((HeaderName::from_bytes(name.as_bytes()).ok()?, HeaderValue::from_bytes(&bytes?).ok()?))
}

/// An answer that core has written.
pub(super) fn response(ready: Ready) -> Response<Vec<u8>> {
    let mut response = Response::new(ready.body);
    // A status that no HTTP message can carry does not come out of a record that is ours.
    *response.status_mut() = StatusCode::from_u16(ready.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    set(response.headers_mut(), &ready.headers);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_of_a_value_survives_the_way_to_core_and_back() {
        let bytes: Vec<u8> = (0x20..=0x7E).chain(0x80..=0xFF).collect();
        let mut headers = HeaderMap::new();
        headers.append("x-odd", HeaderValue::from_bytes(&bytes).unwrap());
        headers.append("set-cookie", HeaderValue::from_static("a=1"));
        headers.append("set-cookie", HeaderValue::from_static("b=2"));
        let mut back = HeaderMap::new();
        set(&mut back, &lines(&headers));
        assert_eq!(back, headers);
    }

    #[test]
    fn the_first_line_of_a_name_replaces_and_the_others_join() {
        let mut headers = HeaderMap::new();
        headers.insert("link", HeaderValue::from_static("old"));
        set(&mut headers, &[("Link".into(), "a".into()), ("link".into(), "b".into())]);
        assert_eq!(headers.get_all("link").iter().collect::<Vec<_>>(), ["a", "b"]);
    }
}
