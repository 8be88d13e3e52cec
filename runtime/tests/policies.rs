//! Where a policy comes from.

use once_again::retry::{RetrySpec, Strategy};
use once_again::{Retry, RetryPolicy};
use once_again_core::time::Micros;
use std::env;
use std::process::Command;
use std::time::Duration;

#[test]
fn modules_and_criticalities_of_the_q_ecosystem_have_theirs() {
    let attempts = |module| RetryPolicy::for_module(module).max_attempts();
    assert_eq!(["qlock", "squid", "qdrive", "qmail", "unknown"].map(attempts), [2, 3, 5, 3, 3]);
    assert_eq!(RetryPolicy::for_module("squid").to_spec(), RetryPolicy::fast().to_spec());
    let attempts = |level| RetryPolicy::for_criticality(level).map(|policy| policy.max_attempts());
    assert_eq!(["CRITICAL", "HIGH", "MEDIUM", "LOW"].map(attempts), [Ok(2), Ok(2), Ok(3), Ok(5)]);
    let error = attempts("URGENT").unwrap_err();
    assert_eq!(error.to_string(), "criticality: got \"URGENT\", expected one of CRITICAL, HIGH, MEDIUM, LOW");
}

#[test]
fn a_policy_may_come_from_a_configuration_file() {
    let spec: RetrySpec =
        serde_json::from_str(r#"{"maxAttempts": 7, "strategy": "fixed", "base": 250000}"#).unwrap();
    let policy = RetryPolicy::try_from(spec).unwrap();
    let spec = policy.to_spec();
    assert_eq!((policy.max_attempts(), spec.strategy), (7, Some(Strategy::Fixed)));
    assert_eq!(spec.base.map(Micros::get), Some(250_000));
    let refused: RetrySpec = serde_json::from_str(r#"{"maxAttempts": 0}"#).unwrap();
    assert_eq!(RetryPolicy::try_from(refused).unwrap_err().field, "max_attempts");
}

#[test]
fn a_policy_may_come_from_a_level_of_a_table() {
    let table = r#"{"retry_policies": {
        "default": {"max_attempts": 4, "initial_delay": 0.5, "max_delay": 20},
        "patient": {"extends": "default", "max_delay": 60}}}"#;
    let spec = RetryPolicy::from_levels(table, "patient").unwrap().to_spec();
    assert_eq!(spec.max_attempts, Some(4));
    assert_eq!(spec.base.zip(spec.max_delay), Some((Micros::from_millis(500), Micros::from_secs(60))));
    let refused = |table, level| RetryPolicy::from_levels(table, level).unwrap_err().field;
    assert_eq!(refused(r#"{"a": {"max_attempts": 0}}"#, "a"), "a.max_attempts");
    assert_eq!(refused("{", "a"), "policies");
    assert!(RetryPolicy::from_levels(table, "hasty").is_err());
}

#[test]
fn what_has_no_effect_is_said() {
    let policy = RetryPolicy::builder().fixed().schedule([Duration::from_secs(1)]).build().unwrap();
    assert_eq!(policy.warnings(), ["schedule has no effect: only strategy schedule reads it"]);
    assert!(RetryPolicy::s3().warnings().is_empty());
}

#[test]
fn a_retry_shows_its_policy() {
    let retry = Retry::<()>::new(RetryPolicy::s3());
    assert_eq!(retry.policy().attempt_timeout(), Some(Duration::from_secs(120)));
    assert_eq!(retry.policy().total_timeout(), Some(Duration::from_secs(900)));
}

/// A process's environment cannot be changed while other tests run, so this one runs itself in another.
#[test]
fn the_environment_of_the_retry_policy_standards() {
    const CHILD: &str = "ONCE_AGAIN_TEST_CHILD";
    if let Ok(expected) = env::var(CHILD) {
        let said = match RetryPolicy::from_env() {
            Ok(policy) => {
                let spec = policy.to_spec();
                format!(
                    "{} {:?}",
                    policy.max_attempts(),
                    spec.base.zip(spec.max_delay).map(|(b, m)| (b.get(), m.get()))
                )
            }
            Err(error) => error.to_string(),
        };
        assert_eq!(said, expected);
        return;
    }
    let ends_well = |variables: &[(&str, &str)], expected: &str| {
        let mut child = Command::new(env::current_exe().unwrap());
        child.args(["--exact", "the_environment_of_the_retry_policy_standards"]);
        for (variable, _) in env::vars_os() {
            if variable.to_string_lossy().starts_with("RETRY_") {
                child.env_remove(variable);
            }
        }
        child.envs(variables.iter().copied()).env(CHILD, expected);
        let output = child.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    };
    ends_well(&[], "3 Some((100000, 10000000))");
    ends_well(&[("RETRY_MAX_ATTEMPTS", "7"), ("RETRY_INITIAL_DELAY", "0.5")], "7 Some((500000, 10000000))");
    ends_well(
        &[("RETRY_MAX_ATTEMPTS", "many")],
        "RETRY_MAX_ATTEMPTS: got \"many\", expected a whole number from 1 to 10000000",
    );
}
