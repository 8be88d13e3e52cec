//! Stores on servers: requests out, answers in. The driver carries them over the user's own client.

use once_again_core::store::{self, Request};
use pyo3::prelude::*;

use crate::cell::{self, Sent};
use crate::error::{refused, unavailable};
use crate::spec;
use crate::store::operation;
use crate::time::timestamp;

/// A store on a server: `redis` or `postgres`.
#[pyclass(frozen, module = "once_again._core")]
pub(crate) struct Dialect(store::Dialect);

#[pymethods]
impl Dialect {
    #[new]
    fn new(name: &str, fields: &Bound<'_, PyAny>) -> PyResult<Self> {
        store::Dialect::read(name, &spec::read(fields)?, "").map(Self).map_err(refused)
    }

    /// What to send for an operation; or, where the server need not be asked, the reply. `wall_now` overrides the
    /// server's clock.
    fn request<'py>(
        &self,
        py: Python<'py>,
        op: &str,
        payload: Option<Vec<u8>>,
        wall_now: Option<f64>,
    ) -> PyResult<(Option<Sent<'py>>, Option<String>)> {
        match self.0.request(wall_now.map(timestamp), &operation(op, payload)?) {
            Request::Send(command) => Ok((Some(cell::command(py, command)?), None)),
            Request::Answer(reply) => Ok((None, Some(reply.to_wire().0))),
        }
    }

    /// The reply in a server's answer (none: no row), a JSON text, and its payload.
    fn reply(&self, answer: &Bound<'_, PyAny>) -> PyResult<(String, Option<Vec<u8>>)> {
        let answer = cell::row(answer)?;
        let reply = self.0.reply(answer.as_deref()).map_err(|why| unavailable(why.to_string()))?;
        Ok(reply.to_wire())
    }

    /// What asks the server about itself.
    fn health<'py>(&self, py: Python<'py>) -> PyResult<Sent<'py>> {
        cell::command(py, self.0.health())
    }

    /// What in the server's answer endangers records.
    fn diagnose(&self, answer: &Bound<'_, PyAny>) -> PyResult<Vec<String>> {
        self.0.diagnose(cell::row(answer)?.as_deref()).map_err(refused)
    }

    /// What makes all that the server must have; none where it needs nothing.
    fn install<'py>(&self, py: Python<'py>) -> PyResult<Option<Sent<'py>>> {
        self.0.install().map(|command| cell::command(py, command)).transpose()
    }
}
