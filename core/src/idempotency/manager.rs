//! Settings of the Q ecosystem's `IdempotencyManager`: what it keeps, for how long, and what makes two requests one.

use super::machine::RunSpec;
use crate::error::ConfigError;
use crate::http::headers::is_token;
use crate::json::quoted;
use crate::spec::{Names, Reader, Unit, Value};
use crate::store::memory::{MemoryConfig, MemorySpec};
use crate::time::Micros;
use serde::Serialize;

const FIELDS: &[Names] = &[
    Names(&[
        ("retention", None),
        ("default_ttl", None),
        ("deduplication_window", None),
        ("idempotency_ttl", None),
    ]),
    Names(&[("max_records", None), ("max_entries", None)]),
    Names(&[("cleanup_interval", None)]),
    Names(&[("include_body_in_fingerprint", None)]),
    Names(&[("fingerprint_headers", None)]),
    RunSpec::STORE_TIMEOUT,
];

/// Valid settings of a manager. Times cross as microseconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ManagerConfig {
    /// How long a record is kept, from the first call and again from its response. Default 24 hours.
    pub retention: Micros,
    /// The most records held at once. Default 10 000.
    pub max_records: u32,
    /// How often expired records are swept. Default 5 minutes.
    pub cleanup_interval: Micros,
    /// Whether the body is part of a fingerprint. Default true.
    pub include_body: bool,
    /// Header names, in lower case, that are part of a fingerprint. Default none.
    pub fingerprint_headers: Vec<String>,
    /// How long the store may take for one operation. Default 2 seconds.
    pub store_timeout: Micros,
}

/// How long a record is kept unless told otherwise.
const RETENTION: Micros = Micros::from_secs(86_400);
/// How long a store may take unless told otherwise.
const STORE_TIMEOUT: Micros = Micros::from_secs(2);

impl ManagerConfig {
    /// Reads the options as their user wrote them.
    pub fn read(value: &Value, unit: Unit) -> Result<Self, ConfigError> {
        let reader = Reader::new(value, unit, FIELDS, "")?;
        let memory = MemorySpec::from_reader(&reader)?;
        let run = RunSpec::from_reader(&reader)?;
        Ok(Self {
            retention: run.retention.unwrap_or(RETENTION),
            max_records: memory.max_records.unwrap_or(MemoryConfig::MAX_RECORDS),
            cleanup_interval: memory.cleanup_interval.unwrap_or(MemorySpec::CLEANUP_INTERVAL),
            include_body: reader.boolean("include_body_in_fingerprint")?.unwrap_or(true),
            fingerprint_headers: header_names(&reader)?,
            store_timeout: run.store_timeout.unwrap_or(STORE_TIMEOUT),
        })
    }
}

/// Names of headers, compared without case; one that no header can have is a mistake that would go unnoticed.
fn header_names(reader: &Reader<'_>) -> Result<Vec<String>, ConfigError> {
    let names = reader.texts("fingerprint_headers")?.unwrap_or_default();
    match names.iter().find(|name| !is_token(name)) {
        Some(name) => Err(ConfigError::new(
            reader.written("fingerprint_headers"),
            quoted(name),
            "header names (RFC 9110, 5.1)",
        )),
        None => Ok(names.into_iter().map(str::to_ascii_lowercase).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(entries: &[(&str, Value)]) -> Result<ManagerConfig, ConfigError> {
        let map = Value::Map(entries.iter().map(|(k, v)| ((*k).into(), v.clone())).collect());
        ManagerConfig::read(&map, Unit::Millis)
    }

    #[test]
    fn the_names_of_the_q_ecosystem_are_read_in_milliseconds() {
        let config = read(&[
            ("defaultTtl", Value::Number(3_600_000.0)),
            ("maxRecords", Value::Number(5_000.0)),
            ("cleanupInterval", Value::Number(1_000.0)),
            ("includeBodyInFingerprint", Value::Bool(false)),
            ("fingerprintHeaders", Value::List(vec![Value::Text("X-Squid-Id".into())])),
            ("storeTimeout", Value::Number(500.0)),
        ]);
        assert_eq!(
            config,
            Ok(ManagerConfig {
                retention: Micros::from_secs(3_600),
                max_records: 5_000,
                cleanup_interval: Micros::from_secs(1),
                include_body: false,
                fingerprint_headers: vec!["x-squid-id".into()],
                store_timeout: Micros::from_millis(500),
            })
        );
        let untold = read(&[]).unwrap();
        assert_eq!((untold.retention, untold.max_records), (Micros::from_secs(86_400), 10_000));
        assert_eq!((untold.cleanup_interval, untold.include_body), (Micros::from_secs(300), true));
        assert_eq!(untold.store_timeout, Micros::from_secs(2));
    }

    #[test]
    fn a_wrong_option_is_refused_by_its_name() {
        for (name, value, shown) in [
            ("defaultTtl", Value::Number(0.0), "0"),
            ("maxRecords", Value::Number(0.5), "0.5"),
            ("fingerprintHeaders", Value::List(vec![Value::Text("a b".into())]), "\"a b\""),
        ] {
            let error = read(&[(name, value)]).unwrap_err();
            assert_eq!((error.field.as_str(), error.value.as_str()), (name, shown));
        }
    }
}
