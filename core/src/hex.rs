//! Lower-case hexadecimal: how keys, owners and digests look in text, and how they cross as JSON.

use serde::{Serialize, Serializer};

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// `bytes` in lower case.
#[must_use]
pub fn encode(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|digit| char::from(DIGITS[digit as usize]))
        .collect()
}

/// Exactly `N` bytes, from digits of either case; `None` for anything else.
#[must_use]
pub fn decode<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    fill(&mut bytes, text).then_some(bytes)
}

/// Whether `text` was as many digits as `bytes` take.
pub(crate) fn fill(bytes: &mut [u8], text: &str) -> bool {
    let digits = text.as_bytes();
    digits.len() == 2 * bytes.len()
        && bytes.iter_mut().zip(digits.chunks_exact(2)).all(|(byte, pair)| {
            let (Some(high), Some(low)) = (digit(pair[0]), digit(pair[1])) else { return false };
            *byte = high << 4 | low;
            true
        })
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

/// For `#[serde(serialize_with = "hex::serialize")]` on an array.
pub fn serialize<S: Serializer, const N: usize>(bytes: &[u8; N], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&encode(bytes))
}

/// For `#[serde(serialize_with = "hex::optional")]` on an array that may be absent: the digits, or null.
pub fn optional<S: Serializer, const N: usize>(
    bytes: &Option<[u8; N]>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    bytes.map(|bytes| encode(&bytes)).serialize(serializer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_of_both_cases_are_read_and_lower_case_is_written() {
        assert_eq!(decode::<3>("00fFa5"), Some([0x00, 0xff, 0xa5]));
        assert_eq!(encode(&[0x00, 0xff, 0xa5]), "00ffa5");
    }

    #[test]
    fn anything_but_the_exact_number_of_digits_is_refused() {
        for text in ["", "00ff", "00ffa5a", "00ffa5a5", "00ffg5", "+0ffa5", "é0ffa"] {
            assert_eq!(decode::<3>(text), None, "{text}");
        }
    }
}
