//! Stores on servers: requests out, answers in. The driver carries them over the user's own client.

use std::borrow::Cow;
use std::sync::{Mutex, PoisonError};

use once_again_core::idempotency::machine::Event;
use once_again_core::store::{self, Command, Request};
use pyo3::prelude::*;
use pyo3::types::{PyList, PyString};

use crate::cell::{self, Sent};
use crate::error::{refused, unavailable};
use crate::spec;
use crate::store::operation;
use crate::time::timestamp;

/// A store on a server: `redis` or `postgres`.
#[pyclass(frozen, module = "once_again._core")]
pub(crate) struct Dialect {
    core: store::Dialect,
    /// The scripts as Python has them, by their addresses: each is some kilobytes long, and there are few.
    scripts: Mutex<Vec<(usize, Py<PyString>)>>,
}

#[pymethods]
impl Dialect {
    #[new]
    fn new(name: &str, fields: &Bound<'_, PyAny>) -> PyResult<Self> {
        let core = store::Dialect::read(name, &spec::read(fields)?, "").map_err(refused)?;
        Ok(Self { core, scripts: Mutex::default() })
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
        match self.core.request(wall_now.map(timestamp), &operation(op, payload)?) {
            Request::Send(command) => Ok((Some(self.sent(py, command)?), None)),
            Request::Answer(reply) => Ok((None, Some(reply.to_wire().0))),
        }
    }

    /// The reply in a server's answer (none: no row), a JSON text, and its payload.
    fn reply(&self, answer: &Bound<'_, PyAny>) -> PyResult<(String, Option<Vec<u8>>)> {
        let answer = cell::row(answer)?;
        let reply = self.core.reply(answer.as_deref()).map_err(|why| unavailable(why.to_string()))?;
        Ok(reply.to_wire())
    }

    /// What asks the server about itself.
    fn health<'py>(&self, py: Python<'py>) -> PyResult<Sent<'py>> {
        self.sent(py, self.core.health())
    }

    /// What in the server's answer endangers records.
    fn diagnose(&self, answer: &Bound<'_, PyAny>) -> PyResult<Vec<String>> {
        self.core.diagnose(cell::row(answer)?.as_deref()).map_err(refused)
    }

    /// What makes all that the server must have; none where it needs nothing.
    fn install<'py>(&self, py: Python<'py>) -> PyResult<Option<Sent<'py>>> {
        self.core.install().map(|command| self.sent(py, command)).transpose()
    }
}

impl Dialect {
    pub(crate) fn core(&self) -> &store::Dialect {
        &self.core
    }

    /// A command as the driver sends it.
    pub(crate) fn sent<'py>(&self, py: Python<'py>, command: Command) -> PyResult<Sent<'py>> {
        match (&self.core, command) {
            (store::Dialect::Redis(_), Command { text: Cow::Borrowed(script), args }) => {
                let args = args.into_iter().map(|cell| cell::bytes(py, cell));
                Ok((self.script(py, script), PyList::new(py, args)?.into_any()))
            }
            (_, command) => cell::command(py, command),
        }
    }

    /// What a server's answer is to the run that asked. One that cannot be read is a failure of its store like any other.
    pub(crate) fn event(&self, ticket: u32, answer: &Bound<'_, PyAny>) -> Event {
        let reply = cell::row(answer).ok().and_then(|row| self.core.reply(row.as_deref()).ok());
        reply.map_or(Event::StoreFailed { ticket }, |reply| Event::Reply { ticket, reply })
    }

    fn script<'py>(&self, py: Python<'py>, script: &'static str) -> Bound<'py, PyString> {
        let address = script.as_ptr().addr();
        let known = |scripts: &[(usize, Py<PyString>)]| {
            scripts.iter().find(|(known, _)| *known == address).map(|(_, made)| made.bind(py).clone())
        };
        if let Some(made) = known(&self.scripts.lock().unwrap_or_else(PoisonError::into_inner)) {
            return made;
        }
        let made = PyString::new(py, script);
        let mut scripts = self.scripts.lock().unwrap_or_else(PoisonError::into_inner);
        if known(&scripts).is_none() {
            scripts.push((address, made.clone().unbind()));
        }
        made
    }
}
