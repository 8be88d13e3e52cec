//! Results and errors as the text under which every language keeps them.

use super::error::ReplayedError;
use once_again_core::fingerprint::fingerprint;
use once_again_core::json;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The JSON text of a result; `None` when JSON cannot say it: NaN, or a map whose keys are no strings.
pub(super) fn of<T: Serialize + ?Sized>(output: &T) -> Option<Vec<u8>> {
    // Whatever is refused a fingerprint would not come back equal.
    fingerprint(output).ok()?;
    Some(json::to_string(output).into_bytes())
}

/// Reads a result. JavaScript's `undefined` is no text at all.
pub(super) fn read<T: DeserializeOwned>(text: &[u8]) -> Result<T, String> {
    let text = std::str::from_utf8(text).map_err(|error| error.to_string())?;
    json::from_str(if text.is_empty() { "null" } else { text }).map_err(|error| error.to_string())
}

/// An error, as Node and Python write theirs.
pub(super) fn of_error(error: &dyn std::fmt::Display) -> Vec<u8> {
    #[derive(Serialize)]
    struct Kept {
        name: &'static str,
        message: String,
    }
    json::to_string(&Kept { name: "Error", message: error.to_string() }).into_bytes()
}

/// The error of another run; of one that cannot be read, that there was one.
pub(super) fn read_error(text: &[u8]) -> ReplayedError {
    std::str::from_utf8(text).ok().and_then(|text| json::from_str(text).ok()).unwrap_or_default()
}
