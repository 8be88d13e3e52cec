//! The Rust runner of `tests/vectors`: every language reads the same files and must give the same answers.

#![expect(clippy::disallowed_macros, reason = "where the files are is known when the tests are compiled")]

use std::fs;
use std::path::Path;

use once_again_core::classify::Host;
use serde::Deserialize;
use serde_json::Value;

#[path = "vectors/breaker.rs"]
mod breaker;
#[path = "vectors/classify.rs"]
mod classify;
#[path = "vectors/fingerprint.rs"]
mod fingerprint;
#[path = "vectors/retry.rs"]
mod retry;

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
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Plays a case: `given` and `expect` in, what went wrong out.
type Run = fn(&Value, &Value) -> Result<(), String>;

/// Who plays a module. One line per module.
fn runner(module: &str) -> Run {
    match module {
        "breaker.config" | "breaker.window" | "breaker.machine" | "breaker.manual" => {
            |given, expect| answers(expect, &breaker::run(given))
        }
        "time" | "draw" | "backoff" | "jitter" | "retry.machine" => {
            |given, expect| answers(expect, &retry::call(given))
        }
        "retry.policy" => |given, expect| answers(expect, &retry::config(given)),
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
        "error" => |given, expect| answers(expect, &classify::error(given)),
        "fingerprint" | "fingerprint.canonical" | "fingerprint.number" => fingerprint::check,
        other => panic!("no runner for module {other}"),
    }
}

fn answers(expect: &Value, answer: &Value) -> Result<(), String> {
    if holds(expect, answer) { Ok(()) } else { Err(format!("expected {expect}\n  answered {answer}")) }
}

/// Everything that `expect` names is in `answer` with the same value; fields it does not name are free.
fn holds(expect: &Value, answer: &Value) -> bool {
    match (expect, answer) {
        (Value::Object(expect), Value::Object(answer)) => {
            expect.iter().all(|(key, expect)| answer.get(key).is_some_and(|answer| holds(expect, answer)))
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
