//! Reads a configuration object field by field, and refuses what it does not know.

use super::value::{Unit, Value, render_number};
use crate::error::ConfigError;
use crate::time::Micros;

/// One field and all its names. The first is core's own; a name may fix its unit (`ttl` is seconds in every language).
pub struct Names(pub &'static [(&'static str, Option<Unit>)]);

impl Names {
    /// Core's own name of the field.
    #[must_use]
    pub const fn canonical(&self) -> &'static str {
        self.0[0].0
    }
}

/// Reads one configuration object.
///
/// Names are compared without case and without `_` and `-`, so `maxDelay`, `max_delay` and `MaxDelay` are one name.
/// [`Reader::new`] refuses unknown keys (naming the nearest valid one) and two names of one field.
#[derive(Debug)]
pub struct Reader<'a> {
    unit: Unit,
    path: String,
    /// Per field of the table: the name as written, the value, the unit that name fixes.
    fields: Vec<(&'static str, &'a str, &'a Value, Option<Unit>)>,
}

impl<'a> Reader<'a> {
    /// Opens `value`, which must be a map (or null: nothing given), against the table of known fields.
    /// `path` is what stands before a field in an error: `""`, or `circuitBreaker.`.
    pub fn new(value: &'a Value, unit: Unit, table: &[Names], path: &str) -> Result<Self, ConfigError> {
        let mut fields: Vec<(&'static str, &'a str, &'a Value, Option<Unit>)> = Vec::new();
        let entries = match value {
            Value::Null => &[][..],
            Value::Map(entries) => entries,
            other => {
                let whole = path.strip_suffix('.').filter(|p| !p.is_empty()).unwrap_or("configuration");
                return Err(ConfigError::new(whole, other.render(), "an object of fields"));
            }
        };
        for (written, value) in entries {
            let Some((names, fixed)) = find(table, written) else {
                return Err(ConfigError::new(
                    format!("{path}{written}"),
                    value.render(),
                    format!("a known field; the nearest is {}", nearest(table, written)),
                ));
            };
            if *value == Value::Null {
                continue;
            }
            if let Some((_, first, _, _)) = fields.iter().find(|(name, ..)| *name == names.canonical()) {
                return Err(ConfigError::new(
                    format!("{path}{written}"),
                    value.render(),
                    format!("{first} or {written}, not both: they are one field"),
                ));
            }
            fields.push((names.canonical(), written, value, fixed));
        }
        Ok(Self { unit, path: path.into(), fields })
    }

    /// The unit in which durations are written here.
    #[must_use]
    pub const fn unit(&self) -> Unit {
        self.unit
    }

    /// The raw value of a field.
    #[must_use]
    pub fn get(&self, field: &str) -> Option<&'a Value> {
        self.entry(field).map(|(_, value, _)| value)
    }

    /// Whether the field was given.
    #[must_use]
    pub fn has(&self, field: &str) -> bool {
        self.entry(field).is_some()
    }

    /// The field's full name as the user wrote it (core's own when it was not given), for errors that a caller finds.
    #[must_use]
    pub fn written(&self, field: &str) -> String {
        format!("{}{}", self.path, self.entry(field).map_or(field, |(written, ..)| written))
    }

    /// The error for a given field.
    #[must_use]
    pub fn refuse(&self, field: &str, expected: impl Into<String>) -> ConfigError {
        let value = self.get(field).map_or_else(|| "nothing".into(), Value::render);
        ConfigError::new(self.written(field), value, expected)
    }

    /// A duration from `lo` to `hi`, in the host's unit.
    pub fn duration(&self, field: &str, lo: Micros, hi: Micros) -> Result<Option<Micros>, ConfigError> {
        let Some((_, value, fixed)) = self.entry(field) else { return Ok(None) };
        let unit = fixed.unwrap_or(self.unit);
        let read = if let Value::Number(n) = value { unit.to_micros(*n) } else { None };
        match read {
            Some(micros) if micros >= lo && micros <= hi => Ok(Some(micros)),
            _ => Err(self.refuse(
                field,
                format!("a number of {} from {} to {}", unit.name(), unit.text_of(lo), unit.text_of(hi)),
            )),
        }
    }

    /// A whole number from `lo` to `hi`.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "checked whole and within lo..=hi"
    )]
    pub fn integer(&self, field: &str, lo: u64, hi: u64) -> Result<Option<u64>, ConfigError> {
        let Some((_, value, _)) = self.entry(field) else { return Ok(None) };
        match value {
            Value::Number(n) if n.fract() == 0.0 && *n >= lo as f64 && *n <= hi as f64 => Ok(Some(*n as u64)),
            _ => Err(self.refuse(field, format!("a whole number from {lo} to {hi}"))),
        }
    }

    /// A number from `lo` to `hi` in millionths: core keeps no float.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked to lie within lo..=hi, which are small"
    )]
    pub fn millionths(&self, field: &str, lo: f64, hi: f64) -> Result<Option<u64>, ConfigError> {
        let Some((_, value, _)) = self.entry(field) else { return Ok(None) };
        match value {
            Value::Number(n) if *n >= lo && *n <= hi => Ok(Some((n * 1e6).round() as u64)),
            _ => {
                Err(self
                    .refuse(field, format!("a number from {} to {}", render_number(lo), render_number(hi))))
            }
        }
    }

    /// `true` or `false`.
    pub fn boolean(&self, field: &str) -> Result<Option<bool>, ConfigError> {
        match self.entry(field) {
            None => Ok(None),
            Some((_, Value::Bool(b), _)) => Ok(Some(*b)),
            Some(_) => Err(self.refuse(field, "true or false")),
        }
    }

    /// A string.
    pub fn text(&self, field: &str) -> Result<Option<&'a str>, ConfigError> {
        match self.entry(field) {
            None => Ok(None),
            Some((_, Value::Text(t), _)) => Ok(Some(t)),
            Some(_) => Err(self.refuse(field, "a string")),
        }
    }

    /// A list of strings.
    pub fn texts(&self, field: &str) -> Result<Option<Vec<&'a str>>, ConfigError> {
        let Some(items) = self.list(field, "a list of strings")? else { return Ok(None) };
        let texts: Option<Vec<_>> = items
            .iter()
            .map(|item| if let Value::Text(t) = item { Some(t.as_str()) } else { None })
            .collect();
        texts.map(Some).ok_or_else(|| self.refuse(field, "a list of strings"))
    }

    /// A list of anything; `expected` describes it in an error.
    pub fn list(&self, field: &str, expected: &str) -> Result<Option<&'a [Value]>, ConfigError> {
        match self.entry(field) {
            None => Ok(None),
            Some((_, Value::List(items), _)) => Ok(Some(items)),
            Some(_) => Err(self.refuse(field, expected)),
        }
    }

    /// One of the given names, compared without case, `_` and `-`; answers its place in `names`.
    pub fn one_of(&self, field: &str, names: &[&str]) -> Result<Option<usize>, ConfigError> {
        let Some((_, value, _)) = self.entry(field) else { return Ok(None) };
        let found =
            if let Value::Text(text) = value { names.iter().position(|name| same(name, text)) } else { None };
        found.map(Some).ok_or_else(|| self.refuse(field, format!("one of {}", names.join(", "))))
    }

    fn entry(&self, field: &str) -> Option<(&'a str, &'a Value, Option<Unit>)> {
        self.fields
            .iter()
            .find(|(name, ..)| *name == field)
            .map(|(_, written, value, fixed)| (*written, *value, *fixed))
    }
}

/// Names are equal without case, `_` and `-`.
fn same(a: &str, b: &str) -> bool {
    plain(a).eq(plain(b))
}

fn plain(name: &str) -> impl Iterator<Item = char> + '_ {
    name.chars().filter(|c| !matches!(c, '_' | '-')).map(|c| c.to_ascii_lowercase())
}

fn find<'t>(table: &'t [Names], written: &str) -> Option<(&'t Names, Option<Unit>)> {
    table.iter().find_map(|names| {
        names.0.iter().find(|(name, _)| same(name, written)).map(|(_, fixed)| (names, *fixed))
    })
}

/// The valid name that takes the fewest edits to reach, spelled in the user's own style.
fn nearest(table: &[Names], written: &str) -> String {
    let snake = written.contains('_') || !written.contains(|c: char| c.is_ascii_uppercase());
    let wanted: Vec<char> = plain(written).collect();
    let best = table
        .iter()
        .flat_map(|names| names.0.iter())
        .min_by_key(|(name, _)| edits(&wanted, &plain(name).collect::<Vec<_>>()))
        .map_or("", |(name, _)| name);
    if snake && best.contains(|c: char| c.is_ascii_uppercase()) {
        to_snake(best)
    } else if snake {
        best.into()
    } else {
        to_camel(best)
    }
}

fn to_snake(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

fn to_camel(name: &str) -> String {
    let mut out = String::new();
    let mut up = false;
    for c in name.chars() {
        if c == '_' {
            up = true;
        } else {
            out.push(if up { c.to_ascii_uppercase() } else { c });
            up = false;
        }
    }
    out
}

fn edits(a: &[char], b: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let substitute = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = substitute.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &[Names] = &[
        Names(&[("base", None), ("baseDelay", None), ("initial_delay", None)]),
        Names(&[("max_attempts", None)]),
        Names(&[("retention", None), ("ttl", Some(Unit::Seconds)), ("ttlMs", Some(Unit::Millis))]),
    ];

    fn map(entries: &[(&str, Value)]) -> Value {
        Value::Map(entries.iter().map(|(k, v)| ((*k).into(), v.clone())).collect())
    }

    #[test]
    fn an_unknown_key_names_the_nearest_valid_one_in_the_users_style() {
        let camel = map(&[("maxAttemps", Value::Number(3.0))]);
        let error = Reader::new(&camel, Unit::Millis, TABLE, "").unwrap_err();
        assert_eq!(error.expected, "a known field; the nearest is maxAttempts");
        let snake = map(&[("initial_dely", Value::Number(3.0))]);
        let error = Reader::new(&snake, Unit::Seconds, TABLE, "retry.").unwrap_err();
        assert_eq!(
            (error.field.as_str(), error.expected.as_str()),
            ("retry.initial_dely", "a known field; the nearest is initial_delay")
        );
    }

    #[test]
    fn two_names_of_one_field_are_refused() {
        let both = map(&[("baseDelay", Value::Number(1.0)), ("initialDelay", Value::Number(2.0))]);
        let error = Reader::new(&both, Unit::Millis, TABLE, "").unwrap_err();
        assert_eq!(error.expected, "baseDelay or initialDelay, not both: they are one field");
    }

    #[test]
    fn durations_are_read_in_the_hosts_unit_unless_the_name_fixes_one() {
        let value = map(&[("baseDelay", Value::Number(5.0)), ("ttl", Value::Number(86_400.0))]);
        let reader = Reader::new(&value, Unit::Millis, TABLE, "").unwrap();
        assert_eq!(reader.duration("base", Micros::ZERO, Micros::MAX), Ok(Some(Micros::from_millis(5))));
        assert_eq!(
            reader.duration("retention", Micros::ZERO, Micros::MAX),
            Ok(Some(Micros::from_secs(86_400)))
        );
    }

    #[test]
    fn a_bad_duration_says_field_value_unit_and_range() {
        for (bad, shown) in [(f64::NAN, "NaN"), (-5.0, "-5"), (f64::INFINITY, "Infinity")] {
            let value = map(&[("baseDelay", Value::Number(bad))]);
            let reader = Reader::new(&value, Unit::Millis, TABLE, "").unwrap();
            let error = reader.duration("base", Micros::ZERO, Micros::from_secs(10)).unwrap_err();
            assert_eq!(
                error.to_string(),
                format!("baseDelay: got {shown}, expected a number of milliseconds from 0 to 10000")
            );
        }
    }
}
