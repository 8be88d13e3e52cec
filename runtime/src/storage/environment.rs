//! Addresses from the environment, for whoever has one and no wish for a connection of his own.

use once_again_core::error::ConfigError;

/// The value of an environment variable that must be there.
pub(super) fn variable(name: &str, expected: &str) -> Result<String, ConfigError> {
    let value = std::env::var(name).ok().filter(|value| !value.is_empty());
    value.ok_or_else(|| ConfigError::new(name, "no environment variable", expected))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_that_is_not_there_is_named_with_what_belongs_in_it() {
        let error = variable("ONCE_AGAIN_HAS_NO_SUCH_VARIABLE", "an address").unwrap_err().to_string();
        assert_eq!(
            error,
            "ONCE_AGAIN_HAS_NO_SUCH_VARIABLE: got no environment variable, expected an address"
        );
    }
}
