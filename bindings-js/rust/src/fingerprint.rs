//! Fingerprints of requests and of values alone.

use crate::answer;
use once_again_core::error::ConfigError;
use once_again_core::fingerprint::{Fingerprint, Options, Parts, Refused, Selection};
use once_again_core::spec::{Names, Reader, Unit, Value};

const FIELDS: &[Names] = &[
    Names(&[("method", None)]),
    Names(&[("path", None)]),
    Names(&[("query", None)]),
    Names(&[("media_type", None)]),
    Names(&[("headers", None)]),
    Names(&[("include", None)]),
    Names(&[("exclude", None)]),
    Names(&[("include_body", None)]),
];

/// The fingerprint of a body as it came over the wire: `alg:hex`, or the refusal as JSON.
///
/// `request` is what counts beside the body, as a JSON object; empty for a body alone.
#[must_use]
pub fn of_bytes(request: &str, body: &[u8]) -> String {
    take(request, |parts, options| Fingerprint::of_bytes(parts, body, options))
}

/// The fingerprint of a parsed value by its JSON text, whatever the media type: `alg:hex`, or the refusal as JSON.
#[must_use]
pub fn of_json(request: &str, text: &[u8]) -> String {
    take(request, |parts, options| Ok(Fingerprint::of_json(parts, text, options)))
}

type Taken = Result<Fingerprint, Refused>;

fn take(request: &str, of: impl FnOnce(&Parts<'_>, &Options) -> Taken) -> String {
    let taken = if request.is_empty() {
        of(&Parts::default(), &Options::default()).map_err(|refused| refusal(refused, None))
    } else {
        answer::config(request).and_then(|request| of_request(&request, of))
    };
    taken.map_or_else(|refused| answer::text::<()>(Err(refused)), |fingerprint| fingerprint.to_string())
}

fn of_request(
    request: &Value,
    of: impl FnOnce(&Parts<'_>, &Options) -> Taken,
) -> Result<Fingerprint, ConfigError> {
    let reader = Reader::new(request, Unit::Millis, FIELDS, "")?;
    let selection = Selection::new(
        reader.texts("include")?.unwrap_or_default(),
        reader.texts("exclude")?.unwrap_or_default(),
    )?;
    let media_type = reader.text("media_type")?;
    let parts = Parts {
        method: reader.text("method")?,
        path: reader.text("path")?,
        query: reader.text("query")?,
        media_type,
        headers: &headers(&reader)?,
    };
    let include_body = reader.boolean("include_body")?.unwrap_or(true);
    of(&parts, &Options { selection, include_body }).map_err(|refused| refusal(refused, media_type))
}

/// The driver writes headers as a list of pairs.
fn headers<'a>(reader: &Reader<'a>) -> Result<Vec<(&'a str, &'a str)>, ConfigError> {
    const EXPECTED: &str = "headers by name, each a string";
    let lines = reader.list("headers", EXPECTED)?.unwrap_or_default();
    let pairs: Option<Vec<_>> = lines
        .iter()
        .map(|line| match line {
            Value::List(pair) => match &pair[..] {
                [Value::Text(name), Value::Text(value)] => Some((name.as_str(), value.as_str())),
                _ => None,
            },
            _ => None,
        })
        .collect();
    pairs.ok_or_else(|| reader.refuse("headers", EXPECTED))
}

fn refusal(refused: Refused, media_type: Option<&str>) -> ConfigError {
    match refused {
        Refused::Multipart => ConfigError::new(
            "mediaType",
            media_type.unwrap_or_default(),
            "the parsed fields of a multipart body, as a value: its boundary is drawn anew for every request",
        ),
        Refused::Value(reason) => ConfigError::new("body", "a value", reason.to_string()),
    }
}
