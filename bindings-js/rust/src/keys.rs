//! Keys and results of `IdempotencyManager`.

use crate::answer;
use crate::store;
use once_again_core::error::ConfigError;
use once_again_core::fingerprint::Fingerprint;
use once_again_core::hex;
use once_again_core::idempotency::key::{self, Key};
use once_again_core::idempotency::manager::ManagerConfig;
use once_again_core::idempotency::record::{Body, Outcome, OutcomeKind, Record, RecordKey};
use once_again_core::json;
use once_again_core::spec::Unit;
use serde::Serialize;

/// Valid settings of a manager, or the refusal.
#[must_use]
pub fn manager(config: &str) -> String {
    answer::text(answer::config(config).and_then(|config| ManagerConfig::read(&config, Unit::Millis)))
}

/// A version 4 UUID from 16 random bytes; bytes that are missing count as zero.
#[must_use]
pub fn generate(random: &[u8]) -> String {
    let mut bytes = [0; 16];
    for (byte, given) in bytes.iter_mut().zip(random) {
        *byte = *given;
    }
    key::generate(bytes)
}

/// `{"key":"<hex>"}` of the record that a key is filed under, or the refusal of the key.
#[must_use]
pub fn record_key(namespace: &str, scope: &str, key: &str) -> String {
    #[derive(Serialize)]
    struct Filed {
        key: String,
    }
    match Key::new(key) {
        Ok(key) => {
            json::to_string(&Filed { key: key::record_key(namespace, scope, key.as_str()).to_string() })
        }
        Err(error) => answer::refusal(key::KeyError::CODE, &error.at("key")),
    }
}

/// The key that a step of the run under `record`, a record's key in hexadecimal, sends onwards.
#[must_use]
pub fn child_key(record: &str, step: &str, ordinal: u32) -> String {
    let parent = RecordKey(hex::decode(record).unwrap_or_default());
    key::child_key(&parent, step, ordinal)
}

/// `{"fingerprint":"alg:hex"}`, or the refusal of what is none.
#[must_use]
pub fn check_fingerprint(text: &str) -> String {
    #[derive(Serialize)]
    struct Checked {
        fingerprint: String,
    }
    answer::text(
        text.parse::<Fingerprint>()
            .map(|fingerprint| Checked { fingerprint: fingerprint.to_string() })
            .map_err(|_| {
                ConfigError::new(
                    "fingerprint",
                    format!("a string of {} characters", text.chars().count()),
                    "jcs: or raw: and 64 hexadecimal digits",
                )
            }),
    )
}

/// A function's result, which is JSON text, as an encoded outcome.
#[must_use]
pub fn encode_result(result: &str) -> Vec<u8> {
    Outcome { kind: OutcomeKind::Function, status: 0, headers: Vec::new(), body: Body::Kept(result.into()) }
        .encode()
}

/// The JSON text in an encoded outcome; `None` when it keeps none.
#[must_use]
pub fn decode_result(outcome: &[u8]) -> Option<String> {
    match Outcome::decode(outcome).ok()?.body {
        Body::Kept(bytes) => String::from_utf8(bytes).ok(),
        Body::Omitted => None,
    }
}

/// What an encoded record says, for a reader: state, fingerprint, when it was made (milliseconds), its result.
#[must_use]
pub fn describe(record: &[u8]) -> String {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Described {
        state: &'static str,
        fingerprint: String,
        created_at: f64,
        #[serde(skip_serializing_if = "Option::is_none")]
        response: Option<String>,
    }
    match Record::decode(record) {
        Ok(record) => json::to_string(&Described {
            state: record.state.name(),
            fingerprint: record.fingerprint.to_string(),
            created_at: crate::mailbox::wall_millis(record.created),
            response: record.outcome.as_deref().and_then(decode_result),
        }),
        Err(error) => store::unreadable(&error.to_string()),
    }
}
