//! The double nearest to a decimal.
//!
//! The standard library knows it, with a table of ten kilobytes that no compression makes smaller: a quarter of what the
//! wasm may weigh. There, plain long division finds the same double a little later. Both are compared in the tests.

use super::error::Reason;

/// The double nearest to a JSON number, ±Infinity beyond the largest.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) fn float(text: &str) -> Result<f64, Reason> {
    text.parse().map_err(|_| Reason::BadNumber)
}

/// The double nearest to what a text outside JSON says, `.5` and `inf` included; `None` if it is no number.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) fn plain_float(text: &str) -> Option<f64> {
    text.parse().ok()
}

#[cfg(target_arch = "wasm32")]
pub(crate) use division::{float, plain_float};

#[cfg(any(test, target_arch = "wasm32"))]
mod division {
    use super::Reason;
    use core::cmp::Ordering;

    /// No double, and no middle between two, has more digits; further ones only matter in that they are there.
    const MAX_DIGITS: usize = 800;

    #[expect(clippy::unnecessary_wraps, reason = "the other one may fail, as far as its type says")]
    pub(crate) fn float(text: &str) -> Result<f64, Reason> {
        let (negative, magnitude) =
            text.strip_prefix('-').map_or((false, text), |magnitude| (true, magnitude));
        let value = Decimal::read(magnitude).map_or(0.0, |decimal| decimal.nearest());
        Ok(if negative { -value } else { value })
    }

    pub(crate) fn plain_float(text: &str) -> Option<f64> {
        let (negative, magnitude) = match text.as_bytes().first() {
            Some(sign @ (b'+' | b'-')) => (*sign == b'-', &text[1..]),
            _ => (false, text),
        };
        let value = match magnitude {
            _ if ["inf", "infinity"].iter().any(|word| magnitude.eq_ignore_ascii_case(word)) => f64::INFINITY,
            _ if magnitude.eq_ignore_ascii_case("nan") => f64::NAN,
            _ if is_plain(magnitude) => float(magnitude).ok()?,
            _ => return None,
        };
        Some(if negative { -value } else { value })
    }

    /// Digits with at most one point anywhere, and perhaps an exponent.
    fn is_plain(magnitude: &str) -> bool {
        let (mantissa, exponent) = magnitude.split_once(['e', 'E']).unwrap_or((magnitude, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        whole.len() + fraction.len() > 0
            && !exponent.is_empty()
            && [whole, fraction, exponent].iter().all(|text| digits(text))
    }

    /// `digits · 10^exponent`, not zero.
    struct Decimal {
        digits: Vec<u8>,
        exponent: i64,
    }

    impl Decimal {
        fn read(magnitude: &str) -> Option<Self> {
            let (mantissa, exponent) = magnitude.split_once(['e', 'E']).unwrap_or((magnitude, "0"));
            let point = mantissa.find('.').unwrap_or(mantissa.len());
            let mut digits: Vec<u8> =
                mantissa.bytes().filter(u8::is_ascii_digit).map(|digit| digit - b'0').collect();
            let leading = digits.iter().position(|&digit| digit > 0)?;
            digits.drain(..leading);
            // Where the point stands, counted from the first digit that is not zero.
            let place = i64::try_from(point).ok()? - i64::try_from(leading).ok()?;
            if digits.len() > MAX_DIGITS {
                let more = digits.drain(MAX_DIGITS..).any(|digit| digit > 0);
                digits.push(u8::from(more));
            }
            let place = place.saturating_add(read_exponent(exponent));
            Some(Self { exponent: place.saturating_sub(i64::try_from(digits.len()).ok()?), digits })
        }

        #[expect(clippy::cast_precision_loss, reason = "small enough to be exact")]
        fn nearest(&self) -> f64 {
            let place = self.exponent.saturating_add(i64::try_from(self.digits.len()).unwrap_or(i64::MAX));
            if place > 309 {
                return f64::INFINITY;
            }
            if place < -323 {
                return 0.0;
            }
            // One rounding of two exact doubles is the nearest one.
            if self.digits.len() <= 15 && self.exponent.abs() <= 22 {
                let digits = self.digits.iter().fold(0_u64, |sum, &digit| sum * 10 + u64::from(digit)) as f64;
                let power = (0..self.exponent.abs()).fold(1.0, |power, _| power * 10.0);
                return if self.exponent < 0 { digits / power } else { digits * power };
            }
            let mut dividend = Big::default();
            for &digit in &self.digits {
                dividend.multiply_add(10, digit.into());
            }
            let mut divisor = Big(vec![1]);
            for _ in 0..self.exponent.unsigned_abs() {
                if self.exponent < 0 { &mut divisor } else { &mut dividend }.multiply_add(10, 0);
            }
            divide(dividend, divisor)
        }
    }

    fn read_exponent(text: &str) -> i64 {
        let digits = text.bytes().filter(u8::is_ascii_digit).map(|digit| i64::from(digit - b'0'));
        let magnitude = digits.fold(0_i64, |sum, digit| sum.saturating_mul(10).saturating_add(digit));
        if text.starts_with('-') { -magnitude } else { magnitude }
    }

    /// The double nearest to a quotient from 10^-324 to 10^309; of two that are equally near, the even one.
    fn divide(mut dividend: Big, mut divisor: Big) -> f64 {
        // The quotient's first bit is at `scale` or one above. The double's last bit is 52 below that, and not below the
        // last bit of the smallest double.
        let scale = dividend.bits() - divisor.bits() - 1;
        let align = |dividend: &mut Big, divisor: &mut Big, last: i64| {
            if last < 0 { dividend.shift(-last) } else { divisor.shift(last) }
        };
        let (mut tried, mut against) = (dividend.clone(), divisor.clone());
        align(&mut tried, &mut against, scale + 1);
        let first = if tried.cmp(&against).is_ge() { scale + 1 } else { scale };
        let last = (first - 52).max(-1074);
        align(&mut dividend, &mut divisor, last);
        divisor.shift(53);
        let mut bits = 0_u64;
        for _ in 0..=53 {
            bits <<= 1;
            if dividend.cmp(&divisor).is_ge() {
                dividend.subtract(&divisor);
                bits |= 1;
            }
            dividend.shift(1);
        }
        // What is left, doubled, against one.
        bits += match dividend.cmp(&divisor) {
            Ordering::Less => 0,
            Ordering::Equal => bits & 1,
            Ordering::Greater => 1,
        };
        // A carry into the exponent, and from there into infinity, is just what rounding means.
        let exponent = u64::try_from(last + 1074).unwrap_or(0);
        if exponent > 2045 { f64::INFINITY } else { f64::from_bits((exponent << 52) + bits) }
    }

    /// A natural number, its least significant word first, without leading zeros.
    #[derive(Clone, Default)]
    struct Big(Vec<u32>);

    impl Big {
        fn bits(&self) -> i64 {
            let top = self.0.last().map_or(32, |word| word.leading_zeros());
            i64::try_from(self.0.len()).unwrap_or(0) * 32 - i64::from(top)
        }

        fn multiply_add(&mut self, factor: u32, summand: u32) {
            let mut carry = u64::from(summand);
            for word in &mut self.0 {
                carry += u64::from(*word) * u64::from(factor);
                *word = low(carry);
                carry >>= 32;
            }
            if carry > 0 {
                self.0.push(low(carry));
            }
        }

        fn shift(&mut self, bits: i64) {
            let words = usize::try_from(bits / 32).unwrap_or(0);
            self.multiply_add(1 << (bits % 32), 0);
            if !self.0.is_empty() {
                self.0.splice(..0, core::iter::repeat_n(0, words));
            }
        }

        fn cmp(&self, other: &Self) -> Ordering {
            let words = self.0.len().cmp(&other.0.len());
            words.then_with(|| self.0.iter().rev().cmp(other.0.iter().rev()))
        }

        /// `other` is not larger.
        fn subtract(&mut self, other: &Self) {
            let mut borrow = 0_i64;
            let others = other.0.iter().copied().chain(core::iter::repeat(0));
            for (word, other) in self.0.iter_mut().zip(others) {
                borrow += i64::from(*word) - i64::from(other);
                *word = low(borrow.cast_unsigned());
                borrow >>= 32;
            }
            while self.0.last() == Some(&0) {
                self.0.pop();
            }
        }
    }

    #[expect(clippy::cast_possible_truncation, reason = "the low word is what is asked for")]
    const fn low(word: u64) -> u32 {
        word as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn same(text: &str) {
        let (library, division) = (float(text).unwrap(), division::float(text).unwrap());
        assert_eq!(library.to_bits(), division.to_bits(), "{text}: {library} {division}");
    }

    #[test]
    fn division_finds_the_librarys_double_at_every_border() {
        for text in [
            "0",
            "-0",
            "0.0",
            "-0e5",
            "1",
            "-1",
            "10",
            "0.1",
            "0.3",
            "123456789012345678",
            "1e22",
            "1e23",
            "9007199254740993",
            "9007199254740992.5",
            "9007199254740993.00000000000000000000000000000000000001",
            "1e308",
            "1.7976931348623157e308",
            "1.7976931348623158e308",
            "1.7976931348623159e308",
            "17976931348623158079e289",
            "1e309",
            "1e400",
            "-1e400",
            "5e-324",
            "2.4703282292062327e-324",
            "2.4703282292062328e-324",
            "2.5e-324",
            "1e-323",
            "1e-324",
            "9.99e-325",
            "1e-400",
            "2.2250738585072014e-308",
            "2.2250738585072011e-308",
            "2.2250738585072009e-308",
            "0.000001",
            "1e-7",
            "00012.500",
            "1e99999999999999999999",
            "1e-99999999999999999999",
            "0e99999999999999999999",
        ] {
            same(text);
        }
        let ones = "1".repeat(900);
        for exponent in [-1200, -900, -600, -592, 0] {
            same(&format!("{ones}e{exponent}"));
        }
        let half = format!("9007199254740992.5{}", "0".repeat(900));
        same(&half);
        same(&format!("{half}1"));
    }

    proptest! {
        #[test]
        fn division_finds_the_librarys_double_for_any_digits(digits in "[1-9][0-9]{0,40}", exponent in -380..330_i32) {
            same(&format!("{digits}e{exponent}"));
        }

        #[test]
        fn division_finds_every_double_again(bits: u64) {
            let value = f64::from_bits(bits);
            prop_assume!(value.is_finite());
            same(&format!("{value:e}"));
        }

        /// Odd integers of 54 bits are halfway between two doubles; so are they times any power of two. The last exponents
        /// are those of the smallest doubles, whose middles have fewer bits.
        #[test]
        fn division_rounds_ties_to_even(integer in (1_u64 << 53)..(1 << 54), exponent in -1076..900_i32, cut in 0..54_u32) {
            let cut = if exponent < -1074 { cut } else { 0 };
            let odd = (integer >> cut) | 1;
            let text = if exponent < 0 {
                format!("{}e{exponent}", product(odd, 5, exponent))
            } else {
                product(odd, 2, exponent)
            };
            same(&text);
            let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
            same(&format!("{digits}.00000000000001e{exponent}"));
        }
    }

    #[test]
    fn what_is_no_json_is_a_number_where_the_library_says_so() {
        for text in [
            "1",
            "+1",
            "-1",
            "1.",
            ".5",
            "-.5e1",
            "1e5",
            "1E+5",
            "1e-5",
            "007",
            "inf",
            "-INF",
            "+Infinity",
            "nan",
            "-NaN",
            "",
            "+",
            "-",
            ".",
            "e5",
            ".e5",
            "1e",
            "1e+",
            "1e5.5",
            "1.2.3",
            "1_000",
            " 1",
            "0x10",
            "--1",
            "+-1",
            "infin",
            "1f",
            "\u{661}",
            "1e\u{661}",
            "\u{e9}",
        ] {
            let (library, division) = (plain_float(text), division::plain_float(text));
            assert_eq!(
                library.map(f64::to_bits),
                division.map(f64::to_bits),
                "{text}: {library:?} {division:?}"
            );
        }
    }

    /// `number · factor^|exponent|`, digit by digit.
    fn product(mut number: u64, factor: u8, exponent: i32) -> String {
        let mut digits = vec![];
        while number > 0 {
            digits.push(u8::try_from(number % 10).unwrap());
            number /= 10;
        }
        for _ in 0..exponent.unsigned_abs() {
            let mut carry = 0;
            for digit in &mut digits {
                carry += *digit * factor;
                *digit = carry % 10;
                carry /= 10;
            }
            if carry > 0 {
                digits.push(carry);
            }
        }
        digits.iter().rev().map(|digit| char::from(b'0' + digit)).collect()
    }
}
