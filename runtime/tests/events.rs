//! What a `tracing` subscriber hears.

use once_again::action::IdempotencyConfig;
use once_again::breaker::Mode;
use once_again::prelude::RequestIdempotencyManager;
use once_again::retry::{JitterType, RetryManager};
use once_again::storage::{Applied, MemoryStore, OpKind, Store, StoreError, StoreOp};
use once_again::testing::VirtualClock;
use once_again::{Breaker, Kind, Retry, RetryPolicy};
use std::future::ready;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Lines {
    /// Everything written while `run` runs.
    async fn of(run: impl Future<Output = ()>) -> Vec<String> {
        // A callsite that is met for the first time asks whoever listens then: two at a time would take its answers from
        // each other.
        static ONE_AT_A_TIME: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
        let _alone = ONE_AT_A_TIME.lock().await;
        let lines = Self::default();
        let writer = lines.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_ansi(false)
            .without_time()
            .with_writer(move || writer.clone())
            .finish();
        let guard = tracing::subscriber::set_default(subscriber);
        run.await;
        drop(guard);
        let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        text.lines().map(|line| line.trim().to_owned()).collect()
    }
}

fn pay() -> Retry<&'static str> {
    let policy = RetryPolicy::builder().max_attempts(2).jitter(JitterType::None).build().unwrap();
    Retry::new(policy)
        .classify(|_| Kind::Server)
        .caller("shop", "i-1")
        .name("pay")
        .clock(VirtualClock::no_sleep())
}

#[tokio::test]
async fn a_retry_warns_and_the_success_after_it_informs() {
    let lines = Lines::of(async {
        pay().run(|a| ready(if a.number() == 1 { Err("card 1234") } else { Ok(()) })).await.unwrap();
    });
    assert_eq!(
        lines.await,
        [
            r#"WARN once_again: retry service="shop" operation="pay" attempt=1 delay=0.1 error="Server""#,
            r#"INFO once_again: succeeded after retries service="shop" operation="pay" attempt=2 duration=0.1"#,
        ]
    );
}

#[tokio::test]
async fn giving_up_is_an_error_that_tells_no_secret() {
    let lines = Lines::of(async {
        pay().run(|_| ready(Err::<(), _>("card 1234"))).await.unwrap_err();
    });
    let lines = lines.await;
    assert_eq!(
        lines[1],
        r#"ERROR once_again: gave up service="shop" operation="pay" attempt=2 duration=0.1 error="Server" reason="exhausted""#
    );
    assert!(lines.iter().all(|line| !line.contains("1234")));
}

#[tokio::test]
async fn a_success_at_once_is_no_news_and_logging_can_be_turned_off() {
    let lines = Lines::of(async {
        pay().run(|_| ready(Ok(()))).await.unwrap();
        let policy = RetryPolicy::builder().preset("no_retry").logging(false).build().unwrap();
        Retry::new(policy).run(|_| ready(Err::<(), _>("down"))).await.unwrap_err();
    });
    assert_eq!(lines.await, [""; 0]);
}

#[tokio::test]
async fn a_breakers_change_informs() {
    let lines = Lines::of(async {
        let breaker = Breaker::builder().name("orders").failure_threshold(1).build().unwrap();
        breaker.try_acquire().unwrap().failure();
    });
    assert_eq!(lines.await, [r#"INFO once_again: breaker changed breaker="orders" from="CLOSED" to="OPEN""#]);
}

#[tokio::test]
async fn a_breaker_that_only_watches_informs_once_of_what_it_would_have_done() {
    let breaker = Breaker::builder().name("orders").failure_threshold(1).build().unwrap();
    // Its event, too, needs somebody who listens.
    Lines::of(async { breaker.set_mode(Mode::MetricsOnly) }).await;
    let lines = Lines::of(async {
        for _ in 0..2 {
            breaker.try_acquire().unwrap().failure();
        }
    });
    assert_eq!(lines.await, [r#"INFO once_again: breaker would have opened breaker="orders""#]);
}

#[tokio::test]
async fn what_nobody_classifies_and_slots_that_nobody_gives_out_are_told_once() {
    let policy = RetryPolicy::builder()
        .max_attempts(2)
        .jitter(JitterType::None)
        .slots(1, Duration::ZERO)
        .build()
        .unwrap();
    let retry = Retry::new(policy.clone()).caller("shop", "i-1").name("pay").clock(VirtualClock::no_sleep());
    let manager = RetryManager::new(policy).with_clock(VirtualClock::no_sleep());
    let once = |lines: Vec<String>| -> Vec<String> {
        let told = |line: &String| line.contains("unknown error") || line.contains("slots without");
        lines.into_iter().filter(told).collect()
    };
    let lines = Lines::of(async {
        for retry in [retry.clone(), retry] {
            retry.run(|_| ready(Err::<(), _>("odd"))).await.unwrap_err();
        }
    });
    assert_eq!(
        once(lines.await),
        [
            r#"WARN once_again: unknown error service="shop" operation="pay" attempt=1 error="Unknown""#,
            r#"INFO once_again: slots without coordinator service="shop" operation="pay""#,
        ]
    );
    let lines = Lines::of(async {
        for _ in 0..2 {
            manager.execute(|_| ready(Err::<(), _>("odd"))).await.unwrap_err();
        }
    });
    assert_eq!(once(lines.await).len(), 2);
}

/// A memory store that does not do operations of one kind.
struct Without(OpKind, MemoryStore);

impl Store for Without {
    fn apply(&self, op: StoreOp) -> Applied<'_> {
        if op.kind() == self.0 {
            return Box::pin(ready(Err(StoreError::because("the test took it away"))));
        }
        self.1.apply(op)
    }
}

#[tokio::test(start_paused = true)]
async fn work_without_a_record_and_a_result_that_could_not_be_recorded_are_told() {
    let told = async |kind, fail_open| {
        let config = IdempotencyConfig { fail_open, ..IdempotencyConfig::default() };
        let manager =
            RequestIdempotencyManager::new(Without(kind, MemoryStore::default())).with_config(config);
        let lines = Lines::of(async {
            manager.execute_request("order-1", ready(Ok(1))).await.unwrap();
        });
        lines.await
    };
    assert_eq!(
        told(OpKind::Begin, true).await,
        [r#"WARN once_again: runs unprotected: a repetition will not find it reason="store unavailable""#]
    );
    assert_eq!(
        told(OpKind::Complete, false).await,
        [r#"ERROR once_again: completion lost: a repetition may run again reason="not confirmed in time""#]
    );
    assert_eq!(told(OpKind::Renew, false).await, [] as [&str; 0]);
}
