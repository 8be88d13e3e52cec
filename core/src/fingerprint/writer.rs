//! Canonical JSON, written as a value is told: for hosts that walk their own values, and for serde types.

use super::number;
use super::order::{Name, prefix};
use super::output::Output;
use super::select::Selection;
use super::shape::Shape;
use crate::json::{Lexeme, Reason, Sink, quote, tell};
use serde::Serialize;

/// Writes one JSON value in canonical form while it is told, its names in any order.
///
/// A host that holds a parsed value walks it and calls one method per value: [`begin_object`](Self::begin_object), then
/// [`name`](Self::name) and a value for each member, then [`end_object`](Self::end_object), and so on. The bytes are those
/// that the value's JSON text gives through [`canonicalize`](super::canonical::canonicalize). The first error is final
/// until [`clear`](Self::clear); the host knows where it was and can name the place.
#[derive(Clone, Debug, Default)]
pub struct Writer<'s> {
    /// The last byte says what may follow (a string's last byte is its quote): after `:` and `[` a value, after `{` a name.
    output: Output<'s>,
}

impl<'s> Writer<'s> {
    /// A writer of whole values.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A writer that leaves out what `selection` leaves out.
    #[must_use]
    pub fn selecting(selection: &'s Selection) -> Self {
        Self { output: Output::selecting(selection) }
    }

    /// Begins anew and keeps the memory.
    pub fn clear(&mut self) {
        self.output.clear();
    }

    /// The canonical text, once the value is told to its end.
    pub fn finish(&self) -> Result<&[u8], Reason> {
        let whole = self.output.in_array().is_none() && !self.output.text.is_empty();
        if whole { Ok(&self.output.text) } else { Err(Reason::OutOfPlace) }
    }

    /// Tells a whole serde value: its bytes are those of its JSON text. Maps whose keys are neither strings nor integers
    /// are refused.
    pub fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Reason> {
        tell(value, self)
    }

    /// `null`.
    pub fn null(&mut self) -> Result<(), Reason> {
        self.word(b"null")
    }

    /// `true` or `false`.
    pub fn boolean(&mut self, value: bool) -> Result<(), Reason> {
        self.word(if value { b"true" } else { b"false" })
    }

    /// An integer that is not larger than `i64`.
    pub fn small_integer(&mut self, value: i64) -> Result<(), Reason> {
        self.before()?;
        number::write_integer(value, &mut self.output.text);
        self.after();
        Ok(())
    }

    /// An integer of any size, in decimal with a `-` when negative; leading zeros are refused.
    pub fn integer(&mut self, digits: &str) -> Result<(), Reason> {
        let magnitude = digits.strip_prefix('-').unwrap_or(digits).as_bytes();
        let leading_zero = magnitude.len() > 1 && magnitude[0] == b'0';
        if magnitude.is_empty() || leading_zero || !magnitude.iter().all(u8::is_ascii_digit) {
            return Err(Reason::BadNumber);
        }
        let negative = magnitude.len() < digits.len();
        self.before()?;
        let lexeme = Lexeme { text: digits, negative, whole: magnitude.len(), fraction: 0 };
        number::write_lexeme(lexeme, &mut self.output.text)?;
        self.after();
        Ok(())
    }

    /// A double; NaN and infinities are refused.
    pub fn float(&mut self, value: f64) -> Result<(), Reason> {
        if !value.is_finite() {
            return Err(Reason::NotFinite);
        }
        self.before()?;
        number::write(value, &mut self.output.text);
        self.after();
        Ok(())
    }

    /// A string, not escaped.
    pub fn string(&mut self, value: &str) -> Result<(), Reason> {
        self.before()?;
        quote(value, &mut self.output.text);
        self.after();
        Ok(())
    }

    /// `[`
    pub fn begin_array(&mut self) -> Result<(), Reason> {
        self.begin(b'[')
    }

    /// `]`
    pub fn end_array(&mut self) -> Result<(), Reason> {
        if self.output.in_array() != Some(true) {
            return Err(Reason::OutOfPlace);
        }
        self.end(b']')
    }

    /// `{`
    pub fn begin_object(&mut self) -> Result<(), Reason> {
        self.begin(b'{')
    }

    /// The name of the member whose value comes next, not escaped. A name told twice is refused here or when its object
    /// ends.
    pub fn name(&mut self, name: &str) -> Result<(), Reason> {
        let start = self.before_name()?;
        let text = &mut self.output.text;
        quote(name, text);
        let end = text.len() - 1;
        let prefix = prefix(&text[..end], start + 1);
        text.push(b':');
        self.after_name(prefix, start)
    }

    /// [`name`](Self::name), of a member of a shape. Told in the order of ranks, an object needs no ordering.
    pub fn ranked_name(&mut self, shape: &Shape, rank: usize) -> Result<(), Reason> {
        let Some((name, prefix)) = shape.name(rank) else { return Err(Reason::OutOfPlace) };
        let start = self.before_name()?;
        self.output.text.extend_from_slice(name);
        self.after_name(prefix, start)
    }

    /// Where the name that comes next begins.
    #[inline]
    fn before_name(&mut self) -> Result<usize, Reason> {
        if self.output.in_array() != Some(false) {
            return Err(Reason::OutOfPlace);
        }
        match self.output.text.last() {
            Some(b'{') => {}
            Some(b':') => return Err(Reason::OutOfPlace),
            _ => self.output.text.push(b','),
        }
        Ok(self.output.text.len())
    }

    /// A name and its colon have been written.
    #[inline]
    fn after_name(&mut self, prefix: u64, start: usize) -> Result<(), Reason> {
        let end = self.output.text.len() - 2;
        if let Some(cursor) = &mut self.output.cursor {
            cursor.name(Name(&self.output.text[start + 1..end]));
        }
        self.output.name(prefix, start, end)
    }

    /// `}`
    pub fn end_object(&mut self) -> Result<(), Reason> {
        if self.output.in_array() != Some(false) || self.output.text.last() == Some(&b':') {
            return Err(Reason::OutOfPlace);
        }
        self.end(b'}')
    }

    fn word(&mut self, word: &[u8]) -> Result<(), Reason> {
        self.before()?;
        self.output.text.extend_from_slice(word);
        self.after();
        Ok(())
    }

    fn begin(&mut self, bracket: u8) -> Result<(), Reason> {
        self.before()?;
        self.output.text.push(bracket);
        self.output.open(bracket == b'[', self.output.text.len())
    }

    fn end(&mut self, bracket: u8) -> Result<(), Reason> {
        self.output.close()?;
        self.output.text.push(bracket);
        if let Some(cursor) = &mut self.output.cursor
            && let Some(start) = cursor.leave()
        {
            self.output.drop_value(start);
        }
        Ok(())
    }

    /// Before each value: the comma in an array.
    #[inline]
    fn before(&mut self) -> Result<(), Reason> {
        let start = self.output.text.len();
        let array = self.output.in_array() == Some(true);
        match self.output.text.last() {
            None | Some(b':' | b'[') => {}
            _ if array => self.output.text.push(b','),
            _ => return Err(Reason::OutOfPlace),
        }
        if let Some(cursor) = &mut self.output.cursor {
            cursor.before(start, array);
        }
        Ok(())
    }

    /// After each scalar.
    #[inline]
    fn after(&mut self) {
        if let Some(cursor) = &self.output.cursor
            && let Some(start) = cursor.dropped_scalar()
        {
            self.output.drop_value(start);
        }
    }
}

impl Sink for Writer<'_> {
    fn null(&mut self) -> Result<(), Reason> {
        self.null()
    }

    fn boolean(&mut self, value: bool) -> Result<(), Reason> {
        self.boolean(value)
    }

    fn small_integer(&mut self, value: i64) -> Result<(), Reason> {
        self.small_integer(value)
    }

    fn integer(&mut self, digits: &str) -> Result<(), Reason> {
        self.integer(digits)
    }

    fn float(&mut self, value: f64) -> Result<(), Reason> {
        self.float(value)
    }

    fn string(&mut self, value: &str) -> Result<(), Reason> {
        self.string(value)
    }

    fn begin_array(&mut self) -> Result<(), Reason> {
        self.begin_array()
    }

    fn end_array(&mut self) -> Result<(), Reason> {
        self.end_array()
    }

    fn begin_object(&mut self) -> Result<(), Reason> {
        self.begin_object()
    }

    fn name(&mut self, name: &str) -> Result<(), Reason> {
        self.name(name)
    }

    fn end_object(&mut self) -> Result<(), Reason> {
        self.end_object()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_told_in_any_order_is_written_in_canonical_form() -> Result<(), Reason> {
        let mut writer = Writer::new();
        for _ in 0..2 {
            writer.clear();
            writer.begin_object()?;
            writer.name("b\n")?;
            writer.begin_array()?;
            writer.integer("-90071992547409930")?;
            writer.small_integer(9_007_199_254_740_993)?;
            writer.small_integer(-100)?;
            writer.float(-0.0)?;
            writer.float(1e21)?;
            writer.end_array()?;
            writer.name("a")?;
            writer.begin_object()?;
            writer.end_object()?;
            writer.name("😂")?;
            writer.string("\"/")?;
            writer.name("\u{fb33}")?;
            writer.null()?;
            writer.name("a\n")?;
            writer.boolean(true)?;
            writer.end_object()?;
            let expected = "{\"a\":{},\"a\\n\":true,\"b\\n\":[-9007199254740993e1,9007199254740993e0,-100,0,1e+21],\"😂\":\"\\\"/\",\"\u{fb33}\":null}";
            assert_eq!(writer.finish(), Ok(expected.as_bytes()));
        }
        Ok(())
    }

    #[test]
    fn what_is_told_out_of_place_is_refused() {
        type Steps = fn(&mut Writer<'_>) -> Result<(), Reason>;
        let wrong: [Steps; 9] = [
            |w| w.name("a"),
            |w| w.end_array(),
            |w| w.end_object(),
            |w| w.null().and_then(|()| w.null()),
            |w| w.begin_array().and_then(|()| w.name("a")),
            |w| w.begin_array().and_then(|()| w.end_object()),
            |w| w.begin_object().and_then(|()| w.null()),
            |w| w.begin_object().and_then(|()| w.name("a")).and_then(|()| w.name("b")),
            |w| w.begin_object().and_then(|()| w.name("a")).and_then(|()| w.end_object()),
        ];
        for (i, steps) in wrong.iter().enumerate() {
            assert_eq!(steps(&mut Writer::new()), Err(Reason::OutOfPlace), "{i}");
        }
        let mut open = Writer::new();
        assert_eq!(open.finish(), Err(Reason::OutOfPlace));
        assert_eq!(open.begin_array(), Ok(()));
        assert_eq!(open.finish(), Err(Reason::OutOfPlace));
    }

    #[test]
    fn what_json_cannot_say_is_refused() -> Result<(), Reason> {
        assert_eq!(Writer::new().float(f64::NAN), Err(Reason::NotFinite));
        for bad in ["", "-", "01", "-00", "+1", "1.0", "1e3", "٣"] {
            assert_eq!(Writer::new().integer(bad), Err(Reason::BadNumber), "{bad}");
        }
        let mut twice = Writer::new();
        twice.begin_object()?;
        for name in ["b", "a", "b"] {
            twice.name(name)?;
            twice.null()?;
        }
        assert_eq!(twice.end_object(), Err(Reason::DuplicateName));
        let mut deep = Writer::new();
        for _ in 0..128 {
            deep.begin_array()?;
        }
        assert_eq!(deep.begin_object(), Err(Reason::TooDeep));
        Ok(())
    }

    #[test]
    fn a_selection_holds_for_what_is_told() {
        let selection = Selection::new(["/a", "/l"], ["/a/x", "/l/0", "/l/2"]).unwrap();
        let mut writer = Writer::selecting(&selection);
        let value = serde_json::json!({"z": [1], "l": [[1], 2, 3, {"x": 4}], "a": {"y": 1, "x": {"a": 2}}});
        for _ in 0..2 {
            writer.clear();
            assert_eq!(writer.value(&value), Ok(()));
            assert_eq!(writer.finish(), Ok(&br#"{"a":{"y":1},"l":[2,{"x":4}]}"#[..]));
        }
    }
}
