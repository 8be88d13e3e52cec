//! Sources of retry policies, exported.

use napi_derive::napi;
use once_again_js::sources;

/// Every policy of a table of levels; JSON in and out.
#[napi]
#[must_use]
pub fn retry_levels(table: String) -> String {
    sources::levels(&table)
}

/// The policy in environment variables; JSON in and out.
#[napi]
#[must_use]
pub fn retry_environment(variables: String, config: String, fill: String) -> String {
    sources::environment(&variables, &config, &fill)
}

/// What a pool's manager starts from; JSON out.
#[napi]
#[must_use]
pub fn retry_operation(operation_type: String) -> String {
    sources::operation(&operation_type)
}
