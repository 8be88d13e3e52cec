//! A budget's configuration that was checked, with every default filled in.

use super::presets;
use super::spec::{BudgetSpec, DepositOn, WithdrawOn};
use crate::backoff::MILLION;
use crate::classify::Kind;
use crate::error::ConfigError;
use std::collections::BTreeMap;

/// The ranges of the fields, in tokens: they keep a full bucket below 2^64 millionths of a millionth.
pub(super) mod range {
    pub(crate) const CAPACITY: u64 = 1_000_000;
    pub(crate) const PER_EVENT: f64 = 1_000.0;
    pub(crate) const PER_SECOND: f64 = 1_000_000.0;
    /// The smallest cost there is. For nothing, every retry is free, which is no budget.
    pub(crate) const MILLIONTH: f64 = 0.000_001;
    /// With a gate at all there is, nothing would ever be retried.
    pub(crate) const GATE: f64 = 0.999_999;
}

/// Tokens in the bucket are counted in millionths of a millionth. That is what a reserve of a millionth of a token per
/// second brings in a microsecond, so no fraction is ever lost.
pub(super) const TOKEN: u64 = MILLION * MILLION;

/// How a budget counts: valid by construction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BudgetConfig {
    /// In units of the bucket, as are the three below.
    pub(super) capacity: u64,
    pub(super) deposit: u64,
    /// Per microsecond.
    pub(super) reserve: u64,
    pub(super) gate: u64,
    /// In millionths of a token.
    pub(super) cost: u64,
    pub(super) cost_per_kind: BTreeMap<Kind, u64>,
    pub(super) withdraw_on: WithdrawOn,
    pub(super) deposit_on: DepositOn,
    pub(super) refund_on_success: bool,
    spec: BudgetSpec,
}

impl BudgetConfig {
    /// The name in statistics and metrics.
    #[must_use]
    pub fn name(&self) -> &str {
        self.spec.name.as_deref().unwrap_or("default")
    }

    /// Which calls the driver counts: those that begin, or those that succeed at once. It hands the number over at the
    /// next question ([`Budget::deposit`](super::Budget::deposit)).
    #[must_use]
    pub const fn deposit_on(&self) -> DepositOn {
        self.deposit_on
    }

    /// The effective configuration: every default filled in.
    #[must_use]
    pub fn to_spec(&self) -> BudgetSpec {
        self.spec.clone()
    }

    /// What a withdrawal takes after a failure of this kind, in millionths of a token.
    pub(super) fn cost(&self, kind: Kind) -> u64 {
        self.cost_per_kind.get(&kind).copied().unwrap_or(self.cost)
    }
}

impl TryFrom<BudgetSpec> for BudgetConfig {
    type Error = ConfigError;

    /// Fills what is open from the default and checks every range, and what the fields say together.
    fn try_from(spec: BudgetSpec) -> Result<Self, ConfigError> {
        let spec = spec.or(&presets::DEFAULT.spec());
        check(&spec).map_err(|Violation { field, kind, value, expected }| {
            let field = kind.map_or_else(|| field.into(), |kind| format!("{field}.{}", kind.name()));
            ConfigError::new(field, value, expected)
        })?;
        let capacity = u64::from(spec.capacity.unwrap_or(1)) * MILLION;
        Ok(Self {
            capacity: capacity * MILLION,
            deposit: spec.ratio.unwrap_or(0) * MILLION,
            reserve: spec.reserve_per_second.unwrap_or(0),
            // A share in millionths of tokens in millionths.
            gate: capacity * spec.gate.unwrap_or(0),
            cost: spec.cost.unwrap_or(MILLION),
            cost_per_kind: spec.cost_per_kind.clone().unwrap_or_default(),
            withdraw_on: spec.withdraw_on.unwrap_or(WithdrawOn::Retry),
            deposit_on: spec.deposit_on.unwrap_or(DepositOn::Attempt),
            refund_on_success: spec.refund_on_success.unwrap_or(false),
            spec,
        })
    }
}

/// What is wrong with a configuration, in core's names.
pub(super) struct Violation {
    pub(super) field: &'static str,
    pub(super) kind: Option<Kind>,
    pub(super) value: String,
    pub(super) expected: String,
}

/// Every range, and what the fields say together. [`BudgetSpec::read`] found most of it already, with the user's own
/// value at hand; a spec may also come from Rust or from JSON.
pub(super) fn check(spec: &BudgetSpec) -> Result<(), Violation> {
    let refuse = |field, kind, value, expected| Err(Violation { field, kind, value, expected });
    let capacity = spec.capacity.map_or(range::CAPACITY, u64::from);
    if !(1..=range::CAPACITY).contains(&capacity) {
        let expected = format!("a whole number from 1 to {}", range::CAPACITY);
        return refuse("capacity", None, capacity.to_string(), expected);
    }
    let within = |field, value: Option<u64>, least: u64, most: u64| match value {
        Some(value) if value < least || value > most => {
            refuse(field, None, shown(value), format!("a number from {} to {}", shown(least), shown(most)))
        }
        _ => Ok(()),
    };
    within("ratio", spec.ratio, 0, 1_000 * MILLION)?;
    within("reserve_per_second", spec.reserve_per_second, 0, 1_000_000 * MILLION)?;
    within("cost", spec.cost, 1, 1_000 * MILLION)?;
    within("gate", spec.gate, 0, MILLION - 1)?;
    let costs = spec.cost_per_kind.iter().flatten().map(|(kind, cost)| ("cost_per_kind", Some(*kind), *cost));
    for (field, kind, cost) in spec.cost.map(|cost| ("cost", None, cost)).into_iter().chain(costs) {
        if cost > capacity.min(1_000) * MILLION {
            let expected = if capacity < 1_000 {
                format!("at most the capacity, {capacity} tokens")
            } else {
                "a number from 0 to 1000".into()
            };
            return refuse(field, kind, shown(cost), expected);
        }
    }
    Ok(())
}

/// Millionths as a decimal.
fn shown(millionths: u64) -> String {
    let text = format!("{}.{:06}", millionths / MILLION, millionths % MILLION);
    text.trim_end_matches('0').trim_end_matches('.').into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(spec: BudgetSpec) -> String {
        BudgetConfig::try_from(spec).unwrap_err().to_string()
    }

    #[test]
    fn nothing_said_is_the_default() {
        let config = BudgetConfig::try_from(BudgetSpec::default()).unwrap();
        assert_eq!(config.to_spec(), presets::DEFAULT.spec());
        assert_eq!((config.name(), config.deposit_on()), ("default", DepositOn::Attempt));
        assert_eq!((config.capacity, config.deposit), (100 * TOKEN, TOKEN / 5));
    }

    #[test]
    fn a_spec_that_was_never_read_is_checked_too() {
        let unset = BudgetSpec::default;
        assert_eq!(
            refused(BudgetSpec { capacity: Some(0), ..unset() }),
            "capacity: got 0, expected a whole number from 1 to 1000000"
        );
        assert_eq!(
            refused(BudgetSpec { ratio: Some(1_000_000_001), ..unset() }),
            "ratio: got 1000.000001, expected a number from 0 to 1000"
        );
        assert_eq!(
            refused(BudgetSpec { gate: Some(MILLION), ..unset() }),
            "gate: got 1, expected a number from 0 to 0.999999"
        );
        assert_eq!(
            refused(BudgetSpec { cost: Some(0), ..unset() }),
            "cost: got 0, expected a number from 0.000001 to 1000"
        );
        let dear = BudgetSpec { cost_per_kind: Some([(Kind::Server, 1_001 * MILLION)].into()), ..unset() };
        assert_eq!(
            refused(dear.clone()),
            "cost_per_kind.Server: got 1001, expected at most the capacity, 100 tokens"
        );
        assert_eq!(
            refused(BudgetSpec { capacity: Some(2_000), ..dear }),
            "cost_per_kind.Server: got 1001, expected a number from 0 to 1000"
        );
    }

    #[test]
    fn the_largest_bucket_fits() {
        let largest = BudgetSpec {
            capacity: Some(1_000_000),
            ratio: Some(1_000 * MILLION),
            reserve_per_second: Some(1_000_000 * MILLION),
            gate: Some(MILLION - 1),
            ..BudgetSpec::default()
        };
        let config = BudgetConfig::try_from(largest).unwrap();
        assert_eq!(config.capacity, 1_000_000_000_000_000_000);
        assert_eq!(config.gate, 999_999_000_000_000_000);
    }
}
