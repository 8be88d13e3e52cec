//! Whatever an operation does, and whatever the policy: limits hold, attempts follow each other, none outlives the call.

use once_again::retry::JitterType;
use once_again::{Facts, Kind, Retry, RetryPolicy};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// Tokio's timers ring at whole milliseconds, up to one late; a call may meet two of them.
const LATE: Duration = Duration::from_millis(2);

#[derive(Clone, Debug)]
struct Script {
    attempts: u32,
    base: u64,
    jitter: JitterType,
    attempt_timeout: Option<u64>,
    total_timeout: Option<u64>,
    /// How long each attempt takes, whether it succeeds, and when the server asks to come back.
    outcomes: Vec<(u64, bool, Option<u64>)>,
}

fn script() -> impl Strategy<Value = Script> {
    let jitter = prop_oneof![
        Just(JitterType::None),
        Just(JitterType::Full),
        Just(JitterType::Equal),
        Just(JitterType::Decorrelated)
    ];
    (
        1_u32..8,
        0_u64..40,
        jitter,
        option::of(1_u64..60),
        option::of(1_u64..300),
        vec((0_u64..100, prop::bool::weighted(0.2), option::of(0_u64..80)), 1..8),
    )
        .prop_map(|(attempts, base, jitter, attempt_timeout, total_timeout, outcomes)| Script {
            attempts,
            base,
            jitter,
            attempt_timeout,
            total_timeout,
            outcomes,
        })
}

/// When each attempt began, and when it ended or was dropped.
type Spans = Arc<Mutex<Vec<(Instant, Option<Instant>)>>>;

/// One attempt, as long as it lives.
struct Span(usize, Spans);

impl Span {
    fn begin(spans: &Spans) -> Self {
        let mut all = spans.lock().unwrap();
        assert!(all.iter().all(|(_, end)| end.is_some()), "two attempts at once");
        all.push((Instant::now(), None));
        Self(all.len() - 1, spans.clone())
    }
}

impl Drop for Span {
    fn drop(&mut self) {
        self.1.lock().unwrap()[self.0].1 = Some(Instant::now());
    }
}

async fn play(script: Script) {
    let ms = Duration::from_millis;
    let mut policy = RetryPolicy::builder()
        .max_attempts(script.attempts)
        .base_delay(ms(script.base))
        .max_delay(ms(100))
        .jitter(script.jitter);
    if let Some(limit) = script.attempt_timeout {
        policy = policy.attempt_timeout(ms(limit));
    }
    if let Some(limit) = script.total_timeout {
        policy = policy.total_timeout(ms(limit));
    }
    let retry = Retry::new(policy.build().unwrap()).classify(move |asked: &Option<u64>| match asked {
        Some(wait) => Facts::from(Kind::Server).retry_after(ms(*wait)),
        None => Kind::Server.into(),
    });

    let spans = Spans::default();
    let started = Instant::now();
    let ended = retry
        .run(|attempt| {
            let (takes, succeeds, asks) =
                script.outcomes[(attempt.number() as usize - 1) % script.outcomes.len()];
            let span = Span::begin(&spans);
            async move {
                let _span = span;
                sleep(ms(takes)).await;
                if succeeds { Ok(()) } else { Err(asks) }
            }
        })
        .await;
    let elapsed = started.elapsed();

    let spans: Vec<_> = spans.lock().unwrap().iter().map(|(begin, end)| (*begin, end.unwrap())).collect();
    assert!(spans.len() <= script.attempts as usize);
    for (begin, end) in &spans {
        if let Some(limit) = script.attempt_timeout {
            assert!(*end - *begin <= ms(limit) + LATE);
        }
        if let Some(limit) = script.total_timeout {
            assert!(*begin - started < ms(limit), "an attempt began after the deadline");
        }
    }
    if let Some(limit) = script.total_timeout {
        assert!(elapsed <= ms(limit) + LATE, "{elapsed:?} of {limit} ms");
    }
    match ended {
        Ok(()) => assert_eq!(spans.last().unwrap().1, started + elapsed, "nothing follows a success"),
        Err(error) => {
            assert_eq!(error.attempts() as usize, spans.len());
            assert_eq!(error.history().len(), spans.len() - 1);
            let asked = error.history().iter().map(|failure| failure.error().copied().flatten());
            for (pair, asked) in spans.windows(2).zip(asked) {
                let waited = pair[1].0 - pair[0].1;
                assert!(waited >= ms(asked.unwrap_or(0)), "a server's wish was undercut");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn limits_hold_whatever_happens(script in script()) {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(play(script));
    }
}
