//! How much an outbox holds, how long, and how often it tries.

use crate::backoff::{Backoff, MILLION, Strategy};
use crate::error::ConfigError;
use crate::spec::{Names, Reader, Unit, Value};
use crate::time::Micros;

/// The longest time there is for a setting: 365 days.
const YEAR: Micros = Micros::from_secs(365 * 86_400);

/// The settings of an outbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboxConfig {
    /// Writes it holds, those that were given up included: 1 to 1 000 000.
    pub max_records: u32,
    /// Bytes of their bodies, addresses and headers: 1 to 2^40.
    pub max_bytes: u64,
    /// How long a write is tried, from when it was made: 1 s to 365 days.
    pub retention: Micros,
    /// How many answers that ask for another attempt end it: 1 to 10 000 000.
    pub max_attempts: u32,
    /// The waits between attempts, exponential: 100 ms to 365 days.
    pub backoff: Backoff,
}

impl Default for OutboxConfig {
    /// 1 000 writes, 10 MiB, 24 hours, 10 bad answers, 1 s doubling to 5 minutes.
    ///
    /// The retention is that of the server's records (see the idempotency middleware), and must not be longer: a record
    /// lives at least that long from the first time the write arrived, so no later attempt can run it a second time.
    fn default() -> Self {
        Self {
            max_records: 1_000,
            max_bytes: 10 << 20,
            retention: Micros::from_secs(86_400),
            max_attempts: 10,
            backoff: backoff(Micros::from_secs(1), Micros::from_secs(300)),
        }
    }
}

/// Which bound leaves no room for another write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Full {
    /// As many writes as may be.
    Records,
    /// As many bytes as may be.
    Bytes,
}

impl Full {
    /// The setting that says so.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Records => "maxRecords",
            Self::Bytes => "maxBytes",
        }
    }
}

impl OutboxConfig {
    const NAMES: &[Names] = &[
        Names(&[("max_records", None)]),
        Names(&[("max_bytes", None)]),
        Names(&[("retention", None), ("ttl", Some(Unit::Seconds)), ("ttlMs", Some(Unit::Millis))]),
        Names(&[("max_attempts", None)]),
        Names(&[("base", None), ("baseDelay", None), ("initial_delay", None)]),
        Names(&[("max_delay", None)]),
    ];

    /// Reads an object of these settings and nothing else.
    pub fn read(value: &Value, unit: Unit, path: &str) -> Result<Self, ConfigError> {
        let reader = Reader::new(value, unit, Self::NAMES, path)?;
        let default = Self::default();
        let shortest = Micros::from_millis(100);
        let base = reader.duration("base", shortest, YEAR)?;
        let max = reader.duration("max_delay", shortest, YEAR)?;
        let base = base.unwrap_or_else(|| default.backoff.base().min(max.unwrap_or(Micros::MAX)));
        let max = max.unwrap_or_else(|| default.backoff.max().max(base));
        if base > max {
            return Err(reader.refuse("base", format!("at most max_delay, {}", unit.text_of(max))));
        }
        let small = |number: Option<u64>| number.and_then(|number| u32::try_from(number).ok());
        Ok(Self {
            max_records: small(reader.integer("max_records", 1, 1_000_000)?).unwrap_or(default.max_records),
            max_bytes: reader.integer("max_bytes", 1, 1 << 40)?.unwrap_or(default.max_bytes),
            retention: reader.duration("retention", Micros::from_secs(1), YEAR)?.unwrap_or(default.retention),
            max_attempts: small(reader.integer("max_attempts", 1, 10_000_000)?)
                .unwrap_or(default.max_attempts),
            backoff: backoff(base, max),
        })
    }

    /// Whether a write of `size` bytes has room beside `records` of `bytes` in all. A full outbox drops nothing to make
    /// room: what waits is somebody's order.
    #[must_use]
    pub const fn admit(&self, records: u64, bytes: u64, size: u64) -> Option<Full> {
        if records >= self.max_records as u64 {
            Some(Full::Records)
        } else if bytes.saturating_add(size) > self.max_bytes {
            Some(Full::Bytes)
        } else {
            None
        }
    }
}

fn backoff(base: Micros, max: Micros) -> Backoff {
    Backoff::new(Strategy::Exponential, base, 2 * MILLION, max, &[])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<OutboxConfig, String> {
        OutboxConfig::read(&crate::json::parse(json).unwrap(), Unit::Millis, "outbox.")
            .map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_not_said_is_as_by_default() {
        assert_eq!(read("{}"), Ok(OutboxConfig::default()));
        let some = read(r#"{"maxRecords": 5, "ttl": 60, "baseDelay": 250}"#).unwrap();
        assert_eq!((some.max_records, some.retention), (5, Micros::from_secs(60)));
        assert_eq!(
            (some.backoff.base(), some.backoff.max()),
            (Micros::from_millis(250), Micros::from_secs(300))
        );
    }

    #[test]
    fn one_delay_alone_moves_the_default_of_the_other_out_of_its_way() {
        let short = read(r#"{"maxDelay": 500}"#).unwrap();
        assert_eq!(short.backoff.base(), Micros::from_millis(500));
        let long = read(r#"{"baseDelay": 600000}"#).unwrap();
        assert_eq!(long.backoff.max(), Micros::from_secs(600));
    }

    #[test]
    fn a_refusal_names_field_value_and_range() {
        for (json, message) in [
            (r#"{"maxRecords": 0}"#, "outbox.maxRecords: got 0, expected a whole number from 1 to 1000000"),
            (
                r#"{"retention": 10}"#,
                "outbox.retention: got 10, expected a number of milliseconds from 1000 to 31536000000",
            ),
            (
                r#"{"baseDelay": 2000, "maxDelay": 1000}"#,
                "outbox.baseDelay: got 2000, expected at most max_delay, 1000",
            ),
            (
                r#"{"maxRecord": 9}"#,
                "outbox.maxRecord: got 9, expected a known field; the nearest is maxRecords",
            ),
        ] {
            assert_eq!(read(json), Err(message.into()));
        }
    }

    #[test]
    fn the_last_place_is_given_away_and_no_further_one() {
        let config = OutboxConfig { max_records: 2, max_bytes: 100, ..OutboxConfig::default() };
        assert_eq!(config.admit(1, 60, 40), None);
        assert_eq!(config.admit(1, 60, 41), Some(Full::Bytes));
        assert_eq!(config.admit(2, 0, 1), Some(Full::Records));
        assert_eq!(config.admit(0, u64::MAX, 1), Some(Full::Bytes));
    }
}
