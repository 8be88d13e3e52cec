//! Addresses from the environment, for whoever has one and no wish for a connection of his own.

use once_again_core::error::ConfigError;

/// The value of an environment variable that must be there.
pub(super) fn variable(name: &str, expected: &str) -> Result<String, ConfigError> {
    let value = std::env::var(name).ok().filter(|value| !value.is_empty());
    value.ok_or_else(|| ConfigError::new(name, "no environment variable", expected))
}
