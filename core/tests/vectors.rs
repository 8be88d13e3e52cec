//! The Rust runner of `tests/vectors`: every language reads the same files and must give the same answers.

#![expect(clippy::disallowed_macros, reason = "where the files are is known when the tests are compiled")]

use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

#[path = "vectors/breaker.rs"]
mod breaker;

#[derive(Deserialize)]
struct Entry {
    file: String,
    module: String,
    cases: usize,
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
    let index: Vec<Entry> = read("index.json");
    let mut wrong = Vec::new();
    for entry in index {
        let run = match entry.module.as_str() {
            "breaker.config" | "breaker.window" | "breaker.machine" | "breaker.manual" => breaker::run,
            other => panic!("no runner for module {other}"),
        };
        let file: File = read(&entry.file);
        assert_eq!(file.module, entry.module, "{}: its module", entry.file);
        assert_eq!(file.cases.len(), entry.cases, "{}: its number of cases", entry.file);
        for case in file.cases {
            let answer = run(&case.given);
            if !holds(&case.expect, &answer) {
                wrong.push(format!(
                    "{}: {}\n  expected {}\n  answered {answer}",
                    entry.file, case.name, case.expect
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n"));
}
