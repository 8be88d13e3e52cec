//! What an HTTP client's options mean, and what it calls an answer that refuses its request.

use crate::answer::{self, Plain};
use once_again_core::classify::answer::{self as refused, Refused};
use once_again_core::error::ConfigError;
use once_again_core::http::{self, ClientConfig, Follow, KeyConfig, Redirect, Redirected};
use once_again_core::json;
use once_again_core::retry::RetryPolicy;
use once_again_core::spec::Unit;
use serde::Serialize;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Opened {
    base_url: String,
    policy: Plain,
    identity: Vec<(&'static str, String)>,
    auto_key: bool,
}

/// A client's options, complete, or the refusal.
#[must_use]
pub fn config(config: &str) -> String {
    answer::text(try_config(config))
}

fn try_config(config: &str) -> Result<Opened, ConfigError> {
    let ClientConfig { base_url, policy, identity, auto_key } =
        ClientConfig::read(&answer::config(config)?, Unit::Millis, "")?;
    let policy = RetryPolicy::try_from(policy)?;
    Ok(Opened { base_url, policy: Plain(policy.to_spec().to_value(Unit::Millis)), identity, auto_key })
}

/// Which requests get a key; `path` stands before a field's name in a refusal.
#[must_use]
pub fn keys(config: &str, path: &str) -> String {
    answer::text(answer::config(config).and_then(|config| KeyConfig::read(&config, Unit::Millis, path)))
}

#[derive(Serialize)]
struct Named {
    code: &'static str,
    retryable: bool,
}

/// `{"code","retryable"}` of an answer; one that cannot be read says nothing.
#[must_use]
pub fn failure(refused: &str) -> String {
    let refused: Refused<'_> = json::read(refused).unwrap_or_default();
    let refused::Named { code, retryable } = refused::name(&refused);
    json::to_string(&Named { code: code.name(), retryable })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase", tag = "is")]
enum Led<'a> {
    Answer,
    Follow(Follow<'a>),
    Broken { why: &'a str },
}

/// What becomes of an answer that names another place: `{"is": "answer"}`, `{"is": "follow", "method", "body", "headers"}` or
/// `{"is": "broken", "why"}`.
#[must_use]
pub fn redirect(given: &str) -> String {
    let led = match json::from_str::<Redirect<'_>>(given).map(http::redirect) {
        Ok(Redirected::Answer) => Led::Answer,
        Ok(Redirected::Follow(follow)) => Led::Follow(follow),
        Ok(Redirected::Broken(why)) => Led::Broken { why },
        // Half a surrogate pair is in no header's name and in no address that a URL library has written.
        Err(_) => Led::Broken { why: "the redirect cannot be read" },
    };
    json::to_string(&led)
}
