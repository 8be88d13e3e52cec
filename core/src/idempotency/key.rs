//! Idempotency keys: what a client may send, what a record is filed under, what a derived call carries.
//!
//! On the wire a key is the Structured-Field String of draft-ietf-httpapi-idempotency-key-header (`"8e03978e-…"`). Most
//! clients send it bare (`8e03978e-…`), so both forms are read, and are one and the same key. Keys are secrets of
//! sorts: records are filed under a digest, and no message, log line or `Debug` output of core shows one.

use super::record::RecordKey;
use crate::error::{Code, ConfigError};
use core::fmt::{self, Write as _};
use sha2::{Digest, Sha256};

/// The longest key, in characters.
pub const MAX_LENGTH: usize = 255;

/// What a key may be, as an error says it.
pub const EXPECTED: &str = "one key of 1 to 255 visible ASCII characters";

/// A valid key: 1 to 255 visible ASCII characters (U+0021 to U+007E).
#[derive(Clone, PartialEq, Eq)]
pub struct Key(String);

impl Key {
    /// A key given by a program rather than by a header line: no quotes are taken off, and a comma is a character like
    /// any other.
    pub fn new(text: impl Into<String>) -> Result<Self, KeyError> {
        let text = text.into();
        let length = text.chars().count();
        if length == 0 {
            return Err(KeyError::Empty);
        }
        if length > MAX_LENGTH {
            return Err(KeyError::TooLong(length));
        }
        match text.chars().enumerate().find(|(_, c)| !c.is_ascii_graphic()) {
            Some((index, character)) => Err(KeyError::Character { character, position: index + 1 }),
            None => Ok(Self(text)),
        }
    }

    /// The key itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Keys stay out of logs.
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({} characters)", self.0.len())
    }
}

/// Why something is no key. Says what was got without showing it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyError {
    /// Not one header line but this many.
    Lines(usize),
    /// A comma list: several keys, or several lines that a proxy has joined. A key with a comma must be quoted.
    List,
    /// No characters, also as `""`.
    Empty,
    /// This many characters.
    TooLong(usize),
    /// A character that is not visible ASCII, at this place, counted from 1.
    Character {
        /// The character.
        character: char,
        /// Its place in the key, counted from 1.
        position: usize,
    },
    /// A quotation that no Structured-Field String allows: not closed, a bad escape, or something after its end.
    Quotation,
}

impl KeyError {
    /// The public code of every such error.
    pub const CODE: Code = Code::IdempotencyKeyInvalid;

    /// The error as field, value and range; `field` is the header or argument as the user knows it.
    #[must_use]
    pub fn at(&self, field: &str) -> ConfigError {
        ConfigError::new(field, self.to_string(), EXPECTED)
    }
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lines(count) => write!(f, "{count} header lines"),
            Self::List => f.write_str("a comma list"),
            Self::Empty => f.write_str("an empty key"),
            Self::TooLong(length) => write!(f, "{length} characters"),
            Self::Character { character, position } => {
                write!(f, "a character U+{:04X} at position {position}", u32::from(*character))
            }
            Self::Quotation => f.write_str("a malformed quoted string"),
        }
    }
}

impl core::error::Error for KeyError {}

/// Reads the lines of a key header, one entry for each line as it came.
///
/// Blanks around the value are no part of it. A Structured-Field String is unquoted (RFC 9651, 4.2.5); parameters after
/// it are refused, because the draft defines none and ignoring one could merge two keys that a client meant apart.
pub fn parse(lines: &[&str]) -> Result<Key, KeyError> {
    let [line] = lines else { return Err(KeyError::Lines(lines.len())) };
    let value = line.trim_matches([' ', '\t']);
    match value.strip_prefix('"') {
        Some(quoted) => Key::new(unquote(quoted)?),
        None if value.contains(',') => Err(KeyError::List),
        None => Key::new(value),
    }
}

/// The text of a Structured-Field String whose opening quote has been read.
fn unquote(quoted: &str) -> Result<String, KeyError> {
    let mut text = String::new();
    let mut rest = quoted.chars();
    loop {
        match rest.next().ok_or(KeyError::Quotation)? {
            '"' => break,
            '\\' => match rest.next() {
                Some(escaped @ ('"' | '\\')) => text.push(escaped),
                _ => return Err(KeyError::Quotation),
            },
            plain => text.push(plain),
        }
    }
    match rest.as_str().trim_start_matches([' ', '\t']).chars().next() {
        None => Ok(text),
        Some(',') => Err(KeyError::List),
        Some(_) => Err(KeyError::Quotation),
    }
}

/// A random key from 16 random bytes: a version 4 UUID (RFC 9562, 5.4).
#[must_use]
pub fn generate(random: [u8; 16]) -> String {
    let mut bytes = random;
    bytes[6] = (bytes[6] & 0x0F) | 0x40;
    bytes[8] = (bytes[8] & 0x3F) | 0x80;
    let mut text = String::with_capacity(36);
    for (index, byte) in bytes.iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        // Writing into a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// The digest a record is filed under: SHA-256 of the three texts, each behind its length in four bytes.
///
/// `namespace` is the configuration's key prefix; `scope` is whose key it is (the principal, or `""`).
#[must_use]
pub fn record_key(namespace: &str, scope: &str, key: &str) -> RecordKey {
    RecordKey(digest(&[namespace.as_bytes(), scope.as_bytes(), key.as_bytes()]))
}

/// The key that a step of a recorded run sends onwards, the same each time the step runs again: 64 hex digits.
///
/// `ordinal` tells apart several calls of one step.
#[must_use]
pub fn child_key(parent: &RecordKey, step: &str, ordinal: u32) -> String {
    RecordKey(digest(&[b"child", &parent.0, step.as_bytes(), &ordinal.to_be_bytes()])).to_string()
}

/// Where the key of a call comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeyStrategy {
    /// The key the client gave, and none without it.
    #[default]
    Client,
    /// The digest of the content, whatever the client gave.
    Content,
    /// The client's key, then the digest of the content: one key used for two contents is two keys. Without a client
    /// key the content alone.
    Hybrid,
}

impl KeyStrategy {
    /// The key under this strategy. `content` is a fingerprint, whose length depends on nothing but its algorithm: so
    /// where the client's part ends is never in doubt.
    #[must_use]
    pub fn key(self, client: Option<&Key>, content: &str) -> Option<String> {
        match (self, client) {
            (Self::Client, client) => client.map(|key| key.0.clone()),
            (Self::Content, _) | (Self::Hybrid, None) => Some(content.into()),
            (Self::Hybrid, Some(key)) => Some(format!("{}.{content}", key.0)),
        }
    }
}

/// SHA-256 over parts, each behind its length as a big-endian `u32`, so that no two lists of parts read alike.
pub(crate) fn digest(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        // A part of 4 GiB cannot be: the host's own strings end before.
        hash.update(u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key(line: &str) -> Result<String, KeyError> {
        parse(&[line]).map(|key| key.as_str().to_owned())
    }

    #[test]
    fn the_quoted_and_the_bare_form_are_one_key() {
        for line in ["8e03978e-40d5", "\"8e03978e-40d5\"", " \t8e03978e-40d5 ", "\t\"8e03978e-40d5\"  "] {
            assert_eq!(key(line).as_deref(), Ok("8e03978e-40d5"), "{line:?}");
        }
        assert_eq!(key(r#""a\"b\\c""#).as_deref(), Ok(r#"a"b\c"#));
        assert_eq!(key("\"a,b;c=1\"").as_deref(), Ok("a,b;c=1"));
        assert_eq!(key("a;b='c'").as_deref(), Ok("a;b='c'"));
    }

    #[test]
    fn what_is_no_key_says_what_was_got() {
        for (line, got) in [
            ("", "an empty key"),
            ("  ", "an empty key"),
            ("\"\"", "an empty key"),
            ("a,b", "a comma list"),
            ("\"a\", \"b\"", "a comma list"),
            ("\"a", "a malformed quoted string"),
            ("\"a\\", "a malformed quoted string"),
            (r#""a\n""#, "a malformed quoted string"),
            ("\"a\";b=1", "a malformed quoted string"),
            ("\"a\"b", "a malformed quoted string"),
            ("\"a\"\u{A0}", "a malformed quoted string"),
            ("a b", "a character U+0020 at position 2"),
            ("a\r\nX-Evil: 1", "a character U+000D at position 2"),
            ("\"a\u{0}\"", "a character U+0000 at position 2"),
            ("clé", "a character U+00E9 at position 3"),
            ("\u{1F511}", "a character U+1F511 at position 1"),
            ("\u{7F}", "a character U+007F at position 1"),
        ] {
            assert_eq!(key(line).map_err(|error| error.to_string()), Err(got.into()), "{line:?}");
        }
    }

    #[test]
    fn a_key_has_255_characters_at_most() {
        assert_eq!(key(&"k".repeat(255)).map(|key| key.len()), Ok(255));
        assert_eq!(key(&"k".repeat(256)), Err(KeyError::TooLong(256)));
        // 255 characters, each escaped: what counts is the key, not its spelling.
        assert_eq!(key(&format!("\"{}\"", "\\\"".repeat(255))).map(|key| key.len()), Ok(255));
    }

    #[test]
    fn one_header_line_is_wanted_and_no_more() {
        assert_eq!(parse(&["a", "a"]), Err(KeyError::Lines(2)));
        assert_eq!(parse(&[]), Err(KeyError::Lines(0)));
        assert_eq!(
            KeyError::Lines(2).at("Idempotency-Key").to_string(),
            "Idempotency-Key: got 2 header lines, expected one key of 1 to 255 visible ASCII characters"
        );
    }

    #[test]
    fn a_program_gives_its_key_as_it_is() {
        assert_eq!(Key::new("a,b").map(|key| key.0), Ok("a,b".into()));
        assert_eq!(Key::new("\"a\"").map(|key| key.0), Ok("\"a\"".into()));
        assert_eq!(Key::new(" a"), Err(KeyError::Character { character: ' ', position: 1 }));
    }

    #[test]
    fn keys_stay_out_of_debug_output() {
        assert_eq!(format!("{:?}", Key::new("secret")), "Ok(Key(6 characters))");
    }

    /// The version 4 example of RFC 9562, A.3, from bytes whose version and variant bits are other ones.
    #[test]
    fn a_generated_key_is_a_version_4_uuid() {
        let random = *b"\x91\x91\x08\xf7\x52\xd1\xf3\x20\x1b\xac\xf8\x47\xdb\x41\x48\xa8";
        assert_eq!(generate(random), "919108f7-52d1-4320-9bac-f847db4148a8");
    }

    /// Digests computed with another SHA-256 over the layout as it is documented.
    #[test]
    fn a_record_is_filed_under_a_digest_of_namespace_scope_and_key() {
        let record = record_key("api", "alice", "order-1");
        assert_eq!(record.to_string(), "67672cab6c792d5da29378ec3c67be83985722bb11c13902081f955414ce8024");
        assert_eq!(
            child_key(&record, "charge", 0),
            "e02c67467eeb2eacf77126a8c5959843825ad6653ea28a473aa50604bfc609dd"
        );
    }

    #[test]
    fn where_one_part_ends_and_the_next_begins_is_part_of_the_digest() {
        assert_ne!(record_key("ab", "", "c"), record_key("a", "b", "c"));
        assert_ne!(record_key("", "a", "b"), record_key("a", "", "b"));
        let record = record_key("", "", "k");
        assert_ne!(child_key(&record, "charge", 0), child_key(&record, "charge", 1));
        assert_ne!(child_key(&record, "charge", 0), child_key(&record, "refund", 0));
    }

    #[test]
    fn strategies_join_what_the_client_gave_and_what_the_content_is() {
        let client = Key::new("order-1").ok();
        let cases = [
            (KeyStrategy::Client, Some("order-1"), None),
            (KeyStrategy::Content, Some("jcs:00"), Some("jcs:00")),
            (KeyStrategy::Hybrid, Some("order-1.jcs:00"), Some("jcs:00")),
        ];
        for (strategy, with, without) in cases {
            assert_eq!(strategy.key(client.as_ref(), "jcs:00").as_deref(), with, "{strategy:?}");
            assert_eq!(strategy.key(None, "jcs:00").as_deref(), without, "{strategy:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_key_of_visible_ascii_or_an_error(lines in prop::collection::vec(any::<String>(), 0..3)) {
            let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
            if let Ok(key) = parse(&lines) {
                prop_assert!((1..=MAX_LENGTH).contains(&key.0.len()));
                prop_assert!(key.0.bytes().all(|b| b.is_ascii_graphic()));
            }
        }

        #[test]
        fn every_key_survives_quotation(text in "[!-~]{1,255}") {
            let quoted = format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
            prop_assert_eq!(key(&quoted), Ok(text));
        }

        #[test]
        fn no_error_shows_the_key(secret in "[a-m]{8,300}", tail in "[,\"\u{1}é ]{1,3}x") {
            if let Err(error) = key(&format!("{secret}{tail}")) {
                prop_assert!(!error.at("Idempotency-Key").to_string().contains(&secret));
            }
        }
    }
}
