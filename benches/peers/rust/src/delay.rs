//! The next delay of a retry: exponential, capped, spread by one draw. Both draw from the same generator, and both walk the
//! eight growing delays of one call before the next call begins.

use crate::measure::row;
use backon::{BackoffBuilder, ExponentialBuilder};
use fastrand::Rng;
use once_again_core::draw::Draw;
use once_again_core::jitter::JitterType;
use once_again_core::retry::{RetryPolicy, RetrySpec};
use once_again_core::time::Micros;
use serde_json::Value;
use std::hint::black_box;
use std::time::Duration;

const RETRIES: u32 = 8;
const BASE: Duration = Duration::from_millis(100);
const MAX: Duration = Duration::from_secs(30);
const SEED: u64 = 7;

pub fn rows() -> Vec<Value> {
    vec![row("rust-delay", "next delay with jitter", 0.35, vec![("ours", ours()), ("backon", backon())])]
}

fn ours() -> Box<dyn FnMut()> {
    let policy = RetryPolicy::try_from(RetrySpec {
        base: Some(micros(BASE)),
        max_delay: Some(micros(MAX)),
        jitter: Some(JitterType::Full),
        ..RetrySpec::default()
    })
    .expect("the policy is valid");
    let mut rng = Rng::with_seed(SEED);
    let (mut retry, mut previous) = (0, Micros::ZERO);
    Box::new(move || {
        let backoff = policy.backoff();
        let capped = backoff.delay(retry, None);
        let draw = Draw(rng.u32(..));
        previous = black_box(policy.jitter().apply(capped, backoff.base(), backoff.max(), previous, draw));
        retry = (retry + 1) % RETRIES;
    })
}

/// Seeded, because a new iterator would otherwise also pay for a seed.
fn backon() -> Box<dyn FnMut()> {
    let call = ExponentialBuilder::new()
        .with_min_delay(BASE)
        .with_max_delay(MAX)
        .without_max_times()
        .with_jitter()
        .with_jitter_seed(SEED);
    let (mut retry, mut delays) = (0, call.build());
    Box::new(move || {
        black_box(delays.next());
        retry = (retry + 1) % RETRIES;
        if retry == 0 {
            delays = call.build();
        }
    })
}

fn micros(duration: Duration) -> Micros {
    Micros::new(u64::try_from(duration.as_micros()).expect("seconds"))
}
