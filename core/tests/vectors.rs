//! The Rust runner of `tests/vectors`: every language reads the same files and must give the same answers.

#![expect(clippy::disallowed_macros, reason = "where the files are is known when the tests are compiled")]

use std::fs;
use std::path::Path;

use notation::{bytes, spell_out};
use once_again_core::classify::Host;
use serde::Deserialize;
use serde_json::Value;

#[path = "vectors/action.rs"]
mod action;
#[path = "vectors/breaker.rs"]
mod breaker;
#[path = "vectors/budget.rs"]
mod budget;
#[path = "vectors/classify.rs"]
mod classify;
#[path = "vectors/dead_letter.rs"]
mod dead_letter;
#[path = "vectors/fingerprint.rs"]
mod fingerprint;
#[path = "vectors/http.rs"]
mod http;
#[path = "vectors/idempotency.rs"]
mod idempotency;
#[path = "vectors/notation.rs"]
mod notation;
#[path = "vectors/outbox.rs"]
mod outbox;
#[path = "vectors/redirect.rs"]
mod redirect;
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
    hosts: Vec<String>,
}

#[derive(Deserialize)]
struct File {
    module: String,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    given: Value,
    expect: Value,
}

fn read<T: for<'de> Deserialize<'de>>(file: &str) -> T {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors").join(file);
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&spell_out(&text)).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Plays a case: `given` and `expect` in, what went wrong out.
type Run = fn(&Value, &Value) -> Result<(), String>;

/// Who plays a module. One line per module.
fn runner(module: &str) -> Run {
    match module {
        "breaker.config" | "breaker.window" | "breaker.machine" | "breaker.manual" | "breaker.presets" => {
            |given, expect| answers(expect, &breaker::run(given))
        }
        "time" | "draw" | "backoff" | "jitter" | "retry.machine" | "slots" => {
            |given, expect| answers(expect, &retry::call(given))
        }
        "budget" => |given, expect| answers(expect, &budget::run(given)),
        "retry.policy" => |given, expect| answers(expect, &retry::config(given)),
        "retry.sources" => |given, expect| answers(expect, &retry::source(given)),
        "retry.presets" => |given, expect| answers(expect, &retry::preset(given)),
        "classify" => |given, expect| {
            let hosts = [Host::Node, Host::Browser, Host::Python, Host::Rust];
            answers(expect, &classify::kind(given, &hosts))
        },
        "classify.javascript" => {
            |given, expect| answers(expect, &classify::kind(given, &[Host::Node, Host::Browser]))
        }
        "classify.python" => |given, expect| answers(expect, &classify::kind(given, &[Host::Python])),
        "classify.rust" => |given, expect| answers(expect, &classify::kind(given, &[Host::Rust])),
        "classify.http" => |given, expect| answers(expect, &classify::http(given)),
        "classify.retry_after" => |given, expect| answers(expect, &classify::wait(given)),
        "idempotency.action" => |given, expect| answers(expect, &action::run(given)),
        "http.redirect" => |given, expect| answers(expect, &redirect::run(given)),
        "outbox" => |given, expect| answers(expect, &outbox::run(given)),
        "dead_letter" => |given, expect| answers(expect, &dead_letter::run(given)),
        "idempotency.machine" => |given, expect| answers(expect, &idempotency::machine(given)),
        "idempotency.outcome" => |given, expect| answers(expect, &idempotency::outcome(given)),
        "idempotency.record" => |given, expect| answers(expect, &idempotency::record(given)),
        "store" | "store.memory" => |given, expect| answers(expect, &store::run(given)),
        "classify.answer" => |given, expect| answers(expect, &classify::answer(given)),
        "error" => |given, expect| answers(expect, &classify::error(given)),
        "fingerprint" | "fingerprint.canonical" | "fingerprint.number" => fingerprint::check,
        "idempotency.key" | "http.request" | "http.options" | "http.answer" | "http.headers"
        | "http.problem" | "http.wire" => |given, expect| answers(expect, &http::run(given)),
        other => panic!("no runner for module {other}"),
    }
}

fn answers(expect: &Value, answer: &Value) -> Result<(), String> {
    if holds(expect, answer) { Ok(()) } else { Err(format!("expected {expect}\n  answered {answer}")) }
}

/// Everything that `expect` names is in `answer` with the same value; fields it does not name are free, and null is the
/// value of one that is absent. Lists hold item by item.
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
    let mut wrong = Vec::new();
    for entry in index.files.iter().filter(|entry| entry.hosts.iter().any(|host| host == "rust")) {
        let run = runner(&entry.module);
        let file: File = read(&entry.file);
        assert_eq!(file.module, entry.module, "{}: its module", entry.file);
        assert_eq!(file.cases.len(), entry.cases, "{}: its number of cases", entry.file);
        for case in file.cases {
            if let Err(difference) = run(&case.given, &case.expect) {
                wrong.push(format!("{}: {}\n  {difference}", entry.file, case.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_file_is_listed() {
    let index: Index = read("index.json");
    let mut listed: Vec<_> = index.files.into_iter().map(|entry| entry.file).collect();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors");
    let mut present: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
        .filter(|file| file != "index.json")
        .collect();
    listed.sort();
    present.sort();
    assert_eq!(present, listed);
}
