//! A Python configuration, walked once into core's own value.

use once_again_core::spec::Value;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDelta, PyDict, PyFrozenSet, PyInt, PyList, PyMapping, PySet, PyString, PyTuple};

/// Deeper than any configuration, and shallow enough for any stack.
const MAX_DEPTH: usize = 32;

/// `any` as core reads configurations. What only Python understands becomes opaque, by the name of its type.
pub(crate) fn read(any: &Bound<'_, PyAny>) -> PyResult<Value> {
    walk(any, MAX_DEPTH)
}

fn walk(any: &Bound<'_, PyAny>, depth: usize) -> PyResult<Value> {
    if any.is_none() {
        return Ok(Value::Null);
    }
    if let Ok(flag) = any.cast::<PyBool>() {
        return Ok(Value::Bool(flag.is_true()));
    }
    if let Ok(text) = any.cast::<PyString>() {
        return Ok(Value::Text(text.to_string_lossy().into_owned()));
    }
    if let Some(number) = number(any) {
        return Ok(Value::Number(number));
    }
    if depth > 0 {
        if let Ok(map) = any.cast::<PyMapping>() {
            return entries(map, depth - 1);
        }
        let is_list = any.is_instance_of::<PyList>()
            || any.is_instance_of::<PyTuple>()
            || any.is_instance_of::<PySet>()
            || any.is_instance_of::<PyFrozenSet>();
        if is_list {
            let items: PyResult<_> = any.try_iter()?.map(|item| walk(&item?, depth - 1)).collect();
            return Ok(Value::List(items?));
        }
    }
    // Asked last: the question alone imports `datetime`.
    if any.is_instance_of::<PyDelta>() {
        return Ok(Value::Number(any.call_method0("total_seconds")?.extract()?));
    }
    Ok(Value::Opaque(any.get_type().name()?.to_string_lossy().into_owned()))
}

/// Any number, an integer too large for a float as infinity: core refuses that one by its name.
fn number(any: &Bound<'_, PyAny>) -> Option<f64> {
    match any.extract::<f64>() {
        Ok(number) => Some(number),
        Err(_) if any.is_instance_of::<PyInt>() => {
            Some(if any.lt(0).unwrap_or(false) { f64::NEG_INFINITY } else { f64::INFINITY })
        }
        Err(_) => None,
    }
}

fn entries(map: &Bound<'_, PyMapping>, depth: usize) -> PyResult<Value> {
    let entries: PyResult<_> = map
        .items()?
        .iter()
        .map(|entry| {
            let (key, value): (Bound<'_, PyAny>, Bound<'_, PyAny>) = entry.extract()?;
            Ok((key.str()?.to_string_lossy().into_owned(), walk(&value, depth)?))
        })
        .collect();
    Ok(Value::Map(entries?))
}

/// Core's value as a Python one: how an effective configuration is shown.
pub(crate) fn write<'py>(py: Python<'py>, value: &Value) -> PyResult<Bound<'py, PyAny>> {
    Ok(match value {
        Value::Null => py.None().into_bound(py),
        Value::Bool(flag) => PyBool::new(py, *flag).to_owned().into_any(),
        #[expect(clippy::cast_possible_truncation, reason = "whole, and small enough for a float to say so")]
        Value::Number(number) if number.fract() == 0.0 && number.abs() < 9e15 => {
            (*number as i64).into_pyobject(py)?.into_any()
        }
        Value::Number(number) => number.into_pyobject(py)?.into_any(),
        Value::Text(text) | Value::Opaque(text) => PyString::new(py, text).into_any(),
        Value::List(items) => {
            let items: PyResult<Vec<_>> = items.iter().map(|item| write(py, item)).collect();
            PyList::new(py, items?)?.into_any()
        }
        Value::Map(entries) => {
            let dict = PyDict::new(py);
            for (name, item) in entries {
                dict.set_item(name, write(py, item)?)?;
            }
            dict.into_any()
        }
    })
}
