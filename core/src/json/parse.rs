//! A configuration object as JSON text, read into a [`Value`].

use super::error::{JsonError, Reason};
use super::float::float;
use super::scan::{MAX_DEPTH, Scanner};
use crate::spec::Value;

/// Reads a strict JSON text, with two escapes for what a host's objects hold and JSON cannot say:
/// `{"$number": "NaN"}` (also `"Infinity"`, `"-Infinity"`) is that number, and `{"$opaque": "Function"}` is
/// [`Value::Opaque`]. A driver writes them with a replacer of `JSON.stringify`, so that core can refuse them by name.
///
/// Objects keep their order and may not use a name twice. A number too large for an `f64` becomes ±Infinity.
pub fn parse(text: impl AsRef<[u8]>) -> Result<Value, JsonError> {
    let mut scanner = Scanner::new(text.as_ref())?;
    let whole = value(&mut scanner, 0).and_then(|value| scanner.finish().map(|()| value));
    whole.map_err(|reason| JsonError::new(scanner.offset(), reason))
}

fn value(scanner: &mut Scanner<'_>, depth: usize) -> Result<Value, Reason> {
    Ok(match scanner.need()? {
        b'{' => map(scanner, depth)?,
        b'[' => list(scanner, depth)?,
        b'"' => Value::Text(scanner.string()?.into_owned()),
        b't' => scanner.literal("true").map(|()| Value::Bool(true))?,
        b'f' => scanner.literal("false").map(|()| Value::Bool(false))?,
        b'n' => scanner.literal("null").map(|()| Value::Null)?,
        b'-' | b'0'..=b'9' => Value::Number(float(scanner.number()?.text)?),
        _ => return Err(Reason::UnexpectedByte),
    })
}

fn enter(scanner: &mut Scanner<'_>, open: u8, depth: usize) -> Result<(), Reason> {
    if depth == MAX_DEPTH {
        return Err(Reason::TooDeep);
    }
    scanner.expect(open)
}

fn list(scanner: &mut Scanner<'_>, depth: usize) -> Result<Value, Reason> {
    enter(scanner, b'[', depth)?;
    let mut items = Vec::new();
    if !scanner.eat(b']') {
        loop {
            items.push(value(scanner, depth + 1)?);
            if !scanner.eat(b',') {
                break;
            }
        }
        scanner.expect(b']')?;
    }
    Ok(Value::List(items))
}

fn map(scanner: &mut Scanner<'_>, depth: usize) -> Result<Value, Reason> {
    enter(scanner, b'{', depth)?;
    let mut entries: Vec<(String, Value)> = Vec::new();
    // Places of the entries in the order of their names, to find a name that comes twice.
    let mut order: Vec<usize> = Vec::new();
    if !scanner.eat(b'}') {
        loop {
            scanner.need()?;
            let offset = scanner.offset();
            let name = scanner.string()?.into_owned();
            match order.binary_search_by(|&place| entries[place].0.cmp(&name)) {
                Ok(_) => {
                    scanner.go_to(offset);
                    return Err(Reason::DuplicateName);
                }
                Err(place) => order.insert(place, entries.len()),
            }
            scanner.expect(b':')?;
            entries.push((name, value(scanner, depth + 1)?));
            if !scanner.eat(b',') {
                break;
            }
        }
        scanner.expect(b'}')?;
    }
    Ok(unescape(entries))
}

fn unescape(mut entries: Vec<(String, Value)>) -> Value {
    if let [(name, Value::Text(text))] = entries.as_mut_slice() {
        match (name.as_str(), text.as_str()) {
            ("$number", "NaN") => return Value::Number(f64::NAN),
            ("$number", "Infinity") => return Value::Number(f64::INFINITY),
            ("$number", "-Infinity") => return Value::Number(f64::NEG_INFINITY),
            ("$opaque", _) => return Value::Opaque(core::mem::take(text)),
            _ => {}
        }
    }
    Value::Map(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(text: &str) -> (usize, Reason) {
        let error = parse(text).unwrap_err();
        (error.offset, error.reason)
    }

    #[test]
    fn every_kind_of_value_is_read_in_the_order_it_was_written() {
        let value = parse(r#" {"b": [1, -2.5e1, true, false, null], "a": {"x": "y\n"}, "": []} "#).unwrap();
        let expected = Value::Map(vec![
            (
                "b".into(),
                Value::List(vec![
                    Value::Number(1.0),
                    Value::Number(-25.0),
                    Value::Bool(true),
                    Value::Bool(false),
                    Value::Null,
                ]),
            ),
            ("a".into(), Value::Map(vec![("x".into(), Value::Text("y\n".into()))])),
            (String::new(), Value::List(vec![])),
        ]);
        assert_eq!(value, expected);
    }

    #[test]
    fn the_two_escapes_give_what_json_cannot_say() {
        assert_eq!(parse(r#"{"$number":"Infinity"}"#), Ok(Value::Number(f64::INFINITY)));
        assert_eq!(parse(r#"{"$number":"-Infinity"}"#), Ok(Value::Number(f64::NEG_INFINITY)));
        assert!(matches!(parse(r#"{"$number":"NaN"}"#), Ok(Value::Number(n)) if n.is_nan()));
        assert_eq!(parse(r#"{"$opaque":"Function"}"#), Ok(Value::Opaque("Function".into())));
        let ordinary = parse(r#"{"$number":"seven"}"#).unwrap();
        assert_eq!(ordinary, Value::Map(vec![("$number".into(), Value::Text("seven".into()))]));
    }

    #[test]
    fn a_name_used_twice_is_refused_even_when_escapes_hide_it() {
        assert_eq!(reason(r#"{"a":1,"b":2,"\u0061":3}"#), (13, Reason::DuplicateName));
    }

    #[test]
    fn containers_may_nest_128_deep_and_no_deeper() {
        assert!(parse("[".repeat(128) + &"]".repeat(128)).is_ok());
        assert_eq!(reason(&("[".repeat(129) + &"]".repeat(129))), (128, Reason::TooDeep));
        assert_eq!(reason(&"{\"a\":".repeat(100_000)), (128 * 5, Reason::TooDeep));
    }

    #[test]
    fn what_is_not_json_says_where_and_why() {
        for (text, expected) in [
            ("", (0, Reason::UnexpectedEnd)),
            ("[1,]", (3, Reason::UnexpectedByte)),
            ("{\"a\" 1}", (5, Reason::UnexpectedByte)),
            ("{a:1}", (1, Reason::UnexpectedByte)),
            ("[1", (2, Reason::UnexpectedEnd)),
            ("1 2", (2, Reason::UnexpectedByte)),
            ("01", (1, Reason::UnexpectedByte)),
            ("-", (1, Reason::UnexpectedEnd)),
            ("+1", (0, Reason::UnexpectedByte)),
            ("1.e3", (2, Reason::BadNumber)),
            ("nul", (3, Reason::UnexpectedEnd)),
            ("nulL", (3, Reason::UnexpectedByte)),
            ("NaN", (0, Reason::UnexpectedByte)),
        ] {
            assert_eq!(reason(text), expected, "{text}");
        }
    }
}
