//! Properties of canonical JSON, against a slow and plain model of it.

use once_again_core::draw::Draw;
use once_again_core::fingerprint::canonical::{canonicalize, canonicalize_selected};
use once_again_core::fingerprint::{Selection, Writer, number};
use once_again_core::json::{self, Reason};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// A JSON value, its numbers as what they are meant to be.
#[derive(Clone, Debug)]
enum Json {
    Null,
    Bool(bool),
    Integer(i128),
    Float(f64),
    Text(String),
    Array(Vec<Json>),
    Object(BTreeMap<String, Json>),
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-c]{0,3}",
        "customer_[a-c\"\\\\]{0,3}",
        // Where UTF-16 and UTF-8 disagree, and what is escaped.
        vec(
            prop::sample::select(vec![
                '\u{0}', '\n', '"', '\\', '~', '/', 'é', '\u{d7ff}', '\u{e000}', '\u{ffff}', '😂'
            ]),
            0..4
        )
        .prop_map(String::from_iter),
        any::<String>(),
    ]
}

fn json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::Bool),
        (-1000_i128..1000).prop_map(Json::Integer),
        any::<i64>().prop_map(|integer| Json::Integer(integer.into())),
        any::<i128>().prop_map(Json::Integer),
        any::<f64>().prop_filter("finite", |float| float.is_finite()).prop_map(Json::Float),
        (any::<i32>(), 0..8_u32)
            .prop_map(|(digits, scale)| Json::Float(f64::from(digits) / f64::from(10_u32.pow(scale)))),
        name().prop_map(Json::Text),
    ];
    leaf.prop_recursive(6, 60, 8, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..8).prop_map(Json::Array),
            btree_map(name(), inner, 0..12).prop_map(Json::Object),
        ]
    })
}

impl Json {
    /// The canonical form, the slow way.
    fn model(&self) -> String {
        match self {
            Self::Null => "null".into(),
            Self::Bool(value) => value.to_string(),
            Self::Integer(value) => integer_model(*value),
            Self::Float(value) if *value == 0.0 => "0".into(),
            Self::Float(value) => ryu_js::Buffer::new().format_finite(*value).into(),
            Self::Text(text) => serde_json::to_string(text).unwrap(),
            Self::Array(items) => {
                format!("[{}]", items.iter().map(Self::model).collect::<Vec<_>>().join(","))
            }
            Self::Object(members) => {
                let mut members: Vec<_> = members.iter().collect();
                members.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
                let members = members.iter().map(|(name, value)| {
                    format!("{}:{}", serde_json::to_string(name).unwrap(), value.model())
                });
                format!("{{{}}}", members.collect::<Vec<_>>().join(","))
            }
        }
    }

    /// Some text of it: names in some order, any white space, any escapes, any spelling of numbers.
    fn spell(&self, dice: &mut Dice, out: &mut String) {
        dice.space(out);
        match self {
            Self::Null | Self::Bool(_) => out.push_str(&self.model()),
            Self::Integer(value) => dice.number(&value.to_string(), out),
            Self::Float(value) => dice.number(&ecmascript(*value), out),
            Self::Text(text) => dice.string(text, out),
            Self::Array(items) => {
                out.push('[');
                for (i, item) in items.iter().enumerate() {
                    out.push_str(if i > 0 { "," } else { "" });
                    item.spell(dice, out);
                }
                dice.space(out);
                out.push(']');
            }
            Self::Object(members) => {
                let mut members: Vec<_> = members.iter().collect();
                for i in (1..members.len()).rev() {
                    members.swap(i, dice.roll(i + 1));
                }
                out.push('{');
                for (i, (name, value)) in members.into_iter().enumerate() {
                    out.push_str(if i > 0 { "," } else { "" });
                    dice.space(out);
                    dice.string(name, out);
                    dice.space(out);
                    out.push(':');
                    value.spell(dice, out);
                }
                dice.space(out);
                out.push('}');
            }
        }
        dice.space(out);
    }

    /// Tells it as a host does that walks its own values.
    fn tell(&self, writer: &mut Writer<'_>) -> Result<(), Reason> {
        match self {
            Self::Null => writer.null(),
            Self::Bool(value) => writer.boolean(*value),
            Self::Integer(value) => match i64::try_from(*value) {
                Ok(value) => writer.small_integer(value),
                Err(_) => writer.integer(&value.to_string()),
            },
            Self::Float(value) => writer.float(*value),
            Self::Text(text) => writer.string(text),
            Self::Array(items) => {
                writer.begin_array()?;
                items.iter().try_for_each(|item| item.tell(writer))?;
                writer.end_array()
            }
            Self::Object(members) => {
                writer.begin_object()?;
                for (name, value) in members {
                    writer.name(name)?;
                    value.tell(writer)?;
                }
                writer.end_object()
            }
        }
    }
}

impl serde::Serialize for Json {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Integer(value) => serializer.serialize_i128(*value),
            Self::Float(value) => serializer.serialize_f64(*value),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Array(items) => serializer.collect_seq(items),
            Self::Object(members) => serializer.collect_map(members),
        }
    }
}

/// An integer is lossless if ECMAScript's text of the nearest double spells the same integer out.
fn integer_model(value: i128) -> String {
    #[expect(clippy::cast_precision_loss, reason = "the question is whether there is one")]
    let text = ryu_js::Buffer::new().format_finite(value as f64).to_owned();
    let (mantissa, exponent) = text.split_once("e+").unwrap_or((&text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let zeros = exponent.parse::<usize>().unwrap() - if exponent == "0" { 0 } else { fraction.len() };
    if format!("{whole}{fraction}{}", "0".repeat(zeros)) == value.to_string() {
        return text;
    }
    let digits = value.to_string();
    let stripped = digits.trim_end_matches('0');
    format!("{stripped}e{}", digits.len() - stripped.len())
}

/// A sequence of choices that a seed fixes.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let draw = Draw(u32::try_from(self.0 >> 32).unwrap());
        usize::try_from(draw.uniform(0, sides as u64 - 1)).unwrap()
    }

    fn space(&mut self, out: &mut String) {
        out.push_str(["", "", "", "", " ", "\n", "\t\r ", "        "][self.roll(8)]);
    }

    fn string(&mut self, text: &str, out: &mut String) {
        out.push('"');
        for c in text.chars() {
            match (self.roll(6), c) {
                (0, _) => {
                    for unit in c.encode_utf16(&mut [0; 2]) {
                        write!(out, "\\u{unit:04x}").unwrap();
                    }
                }
                (1, _) => {
                    for unit in c.encode_utf16(&mut [0; 2]) {
                        write!(out, "\\u{unit:04X}").unwrap();
                    }
                }
                (2, '/') => out.push_str("\\/"),
                (_, '"') => out.push_str("\\\""),
                _ => out.push_str(serde_json::to_string(&c).unwrap().trim_matches('"')),
            }
        }
        out.push('"');
    }

    fn number(&mut self, text: &str, out: &mut String) {
        let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
        let exponent: i64 = exponent.parse().unwrap();
        let (sign, mantissa) = mantissa.strip_prefix('-').map_or(("", mantissa), |mantissa| ("-", mantissa));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let zeros = "0".repeat(self.roll(4));
        out.push_str(sign);
        match self.roll(4) {
            0 => write!(out, "0.{zeros}{whole}{fraction}E+{}", 0).unwrap(),
            1 => write!(out, "{whole}.{fraction}0{zeros}e{exponent}").unwrap(),
            2 if exponent == 0 && !fraction.is_empty() => write!(out, "{whole}.{fraction}{zeros}").unwrap(),
            _ if exponent == 0 => out.push_str(mantissa),
            _ => write!(out, "{mantissa}E{exponent:+}").unwrap(),
        }
        // The first spelling moves the point to the front: by the zeros and the whole part.
        if out.ends_with("E+0") {
            out.truncate(out.len() - 3);
            let moved = exponent + i64::try_from(zeros.len() + whole.len()).unwrap();
            write!(out, "E{moved:+}").unwrap();
        }
    }
}

fn ecmascript(value: f64) -> String {
    ryu_js::Buffer::new().format(value).to_owned()
}

fn canonical(text: &str) -> Result<String, Reason> {
    let mut out = Vec::new();
    canonicalize(text.as_bytes(), &mut out).map_err(|error| error.reason)?;
    Ok(String::from_utf8(out).unwrap())
}

fn told(value: &Json) -> Result<String, Reason> {
    let mut writer = Writer::new();
    value.tell(&mut writer)?;
    writer.finish().map(|text| String::from_utf8(text.to_vec()).unwrap())
}

fn serialized(value: &Json) -> Result<String, Reason> {
    let mut writer = Writer::new();
    writer.value(value)?;
    writer.finish().map(|text| String::from_utf8(text.to_vec()).unwrap())
}

proptest! {
    #[test]
    fn every_route_gives_the_models_text_however_the_value_is_spelled(value in json(), seed: u64) {
        let model = value.model();
        let mut spelled = String::new();
        value.spell(&mut Dice(seed), &mut spelled);
        prop_assert_eq!(canonical(&spelled), Ok(model.clone()), "{}", spelled);
        prop_assert_eq!(told(&value), Ok(model.clone()));
        prop_assert_eq!(serialized(&value), Ok(model.clone()));
        prop_assert_eq!(canonical(&json::to_string(&value)), Ok(model.clone()));
        // A canonical text with exact decimals is JSON as well, and stays as it is.
        prop_assert_eq!(canonical(&model), Ok(model.clone()));
    }

    #[test]
    fn told_or_read_a_selection_leaves_the_same(value in json(), seed: u64, include in pointers(), exclude in pointers()) {
        let exclude: Vec<_> = exclude.into_iter().filter(|pointer| !pointer.is_empty()).collect();
        let selection = Selection::new(&include, &exclude).unwrap();
        let mut spelled = String::new();
        value.spell(&mut Dice(seed), &mut spelled);
        let mut read = Vec::new();
        canonicalize_selected(spelled.as_bytes(), &selection, &mut read).unwrap();
        let mut writer = Writer::selecting(&selection);
        prop_assert_eq!(value.tell(&mut writer), Ok(()));
        prop_assert_eq!(writer.finish(), Ok(&read[..]));
        let again = canonical(std::str::from_utf8(&read).unwrap());
        prop_assert_eq!(again.map(String::into_bytes), Ok(read));
    }

    #[test]
    fn doubles_are_written_as_the_reference_does(bits: u64) {
        let value = f64::from_bits(bits);
        let mut out = Vec::new();
        number::write(value, &mut out);
        prop_assert_eq!(String::from_utf8(out).unwrap(), ecmascript(value));
    }

    #[test]
    fn short_decimals_are_written_as_the_reference_does(digits in 0..10_u64.pow(17), scale in 0..12_u32) {
        #[expect(clippy::cast_precision_loss, reason = "any double will do")]
        let value = digits as f64 / 10_u64.pow(scale) as f64;
        let mut out = Vec::new();
        number::write(value, &mut out);
        prop_assert_eq!(String::from_utf8(out).unwrap(), ecmascript(value));
    }

    #[test]
    fn two_decimals_have_one_text_exactly_if_they_are_equal(a in decimal(), b in decimal()) {
        let equal = a.1 == b.1;
        prop_assert_eq!(canonical(&a.0) == canonical(&b.0), equal, "{} {}", a.0, b.0);
    }

    #[test]
    fn near_json_is_accepted_exactly_if_another_strict_reader_accepts_it(text in near_json()) {
        let ours = canonical(&text);
        let parsed = json::parse(&text);
        let reference = serde_json::from_str::<serde_json::Value>(&text);
        match &ours {
            // Here serde_json is the less strict one, or the one that objects to something later.
            Err(Reason::DuplicateName | Reason::ExponentTooLarge) => {}
            ours => {
                // And here the stricter one: it refuses numbers beyond the doubles.
                let range = reference.as_ref().is_err_and(|error| error.to_string().starts_with("number out of range"));
                prop_assert!(range || ours.is_ok() == reference.is_ok(), "{:?} {:?}", ours, reference);
                prop_assert_eq!(ours.is_ok(), parsed.is_ok());
            }
        }
    }

    #[test]
    fn no_bytes_whatever_make_it_panic(bytes: Vec<u8>) {
        let mut out = Vec::new();
        let written = canonicalize(&bytes, &mut out);
        prop_assert!(written.is_ok() || out.is_empty());
        prop_assert!(json::parse(&bytes).is_ok() || written.is_err());
    }
}

fn pointers() -> impl Strategy<Value = Vec<String>> {
    vec("(/([a-c]{0,2}|0|1|2)){0,3}", 0..4)
}

/// The text of a decimal, and its value as digits and exponent.
fn decimal() -> impl Strategy<Value = (String, (u64, i32))> {
    let digits = prop_oneof![1..40_u64, 9_007_199_254_740_985..9_007_199_254_741_000_u64, any::<u64>()];
    (digits, -30..30_i32, 0..3_usize).prop_map(|(digits, exponent, zeros)| {
        let text = format!("{digits}{}e{}", "0".repeat(zeros), exponent);
        let (mut digits, mut exponent) = (digits, exponent + i32::try_from(zeros).unwrap());
        while digits > 0 && digits.is_multiple_of(10) {
            (digits, exponent) = (digits / 10, exponent + 1);
        }
        (text, (digits, if digits == 0 { 0 } else { exponent }))
    })
}

/// Pieces of JSON in an order that sometimes makes sense.
fn near_json() -> impl Strategy<Value = String> {
    let pieces = vec![
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"",
        "\"a\"",
        "\"a\":",
        "\"\":",
        "\"\\u0061\":",
        "\\",
        "\\u",
        "\\ud83d",
        "\\ude02",
        "\\n",
        "0",
        "1",
        "00",
        "-",
        ".",
        ".5",
        "e",
        "e9",
        "E+1",
        "9999999999",
        "true",
        "false",
        "null",
        " ",
        "\n",
        "\u{1}",
        "é",
        "[]",
        "{}",
        "[1]",
        "{\"b\":2}",
        "tru",
        "x",
    ];
    prop_oneof![
        vec(prop::sample::select(pieces.clone()), 0..12).prop_map(|pieces| pieces.concat()),
        vec(prop::sample::select(pieces), 0..6).prop_map(|pieces| format!("[{{\"a\":{}}}]", pieces.concat())),
    ]
}
