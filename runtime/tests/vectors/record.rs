//! What stores keep, as a store of one's own reads and writes it.

use crate::notation::bytes;
use once_again::storage::{Body, Outcome, Record};
use serde_json::{Value, json};

pub(crate) fn record(given: &Value) -> Value {
    let stored = bytes(&given["record"]).unwrap();
    match Record::decode(&stored) {
        Ok(record) => {
            let mut answer = serde_json::to_value(&record).unwrap();
            answer["checkpoint"] = digits(record.checkpoint.as_deref());
            answer["outcome"] = digits(record.outcome.as_deref());
            written_again(answer, &record.encode(), &stored)
        }
        Err(error) => json!({ "error": error.to_string() }),
    }
}

pub(crate) fn outcome(given: &Value) -> Value {
    let stored = bytes(&given["outcome"]).unwrap();
    match Outcome::decode(&stored) {
        Ok(outcome) => {
            let body = if let Body::Kept(body) = &outcome.body { Some(&**body) } else { None };
            let Outcome { kind, status, headers, .. } = &outcome;
            let answer = json!({ "kind": kind, "status": status, "headers": headers, "body": digits(body) });
            written_again(answer, &outcome.encode(), &stored)
        }
        Err(error) => json!({ "error": error.to_string() }),
    }
}

/// The answer, unless what was read is written as other bytes.
fn written_again(answer: Value, written: &[u8], stored: &[u8]) -> Value {
    if written == stored { answer } else { json!({ "writtenAgain": digits(Some(written)) }) }
}

fn digits(bytes: Option<&[u8]>) -> Value {
    json!(bytes.map(|bytes| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()))
}
