//! A budget's configuration as a user wrote it: everything optional, nothing decided.

use crate::classify::Kind;
use crate::spec::{Unit, Value};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A budget's configuration. Tokens per event, shares and rates are whole millionths: core keeps no float. Unset fields
/// come from a preset ([`BudgetSpec::or`]), in the end from [`presets::DEFAULT`](super::presets::DEFAULT).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct BudgetSpec {
    /// The name in statistics and metrics ("default").
    pub name: Option<String>,
    /// The most tokens there are, and how many there are at first: 1 to 1 000 000 whole tokens.
    pub capacity: Option<u32>,
    /// Tokens that one call deposits: 0 to 1 000. With 0.2, one retry for five calls.
    pub ratio: Option<u64>,
    /// Tokens that come by themselves each second, for services that are seldom called: 0 to 1 000 000.
    pub reserve_per_second: Option<u64>,
    /// Which calls deposit.
    pub deposit_on: Option<DepositOn>,
    /// What withdraws.
    pub withdraw_on: Option<WithdrawOn>,
    /// Tokens that one withdrawal takes: above 0, to 1 000, at most `capacity`.
    pub cost: Option<u64>,
    /// Other costs for single kinds of failure: 0 to 1 000, at most `capacity`.
    pub cost_per_kind: Option<BTreeMap<Kind, u64>>,
    /// The share of `capacity` at or under which nothing is retried: 0 to below 1.
    pub gate: Option<u64>,
    /// Whether a call that succeeds after a retry gets back what that retry cost, instead of depositing.
    pub refund_on_success: Option<bool>,
}

/// Which calls deposit `ratio` tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DepositOn {
    /// Every call, when its first attempt begins.
    Attempt,
    /// Every call that succeeds, when it does.
    Success,
}

/// What withdraws `cost` tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WithdrawOn {
    /// Every retry. One that never starts gives its tokens back.
    Retry,
    /// Every failure that could be retried, whether it is or not.
    Failure,
}

impl DepositOn {
    pub(super) const ALL: [Self; 2] = [Self::Attempt, Self::Success];
    pub(super) const NAMES: &'static [&'static str] = &["attempt", "success"];

    /// The name users write.
    #[must_use]
    pub const fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }
}

impl WithdrawOn {
    pub(super) const ALL: [Self; 2] = [Self::Retry, Self::Failure];
    pub(super) const NAMES: &'static [&'static str] = &["retry", "failure"];

    /// The name users write.
    #[must_use]
    pub const fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }
}

macro_rules! fill {
    ($self:ident, $from:ident: $($field:ident)*) => {$(
        if $self.$field.is_none() { $self.$field.clone_from(&$from.$field); }
    )*};
}

impl BudgetSpec {
    /// This configuration, with what it leaves open taken from `defaults`.
    #[must_use]
    pub fn or(mut self, defaults: &Self) -> Self {
        fill!(self, defaults: name capacity ratio reserve_per_second deposit_on withdraw_on cost cost_per_kind gate
            refund_on_success);
        self
    }

    /// The configuration as the host would have written it: in camelCase for JavaScript, in `snake_case` for everybody
    /// else. Fields that are not set are left out.
    #[must_use]
    pub fn to_value(&self, unit: Unit) -> Value {
        let mut fields: Vec<(String, Value)> = Vec::new();
        let mut put = |[snake, camel]: [&str; 2], value: Option<Value>| {
            let shown = if unit == Unit::Millis { camel } else { snake };
            fields.extend(value.map(|value| (shown.to_owned(), value)));
        };
        let text = |text: &str| Value::Text(text.into());
        put(["name", "name"], self.name.as_deref().map(text));
        put(["capacity", "capacity"], self.capacity.map(|tokens| Value::Number(tokens.into())));
        put(["ratio", "ratio"], self.ratio.map(number));
        put(["reserve_per_second", "reservePerSecond"], self.reserve_per_second.map(number));
        put(["deposit_on", "depositOn"], self.deposit_on.map(|on| text(on.name())));
        put(["withdraw_on", "withdrawOn"], self.withdraw_on.map(|on| text(on.name())));
        put(["cost", "cost"], self.cost.map(number));
        let costs = self.cost_per_kind.as_ref().map(|costs| {
            Value::Map(costs.iter().map(|(kind, cost)| (kind.name().into(), number(*cost))).collect())
        });
        put(["cost_per_kind", "costPerKind"], costs);
        put(["gate", "gate"], self.gate.map(number));
        put(["refund_on_success", "refundOnSuccess"], self.refund_on_success.map(Value::Bool));
        Value::Map(fields)
    }
}

#[expect(clippy::cast_precision_loss, reason = "at most a million wholes, so exact")]
fn number(millionths: u64) -> Value {
    Value::Number(millionths as f64 / 1e6)
}
