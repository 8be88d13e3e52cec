//! Records, outcomes and breakers' snapshots as version 1 wrote them: what is kept today must be readable for ever, byte for
//! byte.

#![expect(clippy::disallowed_macros, reason = "where the files are is known when the tests are compiled")]

use std::fs;
use std::path::{Path, PathBuf};

use once_again_core::breaker::{Breaker, BreakerConfig, BreakerSpec, Snapshot, State, WindowSpec};
use once_again_core::idempotency::record::{Body, Outcome, Record, RecordError};
use once_again_core::json;
use once_again_core::time::{Micros, Tick};
use proptest::prelude::*;
use serde_json::Value;

fn golden(prefix: &str) -> Vec<(PathBuf, Vec<u8>, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/golden/v1");
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| {
        path.extension().is_some_and(|extension| extension == "hex")
            && path.file_name().unwrap().to_str().unwrap().starts_with(prefix)
    });
    files.sort();
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).unwrap();
        let digits: String = text.lines().map(|line| line.split('#').next().unwrap()).collect();
        let meaning = fs::read_to_string(path.with_extension("json")).unwrap();
        let bytes = hex(&digits);
        (path, bytes, serde_json::from_str(&meaning).unwrap())
    };
    files.into_iter().map(read).collect()
}

fn hex(digits: &str) -> Vec<u8> {
    let digits: Vec<u32> =
        digits.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_digit(16).unwrap()).collect();
    assert_eq!(digits.len() % 2, 0, "half a byte");
    digits.chunks(2).map(|pair| u8::try_from(pair[0] * 16 + pair[1]).unwrap()).collect()
}

fn taken(meaning: &mut Value, field: &str) -> Option<Vec<u8>> {
    let taken = meaning.as_object_mut().unwrap().remove(field)?;
    taken.as_str().map(hex)
}

#[test]
fn every_golden_record_is_read_and_written_byte_for_byte() {
    let files = golden("record_");
    assert_eq!(files.len(), 4);
    for (path, bytes, mut meaning) in files {
        let (checkpoint, outcome) = (taken(&mut meaning, "checkpoint"), taken(&mut meaning, "outcome"));
        let scalars: Record = json::read(&meaning.to_string()).unwrap();
        let record = Record { checkpoint, outcome, ..scalars };
        assert_eq!(Record::decode(&bytes).as_ref(), Ok(&record), "{}", path.display());
        assert_eq!(record.encode(), bytes, "{}", path.display());
    }
}

#[test]
fn every_golden_outcome_is_read_and_written_byte_for_byte() {
    let files = golden("outcome_");
    assert_eq!(files.len(), 3);
    for (path, bytes, mut meaning) in files {
        let body = taken(&mut meaning, "body").map_or(Body::Omitted, Body::Kept);
        meaning["body"] = Value::from("omitted");
        let scalars: Outcome = json::read(&meaning.to_string()).unwrap();
        let outcome = Outcome { body, ..scalars };
        assert_eq!(Outcome::decode(&bytes).as_ref(), Ok(&outcome), "{}", path.display());
        assert_eq!(outcome.encode(), bytes, "{}", path.display());
    }
}

/// A breaker restored from a golden snapshot, which is written again as it stands.
fn restored(file: &str, spec: BreakerSpec) -> Breaker {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/golden/v1").join(file);
    let text = fs::read_to_string(path).unwrap();
    let snapshot: Snapshot = json::from_str(&text).unwrap();
    assert_eq!(json::to_string(&snapshot), text.trim_end(), "{file}");
    Breaker::restore(&BreakerConfig::try_from(spec).unwrap(), &snapshot, Tick::ZERO).unwrap()
}

#[test]
fn a_golden_breaker_is_open_for_the_rest_of_its_wait() {
    let spec = BreakerSpec { consecutive_failures: Some(3), ..BreakerSpec::threshold() };
    let breaker = restored("breaker_open.json", spec);
    assert_eq!((breaker.state(), breaker.epoch()), (State::Open, 5));
    let seven_seconds = Tick::ZERO.plus(Micros::from_secs(7));
    assert_eq!(breaker.deadline(), Some(seven_seconds));
    let counters = breaker.counters(Tick::ZERO);
    assert_eq!((counters.calls, counters.failures, counters.slow_calls), (3, 2, 1));
    assert_eq!(counters.consecutive_failures, 2);
}

#[test]
fn a_golden_breaker_of_a_window_of_calls_still_knows_them() {
    let spec = BreakerSpec {
        window: WindowSpec::Count(5),
        slow_call_duration: Some(Micros::from_secs(1)),
        ..BreakerSpec::rate()
    };
    let breaker = restored("breaker_calls.json", spec);
    assert_eq!((breaker.state(), breaker.epoch()), (State::MetricsOnly, 3));
    let counters = breaker.counters(Tick::ZERO);
    assert_eq!((counters.calls, counters.failures, counters.slow_calls), (4, 2, 2));
}

#[test]
fn a_golden_record_cut_anywhere_is_an_error() {
    for (path, bytes, _) in golden("record_") {
        for end in 0..bytes.len() {
            assert!(Record::decode(&bytes[..end]).is_err(), "{} cut at {end}", path.display());
        }
    }
}

#[test]
fn a_byte_after_a_golden_record_is_an_error() {
    for (path, mut bytes, _) in golden("record_") {
        bytes.push(0);
        assert_eq!(Record::decode(&bytes), Err(RecordError::Framing), "{}", path.display());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn any_bytes_are_an_error_or_a_record_that_is_written_the_same(bytes: Vec<u8>) {
        if let Ok(record) = Record::decode(&bytes) {
            prop_assert_eq!(record.encode(), bytes.clone());
        }
        if let Ok(outcome) = Outcome::decode(&bytes) {
            prop_assert_eq!(outcome.encode(), bytes);
        }
    }

    #[test]
    fn a_golden_record_with_one_byte_changed_is_an_error_or_another_record(
        which in 0..4_usize, at: prop::sample::Index, to: u8,
    ) {
        let (_, bytes, _) = golden("record_").swap_remove(which);
        let mut changed = bytes.clone();
        changed[at.index(bytes.len())] = to;
        if let Ok(record) = Record::decode(&changed) {
            prop_assert_eq!(record == Record::decode(&bytes).unwrap(), changed == bytes);
            prop_assert_eq!(record.encode(), changed);
        }
    }
}
