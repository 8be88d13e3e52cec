//! Reads a budget's configuration in the user's own names.

use super::config::{self, Violation, range};
use super::presets;
use super::spec::{BudgetSpec, DepositOn, WithdrawOn};
use crate::classify::Kind;
use crate::error::ConfigError;
use crate::spec::{Names, Reader, Unit, Value};
use std::collections::BTreeMap;

/// gRPC calls the capacity `maxTokens` and the ratio `tokenRatio`.
const FIELDS: &[Names] = &[
    Names(&[("preset", None)]),
    Names(&[("name", None)]),
    Names(&[("capacity", None), ("max_tokens", None)]),
    Names(&[("ratio", None), ("token_ratio", None)]),
    Names(&[("reserve_per_second", None)]),
    Names(&[("deposit_on", None)]),
    Names(&[("withdraw_on", None)]),
    Names(&[("cost", None)]),
    Names(&[("cost_per_kind", None)]),
    Names(&[("gate", None)]),
    Names(&[("refund_on_success", None)]),
    // Only the host understands it.
    Names(&[("clock", None)]),
];

impl BudgetSpec {
    /// Reads a user's configuration: an object of fields, the name of a preset, or `true` for the default.
    ///
    /// What it leaves open comes from its `preset`, else from the default. `path` stands before a field's name in an error
    /// (`""`, `"budget."`).
    pub fn read(value: &Value, unit: Unit, path: &str) -> Result<Self, ConfigError> {
        let whole = path.strip_suffix('.').filter(|path| !path.is_empty());
        match value {
            Value::Text(name) => return presets::named(name, whole.unwrap_or("preset")),
            Value::Bool(true) => return Ok(presets::DEFAULT.spec()),
            Value::Null | Value::Map(_) => {}
            other => {
                let expected = format!("an object of fields, true, or one of {}", presets::NAMES.join(", "));
                return Err(ConfigError::new(whole.unwrap_or("budget"), other.render(), expected));
            }
        }
        let reader = Reader::new(value, unit, FIELDS, path)?;
        let defaults = match reader.text("preset")? {
            Some(name) => presets::named(name, &reader.written("preset"))?,
            None => presets::DEFAULT.spec(),
        };
        let spec = Self {
            name: reader.text("name")?.map(Into::into),
            capacity: reader
                .integer("capacity", 1, range::CAPACITY)?
                .map(|tokens| u32::try_from(tokens).unwrap_or(u32::MAX)),
            ratio: reader.millionths("ratio", 0.0, range::PER_EVENT)?,
            reserve_per_second: reader.millionths("reserve_per_second", 0.0, range::PER_SECOND)?,
            deposit_on: reader.one_of("deposit_on", DepositOn::NAMES)?.map(|place| DepositOn::ALL[place]),
            withdraw_on: reader.one_of("withdraw_on", WithdrawOn::NAMES)?.map(|place| WithdrawOn::ALL[place]),
            cost: reader.millionths("cost", range::MILLIONTH, range::PER_EVENT)?,
            cost_per_kind: costs(&reader, unit)?,
            gate: reader.millionths("gate", 0.0, range::GATE)?,
            refund_on_success: reader.boolean("refund_on_success")?,
        };
        let spec = spec.or(&defaults);
        config::check(&spec).map_err(|violation| refuse(&reader, violation))?;
        Ok(spec)
    }
}

/// `{ Timeout: 10 }`.
fn costs(reader: &Reader<'_>, unit: Unit) -> Result<Option<BTreeMap<Kind, u64>>, ConfigError> {
    const COST: &[Names] = &[Names(&[("cost", None)])];
    let Some(value) = reader.get("cost_per_kind") else { return Ok(None) };
    let Value::Map(entries) = value else {
        return Err(reader.refuse("cost_per_kind", "an object of kinds, each with a number of tokens"));
    };
    let mut costs = BTreeMap::new();
    for (name, value) in entries {
        let path = format!("{}.{name}", reader.written("cost_per_kind"));
        let Some(kind) = Kind::from_name(name) else {
            return Err(ConfigError::new(path, value.render(), format!("one of {}", Kind::NAMES.join(", "))));
        };
        // One number stands for its field, so an error names the kind.
        let object = Value::Map(vec![("cost".into(), value.clone())]);
        let cost = Reader::new(&object, unit, COST, "")?
            .millionths("cost", 0.0, range::PER_EVENT)
            .map_err(|error| ConfigError { field: path.clone(), ..error })?;
        if cost.is_some_and(|cost| costs.insert(kind, cost).is_some()) {
            return Err(ConfigError::new(path, value.render(), format!("{} only once", kind.name())));
        }
    }
    Ok(Some(costs))
}

/// The violation in the user's own words.
fn refuse(reader: &Reader<'_>, violation: Violation) -> ConfigError {
    let field = match violation.kind {
        Some(kind) => format!("{}.{}", reader.written(violation.field), kind.name()),
        None => reader.written(violation.field),
    };
    ConfigError::new(field, violation.value, violation.expected)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str, unit: Unit, path: &str) -> Result<BudgetSpec, ConfigError> {
        BudgetSpec::read(&crate::json::parse(json).unwrap(), unit, path)
    }

    fn refused(json: &str) -> String {
        read(json, Unit::Millis, "budget.").unwrap_err().to_string()
    }

    #[test]
    fn a_preset_is_meant_by_its_name_and_the_default_by_nothing_or_true() {
        assert_eq!(read("\"grpc\"", Unit::Millis, ""), Ok(presets::GRPC.spec()));
        for default in ["null", "true", "{}", r#"{"preset": "default"}"#] {
            assert_eq!(read(default, Unit::Seconds, ""), Ok(presets::DEFAULT.spec()), "{default}");
        }
    }

    #[test]
    fn fields_are_read_in_every_style_over_the_preset_they_name() {
        let camel =
            r#"{"preset": "grpc", "maxTokens": 100, "tokenRatio": 0.25, "costPerKind": {"RateLimit": 2}}"#;
        let snake = r#"{"preset": "grpc", "max_tokens": 100, "token_ratio": 0.25, "cost_per_kind": {"rate_limit": 2}}"#;
        let expected = BudgetSpec {
            capacity: Some(100),
            ratio: Some(250_000),
            cost_per_kind: Some([(Kind::RateLimit, 2_000_000)].into()),
            ..presets::GRPC.spec()
        };
        assert_eq!(read(camel, Unit::Millis, ""), Ok(expected.clone()));
        assert_eq!(read(snake, Unit::Seconds, ""), Ok(expected));
    }

    #[test]
    fn what_is_wrong_is_named_as_it_was_written() {
        assert_eq!(
            refused("7"),
            "budget: got 7, expected an object of fields, true, or one of default, grpc, aws, finagle"
        );
        assert_eq!(
            refused("\"netflix\""),
            "budget: got \"netflix\", expected one of default, grpc, aws, finagle"
        );
        assert_eq!(
            refused(r#"{"preset": "x"}"#),
            "budget.preset: got \"x\", expected one of default, grpc, aws, finagle"
        );
        assert_eq!(refused(r#"{"ratio": -1}"#), "budget.ratio: got -1, expected a number from 0 to 1000");
        assert_eq!(
            refused(r#"{"maxTokens": 0}"#),
            "budget.maxTokens: got 0, expected a whole number from 1 to 1000000"
        );
        assert_eq!(refused(r#"{"gate": 1}"#), "budget.gate: got 1, expected a number from 0 to 0.999999");
        assert_eq!(refused(r#"{"cost": 0}"#), "budget.cost: got 0, expected a number from 0.000001 to 1000");
        assert_eq!(
            refused(r#"{"costPerKind": {"Slow": 1}}"#),
            format!("budget.costPerKind.Slow: got 1, expected one of {}", Kind::NAMES.join(", "))
        );
        assert_eq!(
            refused(r#"{"costPerKind": {"Timeout": "x"}}"#),
            "budget.costPerKind.Timeout: got \"x\", expected a number from 0 to 1000"
        );
        assert_eq!(
            refused(r#"{"costPerKind": {"Timeout": 1, "timeout": 2}}"#),
            "budget.costPerKind.timeout: got 2, expected Timeout only once"
        );
        assert_eq!(
            refused(r#"{"rattio": 1}"#),
            "budget.rattio: got 1, expected a known field; the nearest is ratio"
        );
    }

    #[test]
    fn a_retry_dearer_than_all_there_is_is_refused() {
        assert_eq!(
            refused(r#"{"capacity": 3, "cost": 4}"#),
            "budget.cost: got 4, expected at most the capacity, 3 tokens"
        );
        assert_eq!(
            refused(r#"{"preset": "aws", "maxTokens": 9}"#),
            "budget.cost_per_kind.Timeout: got 10, expected at most the capacity, 9 tokens"
        );
    }

    #[test]
    fn what_is_shown_reads_back_equal() {
        for preset in [presets::DEFAULT, presets::GRPC, presets::AWS] {
            for unit in [Unit::Millis, Unit::Seconds] {
                let spec = BudgetSpec { name: Some("users".into()), ..preset.spec() };
                assert_eq!(BudgetSpec::read(&spec.to_value(unit), unit, ""), Ok(spec));
            }
        }
        let shown = crate::json::to_string(&presets::AWS.spec().to_value(Unit::Millis));
        assert_eq!(
            shown,
            concat!(
                r#"{"capacity":500,"ratio":1,"reservePerSecond":0,"depositOn":"success","withdrawOn":"retry","cost":5,"#,
                r#""costPerKind":{"Timeout":10},"gate":0,"refundOnSuccess":true}"#
            )
        );
    }
}
