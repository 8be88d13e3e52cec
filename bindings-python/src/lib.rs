//! The Python binding: converts between Python and core, and decides nothing.

mod action;
mod breaker;
mod budget;
mod cell;
mod client;
mod dead_letter;
mod dialect;
mod error;
mod fingerprint;
mod http;
mod idempotency;
mod json;
mod retry;
mod run;
mod shapes;
mod shared;
mod spec;
mod sqlite;
mod store;
mod time;

use pyo3::prelude::*;

/// The extension module `once_again._core`.
// The breaker brings its gate up to date while it holds the interpreter.
#[pymodule(gil_used = true)]
mod _core {
    #[pymodule_export]
    use super::action::{Action, ActionRun};
    #[pymodule_export]
    use super::breaker::{Breaker, breakers_to_prometheus, complete_breaker, registry_limit};
    #[pymodule_export]
    use super::budget::Budget;
    #[pymodule_export]
    use super::client::{client_config, key_config, name_refusal, origin, redirect};
    #[pymodule_export]
    use super::dead_letter::Letters;
    #[pymodule_export]
    use super::dialect::Dialect;
    #[pymodule_export]
    use super::error::describe_code;
    #[pymodule_export]
    use super::fingerprint::fingerprint;
    #[pymodule_export]
    use super::http::{Examination, HttpGuard, HttpRun, is_stream_answer};
    #[pymodule_export]
    use super::idempotency::{
        check_fingerprint, decode_result, describe_record, encode_result, generate_key, manager_settings,
        record_key,
    };
    #[pymodule_export]
    use super::json::read_json;
    #[pymodule_export]
    use super::retry::{
        RetryCall, RetryPolicy, RetrySpec, retry_after, speaks_against_service, veto, wants_credentials,
    };
    #[pymodule_export]
    use super::run::Step;
    #[pymodule_export]
    use super::shared::{Link, SharedRequest};
    #[pymodule_export]
    use super::sqlite::{SqliteDialect, SqliteStep};
    #[pymodule_export]
    use super::store::{MemoryStore, cleanup_interval, store_step};
    use pyo3::prelude::*;

    /// The version of the decision core inside this module.
    #[pyfunction]
    fn core_version() -> &'static str {
        once_again_core::VERSION
    }
}
