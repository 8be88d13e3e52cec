//! Plays calls that share a retry budget.

use once_again_core::budget::{Budget, BudgetConfig, BudgetSpec, Withdrawal};
use once_again_core::classify::Host;
use once_again_core::draw::Draw;
use once_again_core::error::ConfigError;
use once_again_core::json;
use once_again_core::retry::{Failure, RetryPolicy, Step};
use once_again_core::spec::Unit;
use once_again_core::time::Tick;
use serde_json::{Value, json};

use super::classify;

pub(crate) fn run(given: &Value) -> Value {
    let config = match config(&given["rules"]) {
        Ok(config) => config,
        Err(error) => return json!({ "error": { "field": error.field, "expected": error.expected } }),
    };
    let Some(events) = given["events"].as_array() else {
        let shown = json::to_string(&config.to_spec().to_value(Unit::Micros));
        return json!({ "effective": serde_json::from_str::<Value>(&shown).unwrap() });
    };
    let mut budget = Budget::new(config);
    let replies: Vec<String> = events.iter().map(|event| reply(&mut budget, event)).collect();
    json!({ "replies": replies })
}

fn config(rules: &Value) -> Result<BudgetConfig, ConfigError> {
    BudgetSpec::read(&json::parse(rules.to_string()).expect("JSON"), Unit::Micros, "")?.try_into()
}

fn reply(budget: &mut Budget, event: &Value) -> String {
    let now = Tick::new(event["at"].as_u64().expect("a time"));
    if event["do"] == "stats" {
        let stats = budget.counters(now);
        return format!(
            "{}/{} deposits {} retries {} refused {} returned {}",
            stats.tokens, stats.capacity, stats.deposits, stats.retries, stats.refused, stats.returned
        );
    }
    let mut reply = String::new();
    for _ in 0..event["times"].as_u64().unwrap_or(1) {
        let (result, made) = call(budget, event, now);
        reply = format!("{result} {made} {}", budget.counters(now).tokens);
    }
    reply
}

/// One call, as a driver makes it; only its first sleep can be cancelled.
fn call(budget: &mut Budget, event: &Value, now: Tick) -> (&'static str, usize) {
    let mut config = json!({ "max_attempts": 3, "base": 0, "max_delay": 0, "jitter": "none" });
    for (name, value) in event["config"].as_object().into_iter().flatten() {
        config[name] = value.clone();
    }
    let config = json::parse(config.to_string()).expect("JSON");
    let policy = RetryPolicy::from_value(&config, Unit::Micros, "", "standard").expect("a valid policy");
    let attempts = event["attempts"].as_array().expect("attempts");
    let deposits_on_success = budget.config().deposit_on().name() == "success";
    budget.deposit(u64::from(!deposits_on_success));
    let (mut call, mut held, mut now) = (policy.begin(now), Withdrawal::default(), now);
    for made in 1.. {
        let attempt = attempts.get(made - 1).or(attempts.last()).expect("an attempt");
        if attempt == "ok" {
            if made > 1 {
                budget.succeeded(&mut held);
            } else {
                budget.deposit(u64::from(deposits_on_success));
            }
            return ("ok", made);
        }
        let verdict = policy.judge(&classify::signals(attempt, Host::Node));
        let failure = Failure { verdict, retry_after: None, custom_delay: None, slot: 0 };
        let step = policy.failed(&mut call, now, &failure, Draw(0));
        match budget.failed(&mut held, now, verdict, step) {
            Step::Stop(reason) => return (reason.name(), made),
            Step::Retry { .. } if event["cancelled"] == true => {
                budget.returned(&mut held);
                return ("cancelled", made);
            }
            Step::Retry { delay } => now = now.plus(delay),
        }
    }
    unreachable!("a call ends")
}
