//! The strict scanner: tokens of one JSON text, each checked as it is read.

use super::error::{JsonError, Reason};
use std::borrow::Cow;

/// Nested containers a text may have: `[[1]]` has two. Deep enough for any payload, shallow enough for any stack.
pub const MAX_DEPTH: usize = 128;

/// A position in a text already known to be UTF-8. After an error it is where the error is.
#[derive(Clone, Debug)]
pub(crate) struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

/// A number as it is written, and its parts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lexeme<'a> {
    pub(crate) text: &'a str,
    pub(crate) negative: bool,
    /// How many bytes the whole part has, without the sign.
    pub(crate) whole: usize,
    /// How many the fraction has, with its point; 0 if there is none.
    pub(crate) fraction: usize,
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

    /// The same for bytes that are known to be UTF-8. A byte order mark begins no value.
    pub(crate) const fn of(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// Byte offset of the next byte.
    pub(crate) const fn offset(&self) -> usize {
        self.at
    }

    /// The place an error is about, where that is not the next byte.
    pub(crate) const fn go_to(&mut self, offset: usize) {
        self.at = offset;
    }

    /// The whole text.
    pub(crate) const fn text(&self) -> &'a str {
        self.text
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
    pub(crate) fn need(&mut self) -> Result<u8, Reason> {
        self.peek().ok_or(Reason::UnexpectedEnd)
    }

    /// Consumes `wanted`, after white space.
    pub(crate) fn expect(&mut self, wanted: u8) -> Result<(), Reason> {
        if self.need()? != wanted {
            return Err(Reason::UnexpectedByte);
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
    pub(crate) fn finish(&mut self) -> Result<(), Reason> {
        self.peek().map_or(Ok(()), |_| Err(Reason::UnexpectedByte))
    }

    /// Consumes `true`, `false` or `null`.
    pub(crate) fn literal(&mut self, word: &str) -> Result<(), Reason> {
        for wanted in word.bytes() {
            match self.byte() {
                Some(found) if found == wanted => self.at += 1,
                Some(_) => return Err(Reason::UnexpectedByte),
                None => return Err(Reason::UnexpectedEnd),
            }
        }
        Ok(())
    }

    /// Consumes a number.
    #[inline]
    pub(crate) fn number(&mut self) -> Result<Lexeme<'a>, Reason> {
        let start = self.at;
        let negative = self.byte() == Some(b'-');
        if negative {
            self.at += 1;
        }
        let whole = self.at;
        self.digits()?;
        if self.byte_at(whole) == Some(b'0') && self.at > whole + 1 {
            self.at = whole + 1;
            return Err(Reason::UnexpectedByte);
        }
        let point = self.at;
        // One look at the byte behind the digits settles most numbers.
        let fraction = match self.byte() {
            Some(b'.' | b'e' | b'E') => self.fraction_and_exponent()?,
            _ => 0,
        };
        Ok(Lexeme { text: self.since(start), negative, whole: point - whole, fraction })
    }

    /// What may follow the digits of a number; the length of its fraction.
    fn fraction_and_exponent(&mut self) -> Result<usize, Reason> {
        let point = self.at;
        if self.next_is(b'.') {
            self.digits()?;
        }
        let fraction = self.at - point;
        if matches!(self.byte(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.byte(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(fraction)
    }

    /// At least one digit.
    #[inline]
    fn digits(&mut self) -> Result<(), Reason> {
        let start = self.at;
        self.at += digits_len(&self.text.as_bytes()[start..]);
        match self.byte() {
            _ if self.at > start => Ok(()),
            Some(_) => Err(Reason::BadNumber),
            None => Err(Reason::UnexpectedEnd),
        }
    }

    /// Consumes a string, white space before it included, and gives its value: borrowed unless it holds escapes.
    pub(crate) fn string(&mut self) -> Result<Cow<'a, str>, Reason> {
        self.expect(b'"')?;
        let start = self.at;
        self.plain();
        if self.next_is(b'"') {
            return Ok(Cow::Borrowed(&self.text[start..self.at - 1]));
        }
        let mut value = String::from(self.since(start));
        while self.next_is(b'\\') {
            value.push(self.escape()?);
            let start = self.at;
            self.plain();
            value.push_str(self.since(start));
        }
        if self.next_is(b'"') { Ok(Cow::Owned(value)) } else { Err(self.broken_string()) }
    }

    /// Why a string does not go on where [`Scanner::plain`] stopped.
    pub(crate) fn broken_string(&self) -> Reason {
        if self.byte().is_some() { Reason::ControlCharacter } else { Reason::UnexpectedEnd }
    }

    /// Consumes `wanted` if it is the very next byte.
    pub(crate) fn next_is(&mut self, wanted: u8) -> bool {
        let found = self.byte() == Some(wanted);
        self.at += usize::from(found);
        found
    }

    /// Skips what stands for itself in a string: all but `"`, `\` and control characters.
    #[inline]
    pub(crate) fn plain(&mut self) {
        self.at += plain_len(&self.text.as_bytes()[self.at..]);
    }

    /// The character that the escape after a backslash stands for.
    pub(crate) fn escape(&mut self) -> Result<char, Reason> {
        let start = self.at - 1;
        let Some(letter) = self.byte() else { return Err(Reason::UnexpectedEnd) };
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
            _ => return Err(Reason::BadEscape),
        };
        self.at += 1;
        Ok(plain)
    }

    fn unicode_escape(&mut self, start: usize) -> Result<char, Reason> {
        let first = self.hex4()?;
        let code = if (0xD800..=0xDBFF).contains(&first) {
            match self.low_surrogate()? {
                Some(second) => 0x1_0000 + ((first - 0xD800) << 10) + (second - 0xDC00),
                None => first,
            }
        } else {
            first
        };
        char::from_u32(code).ok_or_else(|| {
            self.at = start;
            Reason::LoneSurrogate
        })
    }

    /// The other half of a surrogate pair, if an escape with it follows at once.
    fn low_surrogate(&mut self) -> Result<Option<u32>, Reason> {
        if !self.text.as_bytes()[self.at..].starts_with(b"\\u") {
            return Ok(None);
        }
        self.at += 2;
        let second = self.hex4()?;
        Ok((0xDC00..=0xDFFF).contains(&second).then_some(second))
    }

    fn hex4(&mut self) -> Result<u32, Reason> {
        let mut value = 0;
        for _ in 0..4 {
            let Some(byte) = self.byte() else { return Err(Reason::UnexpectedEnd) };
            let Some(digit) = char::from(byte).to_digit(16) else {
                return Err(Reason::BadEscape);
            };
            value = value << 4 | digit;
            self.at += 1;
        }
        Ok(value)
    }

    /// Consumes the byte that [`Scanner::byte`] showed.
    #[inline]
    pub(crate) const fn bump(&mut self) {
        self.at += 1;
    }

    /// The next byte, not consumed.
    #[inline]
    pub(crate) fn byte(&self) -> Option<u8> {
        self.byte_at(self.at)
    }

    #[inline]
    fn byte_at(&self, at: usize) -> Option<u8> {
        self.text.as_bytes().get(at).copied()
    }
}

/// How many bytes at the front stand for themselves in a string. Eight at a time: most of a body is such text.
#[inline]
pub(crate) fn plain_len(bytes: &[u8]) -> usize {
    let mut len = 0;
    while let Some(word) = bytes[len..].first_chunk::<8>() {
        if let Some(place) = first_special(*word) {
            return len + place;
        }
        len += 8;
    }
    len + bytes[len..].iter().take_while(|&&byte| byte >= 0x20 && byte != b'"' && byte != b'\\').count()
}

/// How many digits stand at the front.
#[inline]
fn digits_len(bytes: &[u8]) -> usize {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const HIGHS: u64 = ONES << 7;
    let mut len = 0;
    while let Some(word) = bytes[len..].first_chunk::<8>() {
        // Digits become 0 to 9; adding 0x76 sets the high bit of whatever is more.
        let word = u64::from_le_bytes(*word) ^ (ONES * u64::from(b'0'));
        let others = (((word & !HIGHS) + ONES * 0x76) | word) & HIGHS;
        if others != 0 {
            return len + (others.trailing_zeros() / 8) as usize;
        }
        len += 8;
    }
    len + bytes[len..].iter().take_while(|byte| byte.is_ascii_digit()).count()
}

/// The place of the first `"`, `\` or control character.
#[inline]
pub(crate) const fn first_special(word: [u8; 8]) -> Option<usize> {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const HIGHS: u64 = ONES << 7;
    const QUOTES: u64 = ONES * b'"' as u64;
    const SLASHES: u64 = ONES * b'\\' as u64;
    // A byte that equals x is zero after `^ x`, and subtracting one from a zero byte sets its high bit. Borrows only
    // travel upwards, so the lowest bit that is set is always right.
    let word = u64::from_le_bytes(word);
    let (quote, slash) = (word ^ QUOTES, word ^ SLASHES);
    let control = word.wrapping_sub(ONES * 0x20) & !word;
    let found = (control | quote.wrapping_sub(ONES) & !quote | slash.wrapping_sub(ONES) & !slash) & HIGHS;
    if found == 0 { None } else { Some((found.trailing_zeros() / 8) as usize) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn string(text: &str) -> Result<String, Reason> {
        Scanner::new(text.as_bytes()).map_err(|e| e.reason)?.string().map(Cow::into_owned)
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
    fn digits_are_counted_eight_at_a_time_as_one_by_one() {
        for other in [b'/', b':', b'.', b'e', 0, 0x7F, 0x80, 0xB0, 0xFF] {
            for place in 0..20 {
                let mut bytes = *b"01234567890987654321";
                bytes[place] = other;
                assert_eq!(digits_len(&bytes), place, "{other:#x}");
                bytes[place..].fill(other);
                assert_eq!(digits_len(&bytes), place, "{other:#x} to the end");
            }
        }
        assert_eq!(digits_len(b"01234567890987654321"), 20);
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
