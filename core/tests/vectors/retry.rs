//! Plays a call that fails by script, and says what a policy is.

use once_again_core::classify::{Host, Signals, retry_after};
use once_again_core::draw::Draw;
use once_again_core::error::ConfigError;
use once_again_core::json;
use once_again_core::retry::{
    Failure, RetryPolicy, RetrySpec, Step, from_environment, from_levels, presets, unit_of_levels,
};
use once_again_core::spec::{Unit, Value as Config};
use once_again_core::time::{Micros, Tick, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use super::classify;

#[derive(Deserialize)]
struct Given {
    config: Value,
    #[serde(default)]
    draws: Vec<u32>,
    #[serde(default)]
    conditions: Vec<Condition>,
    #[serde(default)]
    start: u64,
    #[serde(default)]
    service: String,
    #[serde(default)]
    operation: String,
    #[serde(default)]
    instance: String,
    attempts: Vec<Value>,
}

/// A function that agrees to a retry as long as no more than this many attempts were made.
#[derive(Deserialize)]
struct Condition {
    up_to_attempt: usize,
}

/// The last of a list that goes on for ever.
fn at<T: Clone>(list: &[T], index: usize) -> Option<T> {
    list.get(index).or(list.last()).cloned()
}

/// One call: the delays between its attempts, how many there were, and how it ended.
pub(crate) fn call(given: &Value) -> Value {
    let given: Given = serde_json::from_value(given.clone()).expect("a call");
    let (config, answers) = functions(given.config);
    let policy = policy(&config).expect("a valid policy");
    let mut now = Tick::new(given.start);
    let mut call = policy.begin(now);
    let (mut delays, mut made) = (Vec::new(), 0);
    let result = loop {
        let attempt = at(&given.attempts, made).expect("an attempt");
        made += 1;
        if attempt == "ok" {
            break "ok";
        }
        now = now.plus(Micros::new(attempt["takes"].as_u64().unwrap_or(0)));
        let mut failure = Failure {
            verdict: policy.judge(&classify::signals(&attempt, Host::Node)),
            retry_after: retry_after::read(&classify::hints(&attempt["headers"]), Timestamp::ZERO),
            custom_delay: at(&answers, made - 1).map(Micros::new),
            slot: policy.slot(&given.service, &given.operation, &given.instance).unwrap_or(0),
        };
        let draw = Draw(at(&given.draws, made - 1).unwrap_or(0));
        // Conditions are asked about what would be retried, and the policy then once more from the same state.
        let mut trial = call;
        if let Step::Retry { .. } = policy.failed(&mut trial, now, &failure, draw) {
            failure.verdict.retry &= given.conditions.iter().all(|condition| made <= condition.up_to_attempt);
        }
        match policy.failed(&mut call, now, &failure, draw) {
            Step::Retry { delay } => {
                delays.push(delay.get());
                now = now.plus(delay);
            }
            Step::Stop(stop) => break stop.name(),
        }
    };
    json!({ "delays": delays, "attempts": made, "result": result })
}

/// The configuration as core sees it, and what its backoff function answers.
fn functions(mut config: Value) -> (Value, Vec<u64>) {
    let Some(answers) = config.get_mut("custom_backoff") else { return (config, Vec::new()) };
    let function = json!({ "$opaque": "function" });
    let answers = serde_json::from_value(core::mem::replace(answers, function)).expect("a list of delays");
    (config, answers)
}

fn policy(config: &Value) -> Result<RetryPolicy, ConfigError> {
    RetryPolicy::from_value(&value(config), Unit::Micros, "", "standard")
}

fn value(config: &Value) -> Config {
    json::parse(config.to_string()).expect("JSON")
}

/// The effective policy of a configuration, and how many warnings it gives.
pub(crate) fn config(given: &Value) -> Value {
    match policy(&given["config"]) {
        Ok(policy) => json!({ "effective": shown(&policy.to_spec()), "warnings": policy.warnings().len() }),
        Err(error) => refused(&error),
    }
}

/// The effective policy of a preset, or the preset that is meant.
pub(crate) fn preset(given: &Value) -> Value {
    let spec = match given["preset"].as_str() {
        Some(name) => presets::named(name),
        None => presets::resolve(&value(&given["choose"]), Unit::Micros, ""),
    };
    match spec {
        Ok(spec) => {
            let same = |name: &&&str| {
                presets::named(name).is_ok_and(|preset| {
                    preset == RetrySpec { total_timeout: preset.total_timeout, ..spec.clone() }
                })
            };
            let policy = RetryPolicy::try_from(spec.clone()).expect("a valid policy");
            json!({
                "effective": shown(&policy.to_spec()),
                "preset": presets::NAMES.iter().find(same),
                "total_timeout": spec.total_timeout.map(Micros::get),
            })
        }
        Err(error) => refused(&error),
    }
}

/// The effective policy of a level, of the environment, or of a pool's manager.
pub(crate) fn source(given: &Value) -> Value {
    let spec = if let Some(level) = given["level"].as_str() {
        let table = value(&given["levels"]);
        unit_of_levels(&table, Unit::Micros).and_then(|unit| from_levels(&table, level, unit))
    } else if let Some(operation) = given["operation"].as_str() {
        Ok(presets::for_operation(operation))
    } else {
        let variables = &given["variables"];
        let written = RetrySpec::read(&value(&given["config"]), Unit::Micros, "").expect("arguments");
        let preset = presets::named(given["preset"].as_str().unwrap_or("q.standard")).expect("a preset");
        from_environment(|name| variables[name].as_str()).map(|found| written.or(&found).or(&preset))
    };
    match spec.and_then(RetryPolicy::try_from) {
        Ok(policy) => json!({ "effective": shown(&policy.to_spec()) }),
        Err(error) => refused(&error),
    }
}

fn shown(spec: &RetrySpec) -> Value {
    serde_json::from_str(&json::to_string(&spec.to_value(Unit::Micros))).expect("JSON")
}

fn refused(error: &ConfigError) -> Value {
    json!({ "error": { "field": error.field } })
}

/// What the signals of a failure mean to STANDARD.
pub(crate) fn judged(signals: &Signals<'_>) -> Value {
    let standard = RetryPolicy::try_from(presets::STANDARD.spec()).expect("a valid policy");
    let verdict = standard.judge(signals);
    json!({ "kind": verdict.kind.name(), "retried": verdict.retry, "free": verdict.free, "counted": verdict.speaks_against_service() })
}
