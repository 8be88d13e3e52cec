//! Plays calls of a function that runs once, over one memory store.

use once_again_core::draw::Draw;
use once_again_core::error::Code;
use once_again_core::fingerprint::{Fingerprint, Options, Parts};
use once_again_core::idempotency::action::{ActionConfig, Ended, Told};
use once_again_core::idempotency::key::KeyError;
use once_again_core::idempotency::machine::{Action, Event, Run};
use once_again_core::idempotency::record::Owner;
use once_again_core::json;
use once_again_core::spec::Unit;
use once_again_core::store::memory::{MemoryConfig, MemoryStore};
use once_again_core::time::{Tick, Timestamp};
use serde_json::{Value, json};

pub(crate) fn run(given: &Value) -> Value {
    let options = json::parse(given["options"].to_string()).expect("JSON");
    let config = match ActionConfig::read(&options, Unit::Micros, "") {
        Ok(config) => config,
        Err(error) => return json!({ "error": { "field": error.field } }),
    };
    let mut store = MemoryStore::new(MemoryConfig::default());
    let calls = given["calls"].as_array().expect("calls");
    let seen: Vec<Value> =
        calls.iter().enumerate().map(|(number, call)| play(&config, &mut store, call, number)).collect();
    json!({ "calls": seen })
}

fn play(config: &ActionConfig, store: &mut MemoryStore, call: &Value, number: usize) -> Value {
    let at = call["at"].as_u64().unwrap_or(0);
    let (now, wall_now) = (Tick::new(at), Timestamp::new(at));
    let text = call["input"].to_string();
    let options = Options { selection: config.selection().clone(), ..Options::default() };
    let content = Fingerprint::of_json(&Parts::default(), text.as_bytes(), &options);
    let Ok(claim) = config.claim(call["key"].as_str(), content) else { return refused(KeyError::CODE) };
    let key = claim.key.to_string();
    let ended = || match call["throws"].as_str() {
        Some(message) => Ended::Threw(Some(json!({ "message": message }).to_string().into_bytes())),
        None => Ended::Returned(Some(call["answer"].to_string().into_bytes())),
    };
    let made = match call["throws"].as_str() {
        Some(message) => json!({ "ran": true, "threw": message }),
        None => json!({ "ran": true, "output": call["answer"], "replay": false, "key": key }),
    };
    if !config.enabled() {
        return made;
    }
    let owner = Owner([u8::try_from(number).expect("few calls"); 16]);
    let mut run = Run::new(config.run_config(), claim.key, claim.fingerprint, None, owner, false, now);
    let mut event = Event::Start;
    loop {
        let action = run.handle(now, event, Draw(0));
        match &action {
            Action::Apply { ticket, op } => {
                event = Event::Reply { ticket: *ticket, reply: store.apply(wall_now, op) };
            }
            Action::Execute { .. } => event = Event::Finished { ending: config.ending(ended()) },
            _ => return told(&action, &key).unwrap_or(made),
        }
    }
}

/// What took the place of the call's own end.
fn told(action: &Action, key: &str) -> Option<Value> {
    let parsed = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).expect("JSON");
    Some(match Told::of(action)? {
        Told::Returned(text) => json!({ "ran": false, "output": parsed(&text), "replay": true, "key": key }),
        Told::Threw(text) => json!({ "ran": false, "threw": parsed(&text)["message"] }),
        Told::Refused(refusal) => refused(refusal.code),
        Told::Uncertain => unreachable!("a memory store answers"),
    })
}

fn refused(code: Code) -> Value {
    json!({ "ran": false, "error": code.name() })
}
