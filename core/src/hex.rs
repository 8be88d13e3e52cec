//! Lower-case hexadecimal: how keys, owners and digests look in text, and how they cross as JSON.

use core::fmt;
use serde::Serializer;
use serde::de::{self, Deserializer, Visitor};

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
    let digits = text.as_bytes();
    if digits.len() != 2 * N {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(bytes)
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

/// For `#[serde(with = "hex")]` on an array.
pub fn serialize<S: Serializer, const N: usize>(bytes: &[u8; N], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&encode(bytes))
}

/// For `#[serde(with = "hex")]` on an array.
pub fn deserialize<'de, D: Deserializer<'de>, const N: usize>(deserializer: D) -> Result<[u8; N], D::Error> {
    deserializer.deserialize_str(Digits)
}

struct Digits<const N: usize>;

impl<const N: usize> Visitor<'_> for Digits<N> {
    type Value = [u8; N];

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} hexadecimal digits", 2 * N)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<[u8; N], E> {
        decode(text).ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))
    }
}

/// For `#[serde(with = "hex::optional", default)]` on an array that may be absent.
pub mod optional {
    use core::fmt;
    use serde::de::{self, Deserializer, Visitor};
    use serde::{Serialize, Serializer};

    /// The digits, or null.
    pub fn serialize<S: Serializer, const N: usize>(
        bytes: &Option<[u8; N]>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        bytes.map(|bytes| super::encode(&bytes)).serialize(serializer)
    }

    /// The digits, or null.
    pub fn deserialize<'de, D: Deserializer<'de>, const N: usize>(
        deserializer: D,
    ) -> Result<Option<[u8; N]>, D::Error> {
        deserializer.deserialize_option(Maybe)
    }

    struct Maybe<const N: usize>;

    impl<'de, const N: usize> Visitor<'de> for Maybe<N> {
        type Value = Option<[u8; N]>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "{} hexadecimal digits, or null", 2 * N)
        }

        fn visit_none<E: de::Error>(self) -> Result<Self::Value, E> {
            Ok(None)
        }

        fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
            Ok(None)
        }

        fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
            super::deserialize(deserializer).map(Some)
        }
    }
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
