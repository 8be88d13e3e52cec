//! How many breakers a host keeps, one per dependency.

use super::config::MAX_COUNT;
use crate::error::ConfigError;
use crate::spec::{Names, Reader, Unit, Value};

const FIELDS: &[Names] = &[Names(&[("max_breakers", None)])];
const DEFAULT: u32 = 1_000;

/// The bound of a registry.
///
/// Dependencies come from outside (host names do), so their number must not be theirs to choose. A full registry makes
/// room by the breaker that was asked for longest ago, of those that are closed: what it forgets is a window that nobody
/// adds to. Only when none is closed does another one go, and its host says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RegistryConfig {
    /// The most breakers it keeps; 1 to 1 000 000. Default 1 000.
    pub max_breakers: u32,
}

impl Default for RegistryConfig {
    fn default() -> Self {
        Self { max_breakers: DEFAULT }
    }
}

impl RegistryConfig {
    /// Reads the object a user wrote.
    pub fn read(value: &Value, unit: Unit, path: &str) -> Result<Self, ConfigError> {
        let reader = Reader::new(value, unit, FIELDS, path)?;
        let given = reader.integer("max_breakers", 1, MAX_COUNT.into())?;
        Ok(Self { max_breakers: given.and_then(|n| u32::try_from(n).ok()).unwrap_or(DEFAULT) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thousand_breakers_unless_said_otherwise() {
        let read = |value| RegistryConfig::read(&value, Unit::Millis, "").map_err(|error| error.to_string());
        let most = |n| Value::Map(vec![("maxBreakers".into(), Value::Number(n))]);
        assert_eq!(read(Value::Null), Ok(RegistryConfig { max_breakers: 1_000 }));
        assert_eq!(read(most(2.0)), Ok(RegistryConfig { max_breakers: 2 }));
        assert_eq!(
            read(most(0.0)),
            Err("maxBreakers: got 0, expected a whole number from 1 to 1000000".into())
        );
    }
}
