//! JSON texts as Python values, made while they are read.

use std::cell::RefCell;
use std::fmt;

use once_again_core::json;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyString};
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// What `json.loads` makes of a text.
#[pyfunction]
pub(crate) fn read_json<'py>(py: Python<'py>, text: &str) -> PyResult<Bound<'py, PyAny>> {
    let names = RefCell::default();
    if let Ok(value) = json::from_str_with(text, Reader { py, names: &names }) {
        return Ok(value);
    }
    // Whole numbers that no `u64` holds, half a surrogate pair, containers deeper than core reads; and what is no JSON.
    py.import("json")?.call_method1("loads", (text,))
}

/// Objects of one text have the same few names.
type Names<'de, 'py> = RefCell<Vec<(&'de str, Bound<'py, PyString>)>>;

/// More names than this are made each time: finding one would take as long.
const MOST_NAMES: usize = 16;

struct Reader<'a, 'de, 'py> {
    py: Python<'py>,
    names: &'a Names<'de, 'py>,
}

impl<'de, 'py> DeserializeSeed<'de> for Reader<'_, 'de, 'py> {
    type Value = Bound<'py, PyAny>;

    fn deserialize<D: Deserializer<'de>>(self, text: D) -> Result<Self::Value, D::Error> {
        text.deserialize_any(self)
    }
}

impl<'de, 'py> Visitor<'de> for Reader<'_, 'de, 'py> {
    type Value = Bound<'py, PyAny>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(self.py.None().into_bound(self.py))
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<Self::Value, E> {
        Ok(PyBool::new(self.py, flag).to_owned().into_any())
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Self::Value, E> {
        Ok(PyInt::new(self.py, number).into_any())
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
        Ok(PyInt::new(self.py, number).into_any())
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Self::Value, E> {
        // It may have been a whole number, which Python keeps to its last digit.
        if number.abs() >= 9e18 {
            return Err(E::custom("a large number"));
        }
        Ok(PyFloat::new(self.py, number).into_any())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(PyString::new(self.py, text).into_any())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let list = PyList::empty(self.py);
        while let Some(item) = items.next_element_seed(Reader { ..self })? {
            list.append(item).map_err(Error::custom)?;
        }
        Ok(list.into_any())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let dict = PyDict::new(self.py);
        while let Some(name) = entries.next_key_seed(Name(Reader { ..self }))? {
            let value = entries.next_value_seed(Reader { ..self })?;
            dict.set_item(name, value).map_err(Error::custom)?;
        }
        Ok(dict.into_any())
    }
}

struct Name<'a, 'de, 'py>(Reader<'a, 'de, 'py>);

impl<'de, 'py> DeserializeSeed<'de> for Name<'_, 'de, 'py> {
    type Value = Bound<'py, PyString>;

    fn deserialize<D: Deserializer<'de>>(self, text: D) -> Result<Self::Value, D::Error> {
        text.deserialize_str(self)
    }
}

impl<'de, 'py> Visitor<'de> for Name<'_, 'de, 'py> {
    type Value = Bound<'py, PyString>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a name")
    }

    fn visit_borrowed_str<E: Error>(self, name: &'de str) -> Result<Self::Value, E> {
        let Reader { py, names } = self.0;
        let mut names = names.borrow_mut();
        if let Some((_, known)) = names.iter().find(|(known, _)| *known == name) {
            return Ok(known.clone());
        }
        let made = PyString::new(py, name);
        if names.len() < MOST_NAMES {
            names.push((name, made.clone()));
        }
        Ok(made)
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        Ok(PyString::new(self.0.py, name))
    }
}
