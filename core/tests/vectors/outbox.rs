//! Which writes of an outbox are sent next, and what becomes of one that was sent.

use once_again_core::classify::{Host, HttpSignals, Signals};
use once_again_core::draw::Draw;
use once_again_core::json;
use once_again_core::outbox::{Counts, Fate, Full, OutboxConfig, Sending, Waiting};
use once_again_core::retry::{RetryPolicy, RetrySpec};
use once_again_core::spec::Unit;
use once_again_core::time::{Micros, Timestamp};
use serde_json::{Value, json};

pub(crate) fn run(given: &Value) -> Value {
    let config = json::parse(given["config"].to_string()).unwrap();
    let config = OutboxConfig::read(&config, Unit::Micros, "").unwrap();
    if given.get("writes").is_some() {
        plan(&config, given)
    } else if given.get("sending").is_some() {
        settle(&config, given)
    } else {
        let full = config.admit(number(given, "records"), number(given, "bytes"), number(given, "size"));
        json!({ "full": full.map(Full::name) })
    }
}

fn plan(config: &OutboxConfig, given: &Value) -> Value {
    let waiting: Vec<Waiting> = given["writes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|write| Waiting {
            origin: write["origin"].as_str().unwrap().into(),
            made_at: Timestamp::new(number(write, "made_at")),
            failed_at: write["failed_at"].as_u64().map(Timestamp::new),
            wait: Micros::new(number(write, "wait")),
            busy: write["busy"] == true,
        })
        .collect();
    let [now, asked_at] = ["now", "asked_at"].map(|field| Timestamp::new(number(given, field)));
    let plan = config.plan(&waiting, now, given["offline"] != true, asked_at);
    json!({ "send": plan.send, "expired": plan.expired, "wake": plan.wake.map(Micros::get) })
}

fn settle(config: &OutboxConfig, given: &Value) -> Value {
    let sending = &given["sending"];
    let text = |field: &str| sending[field].as_str().map(|text| text.to_owned().into());
    let status = sending["status"].as_u64().map(|status| status.try_into().unwrap());
    let http = HttpSignals {
        method: text("method").unwrap(),
        has_key: true,
        replayed: sending["replayed"] == true,
        problem_type: text("problem_type"),
        ..HttpSignals::default()
    };
    let signals = Signals { kind: text("kind"), status, http: Some(http), ..Signals::new(Host::Browser) };
    let policy = RetryPolicy::try_from(RetrySpec::default()).unwrap();
    let sending = Sending {
        status,
        verdict: policy.judge(&signals),
        retry_after: sending["retry_after"].as_u64().map(Micros::new),
        watched: given["watched"] == true,
    };
    let [failures, answers, draw] =
        ["failures", "answers", "draw"].map(|field| u32::try_from(number(given, field)).unwrap());
    match config.settle(Counts { failures, answers }, &sending, Draw(draw)) {
        Fate::Settled => json!({ "fate": "settled" }),
        Fate::Dead(death) => json!({ "fate": "dead", "reason": death.name() }),
        Fate::Later { wait, counts } => json!({
            "fate": "later", "wait": wait.get(), "failures": counts.failures, "answers": counts.answers,
        }),
    }
}

/// A number, 0 unless given.
fn number(given: &Value, field: &str) -> u64 {
    given[field].as_u64().unwrap_or(0)
}
