//! The fingerprint itself.

use super::canonical::canonicalize_selected;
use super::parts::{Parts, essence, is_json};
use super::select::Selection;
use super::writer::Writer;
use crate::hex;
use crate::json::{Json, JsonError, Read, Reason};
use core::fmt;
use core::str::FromStr;
use serde::{Serialize, Serializer};
use sha2::{Digest, Sha256};

/// How the body entered a fingerprint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Alg {
    /// As canonical JSON.
    Jcs,
    /// Byte for byte.
    Raw,
}

impl Alg {
    /// `jcs` or `raw`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Jcs => "jcs",
            Self::Raw => "raw",
        }
    }
}

/// What identifies a request: an algorithm and a SHA-256. Written `alg:hex`, and read back by [`FromStr`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint {
    alg: Alg,
    digest: [u8; 32],
}

/// What of a body counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// The fields that count, of a JSON body; of any other body everything counts.
    pub selection: Selection,
    /// Whether the body counts at all; true by default.
    pub include_body: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { selection: Selection::default(), include_body: true }
    }
}

/// Why there is no fingerprint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// A multipart body as bytes: its boundary is drawn anew for every request, so no two would match. Tell the parsed
    /// fields as a value instead.
    Multipart,
    /// A value that JSON cannot say.
    Value(Reason),
}

/// The fingerprint of a value that belongs to no request: the one its JSON text has.
///
/// Refused are NaN and infinities, maps whose keys are neither strings nor integers, and more than 128 nested containers.
pub fn fingerprint<T: Serialize + ?Sized>(value: &T) -> Result<Fingerprint, Refused> {
    Fingerprint::of_value(&Parts::default(), value, &Options::default())
}

impl Fingerprint {
    /// A fingerprint that was taken before, from a record.
    #[must_use]
    pub const fn new(alg: Alg, digest: [u8; 32]) -> Self {
        Self { alg, digest }
    }

    /// The fingerprint of a body as bytes. Its media type says whether it is JSON; without one it is tried as JSON.
    pub fn of_bytes(parts: &Parts<'_>, body: &[u8], options: &Options) -> Result<Self, Refused> {
        let media_type = parts.media_type.filter(|media_type| !media_type.is_empty());
        if !options.include_body || media_type.is_none_or(is_json) {
            return Ok(Self::of_json(parts, body, options));
        }
        if media_type.is_some_and(|media_type| essence(media_type).starts_with("multipart/")) {
            return Err(Refused::Multipart);
        }
        Ok(Self::raw(parts, body))
    }

    /// The fingerprint of a JSON text, whatever the media type. A text that is not strict JSON counts byte for byte.
    #[must_use]
    pub fn of_json(parts: &Parts<'_>, text: &[u8], options: &Options) -> Self {
        if !options.include_body {
            return Self::without_body(parts);
        }
        let mut hashed = Vec::with_capacity(text.len() + 128);
        parts.write(Alg::Jcs, &mut hashed);
        match canonicalize_selected(text, &options.selection, &mut hashed) {
            Ok(()) => Self::new(Alg::Jcs, Sha256::digest(&hashed).into()),
            Err(_) => Self::raw(parts, text),
        }
    }

    /// The fingerprint of a parsed value: the one its JSON text has.
    pub fn of_value<T: Serialize + ?Sized>(
        parts: &Parts<'_>,
        value: &T,
        options: &Options,
    ) -> Result<Self, Refused> {
        let mut writer = Writer::selecting(&options.selection);
        if options.include_body {
            writer.value(value).map_err(Refused::Value)?;
        }
        Self::of_written(parts, &writer, options)
    }

    /// The fingerprint of a parsed value that a host has told to `writer`, which was made for the same options.
    pub fn of_written(parts: &Parts<'_>, writer: &Writer<'_>, options: &Options) -> Result<Self, Refused> {
        if !options.include_body {
            return Ok(Self::without_body(parts));
        }
        Ok(Self::hash(Alg::Jcs, parts, writer.finish().map_err(Refused::Value)?))
    }

    /// A zero byte in place of the body: no canonical JSON begins with one, so no body has such a fingerprint.
    fn without_body(parts: &Parts<'_>) -> Self {
        Self::hash(Alg::Jcs, parts, b"\0")
    }

    fn raw(parts: &Parts<'_>, body: &[u8]) -> Self {
        Self::hash(Alg::Raw, parts, body)
    }

    fn hash(alg: Alg, parts: &Parts<'_>, body: &[u8]) -> Self {
        let mut head = Vec::new();
        parts.write(alg, &mut head);
        Self::new(alg, Sha256::new().chain_update(head).chain_update(body).finalize().into())
    }

    /// How the body entered.
    #[must_use]
    pub const fn alg(&self) -> Alg {
        self.alg
    }

    /// The SHA-256.
    #[must_use]
    pub const fn digest(&self) -> &[u8; 32] {
        &self.digest
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.alg.name(), hex::encode(&self.digest))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}

/// As its text.
impl Serialize for Fingerprint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// From its text.
impl Read<'_> for Fingerprint {
    fn read(json: Json<'_, '_>) -> Result<Self, JsonError> {
        json.text()?.parse().map_err(|NotAFingerprint| json.error(&NotAFingerprint.to_string()))
    }
}

/// The text is not `jcs:` or `raw:` and 64 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAFingerprint;

impl FromStr for Fingerprint {
    type Err = NotAFingerprint;

    fn from_str(text: &str) -> Result<Self, NotAFingerprint> {
        let (alg, digits) = text.split_once(':').ok_or(NotAFingerprint)?;
        let alg =
            [Alg::Jcs, Alg::Raw].into_iter().find(|known| known.name() == alg).ok_or(NotAFingerprint)?;
        hex::decode(digits).map(|digest| Self { alg, digest }).ok_or(NotAFingerprint)
    }
}

impl fmt::Display for NotAFingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a fingerprint is jcs: or raw: and 64 hexadecimal digits")
    }
}

impl core::error::Error for NotAFingerprint {}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Multipart => f.write_str(
                "a multipart body has no fingerprint, because its boundary is random: pass the parsed fields that count",
            ),
            Self::Value(reason) => write!(f, "a value that JSON cannot say: {reason}"),
        }
    }
}

impl core::error::Error for Refused {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json;

    fn of(text: &str) -> Fingerprint {
        Fingerprint::of_json(&Parts::default(), text.as_bytes(), &Options::default())
    }

    fn sha(alg: Alg, hashed: &[u8]) -> Fingerprint {
        Fingerprint::new(alg, Sha256::digest(hashed).into())
    }

    #[test]
    fn a_json_body_is_hashed_in_canonical_form_behind_its_layout() {
        let expected = sha(Alg::Jcs, b"oa1\0jcs\0\0\0\0\0{\"a\":1,\"b\":2}");
        assert_eq!(of(r#" {"b": 2.0, "a": 1e0} "#), expected);
        assert_eq!(fingerprint(&serde_json::json!({"b": 2, "a": 1})), Ok(expected));
    }

    #[test]
    fn json_that_is_not_strict_is_hashed_byte_for_byte() {
        for text in [r#"{"a":1,"a":1}"#, "", "\u{FEFF}1", r#""\ud800""#, "1e1000000001", "{'a':1}"] {
            let hashed = [b"oa1\0raw\0\0\0\0\0", text.as_bytes()].concat();
            assert_eq!(of(text), sha(Alg::Raw, &hashed), "{text}");
        }
    }

    #[test]
    fn the_media_type_decides_what_is_json_and_its_absence_means_json() {
        let alg = |media_type| {
            let parts = Parts { media_type, ..Parts::default() };
            Fingerprint::of_bytes(&parts, b"{}", &Options::default()).map(|fingerprint| fingerprint.alg())
        };
        assert_eq!(alg(None), Ok(Alg::Jcs));
        assert_eq!(alg(Some("")), Ok(Alg::Jcs));
        assert_eq!(alg(Some("application/merge-patch+json; charset=utf-8")), Ok(Alg::Jcs));
        assert_eq!(alg(Some("text/plain")), Ok(Alg::Raw));
        assert_eq!(alg(Some("application/x-www-form-urlencoded")), Ok(Alg::Raw));
        assert_eq!(alg(Some("Multipart/Form-Data; boundary=x")), Err(Refused::Multipart));
    }

    #[test]
    fn a_fingerprint_without_body_is_that_of_no_body() {
        let without = Options { include_body: false, ..Options::default() };
        let parts = Parts { method: Some("POST"), ..Parts::default() };
        let none = Fingerprint::of_bytes(&parts, b"{}", &without).unwrap();
        assert_eq!(Fingerprint::of_bytes(&parts, b"anything", &without), Ok(none));
        assert_eq!(Fingerprint::of_value(&parts, &f64::NAN, &without), Ok(none));
        for body in [&b""[..], b"\0", b"null", b"\"\"", b"{}"] {
            assert_ne!(Fingerprint::of_bytes(&parts, body, &Options::default()), Ok(none));
            assert_ne!(Fingerprint::raw(&parts, body), none);
        }
        let multipart = Parts { media_type: Some("multipart/form-data"), ..parts };
        assert!(Fingerprint::of_bytes(&multipart, b"--x", &without).is_ok());
    }

    #[test]
    fn a_value_that_json_cannot_say_is_refused() {
        assert_eq!(fingerprint(&[f64::INFINITY]), Err(Refused::Value(Reason::NotFinite)));
        let unfinished = Writer::new();
        assert_eq!(
            Fingerprint::of_written(&Parts::default(), &unfinished, &Options::default()),
            Err(Refused::Value(Reason::OutOfPlace))
        );
    }

    #[test]
    fn the_written_form_reads_back() {
        let fingerprint = sha(Alg::Raw, b"");
        let text = "raw:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(fingerprint.to_string(), text);
        assert_eq!(text.parse(), Ok(fingerprint));
        assert_eq!(json::to_string(&fingerprint), format!("{text:?}"));
        assert_eq!(json::read(&format!("{text:?}")), Ok(fingerprint));
        assert!(json::read::<Fingerprint>("\"raw:0\"").is_err());
        for bad in ["", "raw", &text[4..], &text[..67], "md5:00", "RAW:00", &format!("{text}0")] {
            assert_eq!(bad.parse::<Fingerprint>(), Err(NotAFingerprint), "{bad}");
        }
    }
}
