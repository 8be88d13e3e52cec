//! Which calls become dead letters, and how a box of them answers.

use once_again_core::classify::{Host, Kind};
use once_again_core::dead_letter::{BoxConfig, DeadLetterBox, Ending};
use once_again_core::draw::Draw;
use once_again_core::json;
use once_again_core::retry::{Failure, RetryPolicy, Step};
use once_again_core::spec::Unit;
use once_again_core::time::{Micros, Tick};
use serde_json::{Value, json};

use super::classify;

pub(crate) fn run(given: &Value) -> Value {
    if given.get("events").is_some() { letters(given) } else { call(given) }
}

/// One call, and the letter it leaves.
fn call(given: &Value) -> Value {
    let config = json::parse(given["config"].to_string()).unwrap();
    let policy = RetryPolicy::from_value(&config, Unit::Micros, "", "standard").unwrap();
    let attempts = given["attempts"].as_array().unwrap();
    let cancelled_in = given["cancelled_in_attempt"].as_u64();
    let mut now = Tick::ZERO;
    let mut call = policy.begin(now);
    let mut made = 0;
    let ending = loop {
        let attempt = attempts.get(made).or(attempts.last()).unwrap();
        made += 1;
        if attempt == "ok" {
            break Ending::Succeeded;
        }
        if cancelled_in == Some(made as u64) {
            break Ending::Cancelled;
        }
        now = now.plus(Micros::new(attempt["takes"].as_u64().unwrap_or(0)));
        let mut verdict = policy.judge(&classify::signals(attempt, Host::Node));
        verdict.retry &= given["veto"] != true;
        let failure = Failure { verdict, retry_after: None, custom_delay: None, slot: 0 };
        match policy.failed(&mut call, now, &failure, Draw(0)) {
            Step::Retry { delay } => now = now.plus(delay),
            Step::Stop(_) => break Ending::GivenUp(verdict.kind),
        }
    };
    let kind = if let Ending::GivenUp(kind) = ending { Some(kind) } else { None };
    let letter =
        policy.dead_letter(ending).then(|| json!({ "kind": kind.map(Kind::name), "attempts": made }));
    json!({ "letter": letter })
}

fn letters(given: &Value) -> Value {
    let config = json::parse(given["config"].to_string()).unwrap();
    let mut letters = DeadLetterBox::new(BoxConfig::read(&config, "").unwrap());
    let replies = given["events"].as_array().unwrap().iter().map(|event| {
        let id = event["id"].as_str().unwrap_or_default();
        match event["do"].as_str().unwrap() {
            "put" => {
                let letter = event["attempts"].as_u64().unwrap_or(1);
                json!(letters.put(id, json!([id, letter]).to_string()).name())
            }
            "get" => read(letters.get(id)),
            "list" => {
                let limit = event["limit"].as_u64().unwrap_or(u64::MAX);
                letters.list(usize::try_from(limit).unwrap()).map(|letter| read(Some(letter))).collect()
            }
            "remove" => json!(letters.remove(id)),
            "stats" => serde_json::to_value(letters.stats()).unwrap(),
            other => panic!("no event {other}"),
        }
    });
    json!({ "replies": replies.collect::<Vec<_>>() })
}

/// A letter as `[id, attempts]`.
fn read(letter: Option<&str>) -> Value {
    letter.map_or(Value::Null, |letter| serde_json::from_str(letter).unwrap())
}
