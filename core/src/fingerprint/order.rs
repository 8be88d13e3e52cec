//! The order of names in a canonical object: by UTF-16 code units, as RFC 8785 (section 3.2.3) has it.
//!
//! UTF-8 sorts as code points do, and so does UTF-16 except in one place: a character beyond U+FFFF is written with
//! surrogates, D800 to DFFF, and so comes before U+E000 to U+FFFF. In UTF-8 the former begin with F0 to F4 and the latter
//! with EE or EF; exchanging the two groups of lead bytes makes byte order UTF-16 order.

use core::cmp::Ordering;

/// A name as it stands in canonical text: between its quotes, with its escapes.
#[derive(Clone, Copy)]
pub(super) struct Name<'a>(pub(super) &'a [u8]);

/// The name's first eight bytes as a number that orders as the name does; where two are equal, [`Name::cmp`] decides.
///
/// `text` ends with the name, which begins at `start`.
#[inline]
pub(super) fn prefix(text: &[u8], start: usize) -> u64 {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const HIGHS: u64 = ONES << 7;
    const SLASHES: u64 = ONES * b'\\' as u64;
    let name = &text[start..];
    let word = match (name.first_chunk::<8>(), text.last_chunk::<8>()) {
        (Some(first), _) => u64::from_be_bytes(*first),
        // Short names are read from their end: what stands before them is shifted out.
        (None, Some(last)) if !name.is_empty() => u64::from_be_bytes(*last) << (8 * (8 - name.len())),
        _ => return Name(name).careful_prefix(),
    };
    let slash = word ^ SLASHES;
    let special = (word | slash.wrapping_sub(ONES) & !slash) & HIGHS;
    if special == 0 { word } else { Name(name).careful_prefix() }
}

impl Name<'_> {
    /// Any name's prefix: escapes, and bytes from EE on, count as something else than what they are.
    fn careful_prefix(self) -> u64 {
        let mut first = [0; 8];
        for (place, byte) in first.iter_mut().zip(self.bytes()) {
            *place = byte;
        }
        u64::from_be_bytes(first)
    }

    /// UTF-16 order of the names these stand for.
    pub(super) fn cmp(self, other: Self) -> Ordering {
        let (a, b) = (self.0, other.0);
        let same = a.iter().zip(b).take_while(|(a, b)| a == b).count();
        let (next_a, next_b) = (a.get(same), b.get(same));
        // Two plain bytes decide by their value, unless they may stand inside an escape, of six bytes at most.
        let plain = |byte: Option<&u8>| byte.is_none_or(|&byte| byte != b'\\' && byte < 0xEE);
        if plain(next_a) && plain(next_b) && !a[same.saturating_sub(5)..same].contains(&b'\\') {
            next_a.cmp(&next_b)
        } else {
            self.bytes().cmp(other.bytes())
        }
    }

    /// Whether this is `name`, which is not escaped.
    pub(super) fn is(self, name: &str) -> bool {
        Unescape(self.0).eq(name.bytes())
    }

    /// The bytes of the name it stands for, changed so that their order is UTF-16 order.
    fn bytes(self) -> impl Iterator<Item = u8> {
        Unescape(self.0).map(|byte| match byte {
            0xF0..=0xF4 => byte - 2,
            0xEE..=0xEF => byte + 5,
            _ => byte,
        })
    }
}

/// Undoes the escapes of canonical JSON, which are few and known to be well-formed.
struct Unescape<'a>(&'a [u8]);

impl Iterator for Unescape<'_> {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        let (byte, rest) = match self.0 {
            [b'\\', b'u', b'0', b'0', high, low, rest @ ..] => (nibble(*high) << 4 | nibble(*low), rest),
            [b'\\', b'b', rest @ ..] => (0x08, rest),
            [b'\\', b't', rest @ ..] => (b'\t', rest),
            [b'\\', b'n', rest @ ..] => (b'\n', rest),
            [b'\\', b'f', rest @ ..] => (0x0C, rest),
            [b'\\', b'r', rest @ ..] => (b'\r', rest),
            [b'\\', same, rest @ ..] => (*same, rest),
            [byte, rest @ ..] => (*byte, rest),
            [] => return None,
        };
        self.0 = rest;
        Some(byte)
    }
}

const fn nibble(hex: u8) -> u8 {
    if hex.is_ascii_digit() { hex - b'0' } else { hex.wrapping_sub(b'a') + 10 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::quote;

    /// In UTF-16 order, by hand; after each quoted name what stands in the way of comparing bytes.
    const ORDERED: &[&str] = &[
        "",
        "\u{0}",
        "\u{1}",
        "\t",
        "\n",
        "\r",
        "\u{1f}",
        "\"",
        "1",
        "10",
        "2",
        "A",
        "\\",
        "\\\\",
        "]",
        "a",
        "a\u{0}",
        "a\"",
        "aa",
        "customer",
        "customer\n",
        "customer_email",
        "customer_id",
        "customer\u{7f}",
        "\u{80}",
        "\u{f6}",
        "\u{20ac}",
        "\u{d7ff}",
        "\u{10000}",
        "\u{1f600}",
        "\u{10ffff}",
        "\u{e000}",
        "\u{fb33}",
        "\u{ffff}",
    ];

    fn quoted(name: &str) -> Vec<u8> {
        let mut out = Vec::new();
        quote(name, &mut out);
        out.pop();
        out
    }

    #[test]
    fn names_order_as_their_utf16_code_units_do() {
        for (i, a) in ORDERED.iter().enumerate() {
            for (j, b) in ORDERED.iter().enumerate() {
                let (left, right) = (quoted(a), quoted(b));
                assert_eq!(Name(&left[1..]).cmp(Name(&right[1..])), i.cmp(&j), "{a:?} {b:?}");
                let prefixes = prefix(&left, 1).cmp(&prefix(&right, 1));
                assert!(prefixes == i.cmp(&j) || prefixes.is_eq(), "the prefixes of {a:?} {b:?}");
                assert!(
                    a.encode_utf16().cmp(b.encode_utf16()) == i.cmp(&j),
                    "the list itself at {a:?} {b:?}"
                );
            }
        }
    }

    #[test]
    fn the_prefix_of_a_short_name_is_the_name_wherever_it_stands() {
        assert_eq!(prefix(b"\"ab", 1), 0x6162_0000_0000_0000);
        assert_eq!(prefix(b"{\"before\":1,\"ab", 13), 0x6162_0000_0000_0000);
        assert_eq!(prefix(b"\"abcdefghi", 1), 0x6162_6364_6566_6768);
        assert_eq!(prefix(b"\"", 1), 0);
    }

    #[test]
    fn a_name_is_found_behind_its_escapes() {
        let written = quoted("a\"\\\n\u{1}\u{1f}€");
        assert!(Name(&written[1..]).is("a\"\\\n\u{1}\u{1f}€"));
        assert!(!Name(&written[1..]).is("a"));
    }
}
