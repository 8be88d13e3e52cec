//! Takes fingerprints, and compares them with a SHA-256 over the layout that the expectation spells out.

use once_again_core::fingerprint::{Fingerprint, Options, Parts, Refused, Selection};
use once_again_core::{hex, json};
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Given {
    text: Option<String>,
    #[serde(default)]
    texts: Vec<String>,
    hex: Option<String>,
    #[serde(default)]
    parsed: bool,
    method: Option<String>,
    path: Option<String>,
    query: Option<String>,
    media_type: Option<String>,
    #[serde(default)]
    headers: Vec<(String, String)>,
    #[serde(default)]
    include: Vec<String>,
    #[serde(default)]
    exclude: Vec<String>,
    #[serde(default = "yes")]
    include_body: bool,
}

fn yes() -> bool {
    true
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expect {
    error: Option<String>,
    #[serde(default)]
    alg: String,
    canonical: Option<String>,
    hex: Option<String>,
    #[serde(default)]
    parts: Vec<String>,
    fingerprint: Option<String>,
}

/// Plays one case.
pub(crate) fn check(given: &Value, expect: &Value) -> Result<(), String> {
    let given: Given = serde_json::from_value(given.clone()).map_err(|error| error.to_string())?;
    let expect: Expect = serde_json::from_value(expect.clone()).map_err(|error| error.to_string())?;
    let texts = given.texts.iter().chain(&given.text).map(|text| text.as_bytes().to_vec());
    let bodies: Vec<Vec<u8>> = texts.chain(given.hex.as_deref().map(bytes)).collect();
    if bodies.is_empty() {
        return Err("a case without a body".into());
    }
    for body in &bodies {
        let mut taken = vec![take(&given, |parts, options| Fingerprint::of_bytes(parts, body, options))];
        if given.parsed {
            let text = std::str::from_utf8(body).map_err(|error| error.to_string())?;
            let value: Value = json::from_str(text).map_err(|error| error.to_string())?;
            taken.push(take(&given, |parts, options| Fingerprint::of_value(parts, &value, options)));
        }
        let wanted = match &expect.error {
            Some(error) => Err(error.clone()),
            None => Ok(by_hand(&expect, body)),
        };
        for answer in taken {
            if answer != wanted {
                return Err(format!("expected {wanted:?}\n  answered {answer:?}"));
            }
            if let Some(published) = &expect.fingerprint
                && answer.as_ref() != Ok(published)
            {
                return Err(format!("expected {published}\n  answered {answer:?}"));
            }
        }
    }
    Ok(())
}

fn take(
    given: &Given,
    of: impl FnOnce(&Parts<'_>, &Options) -> Result<Fingerprint, Refused>,
) -> Result<String, String> {
    let selection = Selection::new(&given.include, &given.exclude).map_err(|error| error.field)?;
    let headers: Vec<(&str, &str)> = given.headers.iter().map(|(name, value)| (&**name, &**value)).collect();
    let parts = Parts {
        method: given.method.as_deref(),
        path: given.path.as_deref(),
        query: given.query.as_deref(),
        media_type: given.media_type.as_deref(),
        headers: &headers,
    };
    match of(&parts, &Options { selection, include_body: given.include_body }) {
        Ok(fingerprint) => Ok(fingerprint.to_string()),
        Err(Refused::Multipart) => Err("multipart".into()),
        Err(other) => Err(other.to_string()),
    }
}

/// `alg:hex` of the layout, from the expectation alone.
fn by_hand(expect: &Expect, body: &[u8]) -> String {
    let length = |length: usize| u32::try_from(length).unwrap().to_be_bytes();
    let mut hashed = [b"oa1\0", expect.alg.as_bytes(), b"\0", &length(expect.parts.len())].concat();
    for part in &expect.parts {
        hashed.extend_from_slice(&length(part.len()));
        hashed.extend_from_slice(part.as_bytes());
    }
    match (&expect.canonical, &expect.hex) {
        (Some(canonical), _) => hashed.extend_from_slice(canonical.as_bytes()),
        (None, Some(digits)) => hashed.extend_from_slice(&bytes(digits)),
        (None, None) => hashed.extend_from_slice(body),
    }
    format!("{}:{}", expect.alg, hex::encode(&Sha256::digest(&hashed)))
}

fn bytes(digits: &str) -> Vec<u8> {
    let pairs = digits.as_bytes().chunks_exact(2);
    pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}
