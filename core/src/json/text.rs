//! Compact JSON text, in the order it is told.

use super::error::Reason;
use super::quote::quote;
use super::ser::{Sink, tell};
use crate::fingerprint::number;
use serde::Serialize;

/// The compact JSON text of `value`; NaN and ±Infinity become `null`, as `JSON.stringify` has it.
///
/// For core's own types, whose `Serialize` cannot fail. A foreign value that refuses to be serialized, or that has a map
/// with keys other than strings and integers, becomes `null` as a whole.
#[must_use]
pub fn to_string<T: Serialize + ?Sized>(value: &T) -> String {
    let mut text = Text(Vec::new());
    let told = tell(value, &mut text).is_ok();
    String::from_utf8(text.0).ok().filter(|_| told).unwrap_or_else(|| "null".into())
}

struct Text(Vec<u8>);

impl Text {
    /// An entry follows: after another one it needs a comma. No entry ends with any of these three.
    fn entry(&mut self) -> &mut Vec<u8> {
        if !matches!(self.0.last(), None | Some(b'[' | b'{' | b':')) {
            self.0.push(b',');
        }
        &mut self.0
    }

    fn word(&mut self, word: &str) {
        self.entry().extend_from_slice(word.as_bytes());
    }
}

impl Sink for Text {
    fn null(&mut self) -> Result<(), Reason> {
        self.word("null");
        Ok(())
    }

    fn boolean(&mut self, value: bool) -> Result<(), Reason> {
        self.word(if value { "true" } else { "false" });
        Ok(())
    }

    fn small_integer(&mut self, value: i64) -> Result<(), Reason> {
        self.word(&value.to_string());
        Ok(())
    }

    fn integer(&mut self, digits: &str) -> Result<(), Reason> {
        self.word(digits);
        Ok(())
    }

    fn float(&mut self, value: f64) -> Result<(), Reason> {
        if !value.is_finite() {
            return self.null();
        }
        number::write(value, self.entry());
        Ok(())
    }

    fn string(&mut self, value: &str) -> Result<(), Reason> {
        quote(value, self.entry());
        Ok(())
    }

    fn begin_array(&mut self) -> Result<(), Reason> {
        self.word("[");
        Ok(())
    }

    fn end_array(&mut self) -> Result<(), Reason> {
        self.0.push(b']');
        Ok(())
    }

    fn begin_object(&mut self) -> Result<(), Reason> {
        self.word("{");
        Ok(())
    }

    fn name(&mut self, name: &str) -> Result<(), Reason> {
        quote(name, self.entry());
        self.0.push(b':');
        Ok(())
    }

    fn end_object(&mut self) -> Result<(), Reason> {
        self.0.push(b'}');
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[derive(Serialize)]
    struct Everything {
        truth: bool,
        small: i8,
        large: u64,
        rate: f64,
        nothing: Option<u8>,
        something: Option<u8>,
        unit: (),
        tuple: (u8, char),
        list: Vec<&'static str>,
        empty: Vec<u8>,
        map: BTreeMap<u16, Kind>,
    }

    #[derive(Serialize)]
    enum Kind {
        Unit,
        Newtype(u8),
        Tuple(u8, u8),
        Struct { a: u8 },
    }

    #[test]
    fn every_shape_of_serde_has_its_text() {
        let value = Everything {
            truth: true,
            small: -8,
            large: 9_007_199_254_740_991,
            rate: 0.25,
            nothing: None,
            something: Some(0),
            unit: (),
            tuple: (1, 'é'),
            list: vec!["a", ""],
            empty: vec![],
            map: BTreeMap::from([
                (1, Kind::Unit),
                (2, Kind::Newtype(3)),
                (4, Kind::Tuple(5, 6)),
                (7, Kind::Struct { a: 8 }),
            ]),
        };
        assert_eq!(
            to_string(&value),
            concat!(
                r#"{"truth":true,"small":-8,"large":9007199254740991,"rate":0.25,"nothing":null,"something":0,"#,
                r#""unit":null,"tuple":[1,"é"],"list":["a",""],"empty":[],"#,
                r#""map":{"1":"Unit","2":{"Newtype":3},"4":{"Tuple":[5,6]},"7":{"Struct":{"a":8}}}}"#
            )
        );
    }

    #[test]
    fn strings_are_escaped_as_json_stringify_does() {
        let escaped = concat!(r#""\"\\/\b\t\n\f\r\u0000\u001f"#, "\u{7f}€\"");
        assert_eq!(to_string("\"\\/\u{8}\t\n\u{C}\r\u{0}\u{1f}\u{7f}€"), escaped);
    }

    #[test]
    fn a_number_that_is_none_becomes_null() {
        assert_eq!(to_string(&[f64::NAN, f64::INFINITY, 1e300, -0.5]), "[null,null,1e+300,-0.5]");
    }

    #[test]
    fn a_map_whose_keys_are_no_names_is_null() {
        assert_eq!(to_string(&BTreeMap::from([(true, 1)])), "null");
    }
}
