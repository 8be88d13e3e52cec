//! Values of commands and rows, as Python has them: `None`, `int`, `str` and `bytes`.

use once_again_core::store::{Cell, Command};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyInt, PyList, PyString};

use crate::error::unavailable;

/// A statement or script, and one value for each placeholder.
pub(crate) type Sent<'py> = (Bound<'py, PyString>, Bound<'py, PyAny>);

/// As clients of SQL databases take it.
pub(crate) fn command(py: Python<'_>, command: Command) -> PyResult<Sent<'_>> {
    let args: PyResult<Vec<_>> = command.args.into_iter().map(|cell| value(py, cell)).collect();
    Ok((PyString::new(py, &command.text), PyList::new(py, args?)?.into_any()))
}

fn value(py: Python<'_>, cell: Cell) -> PyResult<Bound<'_, PyAny>> {
    Ok(match cell {
        Cell::Null => py.None().into_bound(py),
        Cell::Int(number) => number.into_pyobject(py)?.into_any(),
        Cell::Text(text) => PyString::new(py, &text).into_any(),
        Cell::Bytes(bytes) => PyBytes::new(py, &bytes).into_any(),
    })
}

/// A value as it goes over the wire to Redis: a client may have been told to write text in another way.
pub(crate) fn bytes(py: Python<'_>, cell: Cell) -> Bound<'_, PyAny> {
    match cell {
        Cell::Null => PyBytes::new(py, b""),
        Cell::Int(number) => PyBytes::new(py, number.to_string().as_bytes()),
        Cell::Text(text) => PyBytes::new(py, text.as_bytes()),
        Cell::Bytes(bytes) => PyBytes::new(py, &bytes),
    }
    .into_any()
}

/// A row, or a script's list. What is none of our four kinds of value is a server that answers what no store answers.
pub(crate) fn row(values: &Bound<'_, PyAny>) -> PyResult<Option<Vec<Cell>>> {
    if values.is_none() {
        return Ok(None);
    }
    let values = values.try_iter().map_err(|_| foreign(values))?;
    values.map(|value| read(&value?)).collect::<PyResult<_>>().map(Some)
}

fn read(value: &Bound<'_, PyAny>) -> PyResult<Cell> {
    if value.is_none() {
        Ok(Cell::Null)
    } else if let Ok(bytes) = value.cast::<PyBytes>() {
        Ok(Cell::Bytes(bytes.as_bytes().to_vec()))
    } else if let Ok(text) = value.cast::<PyString>() {
        Ok(Cell::Text(text.to_string_lossy().into_owned()))
    } else if value.is_instance_of::<PyInt>() {
        value.extract().map(Cell::Int).map_err(|_| foreign(value))
    } else {
        Err(foreign(value))
    }
}

fn foreign(value: &Bound<'_, PyAny>) -> PyErr {
    let kind = value.get_type().name().map_or_else(|_| String::new(), |name| name.to_string());
    unavailable(format!("the store's server answered an object of type {kind}"))
}
