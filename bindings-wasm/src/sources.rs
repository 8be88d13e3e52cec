//! Sources of retry policies, exported.

use once_again_js::sources;
use wasm_bindgen::prelude::wasm_bindgen;

/// Every policy of a table of levels; JSON in and out.
#[wasm_bindgen(js_name = retryLevels)]
#[must_use]
pub fn retry_levels(table: &str) -> String {
    sources::levels(table)
}

/// The policy in environment variables; JSON in and out.
#[wasm_bindgen(js_name = retryEnvironment)]
#[must_use]
pub fn retry_environment(variables: &str, config: &str, fill: &str) -> String {
    sources::environment(variables, config, fill)
}

/// What a pool's manager starts from; JSON out.
#[wasm_bindgen(js_name = retryOperation)]
#[must_use]
pub fn retry_operation(operation_type: &str) -> String {
    sources::operation(operation_type)
}
