//! Numbers as text: ECMAScript's own form where it says the whole value, the exact decimal where it does not.
//!
//! RFC 8785 writes every number as ECMAScript's `Number::toString` does, that is, as the shortest text of the nearest
//! double. That is the right form for almost every number, and the wrong one for an identity: 9007199254740993 and
//! 9007199254740992 have the same nearest double, so two different payments would have one fingerprint. Hence the
//! *lossless rule*: a number whose value is that of its ECMAScript form is written in that form, any other as its
//! **exact decimal**:
//!
//! ```text
//! ["-"] digits "e" exponent        digits: no leading and no trailing zero; exponent: decimal, "-" if negative, no "+"
//! 9007199254740993   →  9007199254740993e0
//! -123456789012345678901000  →  -123456789012345678901e3
//! 1e400              →  1e400      (beyond the largest double)
//! 1e-400             →  1e-400     (ECMAScript would read 0)
//! ```
//!
//! Both forms spell their value out in decimal and each value takes exactly one of them, so two numbers have one text if
//! and only if they are equal. `0`, `-0` and `0e99999` are one value, written `0`. A number whose exponent in the exact
//! form lies beyond ±10⁹ is refused: nobody means it, and no host could compute with it.

use crate::json::{Lexeme, Reason, float};

/// The largest exponent, either way, of an exact decimal.
const MAX_EXPONENT: u64 = 1_000_000_000;

/// Every decimal of so many digits has a double of its own, and is the shortest text of that double, as long as the double
/// is a normal one.
const SAFE_DIGITS: usize = 15;

/// No shortest text of a double has more digits.
const MAX_DIGITS: usize = 17;

/// Integers below this, 2⁵³, are doubles, each the only one nearest to itself.
const SAFE_INTEGER: f64 = 9_007_199_254_740_992.0;

/// Appends ECMAScript's `Number::toString` of `value`: `1`, `0.1`, `1e+21`, `5e-324`; `0` for -0; `NaN`, `Infinity`.
pub fn write(value: f64, out: &mut Vec<u8>) {
    if value == 0.0 {
        out.push(b'0');
    } else if !write_short(value, out) {
        out.extend_from_slice(ryu_js::Buffer::new().format(value).as_bytes());
    }
}

/// Appends an integer's text: its digits, or its exact decimal where no double equals it.
pub(super) fn write_integer(value: i64, out: &mut Vec<u8>) {
    let mut buffer = [0; 20];
    let digits = decimal_digits(value.unsigned_abs(), &mut buffer);
    if digits.is_empty() {
        out.push(b'0');
        return;
    }
    if value < 0 {
        out.push(b'-');
    }
    if digits.len() <= SAFE_DIGITS {
        out.extend_from_slice(digits);
    } else {
        Decimal::integer(digits).write_any(out);
    }
}

/// Writes integers, prices and other short decimals; false, and nothing written, for the rest.
///
/// If `value` is the double nearest to some r / 10ᵏ with r < 10¹⁵ (one division, correctly rounded, tells) then that
/// decimal is its shortest text: see [`SAFE_DIGITS`]. Most numbers people write down are of this kind.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    clippy::float_cmp,
    reason = "each guess is checked to be exact"
)]
fn write_short(value: f64, out: &mut Vec<u8>) -> bool {
    let magnitude = value.abs();
    if magnitude >= SAFE_INTEGER || magnitude.is_nan() {
        return false;
    }
    let whole = magnitude as u64;
    let (digits, scale) = if whole as f64 == magnitude {
        (whole, 0)
    } else if let Some((_, digits, scale)) = [(1e2, 2), (1e5, 5)]
        .map(|(power, scale)| (power, (magnitude * power + 0.5) as u64, scale))
        .into_iter()
        .find(|&(power, digits, _)| digits < 10_u64.pow(15) && digits as f64 / power == magnitude)
    {
        (digits, scale)
    } else {
        return false;
    };
    if value < 0.0 {
        out.push(b'-');
    }
    let mut buffer = [0; 20];
    let digits = decimal_digits(digits, &mut buffer);
    let point = distance(0, digits.len()) - scale;
    let zeros = digits.iter().rev().take_while(|&&digit| digit == b'0').count();
    write_ecmascript(&digits[..digits.len() - zeros], point, out);
    true
}

/// `number` in decimal, at the end of `buffer`.
fn decimal_digits(mut number: u64, buffer: &mut [u8; 20]) -> &[u8] {
    let mut start = buffer.len();
    while number > 0 {
        start -= 1;
        buffer[start] = b'0' + (number % 10) as u8;
        number /= 10;
    }
    &buffer[start..]
}

/// Appends the canonical text of a JSON number.
#[inline]
pub(super) fn write_lexeme(lexeme: Lexeme<'_>, out: &mut Vec<u8>) -> Result<(), Reason> {
    if stands(lexeme) {
        out.extend_from_slice(lexeme.text.as_bytes());
        return Ok(());
    }
    let Some(decimal) = Decimal::read(lexeme) else {
        out.push(b'0');
        return Ok(());
    };
    if lexeme.negative {
        out.push(b'-');
    }
    decimal.write(out)
}

/// Whether the number is written in canonical form already, as far as a glance tells. Most are.
#[inline]
pub(super) fn stands(lexeme: Lexeme<'_>) -> bool {
    let Lexeme { text, negative, whole, fraction } = lexeme;
    let magnitude = &text.as_bytes()[usize::from(negative)..];
    if whole + fraction < magnitude.len() {
        return false;
    }
    if fraction == 0 {
        return whole <= SAFE_DIGITS && (!negative || magnitude != b"0");
    }
    if magnitude.last() == Some(&b'0') || (fraction > 7 && magnitude.starts_with(b"0.000000")) {
        return false;
    }
    whole + fraction <= SAFE_DIGITS + 1 || is_ecmascript(magnitude)
}

/// Whether ECMAScript writes the double nearest to this text as this very text.
fn is_ecmascript(text: &[u8]) -> bool {
    let nearest = core::str::from_utf8(text).ok().and_then(|text| float(text).ok());
    nearest.is_some_and(|nearest| ryu_js::Buffer::new().format(nearest).as_bytes() == text)
}

/// A number other than zero: `0.digits · 10^point`, without leading and trailing zeros.
struct Decimal<'a> {
    /// The digits as written, from the first to the last that is not zero; there may be a point among them.
    written: &'a [u8],
    count: usize,
    point: i64,
}

impl<'a> Decimal<'a> {
    /// Takes a number apart; `None` is zero.
    fn read(lexeme: Lexeme<'a>) -> Option<Self> {
        let magnitude = &lexeme.text.as_bytes()[usize::from(lexeme.negative)..];
        let (mantissa, exponent) = magnitude.split_at(lexeme.whole + lexeme.fraction);
        let significant = |byte: &u8| matches!(byte, b'1'..=b'9');
        let first = mantissa.iter().position(significant)?;
        let last = mantissa.iter().rposition(significant)?;
        let written = &mantissa[first..=last];
        // Places are counted from the point; behind it the point itself is in the way.
        let in_whole = first < lexeme.whole;
        let point = distance(first, lexeme.whole) + i64::from(!in_whole);
        Some(Self {
            written,
            count: written.len() - usize::from(in_whole && last > lexeme.whole),
            point: point.saturating_add(read_exponent(exponent)),
        })
    }

    /// Digits that begin with another one than zero.
    fn integer(digits: &'a [u8]) -> Self {
        let zeros = digits.iter().rev().take_while(|&&digit| digit == b'0').count();
        let written = &digits[..digits.len() - zeros];
        Self { written, count: written.len(), point: distance(0, digits.len()) }
    }

    fn digits(&self) -> impl Iterator<Item = u8> {
        self.written.iter().copied().filter(|&byte| byte != b'.')
    }

    fn write(&self, out: &mut Vec<u8>) -> Result<(), Reason> {
        let exponent = self.point.saturating_sub(distance(0, self.count));
        if exponent.unsigned_abs() > MAX_EXPONENT {
            return Err(Reason::ExponentTooLarge);
        }
        self.write_any(out);
        Ok(())
    }

    fn write_any(&self, out: &mut Vec<u8>) {
        if self.count <= MAX_DIGITS && self.write_if_lossless(out) {
            return;
        }
        out.extend(self.digits());
        out.push(b'e');
        let exponent = self.point - distance(0, self.count);
        out.extend_from_slice(exponent.to_string().as_bytes());
    }

    /// Writes the number as ECMAScript would if it had these digits, and keeps that if ECMAScript does write it so.
    fn write_if_lossless(&self, out: &mut Vec<u8>) -> bool {
        let start = out.len();
        let mut digits = [0; MAX_DIGITS];
        for (place, digit) in digits.iter_mut().zip(self.digits()) {
            *place = digit;
        }
        write_ecmascript(&digits[..self.count], self.point, out);
        // Normal doubles reach from 10^-307 to 10^308.
        if self.count <= SAFE_DIGITS && self.point.abs() < 300 {
            return true;
        }
        let lossless = is_ecmascript(&out[start..]);
        if !lossless {
            out.truncate(start);
        }
        lossless
    }
}

/// The value of `e` and what follows it. Saturates: what a text's own length could add or take away never brings such an
/// exponent back into range.
fn read_exponent(text: &[u8]) -> i64 {
    let digits = text.iter().filter(|byte| byte.is_ascii_digit());
    let magnitude =
        digits.fold(0_i64, |sum, digit| sum.saturating_mul(10).saturating_add(i64::from(digit - b'0')));
    if text.get(1) == Some(&b'-') { -magnitude } else { magnitude }
}

/// `to - from`: both are places in one text.
#[expect(clippy::cast_possible_wrap, reason = "no text is longer than i64::MAX")]
const fn distance(from: usize, to: usize) -> i64 {
    to as i64 - from as i64
}

/// ECMAScript's layout of `0.digits · 10^point`: plain from 10^-6 to 10^21, with an exponent outside.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "0 to 21 in the arms that use it as a length"
)]
fn write_ecmascript(digits: &[u8], point: i64, out: &mut Vec<u8>) {
    let count = distance(0, digits.len());
    match point {
        1..=21 if point >= count => {
            out.extend_from_slice(digits);
            out.resize(out.len() + (point - count) as usize, b'0');
        }
        1..=21 => {
            let (whole, fraction) = digits.split_at(point as usize);
            out.extend_from_slice(whole);
            out.push(b'.');
            out.extend_from_slice(fraction);
        }
        -5..=0 => {
            out.extend_from_slice(&b"0.00000"[..2 + (-point) as usize]);
            out.extend_from_slice(digits);
        }
        _ => {
            let (first, rest) = digits.split_at(1);
            out.extend_from_slice(first);
            if !rest.is_empty() {
                out.push(b'.');
                out.extend_from_slice(rest);
            }
            out.extend_from_slice(if point > 0 { b"e+" } else { b"e" });
            out.extend_from_slice((point - 1).to_string().as_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Scanner;

    fn of_bits(bits: u64) -> String {
        let mut out = Vec::new();
        write(f64::from_bits(bits), &mut out);
        String::from_utf8(out).unwrap()
    }

    fn of_text(text: &str) -> Result<String, Reason> {
        let mut out = Vec::new();
        write_lexeme(Scanner::new(text.as_bytes()).unwrap().number()?, &mut out)?;
        Ok(String::from_utf8(out).unwrap())
    }

    #[test]
    fn doubles_are_written_as_rfc_8785_appendix_b_lists_them() {
        for (bits, text) in [
            (0x0000_0000_0000_0000, "0"),
            (0x8000_0000_0000_0000, "0"),
            (0x0000_0000_0000_0001, "5e-324"),
            (0x8000_0000_0000_0001, "-5e-324"),
            (0x7fef_ffff_ffff_ffff, "1.7976931348623157e+308"),
            (0xffef_ffff_ffff_ffff, "-1.7976931348623157e+308"),
            (0x4340_0000_0000_0000, "9007199254740992"),
            (0xc340_0000_0000_0000, "-9007199254740992"),
            (0x4430_0000_0000_0000, "295147905179352830000"),
            (0x44b5_2d02_c7e1_4af5, "9.999999999999997e+22"),
            (0x44b5_2d02_c7e1_4af6, "1e+23"),
            (0x44b5_2d02_c7e1_4af7, "1.0000000000000001e+23"),
            (0x444b_1ae4_d6e2_ef4e, "999999999999999700000"),
            (0x444b_1ae4_d6e2_ef4f, "999999999999999900000"),
            (0x444b_1ae4_d6e2_ef50, "1e+21"),
            (0x3eb0_c6f7_a0b5_ed8c, "9.999999999999997e-7"),
            (0x3eb0_c6f7_a0b5_ed8d, "0.000001"),
            (0x41b3_de43_5555_5553, "333333333.3333332"),
            (0x41b3_de43_5555_5554, "333333333.33333325"),
            (0x41b3_de43_5555_5555, "333333333.3333333"),
            (0x41b3_de43_5555_5556, "333333333.3333334"),
            (0x41b3_de43_5555_5557, "333333333.33333343"),
            (0xbecb_f647_612f_3696, "-0.0000033333333333333333"),
            (0x4314_3ff3_c1cb_0959, "1424953923781206.2"),
        ] {
            assert_eq!(of_bits(bits), text, "{bits:016x}");
        }
    }

    #[test]
    fn prices_and_other_short_decimals_need_no_search_for_the_shortest_text() {
        for (value, text) in [
            (0.1, "0.1"),
            (12.34, "12.34"),
            (-0.07, "-0.07"),
            (1.5, "1.5"),
            (100.0, "100"),
            (-1e15, "-1000000000000000"),
            (0.000_01, "0.00001"),
            (52.520_01, "52.52001"),
            (9_999_999_999_999.99, "9999999999999.99"),
        ] {
            let mut out = Vec::new();
            assert!(write_short(value, &mut out), "{text}");
            assert_eq!(out, text.as_bytes());
        }
        for value in [0.1 + 0.2, 1.0 / 3.0, SAFE_INTEGER, f64::MIN_POSITIVE, f64::NAN, f64::INFINITY] {
            let mut out = Vec::new();
            assert!(!write_short(value, &mut out) && out.is_empty(), "{value}");
        }
    }

    #[test]
    fn integers_are_written_as_their_text_is() {
        for (value, text) in [
            (0, "0"),
            (-7, "-7"),
            (1_000, "1000"),
            (999_999_999_999_999, "999999999999999"),
            (-9_007_199_254_740_992, "-9007199254740992"),
            (9_007_199_254_740_993, "9007199254740993e0"),
            (1_000_000_000_000_000_000, "1000000000000000000"),
            (1_234_567_890_123_456_700, "12345678901234567e2"),
            (i64::MAX, "9223372036854775807e0"),
            (i64::MIN, "-9223372036854775808e0"),
        ] {
            let mut out = Vec::new();
            write_integer(value, &mut out);
            assert_eq!(String::from_utf8(out).as_deref(), Ok(text));
            assert_eq!(of_text(&value.to_string()).as_deref(), Ok(text));
        }
    }

    #[test]
    fn what_is_no_number_has_its_ecmascript_name() {
        assert_eq!(of_bits(f64::NAN.to_bits()), "NaN");
        assert_eq!(of_bits(f64::INFINITY.to_bits()), "Infinity");
        assert_eq!(of_bits(f64::NEG_INFINITY.to_bits()), "-Infinity");
    }

    #[test]
    fn one_value_has_one_text_however_it_is_spelled() {
        for (spellings, text) in [
            (
                &[
                    "0",
                    "-0",
                    "0.0",
                    "-0.000",
                    "0e99999",
                    "0e-99999",
                    "0E+1",
                    "-0e0",
                    "0e99999999999999999999",
                ][..],
                "0",
            ),
            (&["1", "1.0", "1.000", "1e0", "1E+0", "10e-1", "0.1e1", "0.01e2", "1000e-3"], "1"),
            (&["-1.5", "-1.50", "-15e-1", "-0.15e1", "-150.0e-2"], "-1.5"),
            (&["100", "1e2", "1E2", "1.00e+2", "100.0"], "100"),
            (&["0.000001", "1e-6", "0.1e-5", "0.0000010"], "0.000001"),
            (&["0.0000001", "1e-7", "1.0E-7", "0.00000010"], "1e-7"),
            (&["0.00000012", "1.2e-7", "12e-8"], "1.2e-7"),
            (&["100000000000000000000", "1e20", "10e19"], "100000000000000000000"),
            (&["1000000000000000000000", "1e21", "0.1e22"], "1e+21"),
            (&["123456789012345", "123456789012345.0", "1.23456789012345e14"], "123456789012345"),
        ] {
            for spelling in spellings {
                assert_eq!(of_text(spelling).as_deref(), Ok(text), "{spelling}");
            }
        }
    }

    #[test]
    fn a_number_that_ecmascript_would_change_is_written_exactly() {
        for (spelling, text) in [
            ("9007199254740991", "9007199254740991"),
            ("9007199254740992", "9007199254740992"),
            ("9007199254740993", "9007199254740993e0"),
            ("9007199254740993.0", "9007199254740993e0"),
            ("-9007199254740993", "-9007199254740993e0"),
            ("90071992547409930", "9007199254740993e1"),
            ("9223372036854775807", "9223372036854775807e0"),
            ("18446744073709551616", "18446744073709551616e0"),
            ("-123456789012345678901000", "-123456789012345678901e3"),
            ("0.1", "0.1"),
            ("0.1000000000000000055511151231257827", "1000000000000000055511151231257827e-34"),
            ("0.30000000000000004", "0.30000000000000004"),
            ("0.30000000000000003", "30000000000000003e-17"),
            ("0.3000000000000000", "0.3"),
            ("1.7976931348623157e308", "1.7976931348623157e+308"),
            ("1.7976931348623158e308", "17976931348623158e292"),
            ("1e400", "1e400"),
            ("-1.50e400", "-15e399"),
            ("1e-400", "1e-400"),
            ("5e-324", "5e-324"),
            ("4e-324", "4e-324"),
            ("4.9e-324", "49e-325"),
            ("4.94065645841247e-324", "494065645841247e-338"),
            ("1e1000000000", "1e1000000000"),
            ("1e-1000000000", "1e-1000000000"),
            ("10e999999999", "1e1000000000"),
        ] {
            assert_eq!(of_text(spelling).as_deref(), Ok(text), "{spelling}");
        }
    }

    #[test]
    fn an_exponent_beyond_a_thousand_million_is_refused() {
        for spelling in [
            "1e1000000001",
            "-1e1000000001",
            "10e1000000000",
            "1e-1000000001",
            "0.1e-1000000000",
            "1e99999999999999999999",
            "0.001e-99999999999999999999",
        ] {
            assert_eq!(of_text(spelling), Err(Reason::ExponentTooLarge), "{spelling}");
        }
    }
}
