//! Why a store has no answer.

use once_again_core::error::{Code, ConfigError};
use std::error::Error;
use std::fmt;
use std::sync::Arc;

/// Why a store has no answer. Says nothing of keys or records; the store's own error is the [`source`](Error::source).
#[derive(Clone, Debug)]
pub struct StoreError {
    code: Code,
    why: &'static str,
    source: Option<Arc<dyn Error + Send + Sync>>,
}

impl StoreError {
    /// The store's server, or whatever lies under it, failed with `source`.
    pub fn unavailable(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        let source = Some(source.into().into());
        Self { source, ..Self::because("the store did not do what it was asked") }
    }

    /// The store cannot be used, for a reason of its own.
    #[must_use]
    pub const fn because(why: &'static str) -> Self {
        Self { code: Code::StoreUnavailable, why, source: None }
    }

    /// A completion found its claim in other hands.
    #[cfg(any(feature = "postgres", feature = "sqlite"))]
    pub(super) const fn lost() -> Self {
        let why = "this run holds its claim no longer; roll back";
        Self { code: Code::IdempotencyInProgress, why, source: None }
    }

    /// [`Code::StoreUnavailable`]; of a completion inside a transaction, [`Code::IdempotencyInProgress`] when the claim is lost;
    /// [`Code::ConfigInvalid`] of a store that was made with limits it cannot have, or over a server it cannot use.
    #[must_use]
    pub const fn code(&self) -> Code {
        self.code
    }

    /// What is wrong with the configuration, if that is what is wrong.
    #[cfg(all(feature = "tracing", any(feature = "postgres", feature = "redis")))]
    pub(super) fn misconfiguration(&self) -> Option<String> {
        self.source.as_ref().filter(|_| self.code == Code::ConfigInvalid).map(ToString::to_string)
    }
}

impl From<ConfigError> for StoreError {
    fn from(error: ConfigError) -> Self {
        let why = "the store is not configured as it must be";
        Self { code: Code::ConfigInvalid, why, source: Some(Arc::new(error)) }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.why)
    }
}

impl Error for StoreError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}
