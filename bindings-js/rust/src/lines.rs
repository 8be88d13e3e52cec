//! Header lines as one text: names and values in turn, a line feed between each and the next. No header line holds one, so
//! nothing is escaped, and what a server does with every request costs no JSON.

use once_again_core::http::headers::Header;

/// The header lines in `text`. A name without a value is none.
pub(crate) fn read(text: &str) -> Vec<Header> {
    let mut parts = text.split('\n');
    let mut headers = Vec::new();
    while let (Some(name), Some(value)) = (parts.next(), parts.next()) {
        headers.push((name.to_owned(), value.to_owned()));
    }
    headers
}

/// Adds header lines to a text, each name and each value behind a line feed.
pub(crate) fn write(headers: &[Header], text: &mut String) {
    for part in headers.iter().flat_map(|(name, value)| [name, value]) {
        text.push('\n');
        text.push_str(part);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_back_as_they_went_and_none_are_none() {
        let headers = vec![("etag".to_owned(), "\"v1\"".to_owned()), ("x-empty".into(), String::new())];
        let mut text = String::new();
        write(&headers, &mut text);
        assert_eq!(text, "\netag\n\"v1\"\nx-empty\n");
        assert_eq!(read(&text[1..]), headers);
        assert_eq!(read(""), Vec::new());
        assert_eq!(read("etag"), Vec::new());
    }
}
