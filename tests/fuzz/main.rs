//! Fuzz targets: what reads bytes that somebody else has written. Whatever comes in, each answers or refuses, and what it
//! read it can write again.
//!
//! `cargo test` plays the committed corpus (`__fuzz__/*/corpus`) and thousands of its mutations. To go on for as long as one
//! likes, on a nightly compiler: `cargo install cargo-bolero`, then
//! `cargo bolero test --package once-again-tests json`; what it finds goes to `__fuzz__/json/crashes` and is played ever after.

#![expect(clippy::unwrap_used, reason = "a fuzz target that panics has found something")]

use bolero::check;
use once_again_core::classify::retry_after::{self, Hints};
use once_again_core::fingerprint::canonical::canonicalize;
use once_again_core::fingerprint::{Alg, Fingerprint, Options, Parts};
use once_again_core::idempotency::key;
use once_again_core::idempotency::record::{Outcome, Record};
use once_again_core::json;
use once_again_core::store::{StoreOp, StoreReply};
use once_again_core::time::{Micros, Timestamp};
use serde::de::IgnoredAny;

const ITERATIONS: usize = 20_000;

/// What canonical JSON reads is JSON for others too, and its canonical form is its own.
#[test]
fn json() {
    check!(name = "json").with_iterations(ITERATIONS).for_each(|text: &[u8]| {
        let _ = json::parse(text);
        let fingerprint = Fingerprint::of_bytes(&Parts::default(), text, &Options::default()).unwrap();
        let mut canonical = Vec::new();
        if canonicalize(text, &mut canonical).is_err() {
            assert_eq!(fingerprint.alg(), Alg::Raw);
            return;
        }
        serde_json::from_slice::<IgnoredAny>(text).unwrap();
        let mut again = Vec::new();
        canonicalize(&canonical, &mut again).unwrap();
        assert_eq!(canonical, again);
        let of_canonical = Fingerprint::of_bytes(&Parts::default(), &canonical, &Options::default()).unwrap();
        assert_eq!(fingerprint, of_canonical);
    });
}

/// A key that was read is visible ASCII, and reads the same when it is quoted.
#[test]
fn key() {
    check!(name = "key").with_iterations(ITERATIONS).for_each(|line: &[u8]| {
        let line = String::from_utf8_lossy(line);
        let Ok(key) = key::parse(&[&line]) else { return };
        let text = key.as_str();
        assert!(
            (1..=key::MAX_LENGTH).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
        );
        let quoted = format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
        assert_eq!(key::parse(&[&quoted]).unwrap().as_str(), text);
    });
}

/// Visible ASCII but for what begins a quotation or divides a list, and no other character there is.
#[test]
fn every_character_as_a_key() {
    for character in '\0'..=char::MAX {
        let expected = character.is_ascii_graphic() && !['"', ','].contains(&character);
        assert_eq!(key::parse(&[character.encode_utf8(&mut [0; 4])]).is_ok(), expected, "{character:?}");
    }
}

/// A record that was read is written as the same bytes.
#[test]
fn record() {
    check!(name = "record").with_iterations(ITERATIONS).for_each(|bytes: &[u8]| {
        if let Ok(record) = Record::decode(bytes) {
            assert_eq!(Record::decode(&record.encode()).unwrap(), record);
        }
        if let Ok(outcome) = Outcome::decode(bytes) {
            assert_eq!(Outcome::decode(&outcome.encode()).unwrap(), outcome);
        }
    });
}

/// Operations and replies cross a language boundary as one text and one payload.
#[test]
fn wire() {
    check!(name = "wire").with_iterations(ITERATIONS).for_each(|bytes: &[u8]| {
        // A line break divides the text from the payload.
        let mut parts = bytes.splitn(2, |byte| *byte == b'\n');
        let text = String::from_utf8_lossy(parts.next().unwrap_or_default());
        let payload = parts.next().map(<[u8]>::to_vec);
        if let Ok(op) = StoreOp::from_wire(&text, payload.clone()) {
            let (again, payload) = op.to_wire();
            assert_eq!(StoreOp::from_wire(&again, payload).unwrap(), op);
        }
        if let Ok(reply) = StoreReply::from_wire(&text, payload) {
            let (again, payload) = reply.to_wire();
            assert_eq!(StoreReply::from_wire(&again, payload).unwrap(), reply);
        }
    });
}

/// A wait that a server asks for is a span of time, whatever it wrote.
#[test]
fn retry_after() {
    check!(name = "retry_after").with_iterations(ITERATIONS).for_each(|line: &[u8]| {
        let line = String::from_utf8_lossy(line);
        let mut parts = line.splitn(2, '\n');
        let (hint, date) = (parts.next().map(Into::into), parts.next().map(Into::into));
        for hints in [
            Hints { retry_after: hint.clone(), date: date.clone(), ..Hints::default() },
            Hints { retry_after_ms: hint.clone(), ..Hints::default() },
            Hints { rate_limit: hint.clone(), ..Hints::default() },
            Hints { rate_limit_reset: hint, rate_limit_remaining: date.clone(), date, ..Hints::default() },
        ] {
            if let Some(wait) = retry_after::read(&hints, Timestamp::new(1_700_000_000_000_000)) {
                assert!(wait <= Micros::MAX);
            }
        }
    });
}
