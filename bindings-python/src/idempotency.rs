//! Keys, results and records of `IdempotencyManager`.

use once_again_core::error::ConfigError;
use once_again_core::fingerprint::Fingerprint;
use once_again_core::idempotency::key::{self, Key};
use once_again_core::idempotency::manager::ManagerConfig;
use once_again_core::idempotency::record::{Body, Outcome, OutcomeKind, Record};
use once_again_core::spec::Unit;
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::error::{malformed_key, refused};
use crate::spec;
use crate::time::seconds;

/// Valid settings of a manager: retention in microseconds, records, seconds between sweeps, whether the body counts,
/// the headers that count.
#[pyfunction]
pub(crate) fn manager_settings(fields: &Bound<'_, PyAny>) -> PyResult<(u64, u32, f64, bool, Vec<String>)> {
    let config = ManagerConfig::read(&spec::read(fields)?, Unit::Seconds).map_err(refused)?;
    let interval = seconds(config.cleanup_interval);
    Ok((
        config.retention.get(),
        config.max_records,
        interval,
        config.include_body,
        config.fingerprint_headers,
    ))
}

/// A version 4 UUID from 16 random bytes.
#[pyfunction]
pub(crate) fn generate_key(random: [u8; 16]) -> String {
    key::generate(random)
}

/// The key of the record that a caller's key is filed under. Half a surrogate pair, which a `str` may hold, is read as
/// U+FFFD: no key has that either.
#[pyfunction]
pub(crate) fn record_key(namespace: &str, scope: &str, key: &Bound<'_, PyString>) -> PyResult<String> {
    let key =
        Key::new(key.to_string_lossy()).map_err(|why| malformed_key(&why.to_string(), key::EXPECTED))?;
    Ok(key::record_key(namespace, scope, key.as_str()).to_string())
}

/// The fingerprint, if it is one.
#[pyfunction]
pub(crate) fn check_fingerprint(text: &str) -> PyResult<String> {
    text.parse::<Fingerprint>().map(|fingerprint| fingerprint.to_string()).map_err(|why| {
        let given = format!("a string of {} characters", text.chars().count());
        refused(ConfigError::new("fingerprint", given, why.to_string()))
    })
}

/// A result, which is a JSON text, as an encoded outcome.
#[pyfunction]
pub(crate) fn encode_result(result: &str) -> Vec<u8> {
    let body = Body::Kept(result.into());
    Outcome { kind: OutcomeKind::Function, status: 0, headers: Vec::new(), body }.encode()
}

/// The JSON text in an encoded outcome, if it keeps one.
#[pyfunction]
pub(crate) fn decode_result(outcome: &[u8]) -> Option<String> {
    match Outcome::decode(outcome).ok()?.body {
        Body::Kept(bytes) => String::from_utf8(bytes).ok(),
        Body::Omitted => None,
    }
}

/// What an encoded record says: state, fingerprint, when it was made (seconds), its result as a JSON text.
#[pyfunction]
pub(crate) fn describe_record(record: &[u8]) -> PyResult<(&'static str, String, f64, Option<String>)> {
    let record = Record::decode(record)
        .map_err(|why| refused(ConfigError::new("record", why.to_string(), "an encoded record")))?;
    let created = Unit::Seconds.of_micros(once_again_core::time::Micros::new(record.created.get()));
    let result = record.outcome.as_deref().and_then(decode_result);
    Ok((record.state.name(), record.fingerprint.to_string(), created, result))
}
