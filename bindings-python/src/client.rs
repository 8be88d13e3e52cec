//! What an HTTP client asks core: its options, and what to call a refusal.

use once_again_core::classify::answer::{self, Refused};
use once_again_core::http::{ClientConfig, KeyConfig, Redirect, Redirected};
use once_again_core::spec::Unit;
use pyo3::prelude::*;
use std::borrow::Cow;

use crate::error::refused;
use crate::retry::RetrySpec;
use crate::spec;

/// Base URL, policy, headers of the identity, and whether keys are made.
type Client = (String, RetrySpec, Vec<(&'static str, String)>, bool);

/// Reads the options of `IdempotentHttpClient`, durations in seconds.
#[pyfunction]
pub(crate) fn client_config(fields: &Bound<'_, PyAny>) -> PyResult<Client> {
    let config = ClientConfig::read(&spec::read(fields)?, Unit::Seconds, "").map_err(refused)?;
    Ok((config.base_url, RetrySpec::from(config.policy), config.identity, config.auto_key))
}

/// Which requests get a key: the methods that do, the header that carries it, and whether keys are made at all.
#[pyfunction]
pub(crate) fn key_config(fields: &Bound<'_, PyAny>) -> PyResult<(Vec<String>, String, bool)> {
    let config = KeyConfig::read(&spec::read(fields)?, Unit::Seconds, "").map_err(refused)?;
    Ok((config.methods, config.header_name, config.auto_key))
}

/// The origin of a URL whose host is ASCII, if it has one.
#[pyfunction]
pub(crate) fn origin(url: &str) -> Option<String> {
    once_again_core::http::origin(url)
}

/// What to call a refused request, and whether the same call may succeed later.
#[pyfunction]
#[expect(clippy::needless_pass_by_value, reason = "extracted from Python, so owned")]
pub(crate) fn name_refusal(
    status: Option<u16>,
    timed_out: bool,
    problem_type: Option<String>,
    code: Option<String>,
    replayed: bool,
) -> (&'static str, bool) {
    let named = answer::name(&Refused {
        status,
        timed_out,
        problem_type: problem_type.as_deref().map(Into::into),
        code: code.as_deref().map(Into::into),
        replayed,
    });
    (named.code.name(), named.retryable)
}

/// Why it cannot be followed; else the next request's method, whether the body goes along, and the headers that do.
type Led = (Option<&'static str>, String, bool, Vec<String>);

/// What becomes of an answer with a `Location`; None if its status is no redirect's, and it is the caller's. `to` is the location
/// resolved against `from_url`, None if that is no URL.
#[pyfunction]
pub(crate) fn redirect(
    status: u16,
    method: &str,
    from_url: &str,
    to: Option<&str>,
    followed: u32,
    key_header: &str,
    headers: Vec<String>,
) -> Option<Led> {
    let given = Redirect {
        status,
        method: method.into(),
        from: from_url.into(),
        to: to.map(Into::into),
        followed,
        key_header: key_header.into(),
        headers: headers.into_iter().map(Into::into).collect(),
    };
    Some(match once_again_core::http::redirect(given) {
        Redirected::Answer => return None,
        Redirected::Follow(next) => {
            let headers = next.headers.into_iter().map(Cow::into_owned).collect();
            (None, next.method.into_owned(), next.body, headers)
        }
        Redirected::Broken(why) => (Some(why), String::new(), false, Vec::new()),
    })
}
