//! Actions, functions and requests that run once, by a clock that the tests move.

mod conflicts;
mod ends;
mod inputs;
mod macros;
mod requests;

use once_again::action::{IdempotencyConfig, IdempotencyInput, IdempotentAction, IdempotentExecutor};
use once_again::storage::{Applied, MemoryStore, Store, StoreOp};
use once_again::testing::VirtualClock;
use serde::Serialize;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What the tests' action is called with.
#[derive(Clone, Serialize)]
struct Order {
    id: &'static str,
    cents: u32,
}

impl IdempotencyInput for Order {
    fn idempotency_key(&self) -> Option<String> {
        Some(self.id.into())
    }
}

const ORDER: Order = Order { id: "A-1", cents: 500 };

/// Counts its runs, and returns how many there were; takes as long and fails as often as it is told.
struct Charge {
    runs: AtomicU32,
    clock: VirtualClock,
    takes: Mutex<Vec<Duration>>,
    failures: u32,
    safe: bool,
    merge: bool,
    config: IdempotencyConfig,
}

impl IdempotentAction for Charge {
    type Input = Order;
    type Output = u32;
    type Error = String;

    fn id(&self) -> &'static str {
        "charge"
    }

    async fn execute(&self, _: &Order) -> Result<u32, String> {
        let run = self.runs.fetch_add(1, Ordering::SeqCst) + 1;
        let takes = self.takes.lock().unwrap().pop();
        if let Some(takes) = takes {
            once_again::Clock::sleep(&self.clock, takes).await;
        }
        if run <= self.failures { Err(format!("failure {run}")) } else { Ok(run) }
    }

    fn idempotency_config(&self) -> IdempotencyConfig {
        self.config.clone()
    }

    async fn is_safe_to_retry(&self, _: &Order, _: &u32) -> Result<bool, String> {
        Ok(self.safe)
    }

    async fn merge_results(&self, previous: u32, current: u32) -> Result<u32, String> {
        let late = once_again::action::ExecutionContext::current().is_some_and(|context| context.is_late());
        Ok(if self.merge {
            previous * 100 + current
        } else if late {
            previous
        } else {
            current
        })
    }
}

impl Charge {
    fn new(clock: &VirtualClock) -> Self {
        Self {
            runs: AtomicU32::new(0),
            clock: clock.clone(),
            takes: Mutex::default(),
            failures: 0,
            safe: false,
            merge: false,
            config: IdempotencyConfig::default(),
        }
    }

    /// The first run takes so long.
    fn taking(self, seconds: u64) -> Self {
        self.takes.lock().unwrap().push(Duration::from_secs(seconds));
        self
    }

    fn runs(&self) -> u32 {
        self.runs.load(Ordering::SeqCst)
    }
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// A clock, and an executor over a memory store by it.
fn set_up() -> (VirtualClock, IdempotentExecutor) {
    let clock = VirtualClock::new();
    let store = MemoryStore::builder().clock(clock.clone()).build().unwrap();
    (clock.clone(), IdempotentExecutor::new(store).clock(clock))
}

type Refuses = fn(&StoreOp) -> bool;

/// A store that can be away.
#[derive(Clone)]
struct Shaky {
    store: MemoryStore,
    refuses: Arc<Mutex<Refuses>>,
}

impl Shaky {
    fn over(clock: &VirtualClock) -> Self {
        let store = MemoryStore::builder().clock(clock.clone()).build().unwrap();
        Self { store, refuses: Arc::new(Mutex::new(|_| false)) }
    }

    fn refuse(&self, refuses: Refuses) {
        *self.refuses.lock().unwrap() = refuses;
    }
}

impl Store for Shaky {
    fn apply(&self, op: StoreOp) -> Applied<'_> {
        if (self.refuses.lock().unwrap())(&op) {
            return Box::pin(async { Err(once_again::storage::StoreError::unavailable("away")) });
        }
        self.store.apply(op)
    }
}

/// Moves time on in small steps, so that whoever waits may act in between.
async fn pass(clock: &VirtualClock, time: Duration) {
    for _ in 0..time.as_millis() / 100 {
        clock.advance(Duration::from_millis(100));
        once_again::testing::settle().await;
    }
}
