//! The strict scanner: tokens of one JSON text, each checked as it is read.

use super::error::{JsonError, Reason};
use std::borrow::Cow;

/// Nested containers a text may have: `[[1]]` has two. Deep enough for any payload, shallow enough for any stack.
pub const MAX_DEPTH: usize = 128;

/// A position in a text already known to be UTF-8.
#[derive(Clone, Debug)]
pub(crate) struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scanner<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Result<Self, JsonError> {
        if bytes.starts_with(b"\xEF\xBB\xBF") {
            return Err(JsonError::new(0, Reason::ByteOrderMark));
        }
        let text = core::str::from_utf8(bytes)
            .map_err(|error| JsonError::new(error.valid_up_to(), Reason::NotUtf8))?;
        Ok(Self { text, at: 0 })
    }

    /// Byte offset of the next byte.
    pub(crate) const fn offset(&self) -> usize {
        self.at
    }

    /// The text from `start` to here.
    pub(crate) fn since(&self, start: usize) -> &'a str {
        &self.text[start..self.at]
    }

    /// The next byte that is not white space, not consumed; `None` at the end.
    pub(crate) fn peek(&mut self) -> Option<u8> {
        loop {
            match self.byte() {
                Some(b' ' | b'\t' | b'\n' | b'\r') => self.at += 1,
                other => return other,
            }
        }
    }

    /// The next byte that is not white space, which there must be.
    pub(crate) fn need(&mut self) -> Result<u8, JsonError> {
        self.peek().ok_or_else(|| self.error(Reason::UnexpectedEnd))
    }

    /// Consumes `wanted`, after white space.
    pub(crate) fn expect(&mut self, wanted: u8) -> Result<(), JsonError> {
        if self.need()? != wanted {
            return Err(self.error(Reason::UnexpectedByte));
        }
        self.at += 1;
        Ok(())
    }

    /// Consumes `wanted` if it comes next, after white space.
    pub(crate) fn eat(&mut self, wanted: u8) -> bool {
        let found = self.peek() == Some(wanted);
        self.at += usize::from(found);
        found
    }

    /// Only white space may be left.
    pub(crate) fn finish(&mut self) -> Result<(), JsonError> {
        self.peek().map_or(Ok(()), |_| Err(self.error(Reason::UnexpectedByte)))
    }

    /// Consumes `true`, `false` or `null`.
    pub(crate) fn literal(&mut self, word: &str) -> Result<(), JsonError> {
        for wanted in word.bytes() {
            match self.byte() {
                Some(found) if found == wanted => self.at += 1,
                Some(_) => return Err(self.error(Reason::UnexpectedByte)),
                None => return Err(self.error(Reason::UnexpectedEnd)),
            }
        }
        Ok(())
    }

    /// Consumes a number and gives its text.
    pub(crate) fn number(&mut self) -> Result<&'a str, JsonError> {
        let start = self.at;
        self.at += usize::from(self.byte() == Some(b'-'));
        if self.byte() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.byte() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.byte(), Some(b'e' | b'E')) {
            self.at += 1;
            self.at += usize::from(matches!(self.byte(), Some(b'+' | b'-')));
            self.digits()?;
        }
        Ok(self.since(start))
    }

    /// At least one digit. A digit that follows a leading zero is caught by whoever expects `,` or the end.
    fn digits(&mut self) -> Result<(), JsonError> {
        let start = self.at;
        while matches!(self.byte(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        match self.byte() {
            _ if self.at > start => Ok(()),
            Some(_) => Err(self.error(Reason::BadNumber)),
            None => Err(self.error(Reason::UnexpectedEnd)),
        }
    }

    /// Consumes a string, white space before it included, and gives its value: borrowed unless it holds escapes.
    pub(crate) fn string(&mut self) -> Result<Cow<'a, str>, JsonError> {
        self.expect(b'"')?;
        let start = self.at;
        self.plain();
        if self.byte() == Some(b'"') {
            self.at += 1;
            return Ok(Cow::Borrowed(&self.text[start..self.at - 1]));
        }
        let mut value = String::from(self.since(start));
        loop {
            match self.byte() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(Cow::Owned(value));
                }
                Some(b'\\') => {
                    self.at += 1;
                    value.push(self.escape()?);
                    let start = self.at;
                    self.plain();
                    value.push_str(self.since(start));
                }
                Some(_) => return Err(self.error(Reason::ControlCharacter)),
                None => return Err(self.error(Reason::UnexpectedEnd)),
            }
        }
    }

    /// Skips what stands for itself in a string: all but `"`, `\` and control characters.
    pub(crate) fn plain(&mut self) {
        self.at += plain_len(&self.text.as_bytes()[self.at..]);
    }

    /// The character that the escape after a backslash stands for.
    pub(crate) fn escape(&mut self) -> Result<char, JsonError> {
        let start = self.at - 1;
        let Some(letter) = self.byte() else { return Err(self.error(Reason::UnexpectedEnd)) };
        let plain = match letter {
            b'"' | b'\\' | b'/' => char::from(letter),
            b'b' => '\u{8}',
            b'f' => '\u{C}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                self.at += 1;
                return self.unicode_escape(start);
            }
            _ => return Err(self.error(Reason::BadEscape)),
        };
        self.at += 1;
        Ok(plain)
    }

    fn unicode_escape(&mut self, start: usize) -> Result<char, JsonError> {
        let lone = JsonError::new(start, Reason::LoneSurrogate);
        let first = self.hex4()?;
        if !(0xD800..=0xDBFF).contains(&first) {
            return char::from_u32(first).ok_or(lone);
        }
        if !self.text.as_bytes()[self.at..].starts_with(b"\\u") {
            return Err(lone);
        }
        self.at += 2;
        let second = self.hex4()?;
        if !(0xDC00..=0xDFFF).contains(&second) {
            return Err(lone);
        }
        char::from_u32(0x1_0000 + ((first - 0xD800) << 10) + (second - 0xDC00)).ok_or(lone)
    }

    fn hex4(&mut self) -> Result<u32, JsonError> {
        let mut value = 0;
        for _ in 0..4 {
            let Some(byte) = self.byte() else { return Err(self.error(Reason::UnexpectedEnd)) };
            let Some(digit) = char::from(byte).to_digit(16) else {
                return Err(self.error(Reason::BadEscape));
            };
            value = value << 4 | digit;
            self.at += 1;
        }
        Ok(value)
    }

    pub(crate) const fn error(&self, reason: Reason) -> JsonError {
        JsonError::new(self.at, reason)
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }
}

/// How many bytes at the front stand for themselves in a string. Eight at a time: most of a body is such text.
pub(crate) fn plain_len(bytes: &[u8]) -> usize {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const HIGHS: u64 = ONES << 7;
    let mut words = bytes.chunks_exact(8);
    for (i, word) in words.by_ref().enumerate() {
        // A byte that equals x is zero after `^ x`, and subtracting one from a zero byte sets its high bit. Borrows only
        // travel upwards, so the lowest bit that is set is always right.
        let word = u64::from_le_bytes(word.try_into().unwrap_or_default());
        let quote = word ^ (ONES * u64::from(b'"'));
        let slash = word ^ (ONES * u64::from(b'\\'));
        let control = word.wrapping_sub(ONES * 0x20) & !word;
        let found = (control | quote.wrapping_sub(ONES) & !quote | slash.wrapping_sub(ONES) & !slash) & HIGHS;
        if found != 0 {
            return i * 8 + (found.trailing_zeros() / 8) as usize;
        }
    }
    let rest = words.remainder();
    let tail = rest.iter().position(|&b| b < 0x20 || b == b'"' || b == b'\\').unwrap_or(rest.len());
    bytes.len() - rest.len() + tail
}

#[cfg(test)]
mod tests {
    use super::*;

    fn string(text: &str) -> Result<String, Reason> {
        Scanner::new(text.as_bytes()).and_then(|mut s| s.string()).map(Cow::into_owned).map_err(|e| e.reason)
    }

    #[test]
    fn the_eight_byte_scan_stops_where_the_byte_scan_would() {
        for stop in [b'"', b'\\', 0x00, 0x0A, 0x1F] {
            for place in 0..40 {
                let mut bytes: Vec<u8> =
                    (0..40).map(|i| [b' ', b'!', b'#', b'[', b']', 0x7F, 0xE2, 0xFF][i % 8]).collect();
                assert_eq!(plain_len(&bytes), 40);
                bytes[place] = stop;
                assert_eq!(plain_len(&bytes), place, "{stop:#x}");
                bytes[place..].fill(stop);
                assert_eq!(plain_len(&bytes), place, "{stop:#x} to the end");
            }
        }
    }

    #[test]
    fn escapes_become_characters() {
        assert_eq!(string(r#""\"\\\/\b\f\n\r\t""#), Ok("\"\\/\u{8}\u{C}\n\r\t".into()));
        assert_eq!(string(r#""a\u20aC\ud83D\uDe02z""#), Ok("a€😂z".into()));
    }

    #[test]
    fn half_a_surrogate_pair_is_no_text() {
        for lone in [
            r#""\ud800""#,
            r#""\udc00""#,
            r#""\ud800x""#,
            r#""\ud800\n""#,
            r#""\ud800\ud800""#,
            r#""\ud800A""#,
        ] {
            assert_eq!(string(lone), Err(Reason::LoneSurrogate), "{lone}");
        }
    }

    #[test]
    fn broken_strings_say_why() {
        for (text, reason) in [
            ("\"a\nb\"", Reason::ControlCharacter),
            (r#""\x""#, Reason::BadEscape),
            (r#""\u12g4""#, Reason::BadEscape),
            (r#""\u12"#, Reason::UnexpectedEnd),
            (r#""abc"#, Reason::UnexpectedEnd),
            ("", Reason::UnexpectedEnd),
            ("x", Reason::UnexpectedByte),
        ] {
            assert_eq!(string(text), Err(reason), "{text}");
        }
    }

    #[test]
    fn a_byte_order_mark_and_broken_utf8_are_refused_with_their_place() {
        assert_eq!(Scanner::new(b"\xEF\xBB\xBF1").unwrap_err(), JsonError::new(0, Reason::ByteOrderMark));
        assert_eq!(Scanner::new(b"\"ab\xFF\"").unwrap_err(), JsonError::new(3, Reason::NotUtf8));
    }
}
