//! Budgets with a name: the default, and those that other libraries are known for.

use super::spec::{BudgetSpec, DepositOn, WithdrawOn};
use crate::backoff::MILLION;
use crate::classify::Kind;
use crate::error::ConfigError;
use crate::spec::Value;

/// A preset as data.
#[derive(Clone, Copy, Debug)]
pub struct Preset {
    name: &'static str,
    capacity: u32,
    ratio: u64,
    reserve_per_second: u64,
    deposit_on: DepositOn,
    withdraw_on: WithdrawOn,
    cost: u64,
    costs: &'static [(Kind, u64)],
    gate: u64,
    refund_on_success: bool,
}

/// What a budget is that nothing was said about: one retry for five calls, 10 more each second, 100 saved up.
pub const DEFAULT: Preset = Preset {
    name: "default",
    capacity: 100,
    ratio: MILLION / 5,
    reserve_per_second: 10 * MILLION,
    deposit_on: DepositOn::Attempt,
    withdraw_on: WithdrawOn::Retry,
    cost: MILLION,
    costs: &[],
    gate: 0,
    refund_on_success: false,
};

/// Finagle's `RetryBudget` (`com.twitter.finagle.service.RetryBudget`): `percentCanRetry` 0.2 and `minRetriesPerSec` 10,
/// which are the default here too. There deposits expire after a `ttl` of 10 s; here a capacity, Finagle's reserve for
/// those 10 s, bounds what is saved up.
pub const FINAGLE: Preset = Preset { name: "finagle", ..DEFAULT };

/// gRPC's retry throttling (gRFC A6, "Throttling Retry Attempts and Hedged RPCs"): `maxTokens` 10 and `tokenRatio` 0.1 as
/// in its example. Every failure that could be retried takes a token, every success brings a tenth of one, and at or under
/// half nothing is retried.
pub const GRPC: Preset = Preset {
    name: "grpc",
    capacity: 10,
    ratio: MILLION / 10,
    reserve_per_second: 0,
    deposit_on: DepositOn::Success,
    withdraw_on: WithdrawOn::Failure,
    gate: MILLION / 2,
    ..DEFAULT
};

/// The retry quota of the AWS SDKs' standard retry mode (`botocore.retries.standard.RetryQuotaChecker`): 500 tokens, 5 for
/// a retry, 10 for one after a time-out. A success without a retry brings 1, one after a retry brings back what that cost.
pub const AWS: Preset = Preset {
    name: "aws",
    capacity: 500,
    ratio: MILLION,
    reserve_per_second: 0,
    deposit_on: DepositOn::Success,
    cost: 5 * MILLION,
    costs: &[(Kind::Timeout, 10 * MILLION)],
    refund_on_success: true,
    ..DEFAULT
};

const ALL: [Preset; 4] = [DEFAULT, GRPC, AWS, FINAGLE];

/// Every name, as an error lists them.
pub const NAMES: &[&str] = &["default", "grpc", "aws", "finagle"];

impl Preset {
    /// The name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The preset as a configuration, to be used whole or to fill another ([`BudgetSpec::or`]).
    #[must_use]
    pub fn spec(&self) -> BudgetSpec {
        BudgetSpec {
            name: None,
            capacity: Some(self.capacity),
            ratio: Some(self.ratio),
            reserve_per_second: Some(self.reserve_per_second),
            deposit_on: Some(self.deposit_on),
            withdraw_on: Some(self.withdraw_on),
            cost: Some(self.cost),
            cost_per_kind: Some(self.costs.iter().copied().collect()),
            gate: Some(self.gate),
            refund_on_success: Some(self.refund_on_success),
        }
    }
}

/// The preset of this name, without regard to case; `field` is what an error calls the name.
pub fn named(name: &str, field: &str) -> Result<BudgetSpec, ConfigError> {
    ALL.iter().find(|preset| preset.name.eq_ignore_ascii_case(name)).map(Preset::spec).ok_or_else(|| {
        let expected = format!("one of {}", NAMES.join(", "));
        ConfigError::new(field, Value::Text(name.into()).render(), expected)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::budget::BudgetConfig;

    #[test]
    fn every_name_gives_a_valid_budget() {
        for (name, preset) in NAMES.iter().zip(ALL) {
            assert_eq!(preset.name(), *name);
            let spec = named(&name.to_uppercase(), "preset").unwrap();
            assert!(BudgetConfig::try_from(spec).is_ok(), "{name}");
        }
    }

    #[test]
    fn an_unknown_name_says_what_there_is() {
        assert_eq!(
            named("envoy", "budget").unwrap_err().to_string(),
            "budget: got \"envoy\", expected one of default, grpc, aws, finagle"
        );
    }
}
