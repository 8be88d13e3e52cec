//! What HTTP clients ask, exported.

use napi_derive::napi;
use once_again_js::client;

/// A client's options, complete; JSON in and out.
#[napi]
#[must_use]
pub fn client_config(config: String) -> String {
    client::config(&config)
}

/// Which requests get a key; JSON in and out.
#[napi]
#[must_use]
pub fn client_keys(config: String, path: String) -> String {
    client::keys(&config, &path)
}

/// What a refusal is called; JSON in and out.
#[napi]
#[must_use]
pub fn client_failure(refused: String) -> String {
    client::failure(&refused)
}

/// What becomes of a redirect; JSON in and out.
#[napi]
#[must_use]
pub fn client_redirect(given: String) -> String {
    client::redirect(&given)
}
