//! Core's dialect of `SQLite`: statements and parameters out, rows in. The driver runs them in one transaction.

use once_again_core::error::ConfigError;
use once_again_core::store::{StoreOp, sqlite};
use once_again_core::time::Timestamp;
use pyo3::prelude::*;

use crate::cell::{self, Sent};
use crate::error::{refused, unavailable};
use crate::store::operation;
use crate::time::timestamp;

/// The statements around operations.
#[pyclass(frozen, get_all, module = "once_again._core")]
pub(crate) struct SqliteDialect {
    /// For a file that the store opens itself.
    open: Vec<&'static str>,
    /// Opens the transaction around one operation.
    begin: &'static str,
    /// Makes room for the schema's version.
    version_table: &'static str,
    /// Answers the schema's version, or NULL.
    version: &'static str,
}

#[pymethods]
impl SqliteDialect {
    #[new]
    fn new() -> Self {
        let (begin, version_table, version) = (sqlite::BEGIN, sqlite::VERSION_TABLE, sqlite::VERSION);
        Self { open: sqlite::OPEN.to_vec(), begin, version_table, version }
    }

    /// The statements that bring a file whose schema has version `found` up to date.
    #[staticmethod]
    fn migrate(py: Python<'_>, found: Option<i64>) -> PyResult<Vec<Sent<'_>>> {
        let commands = sqlite::migrate(found).map_err(|why| {
            let given = format!("a file whose records have schema {}", why.found);
            refused(ConfigError::new("database", given, "a file that no later version has written"))
        })?;
        commands.into_iter().map(|command| cell::command(py, command)).collect()
    }
}

/// One operation at one time: first `look_up`, then `decide` on what that brought.
#[pyclass(frozen, module = "once_again._core")]
pub(crate) struct SqliteStep {
    op: StoreOp,
    now: Timestamp,
}

#[pymethods]
impl SqliteStep {
    #[new]
    fn new(op: &str, payload: Option<Vec<u8>>, wall_now: f64) -> PyResult<Self> {
        Ok(Self { op: operation(op, payload)?, now: timestamp(wall_now) })
    }

    /// What to read: one row, or none.
    fn look_up<'py>(&self, py: Python<'py>) -> PyResult<Sent<'py>> {
        cell::command(py, sqlite::look_up(self.now, &self.op))
    }

    /// What to run, in this order and in the transaction of the look-up; the reply, a JSON text, and its payload.
    fn decide<'py>(
        &self,
        py: Python<'py>,
        row: &Bound<'py, PyAny>,
    ) -> PyResult<(Vec<Sent<'py>>, String, Option<Vec<u8>>)> {
        let row = cell::row(row)?;
        let (commands, reply) =
            sqlite::step(self.now, row.as_deref(), &self.op).map_err(|why| unavailable(why.to_string()))?;
        let commands: PyResult<_> = commands.into_iter().map(|command| cell::command(py, command)).collect();
        let (reply, payload) = reply.to_wire();
        Ok((commands?, reply, payload))
    }
}
