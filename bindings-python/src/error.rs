//! Core's errors as Python exceptions. The classes live in `once_again.errors`, where users import them from.

use once_again_core::error::{Code, ConfigError};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

mod raised {
    #![allow(missing_docs, reason = "documented where they are defined, in Python")]
    pyo3::import_exception!(once_again.errors, ConfigError);
    pyo3::import_exception!(once_again.errors, FingerprintError);
    pyo3::import_exception!(once_again.errors, KeyInvalidError);
    pyo3::import_exception!(once_again.errors, StoreUnavailableError);
}

/// The exception for a configuration that core refused.
pub(crate) fn refused(error: ConfigError) -> PyErr {
    raised::ConfigError::new_err((error.field, error.value, error.expected))
}

/// The exception for a value without a fingerprint: where it stands in the body, and what is wrong with it.
pub(crate) fn no_fingerprint(pointer: &str, problem: &str) -> PyErr {
    raised::FingerprintError::new_err((pointer.to_owned(), problem.to_owned()))
}

/// The exception for what is no idempotency key: what was got, and what one is.
pub(crate) fn malformed_key(got: &str, expected: &'static str) -> PyErr {
    raised::KeyInvalidError::new_err((got.to_owned(), expected))
}

/// The exception for a store that answers what no store answers.
pub(crate) fn unavailable(why: String) -> PyErr {
    raised::StoreUnavailableError::new_err(why)
}

/// What core knows of an error code: HTTP status, whether a retry may help, suggested actions.
#[pyfunction]
pub(crate) fn describe_code(name: &str) -> PyResult<(u16, bool, Vec<&'static str>)> {
    let code =
        Code::from_name(name).ok_or_else(|| PyValueError::new_err(format!("no error code {name:?}")))?;
    Ok((code.status(), code.retryable(), code.suggested_actions().to_vec()))
}
