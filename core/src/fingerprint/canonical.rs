//! Canonical JSON from JSON text: RFC 8785, with the lossless rule of [`number`].

use super::number;
use super::order::{Name, prefix};
use super::output::Output;
use super::select::Selection;
use crate::json::{JsonError, Reason, Scanner, escape};

/// Appends the canonical form of a JSON text to `out`.
///
/// Refused is what is no strict JSON: see [`Reason`]. That includes a name used twice in one object, which readers
/// disagree about, and a number whose exponent no reader could mean. After an error `out` is as it was.
pub fn canonicalize(text: &[u8], out: &mut Vec<u8>) -> Result<(), JsonError> {
    canonicalize_selected(text, &Selection::default(), out)
}

/// [`canonicalize`], without what `selection` leaves out.
pub fn canonicalize_selected(text: &[u8], selection: &Selection, out: &mut Vec<u8>) -> Result<(), JsonError> {
    let mut output = Output::selecting(selection);
    output.text = core::mem::take(out);
    let before = output.text.len();
    let result = rewrite(text, &mut output);
    *out = output.text;
    if result.is_err() {
        out.truncate(before);
    }
    result
}

fn rewrite(text: &[u8], output: &mut Output<'_>) -> Result<(), JsonError> {
    let mut rewriter = Rewriter { scanner: Scanner::new(text)?, run: 0, output, element: None };
    rewriter.output.text.reserve(text.len());
    rewriter.whole().map_err(|reason| JsonError::new(rewriter.scanner.offset(), reason))
}

/// Reads a text once, from front to back, and copies what is canonical already in runs as long as they come. In what
/// `JSON.stringify` writes that is all but the order of names.
struct Rewriter<'t, 'o, 's> {
    scanner: Scanner<'t>,
    /// What was read from here on is canonical and not copied yet.
    run: usize,
    output: &'o mut Output<'s>,
    /// Where the element that comes next begins with its comma, while a selection may drop it.
    element: Option<usize>,
}

impl Rewriter<'_, '_, '_> {
    fn whole(&mut self) -> Result<(), Reason> {
        loop {
            self.value()?;
            // Whatever ends here ends; then a comma leads to the next value, or the text is over.
            loop {
                let Some(array) = self.output.in_array() else { return self.finish() };
                match self.next()? {
                    b',' if array => {
                        self.comma();
                        break;
                    }
                    b',' => {
                        self.scanner.bump();
                        self.name()?;
                        break;
                    }
                    b']' if array => self.close()?,
                    b'}' if !array => self.close()?,
                    _ => return Err(Reason::UnexpectedByte),
                }
            }
        }
    }

    /// Reads a scalar or an empty container, and on the way to it the containers it begins.
    fn value(&mut self) -> Result<(), Reason> {
        loop {
            let byte = self.next()?;
            self.before_value();
            match byte {
                b'"' => {
                    self.string()?;
                }
                b'-' | b'0'..=b'9' => self.number()?,
                b'{' => {
                    self.open(false)?;
                    if self.next()? != b'}' {
                        self.name()?;
                        continue;
                    }
                    return self.close();
                }
                b'[' => {
                    self.open(true)?;
                    if self.next()? != b']' {
                        continue;
                    }
                    return self.close();
                }
                b't' => self.scanner.literal("true")?,
                b'f' => self.scanner.literal("false")?,
                b'n' => self.scanner.literal("null")?,
                _ => return Err(Reason::UnexpectedByte),
            }
            self.after_scalar();
            return Ok(());
        }
    }

    fn finish(&mut self) -> Result<(), Reason> {
        self.flush();
        self.scanner.finish()
    }

    /// The next byte that is not white space, which there must be.
    #[inline]
    fn next(&mut self) -> Result<u8, Reason> {
        match self.scanner.byte() {
            Some(byte) if byte > b' ' => Ok(byte),
            _ => self.next_after_space(),
        }
    }

    fn next_after_space(&mut self) -> Result<u8, Reason> {
        self.flush();
        let byte = self.scanner.need()?;
        self.run = self.scanner.offset();
        Ok(byte)
    }

    /// Copies what has been read.
    fn flush(&mut self) {
        self.output.text.extend_from_slice(self.scanner.since(self.run).as_bytes());
        self.run = self.scanner.offset();
    }

    /// Where in the output the next byte read will stand.
    #[inline]
    fn place(&self) -> usize {
        self.output.text.len() + (self.scanner.offset() - self.run)
    }

    #[inline]
    fn open(&mut self, array: bool) -> Result<(), Reason> {
        self.output.open(array, self.place() + 1)?;
        self.scanner.bump();
        Ok(())
    }

    #[inline]
    fn close(&mut self) -> Result<(), Reason> {
        if self.output.is_disordered() {
            self.flush();
        }
        self.output.close()?;
        self.scanner.bump();
        if self.output.cursor.is_some() {
            self.leave();
        }
        Ok(())
    }

    /// A name and the colon after it.
    #[inline]
    fn name(&mut self) -> Result<(), Reason> {
        if self.next()? != b'"' {
            return Err(Reason::UnexpectedByte);
        }
        let (start, offset) = (self.place(), self.scanner.offset());
        let escaped = self.string()?;
        let end = self.place() - 1;
        let read = self.scanner.offset() - 1;
        let mut key = prefix(&self.scanner.text().as_bytes()[..read], offset + 1);
        if escaped {
            self.flush();
            key = prefix(&self.output.text[..end], start + 1);
        } else if self.output.is_tie(key) || self.output.cursor.is_some() {
            self.flush();
        }
        if let Err(reason) = self.output.name(key, start, end) {
            self.scanner.go_to(offset);
            return Err(reason);
        }
        if let Some(cursor) = &mut self.output.cursor {
            cursor.name(Name(&self.output.text[start + 1..end]));
        }
        if self.next()? != b':' {
            return Err(Reason::UnexpectedByte);
        }
        self.scanner.bump();
        Ok(())
    }

    /// A string; whether it holds an escape.
    #[inline]
    fn string(&mut self) -> Result<bool, Reason> {
        self.scanner.bump();
        self.scanner.plain();
        if self.scanner.byte() == Some(b'"') {
            self.scanner.bump();
            return Ok(false);
        }
        while self.scanner.byte() == Some(b'\\') {
            self.escape()?;
            self.scanner.plain();
        }
        if self.scanner.next_is(b'"') { Ok(true) } else { Err(self.scanner.broken_string()) }
    }

    /// An escape. The short ones are canonical, except that of `/`; any other may stand for a plain character.
    fn escape(&mut self) -> Result<(), Reason> {
        let start = self.scanner.offset();
        self.scanner.bump();
        if matches!(self.scanner.byte(), Some(b'"' | b'\\' | b'b' | b'f' | b'n' | b'r' | b't')) {
            self.scanner.bump();
            return Ok(());
        }
        let c = self.scanner.escape()?;
        self.replace(start);
        if matches!(c, '\0'..='\x1F' | '"' | '\\') {
            escape(c as u8, &mut self.output.text);
        } else {
            self.output.text.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        }
        Ok(())
    }

    #[inline]
    fn number(&mut self) -> Result<(), Reason> {
        let start = self.scanner.offset();
        let lexeme = self.scanner.number()?;
        if number::stands(lexeme) {
            return Ok(());
        }
        self.replace(start);
        number::write_lexeme(lexeme, &mut self.output.text).inspect_err(|_| self.scanner.go_to(start))
    }

    /// What was read from `start` on will be written anew.
    fn replace(&mut self, start: usize) {
        self.output.text.extend_from_slice(&self.scanner.text().as_bytes()[self.run..start]);
        self.run = self.scanner.offset();
    }

    // What follows only matters where a selection leaves something out.

    /// The comma in an array. It goes with the element after it, which may be dropped as the one before it may have been.
    #[inline]
    fn comma(&mut self) {
        if self.output.cursor.is_some() {
            self.flush();
            self.element = Some(self.output.text.len());
            self.run += usize::from(self.output.text.last() == Some(&b'['));
        }
        self.scanner.bump();
    }

    #[inline]
    fn before_value(&mut self) {
        if self.output.cursor.is_some() {
            self.select();
        }
    }

    fn select(&mut self) {
        let array = self.output.in_array() == Some(true);
        let start = self.element.take().unwrap_or_else(|| {
            self.flush();
            self.output.text.len()
        });
        if let Some(cursor) = &mut self.output.cursor {
            cursor.before(start, array);
        }
    }

    #[inline]
    fn after_scalar(&mut self) {
        if let Some(cursor) = &self.output.cursor
            && let Some(start) = cursor.dropped_scalar()
        {
            self.drop_value(start);
        }
    }

    fn leave(&mut self) {
        if let Some(cursor) = &mut self.output.cursor
            && let Some(start) = cursor.leave()
        {
            self.drop_value(start);
        }
    }

    fn drop_value(&mut self, start: usize) {
        self.flush();
        self.output.drop_value(start);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(text: &str) -> Result<String, (usize, Reason)> {
        let mut out = Vec::new();
        canonicalize(text.as_bytes(), &mut out).map_err(|error| (error.offset, error.reason))?;
        Ok(String::from_utf8(out).unwrap())
    }

    fn without(text: &str, include: &[&str], exclude: &[&str]) -> String {
        let selection = Selection::new(include, exclude).unwrap();
        let mut out = Vec::new();
        canonicalize_selected(text.as_bytes(), &selection, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn names_are_put_in_order_at_every_depth_and_white_space_goes() {
        let text = " { \"b\" : [ 1 , { \"d\" : 2 , \"c\" : { } } , [ ] ] ,\r\n\t\"a\" : { \"z\" : null , \"y\" : true } } ";
        assert_eq!(canonical(text).as_deref(), Ok(r#"{"a":{"y":true,"z":null},"b":[1,{"c":{},"d":2},[]]}"#));
    }

    #[test]
    fn a_text_that_is_canonical_stays_as_it_is() {
        for text in [
            r#"{"":0,"a":[1,-2.5,1e+21,1e-7,"\n\"\\\u0000\u001f/é😂"],"ab":{"a":false},"b":null}"#,
            "0",
            "\"\"",
            "[]",
            "{}",
            "[[],{},[{}]]",
        ] {
            assert_eq!(canonical(text).as_deref(), Ok(text));
        }
    }

    #[test]
    fn escapes_that_are_not_needed_become_characters_and_the_rest_short_or_lower_case() {
        let text = r#"["\u0041\/\u00E9\u20AC\uD83D\uDE02","\u0022\u005C\u0008\u000C\u000A\u000D\u0009","\u000B\u001F\u007F"]"#;
        assert_eq!(
            canonical(text).as_deref(),
            Ok("[\"A/é€😂\",\"\\\"\\\\\\b\\f\\n\\r\\t\",\"\\u000b\\u001f\u{7f}\"]")
        );
    }

    #[test]
    fn names_order_by_utf16_also_when_they_are_long_alike_and_escaped() {
        let text = r#"{"\ufb33":1,"\ud83d\ude02":2,"customer_name":3,"customer_id":4,"customer\n":5,"\r":6,"customer":7}"#;
        let expected = "{\"\\r\":6,\"customer\":7,\"customer\\n\":5,\"customer_id\":4,\"customer_name\":3,\"😂\":2,\"\u{fb33}\":1}";
        assert_eq!(canonical(text).as_deref(), Ok(expected));
    }

    #[test]
    fn a_name_used_twice_is_refused_side_by_side_far_apart_and_behind_escapes() {
        for (text, offset) in [
            (r#"{"a":1,"a":1}"#, 7),
            (r#"{"a":1,"\u0061":1}"#, 7),
            (r#"{"a":1,"b":1,"a":1}"#, 18),
            (r#"[{"customer_name":1,"customer_name":2}]"#, 20),
            (r#"{"":1,"":1}"#, 6),
        ] {
            assert_eq!(canonical(text), Err((offset, Reason::DuplicateName)), "{text}");
        }
        assert!(canonical(r#"{"a":{"a":{"a":1}},"b":{"a":1}}"#).is_ok());
    }

    #[test]
    fn what_is_not_strict_json_is_refused_and_leaves_no_trace() {
        let mut out = b"before".to_vec();
        for text in [
            "",
            " ",
            "[",
            "{",
            "[1",
            "[1,",
            "[1,]",
            "{\"a\"",
            "{\"a\":",
            "{\"a\":1",
            "{\"a\":1,",
            "{\"a\":1,}",
            "{1:2}",
            "[1}",
            "{\"a\":1]",
            "1 2",
            "[]]",
            "01",
            "-",
            "1.",
            ".5",
            "1e",
            "+1",
            "tru",
            "True",
            "nul",
            "NaN",
            "'a'",
            "\"",
            "\"\u{1}\"",
            r#""\x""#,
            r#""\ud800""#,
            r#""\u12""#,
            "\u{FEFF}1",
            "1e1000000001",
            "//\n1",
        ] {
            assert!(canonicalize(text.as_bytes(), &mut out).is_err(), "{text:?}");
            assert_eq!(out, b"before");
        }
        assert!(canonicalize(b"\"\xFF\"", &mut out).is_err());
    }

    #[test]
    fn containers_nest_128_deep_and_no_deeper() {
        let nested = |depth| "[".repeat(depth) + &"]".repeat(depth);
        assert_eq!(canonical(&nested(128)), Ok(nested(128)));
        assert_eq!(canonical(&nested(129)), Err((128, Reason::TooDeep)));
        let deep = |depth| "{\"b\":".repeat(depth) + "0" + &",\"a\":1}".repeat(depth);
        assert!(canonical(&deep(128)).is_ok());
        assert_eq!(canonical(&deep(129)).map_err(|(_, reason)| reason), Err(Reason::TooDeep));
    }

    #[test]
    fn an_error_names_its_place() {
        assert_eq!(canonical("[1, x]"), Err((4, Reason::UnexpectedByte)));
        assert_eq!(canonical("[1, 2e1000000001]"), Err((4, Reason::ExponentTooLarge)));
        assert_eq!(canonical(r#"["ab\ud800"]"#), Err((4, Reason::LoneSurrogate)));
    }

    #[test]
    fn excluded_fields_vanish_wherever_they_stand() {
        let text = r#"{"at":1,"b":[{"at":2,"x":3},{"at":4}],"c":{"at":5}}"#;
        assert_eq!(without(text, &[], &["/at"]), r#"{"b":[{"at":2,"x":3},{"at":4}],"c":{"at":5}}"#);
        assert_eq!(without(text, &[], &["/b/0/at", "/c"]), r#"{"at":1,"b":[{"x":3},{"at":4}]}"#);
        assert_eq!(
            without(text, &[], &["/b/1", "/nothing/here"]),
            r#"{"at":1,"b":[{"at":2,"x":3}],"c":{"at":5}}"#
        );
        assert_eq!(without(text, &[], &["/at", "/b", "/c"]), "{}");
        for exclude in [["/0"], ["/1"], ["/2"]] {
            let kept = without(" [ 0 , [ 1 ] , {} ] ", &[], &exclude);
            let expected = match exclude[0] {
                "/0" => "[[1],{}]",
                "/1" => "[0,{}]",
                _ => "[0,[1]]",
            };
            assert_eq!(kept, expected);
        }
        assert_eq!(without("[0,1]", &[], &["/0", "/1"]), "[]");
        assert_eq!(without("[[0],1]", &[], &["/0/0"]), "[[],1]");
    }

    #[test]
    fn included_fields_stay_with_the_way_to_them() {
        let text = r#"{"id":7,"order":{"total":5,"lines":[{"sku":1,"n":2},{"sku":3}]},"seen":0}"#;
        assert_eq!(without(text, &["/order/total", "/id"], &[]), r#"{"id":7,"order":{"total":5}}"#);
        assert_eq!(without(text, &["/order/lines/1"], &[]), r#"{"order":{"lines":[{"sku":3}]}}"#);
        assert_eq!(without(text, &["/order"], &["/order/lines"]), r#"{"order":{"total":5}}"#);
        assert_eq!(without(text, &["/order", "/order/lines/0"], &["/order"]), "{}");
        assert_eq!(without(text, &["/nothing"], &[]), "{}");
        assert_eq!(without(text, &[""], &["/order"]), r#"{"id":7,"seen":0}"#);
        // A body of another shape never passes for one from which all was left out.
        assert_eq!(without("5", &["/id"], &[]), "5");
        assert_eq!(without(r#"{"order":null}"#, &["/order/total"], &[]), r#"{"order":null}"#);
    }

    #[test]
    fn pointers_reach_names_with_slashes_tildes_escapes_and_digits() {
        let text = r#"{"a/b":1,"m~n":2,"q\"\n":3,"":4,"0":5,"k":[6,7],"01":8}"#;
        assert_eq!(
            without(text, &["/a~1b", "/m~0n", "/q\"\n", "/"], &[]),
            r#"{"":4,"a/b":1,"m~n":2,"q\"\n":3}"#
        );
        assert_eq!(without(text, &["/0", "/k/01", "/k/1", "/01"], &[]), r#"{"0":5,"01":8,"k":[7]}"#);
    }

    #[test]
    fn what_is_left_out_must_be_strict_all_the_same() {
        let selection = Selection::new([""; 0], ["/a"]).unwrap();
        for text in [r#"{"a":1,"a":2}"#, r#"{"a":{"b":1,"b":1}}"#, r#"{"a":1e1000000001}"#, r#"{"a":01}"#] {
            assert!(canonicalize_selected(text.as_bytes(), &selection, &mut Vec::new()).is_err(), "{text}");
        }
    }
}
