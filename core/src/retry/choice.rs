//! Which policy is meant when several things are said about a call.

use super::presets::{AGGRESSIVE, CONSERVATIVE, FAST, STANDARD, named, plain};
use super::spec::RetrySpec;
use crate::error::ConfigError;
use crate::spec::{Names, Reader, Unit, Value};
use crate::time::Micros;

const FIELDS: &[Names] = &[
    Names(&[("retry_policy", None)]),
    Names(&[("criticality", None)]),
    Names(&[("module", None)]),
    Names(&[("real_time", None)]),
    Names(&[("user_facing", None)]),
];

/// Somebody who waits for an answer gives up after this long.
const USER_FACING: Micros = Micros::from_secs(10);

/// The configuration meant by `{retryPolicy, criticality, module, realTime, userFacing}` of the Q ecosystem's clients.
///
/// First wins: `retryPolicy` (filled from STANDARD) · criticality CRITICAL or HIGH · a module that is conservative (real
/// time never loosens a payment) · `realTime` · criticality MEDIUM or LOW · `module` · STANDARD. `userFacing` changes no
/// number of attempts; it lowers `total_timeout` to 10 s, unless `retryPolicy` gave one.
pub fn resolve(value: &Value, unit: Unit, path: &str) -> Result<RetrySpec, ConfigError> {
    let reader = Reader::new(value, unit, FIELDS, path)?;
    let urgency = reader
        .text("criticality")?
        .map(for_criticality)
        .transpose()
        .map_err(|error| ConfigError { field: reader.written("criticality"), ..error })?;
    let module = reader.text("module")?.map(for_module);
    let real_time = reader.boolean("real_time")? == Some(true);
    let user_facing = reader.boolean("user_facing")? == Some(true);

    let explicit = reader
        .get("retry_policy")
        .map(|value| RetrySpec::read(value, unit, &format!("{}.", reader.written("retry_policy"))))
        .transpose()?;
    let patient = explicit.as_ref().is_some_and(|spec| spec.total_timeout.is_some());
    let mut spec = match explicit {
        Some(spec) => spec.or(&STANDARD.spec()),
        None => named(preset(urgency, module, real_time))?,
    };
    if user_facing && !patient {
        spec.total_timeout = Some(spec.total_timeout.map_or(USER_FACING, |total| total.min(USER_FACING)));
    }
    Ok(spec)
}

fn preset(urgency: Option<&'static str>, module: Option<&'static str>, real_time: bool) -> &'static str {
    let conservative = CONSERVATIVE.name();
    if urgency == Some(conservative) || module == Some(conservative) {
        conservative
    } else if real_time {
        FAST.name()
    } else {
        urgency.or(module).unwrap_or(STANDARD.name())
    }
}

/// The preset for a module of the Q ecosystem; an unknown module gets STANDARD.
#[must_use]
pub fn for_module(module: &str) -> &'static str {
    match &*plain(module) {
        "qlock" | "qwallet" | "qerberos" | "dao" => CONSERVATIVE.name(),
        "squid" | "qonsent" => FAST.name(),
        "qdrive" | "qpic" | "qindex" | "qnet" => AGGRESSIVE.name(),
        // qmarket, qmail, qchat, and whatever comes next.
        _ => STANDARD.name(),
    }
}

/// The preset for `CRITICAL`, `HIGH`, `MEDIUM` or `LOW`.
pub fn for_criticality(criticality: &str) -> Result<&'static str, ConfigError> {
    match &*plain(criticality) {
        "critical" | "high" => Ok(CONSERVATIVE.name()),
        "medium" => Ok(STANDARD.name()),
        "low" => Ok(AGGRESSIVE.name()),
        _ => Err(ConfigError::new(
            "criticality",
            Value::Text(criticality.into()).render(),
            "one of CRITICAL, HIGH, MEDIUM, LOW",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish(json: &str) -> Result<RetrySpec, ConfigError> {
        resolve(&crate::json::parse(json).unwrap(), Unit::Millis, "")
    }

    #[test]
    fn each_module_of_the_q_ecosystem_has_its_policy() {
        for (modules, preset) in [
            (&["qlock", "qwallet", "qerberos", "dao"][..], "q.conservative"),
            (&["squid", "qonsent"], "q.fast"),
            (&["qdrive", "qpic", "qindex", "qnet"], "q.aggressive"),
            (&["qmarket", "qmail", "qchat", "somethingelse", ""], "q.standard"),
        ] {
            for module in modules {
                assert_eq!(for_module(module), preset, "{module}");
            }
        }
    }

    #[test]
    fn each_criticality_has_its_policy() {
        let preset = |criticality| for_criticality(criticality).ok();
        assert_eq!([preset("CRITICAL"), preset("high")], [Some("q.conservative"); 2]);
        assert_eq!(preset("MEDIUM"), Some("q.standard"));
        assert_eq!(preset("LOW"), Some("q.aggressive"));
        assert_eq!(preset("URGENT"), None);
    }

    #[test]
    fn what_is_said_first_in_the_order_wins() {
        for (json, preset) in [
            ("{}", STANDARD),
            (r#"{"module": "qmail"}"#, STANDARD),
            (r#"{"module": "qdrive"}"#, AGGRESSIVE),
            (r#"{"module": "qdrive", "criticality": "MEDIUM"}"#, STANDARD),
            (r#"{"module": "qdrive", "criticality": "LOW", "realTime": true}"#, FAST),
            (r#"{"module": "qwallet", "criticality": "LOW", "realTime": true}"#, CONSERVATIVE),
            (r#"{"module": "qmail", "criticality": "HIGH", "realTime": true}"#, CONSERVATIVE),
            (r#"{"retryPolicy": "fast", "criticality": "CRITICAL", "module": "qwallet"}"#, FAST),
        ] {
            assert_eq!(wish(json).unwrap(), preset.spec(), "{json}");
        }
    }

    #[test]
    fn a_policy_that_is_partly_given_is_filled_from_standard() {
        let spec = wish(r#"{"retryPolicy": {"maxAttempts": 4}, "module": "qwallet"}"#).unwrap();
        assert_eq!(spec, RetrySpec { max_attempts: Some(4), ..STANDARD.spec() });
    }

    #[test]
    fn somebody_who_waits_gets_ten_seconds_unless_the_policy_said_otherwise() {
        let total = |json| wish(json).unwrap().total_timeout;
        assert_eq!(total(r#"{"userFacing": true}"#), Some(USER_FACING));
        assert_eq!(total(r#"{"userFacing": true, "retryPolicy": {"maxAttempts": 2}}"#), Some(USER_FACING));
        assert_eq!(
            total(r#"{"userFacing": true, "retryPolicy": {"totalTimeout": 30000}}"#),
            Some(Micros::from_secs(30))
        );
        assert_eq!(wish(r#"{"userFacing": true}"#).unwrap().max_attempts, Some(3));
    }

    #[test]
    fn a_wrong_word_is_named_as_written() {
        let error = wish(r#"{"criticality": "SOMEHOW"}"#).unwrap_err();
        assert_eq!(
            error.to_string(),
            "criticality: got \"SOMEHOW\", expected one of CRITICAL, HIGH, MEDIUM, LOW"
        );
        assert_eq!(
            wish(r#"{"retryPolicy": {"maxAttempts": 0}}"#).unwrap_err().field,
            "retryPolicy.maxAttempts"
        );
        assert_eq!(
            wish(r#"{"modul": "qmail"}"#).unwrap_err().expected,
            "a known field; the nearest is module"
        );
    }
}
