//! Plays the shared vectors through this package: what core decides reaches the caller unchanged.

use serde::Deserialize;
use serde_json::Value;
use std::fs;
use std::path::Path;

#[path = "vectors/action.rs"]
mod action;
#[path = "vectors/breaker.rs"]
mod breaker;
#[cfg(feature = "http")]
#[path = "vectors/http.rs"]
mod http;
#[path = "../../core/tests/vectors/notation.rs"]
mod notation;
#[path = "vectors/record.rs"]
mod record;
#[path = "vectors/retry.rs"]
mod retry;
#[path = "vectors/store.rs"]
mod store;

#[derive(Deserialize)]
struct Index {
    version: u32,
    files: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    file: String,
    module: String,
    cases: usize,
}

#[derive(Deserialize)]
struct File {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    given: Value,
    expect: Value,
}

/// `given` and `expect` in, what a caller saw out; `None` for a case that no program of these types can say.
type Play = fn(&Value, &Value) -> Option<Value>;

/// Who plays a module. The rest is core's alone, or not part of this package.
fn player(module: &str) -> Option<Play> {
    match module {
        "time" | "draw" | "backoff" | "jitter" | "retry.machine" | "slots" => {
            Some(|given, _| Some(retry::call(given)))
        }
        "idempotency.action" => Some(|given, _| action::calls(given)),
        "classify.retry_after" => Some(|given, expect| Some(retry::wait(given, expect))),
        "breaker.window" | "breaker.machine" | "breaker.manual" | "breaker.presets" => {
            Some(|given, _| breaker::run(given))
        }
        #[cfg(feature = "http")]
        "idempotency.key" | "http.request" | "http.options" | "http.answer" | "http.headers"
        | "http.problem" => Some(|given, _| http::run(given)),
        "idempotency.record" => Some(|given, _| Some(record::record(given))),
        "idempotency.outcome" => Some(|given, _| Some(record::outcome(given))),
        "store" | "store.memory" => Some(|given, _| Some(store::run(given))),
        _ => None,
    }
}

fn read<T: for<'de> Deserialize<'de>>(file: &str) -> T {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors").join(file);
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&notation::spell_out(&text))
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Everything that `expect` names is in `answer` with the same value; null is the value of a field that is absent.
fn holds(expect: &Value, answer: &Value) -> bool {
    match (expect, answer) {
        (Value::Object(expect), Value::Object(answer)) => {
            expect.iter().all(|(key, expect)| holds(expect, answer.get(key).unwrap_or(&Value::Null)))
        }
        (Value::Array(expect), Value::Array(answer)) => {
            expect.len() == answer.len()
                && expect.iter().zip(answer).all(|(expect, answer)| holds(expect, answer))
        }
        _ => expect == answer,
    }
}

#[test]
fn every_case_gives_the_expected_answer() {
    let index: Index = read("index.json");
    assert_eq!(index.version, 1, "the version of the vectors");
    let (mut played, mut unsaid, mut wrong) = (0, 0, Vec::new());
    for entry in index.files {
        let Some(play) = player(&entry.module) else { continue };
        let file: File = read(&entry.file);
        assert_eq!(file.cases.len(), entry.cases, "{}: its number of cases", entry.file);
        for Case { name, given, expect } in file.cases {
            match play(&given, &expect) {
                Some(answer) if holds(&expect, &answer) => played += 1,
                Some(answer) => {
                    wrong.push(format!("{}: {name}\n  expected {expect}\n  answered {answer}", entry.file));
                }
                None => unsaid += 1,
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n"));
    println!("{played} cases; {unsaid} that no program of these types can say");
    assert!(unsaid * 8 < played, "{unsaid} of {played} cases were not played");
}
