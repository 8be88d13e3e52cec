//! One call that fails by script, through `Retry`.

use once_again::retry::{JitterType, KindRule, RetryPolicyBuilder, Strategy};
use once_again::testing::VirtualClock;
use once_again::{Facts, Kind, Retry, RetryPolicy};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

#[derive(Deserialize)]
struct Given {
    config: Value,
    #[serde(default)]
    draws: Vec<u32>,
    #[serde(default)]
    conditions: Vec<Condition>,
    attempts: Vec<Value>,
    service: Option<String>,
    operation: Option<String>,
    instance: Option<String>,
}

#[derive(Clone, Copy, Deserialize)]
struct Condition {
    up_to_attempt: u32,
}

/// The last of a list that goes on for ever.
fn at<T>(list: &[T], index: usize) -> Option<&T> {
    list.get(index).or(list.last())
}

fn micros(value: &Value) -> Duration {
    value.as_u64().map_or_else(
        // A fraction of a microsecond.
        || Duration::from_secs_f64(value.as_f64().expect("microseconds") / 1e6),
        Duration::from_micros,
    )
}

fn small(value: &Value) -> u32 {
    u32::try_from(value.as_u64().expect("a number")).expect("a small number")
}

fn words(value: &Value) -> Vec<String> {
    serde_json::from_value(value.clone()).expect("a list of words")
}

/// The policy, written with the builder.
fn policy(config: &Value) -> RetryPolicy {
    let mut builder = RetryPolicy::builder();
    let config = config.as_object().expect("an object");
    let multiplier = config.get("multiplier").map_or(2.0, |value| value.as_f64().expect("a number"));
    let strategy = config.get("strategy").map(|name| Strategy::from_name(name.as_str().unwrap()).unwrap());
    builder = match strategy {
        None | Some(Strategy::Exponential) if config.contains_key("schedule") => builder,
        None | Some(Strategy::Exponential) if config.contains_key("custom_backoff") => builder,
        None | Some(Strategy::Exponential) => builder.exponential(multiplier),
        Some(Strategy::Linear) => builder.linear(multiplier),
        Some(Strategy::Fixed) => builder.fixed(),
        Some(Strategy::Fibonacci) => builder.fibonacci(),
        Some(Strategy::Schedule | Strategy::Custom) => builder,
    };
    for (field, value) in config {
        builder = set(builder, field, value);
    }
    // Slots are on when they are given to a builder, so those of a policy that has them off are not.
    if config.get("coordination_enabled") == Some(&json!(true)) {
        let count = config.get("slot_count").map_or(10, small);
        builder = builder.slots(count, config.get("slot_width").map_or(Duration::from_millis(100), micros));
    }
    builder.build().expect("a valid policy")
}

fn set(builder: RetryPolicyBuilder, field: &str, value: &Value) -> RetryPolicyBuilder {
    match field {
        "max_attempts" => builder.max_attempts(small(value)),
        "base" | "initial_delay" => builder.base_delay(micros(value)),
        "max_delay" => builder.max_delay(micros(value)),
        "schedule" => builder.schedule(value.as_array().unwrap().iter().map(micros)),
        "custom_backoff" => {
            let answers: Vec<_> = value.as_array().unwrap().iter().map(micros).collect();
            builder.custom_backoff(move |attempt, _| *at(&answers, attempt as usize - 1).unwrap())
        }
        "jitter" if value == true => builder.jitter(JitterType::Full),
        "jitter" if value == false => builder.jitter(JitterType::None),
        "jitter" => builder.jitter(JitterType::from_name(value.as_str().unwrap()).unwrap()),
        "deviation" => builder.jitter_deviation(value.as_f64().unwrap()),
        "attempt_timeout" => builder.attempt_timeout(micros(value)),
        "total_timeout" => builder.total_timeout(micros(value)),
        "max_retry_after" => builder.max_retry_after(micros(value)),
        "retry_on" => builder.retry_on(words(value)),
        "never_on" => builder.never_on(words(value)),
        "retry_statuses" => {
            builder.retry_statuses(value.as_array().unwrap().iter().map(|s| u16::try_from(small(s)).unwrap()))
        }
        "per_kind" => value.as_object().unwrap().iter().fold(builder, |builder, (kind, rule)| {
            builder.per_kind(Kind::from_name(kind).unwrap(), kind_rule(rule))
        }),
        // Read together with the strategy and the slots.
        "strategy" | "multiplier" | "slot_count" | "slot_width" | "coordination_enabled" => builder,
        other => panic!("no builder method for {other}"),
    }
}

fn kind_rule(rule: &Value) -> KindRule {
    if rule.is_number() {
        return KindRule::new().max_attempts(small(rule));
    }
    rule.as_object().unwrap().iter().fold(KindRule::new(), |kind, (field, value)| match field.as_str() {
        "max_attempts" => kind.max_attempts(small(value)),
        "base" => kind.base_delay(micros(value)),
        "max_delay" => kind.max_delay(micros(value)),
        "strategy" => kind.strategy(Strategy::from_name(value.as_str().unwrap()).unwrap()),
        "multiplier" => kind.multiplier(value.as_f64().unwrap()),
        other => panic!("no method of a kind's rule for {other}"),
    })
}

/// What the error of a case says about itself.
fn facts(error: &Value) -> Facts {
    let text = |field: &str| error[field].as_str().map(str::to_owned);
    let mut facts = Facts::from(text("kind").and_then(|kind| Kind::from_name(&kind)));
    if let Some(code) = text("code") {
        facts = facts.code(code);
    }
    if let Some(status) = error["status"].as_u64() {
        facts = facts.status(status.try_into().unwrap());
    }
    if let Some(errno) = error["errno"].as_i64() {
        facts = facts.errno(errno.try_into().unwrap());
    }
    for name in error["names"].as_array().into_iter().flatten() {
        facts = facts.name(name.as_str().unwrap().to_owned());
    }
    headers(facts, &error["headers"])
}

fn headers(facts: Facts, headers: &Value) -> Facts {
    headers.as_object().into_iter().flatten().fold(facts, |facts, (name, value)| match value.as_str() {
        Some(value) => facts.header(name, value),
        None => facts,
    })
}

/// Runs a future that waits for nothing outside this thread.
fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

/// One call: the delays between its attempts, how many there were, and how it ended.
pub(crate) fn call(given: &Value) -> Value {
    let given: Given = serde_json::from_value(given.clone()).expect("a call");
    let clock = VirtualClock::no_sleep();
    let (draws, next) = (given.draws, AtomicUsize::new(0));
    let draw = move || at(&draws, next.fetch_add(1, Ordering::Relaxed)).copied().unwrap_or(0);
    let mut retry = Retry::new(policy(&given.config))
        .classify(|error: &Value| facts(error))
        .clock(clock.clone())
        .entropy(draw);
    for Condition { up_to_attempt } in given.conditions {
        retry = retry.when(move |_, attempt| attempt <= up_to_attempt);
    }
    if let Some(operation) = &given.operation {
        retry = retry.name(operation);
    }
    if let (Some(service), Some(instance)) = (&given.service, &given.instance) {
        retry = retry.caller(service, instance);
    }
    // When each attempt began and ended.
    let times = Arc::new(Mutex::new(Vec::new()));
    let ended = run(retry.run(|attempt| {
        let (clock, times) = (clock.clone(), times.clone());
        let script = at(&given.attempts, attempt.number() as usize - 1).expect("an attempt").clone();
        async move {
            let began = clock.elapsed();
            tokio::task::yield_now().await;
            clock.advance(Duration::from_micros(script["takes"].as_u64().unwrap_or(0)));
            times.lock().unwrap().push((began, clock.elapsed()));
            if script == "ok" { Ok(()) } else { Err(script) }
        }
    }));
    let times = times.lock().unwrap();
    let delays: Vec<_> =
        times.windows(2).map(|pair| pair[1].0.saturating_sub(pair[0].1).as_micros()).collect();
    let result = ended.map_or_else(|error| error.reason().name(), |()| "ok");
    json!({ "delays": delays, "attempts": times.len(), "result": result })
}

/// How long a failure with these headers makes a call wait that would not wait by itself.
pub(crate) fn wait(given: &Value, expect: &Value) -> Value {
    let now = SystemTime::UNIX_EPOCH + micros(&given["now"]);
    let clock = VirtualClock::no_sleep().at(now);
    let policy = RetryPolicy::builder()
        .max_attempts(2)
        .base_delay(Duration::ZERO)
        .max_delay(Duration::ZERO)
        .jitter(JitterType::None)
        .max_retry_after(Duration::from_secs(365 * 86_400))
        .build()
        .expect("a valid policy");
    let answer = given["headers"].clone();
    let retry = Retry::new(policy)
        .classify(move |()| headers(Facts::from(Kind::Server), &answer))
        .clock(clock.clone());
    run(retry.run(|_| std::future::ready(Err::<(), _>(())))).expect_err("it fails twice");
    match clock.slept().first() {
        Some(slept) => json!({ "wait": slept.as_micros() }),
        // A wait of nothing is no sleep, so a caller cannot tell it from none.
        None if expect["wait"] == 0 => json!({ "wait": 0 }),
        None => json!({ "wait": null }),
    }
}
