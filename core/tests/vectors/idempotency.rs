//! Records as bytes, and one run under a key as events and actions.

use once_again_core::draw::Draw;
use once_again_core::fingerprint::{Alg, Fingerprint};
use once_again_core::hex;
use once_again_core::idempotency::machine::{Event, Run, RunConfig, RunSpec};
use once_again_core::idempotency::record::{Body, Outcome, Owner, Record, RecordKey};
use once_again_core::json;
use once_again_core::spec::Unit;
use once_again_core::time::Tick;
use serde_json::{Value, json};

use super::bytes;

pub(crate) fn record(given: &Value) -> Value {
    let stored = bytes(&given["record"]).unwrap();
    match Record::decode(&stored) {
        Ok(record) => {
            assert_eq!(record.encode(), stored, "one record has one encoding");
            let mut answer = serde_json::to_value(&record).unwrap();
            answer["checkpoint"] = json!(record.checkpoint.as_deref().map(hex::encode));
            answer["outcome"] = json!(record.outcome.as_deref().map(hex::encode));
            answer
        }
        Err(error) => json!({ "error": error.to_string() }),
    }
}

pub(crate) fn outcome(given: &Value) -> Value {
    let stored = bytes(&given["outcome"]).unwrap();
    match Outcome::decode(&stored) {
        Ok(outcome) => {
            assert_eq!(outcome.encode(), stored, "one outcome has one encoding");
            let body = if let Body::Kept(body) = &outcome.body { Some(hex::encode(body)) } else { None };
            json!({ "kind": outcome.kind, "status": outcome.status, "headers": outcome.headers, "body": body })
        }
        Err(error) => json!({ "error": error.to_string() }),
    }
}

pub(crate) fn machine(given: &Value) -> Value {
    let config = json::parse(given["config"].to_string()).unwrap();
    let config = RunConfig::try_from(RunSpec::read(&config, Unit::Micros, "").unwrap()).unwrap();
    let mut run = Run::new(
        &config,
        RecordKey([0xa1; 32]),
        Fingerprint::new(Alg::Jcs, [0xf1; 32]),
        None,
        Owner([1; 16]),
        given["derived"] == true,
        Tick::ZERO,
    );
    let actions = given["events"].as_array().unwrap().iter().map(|event| {
        let mut text = event.clone();
        let fields = text.as_object_mut().unwrap();
        let at = fields.remove("at").and_then(|at| at.as_u64()).unwrap();
        let draw = fields.remove("draw").map_or(0, |draw| draw.as_u64().unwrap());
        let payload = fields.remove("payload").and_then(|payload| bytes(&payload));
        let event = Event::from_wire(&text.to_string(), payload).unwrap();
        let action = run.handle(Tick::new(at), event, Draw(u32::try_from(draw).unwrap()));
        let (text, payload) = action.to_wire();
        let mut answer: Value = serde_json::from_str(&text).unwrap();
        answer["payload"] = json!(payload.map(|payload| hex::encode(&payload)));
        answer["deadline"] = json!(run.deadline());
        answer
    });
    json!({ "actions": actions.collect::<Vec<_>>() })
}
