//! Fingerprints of bytes, and of Python values walked where they are.

use std::cell::Cell;

use once_again_core::error::ConfigError;
use once_again_core::fingerprint::{Fingerprint, Options, Parts, Refused, Selection, Writer};
use once_again_core::json::Reason;
use pyo3::prelude::*;
use pyo3::types::{
    PyBool, PyByteArray, PyBytes, PyDict, PyFloat, PyInt, PyList, PyMapping, PyMemoryView, PyString, PyTuple,
};

use crate::error::{no_fingerprint, refused};
use crate::shapes::{Known, Shapes, Values};

/// What identifies a request: `alg:hex`, the same in every language.
///
/// Args:
///     body: Bytes are a raw body, JSON unless `media_type` says otherwise. Any other value is a parsed one (dict, list,
///         tuple, str, int of any size, float, bool, None, and classes derived from these, as `json.dumps` writes them)
///         and has the fingerprint of its JSON text. Names in any order, 1.0 and 1: all one.
///     method, path, query, `media_type`, headers: Of the request, what counts besides; headers are a mapping or pairs.
///     include, exclude: JSON Pointers to the fields of the body that alone count, or that do not.
///     `include_body`: Whether the body counts at all.
///
/// Raises:
///     `FingerprintError`: the value holds what JSON has no form for (NaN, bytes, dates, Decimal, sets, keys that are no
///         strings) or is nested deeper than 128; or the body is multipart, whose boundary is random.
///     `ConfigError`: a JSON Pointer is malformed.
#[pyfunction]
#[pyo3(signature = (body, *, method=None, path=None, query=None, media_type=None, headers=None, include: "list[str] | tuple[str, ...] | None"=None, exclude: "list[str] | tuple[str, ...] | None"=None, include_body=true))]
#[expect(clippy::too_many_arguments, clippy::needless_pass_by_value, reason = "Python's keyword arguments")]
pub(crate) fn fingerprint(
    body: &Bound<'_, PyAny>,
    method: Option<&str>,
    path: Option<&str>,
    query: Option<&str>,
    media_type: Option<&str>,
    headers: Option<&Bound<'_, PyAny>>,
    include: Option<Vec<String>>,
    exclude: Option<Vec<String>>,
    include_body: bool,
) -> PyResult<String> {
    let lines = headers.map(header_lines).transpose()?.unwrap_or_default();
    let headers: Vec<(&str, &str)> = lines.iter().map(|(name, value)| (&**name, &**value)).collect();
    let parts = Parts { method, path, query, media_type, headers: &headers };
    let options = Options {
        selection: Selection::new(include.iter().flatten(), exclude.iter().flatten()).map_err(refused)?,
        include_body,
    };
    of_body(body, &parts, &options).map(|fingerprint| fingerprint.to_string())
}

/// The fingerprint of bytes, or of any other value.
pub(crate) fn of_body(
    body: &Bound<'_, PyAny>,
    parts: &Parts<'_>,
    options: &Options,
) -> PyResult<Fingerprint> {
    let taken = if let Ok(bytes) = body.cast::<PyBytes>() {
        Fingerprint::of_bytes(parts, bytes.as_bytes(), options)
    } else if let Ok(bytes) = body.cast::<PyByteArray>() {
        Fingerprint::of_bytes(parts, &bytes.to_vec(), options)
    } else if body.is_instance_of::<PyMemoryView>() {
        let bytes: Vec<u8> = body.call_method0("tobytes")?.extract()?;
        Fingerprint::of_bytes(parts, &bytes, options)
    } else if options.selection == Selection::default() {
        // Most calls leave nothing out, and can do with the memory of the last one.
        let mut writer = SPARE.take();
        let taken = of_value(body, parts, options, &mut writer)?;
        if writer.finish().is_ok_and(|text| text.len() <= KEPT) {
            writer.clear();
            SPARE.set(writer);
        }
        taken
    } else {
        of_value(body, parts, options, &mut Writer::selecting(&options.selection))?
    };
    taken.map_err(|why| match why {
        Refused::Multipart | Refused::Value(_) => no_fingerprint("", &why.to_string()),
    })
}

/// A writer's memory is kept for the next call unless it grew beyond this.
const KEPT: usize = 1 << 16;

thread_local! {
    static SPARE: Cell<Writer<'static>> = Cell::default();
}

fn of_value(
    body: &Bound<'_, PyAny>,
    parts: &Parts<'_>,
    options: &Options,
    writer: &mut Writer<'_>,
) -> PyResult<Result<Fingerprint, Refused>> {
    if options.include_body {
        Walk { writer, shapes: None, lists: 0 }.value(body).map_err(Trouble::raise)?;
    }
    Ok(Fingerprint::of_written(parts, writer, options))
}

/// A mapping, or pairs of which several may have one name.
fn header_lines(headers: &Bound<'_, PyAny>) -> PyResult<Vec<(String, String)>> {
    let lines = match headers.cast::<PyMapping>() {
        Ok(map) => map.items()?.into_any(),
        Err(_) => headers.clone(),
    };
    let line = |line: Bound<'_, PyAny>| Ok((line.get_item(0)?.extract()?, line.get_item(1)?.extract()?));
    let lines: PyResult<_> = lines.try_iter().and_then(|lines| lines.map(|each| line(each?)).collect());
    lines.map_err(|_| {
        refused(ConfigError::new("headers", type_name(headers), "a mapping of strings, or pairs of strings"))
    })
}

/// Tells a value to core's writer. No Python code runs meanwhile, so nothing can change under it.
struct Walk<'w, 's> {
    writer: &'w mut Writer<'s>,
    /// Made for the first dict in a list: only there do dicts come in numbers.
    shapes: Option<Box<Shapes>>,
    lists: u32,
}

impl Walk<'_, '_> {
    /// Most values are of JSON's own types exactly, and then comparing one pointer says so.
    fn value(&mut self, value: &Bound<'_, PyAny>) -> Result<(), Trouble> {
        if let Ok(text) = value.cast_exact::<PyString>() {
            self.writer.string(text_of(text)?)?;
        } else if let Ok(dict) = value.cast_exact::<PyDict>() {
            self.object(dict)?;
        } else if let Ok(list) = value.cast_exact::<PyList>() {
            self.array(list.iter())?;
        } else if let Ok(integer) = value.cast_exact::<PyInt>() {
            self.integer(integer)?;
        } else if let Ok(float) = value.cast_exact::<PyFloat>() {
            self.writer.float(float.value())?;
        } else if let Ok(flag) = value.cast_exact::<PyBool>() {
            self.writer.boolean(flag.is_true())?;
        } else if value.is_none() {
            self.writer.null()?;
        } else {
            self.derived(value)?;
        }
        Ok(())
    }

    /// Classes derived from JSON's types, and tuples.
    #[cold]
    fn derived(&mut self, value: &Bound<'_, PyAny>) -> Result<(), Trouble> {
        if let Ok(text) = value.cast::<PyString>() {
            self.writer.string(text_of(text)?)?;
        } else if let Ok(integer) = value.cast::<PyInt>() {
            self.integer(integer)?;
        } else if let Ok(float) = value.cast::<PyFloat>() {
            self.writer.float(float.value())?;
        } else if let Ok(dict) = value.cast::<PyDict>() {
            self.object(dict)?;
        } else if let Ok(list) = value.cast::<PyList>() {
            self.array(list.iter())?;
        } else if let Ok(tuple) = value.cast::<PyTuple>() {
            self.array(tuple.iter())?;
        } else {
            return Err(Trouble::new(foreign(value)));
        }
        Ok(())
    }

    fn object(&mut self, dict: &Bound<'_, PyDict>) -> Result<(), Trouble> {
        self.writer.begin_object()?;
        let alike = if self.lists > 0 { self.shapes.get_or_insert_default().find(dict) } else { None };
        match alike {
            Some((known, values)) => self.alike(dict, &known, &values)?,
            None => self.members(dict)?,
        }
        Ok(self.writer.end_object()?)
    }

    fn alike(&mut self, dict: &Bound<'_, PyDict>, known: &Known, values: &Values<'_>) -> Result<(), Trouble> {
        let name = |place: usize| dict.iter().nth(place).map_or_else(String::new, |(key, _)| key.to_string());
        for (rank, place) in known.names.places().enumerate() {
            let Some(value) = &values[place] else { break };
            self.writer.ranked_name(&known.names, rank)?;
            self.value(value).map_err(|trouble| trouble.within(&name(place)))?;
        }
        Ok(())
    }

    fn members(&mut self, dict: &Bound<'_, PyDict>) -> Result<(), Trouble> {
        for (name, value) in dict {
            let Ok(name) = name.cast::<PyString>() else {
                let kind = type_name(&name);
                return Err(Trouble::new(format!("a key of type {kind}; JSON's keys are strings")));
            };
            let name = text_of(name)?;
            self.writer.name(name).map_err(|reason| Trouble::from(reason).within(name))?;
            self.value(&value).map_err(|trouble| trouble.within(name))?;
        }
        Ok(())
    }

    fn array<'py>(&mut self, items: impl Iterator<Item = Bound<'py, PyAny>>) -> Result<(), Trouble> {
        self.writer.begin_array()?;
        self.lists += 1;
        for (index, item) in items.enumerate() {
            self.value(&item).map_err(|trouble| trouble.within(&index.to_string()))?;
        }
        self.lists -= 1;
        Ok(self.writer.end_array()?)
    }

    fn integer(&mut self, integer: &Bound<'_, PyInt>) -> Result<(), Trouble> {
        if let Ok(small) = integer.extract::<i64>() {
            return Ok(self.writer.small_integer(small)?);
        }
        // `int`'s own digits, whatever a derived class prints; Python refuses more than some thousands of them.
        let shown = integer.py().get_type::<PyInt>().call_method1("__repr__", (integer,));
        let digits: Result<String, _> = shown.and_then(|digits| digits.extract());
        let digits = digits.map_err(|_| Trouble::new("an integer of too many digits".into()))?;
        Ok(self.writer.integer(&digits)?)
    }
}

fn text_of<'a>(text: &'a Bound<'_, PyString>) -> Result<&'a str, Trouble> {
    text.to_str().map_err(|_| Reason::LoneSurrogate.into())
}

/// Why a value has no fingerprint, and where it stands.
struct Trouble {
    /// The way to it, innermost step first.
    path: Vec<String>,
    problem: String,
}

impl Trouble {
    fn new(problem: String) -> Self {
        Self { path: Vec::new(), problem }
    }

    fn within(mut self, step: &str) -> Self {
        self.path.push(step.replace('~', "~0").replace('/', "~1"));
        self
    }

    fn raise(self) -> PyErr {
        let pointer: String = self.path.iter().rev().flat_map(|step| ["/", step]).collect();
        no_fingerprint(&pointer, &self.problem)
    }
}

impl From<Reason> for Trouble {
    fn from(reason: Reason) -> Self {
        Self::new(reason.to_string())
    }
}

/// What is wrong with a value that JSON has no form for, and what to do.
fn foreign(value: &Bound<'_, PyAny>) -> String {
    let kind = type_name(value);
    let advice = match kind.as_str() {
        "bytes" | "bytearray" | "memoryview" => "decode it, or encode it as text",
        "Decimal" | "Fraction" => "pass it as a string, or as an integer of the smallest unit",
        "datetime" | "date" | "time" | "timedelta" => "pass its isoformat(), or a number",
        "set" | "frozenset" => "pass it as a sorted list",
        _ => "pass what json.dumps would write of it",
    };
    format!("a value of type {kind} has no JSON form of its own: {advice}")
}

fn type_name(value: &Bound<'_, PyAny>) -> String {
    value.get_type().name().map_or_else(|_| "unknown".into(), |name| name.to_string_lossy().into_owned())
}
