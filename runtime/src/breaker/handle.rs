//! One breaker, shared by everybody who calls the same dependency.

use super::builder::{Judge, Listener};
use super::shared::Shared;
use super::{
    BreakerBuilder, BreakerConfig, BreakerEvent, CallError, Change, Counters, Isolation, Mode, Outcome,
    Snapshot, State, Verdict,
};
use crate::clock::Clock;
use crate::entropy::Entropy;
use crate::events;
use crate::time::tick;
use once_again_core::breaker::shared::Link;
use once_again_core::breaker::{self, Scraped, Settlement, Transitions};
use once_again_core::draw::Draw;
use once_again_core::time::{Micros, Tick};
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;
use tokio::sync::watch;

/// A circuit breaker. A clone is the same breaker; keep one per dependency.
///
/// No lock is held while a call runs, and a healthy dependency costs none at all: a closed breaker admits by one atomic
/// load, and where successes count nowhere, so does telling it of one.
///
/// ```
/// use once_again::{Breaker, CallError};
/// use std::time::Duration;
/// # async fn charge() -> std::io::Result<()> { Err(std::io::ErrorKind::ConnectionRefused.into()) }
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let breaker = Breaker::builder()
///     .name("payments")
///     .failure_threshold(5)
///     .recovery_timeout(Duration::from_secs(30))
///     .build()?;
/// match breaker.call(|| charge()).await {
///     Ok(()) => println!("charged"),
///     Err(CallError::Open(open)) => println!("not called, try again in {:?}", open.retry_after),
///     Err(CallError::Failed(error)) => println!("failed: {error}"),
/// }
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Breaker(pub(super) Arc<Inner>);

pub(super) struct Inner {
    pub(super) name: Arc<str>,
    pub(super) times_calls: bool,
    origin: Instant,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) entropy: Arc<dyn Entropy>,
    judges: Vec<Box<Judge>>,
    listener: Option<Box<Listener>>,
    state: watch::Sender<State>,
    /// What everybody may know without asking: twice the epoch in which calls are admitted without a question (0: ask),
    /// and 1 more if a success changes nothing now.
    pub(super) hint: AtomicU64,
    core: Mutex<Core>,
    /// What carries its requests to the store, if it is shared.
    pub(super) shared: Option<Shared>,
}

/// What is behind the lock.
pub(super) struct Core {
    pub(super) breaker: breaker::Breaker,
    pub(super) link: Option<Link>,
    transitions: Transitions,
}

impl Core {
    fn settle(
        &mut self,
        permit: breaker::Permit,
        outcome: Outcome,
        took: Micros,
        now: Tick,
        draw: Draw,
    ) -> Settlement {
        match &mut self.link {
            Some(link) => link.settle(&mut self.breaker, permit, outcome, took, now, draw),
            None => self.breaker.settle(permit, outcome, took, now, draw),
        }
    }
}

/// The defaults of every language: opens at 5 failures within 60 s, for 30 s, and closes after 3 good probes.
impl Default for Breaker {
    fn default() -> Self {
        BreakerBuilder::new().made_of(
            breaker::Breaker::new(&BreakerConfig::default()),
            None,
            &BreakerConfig::default(),
        )
    }
}

impl Breaker {
    /// Starts from the [defaults](Self::default).
    pub fn builder() -> BreakerBuilder {
        BreakerBuilder::new()
    }

    /// Starts from the defaults of the rate shape: opens when half of at least 20 calls within 30 s failed, for 30 s give or
    /// take 10 %. `Breaker::rate().build()` is `CircuitBreaker.rate()` of the other languages.
    pub fn rate() -> BreakerBuilder {
        BreakerBuilder::new().preset("rate")
    }

    pub(super) fn new(
        core: breaker::Breaker,
        link: Option<Link>,
        config: &BreakerConfig,
        made: BreakerBuilder,
    ) -> Self {
        let origin = made.clock.now();
        Self(Arc::new(Inner {
            name: config.name().unwrap_or("default").into(),
            times_calls: config.times_calls(),
            origin,
            clock: made.clock,
            entropy: made.entropy,
            judges: made.judges,
            listener: made.listener,
            state: watch::Sender::new(core.state()),
            hint: AtomicU64::new(hint(&core)),
            core: Mutex::new(Core { breaker: core, link, transitions: Transitions::new() }),
            shared: made.store.map(Shared::new),
        }))
    }

    /// The name in events and errors ("default").
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Calls `operation` if the breaker lets it through, and tells the breaker how it ended. Every error counts as a
    /// failure unless [`is_failure`](BreakerBuilder::is_failure) says otherwise. Dropping the call abandons it.
    pub async fn call<T, E: 'static, Fut>(&self, operation: impl FnOnce() -> Fut) -> Result<T, CallError<E>>
    where
        Fut: Future<Output = Result<T, E>>,
    {
        let permit = self.acquire().await.map_err(CallError::Open)?;
        let result = operation().await;
        permit.settle(self.outcome(result.as_ref().err()));
        result.map_err(CallError::Failed)
    }

    /// [`call`](Self::call) for an operation that blocks its thread.
    pub fn call_blocking<T, E: 'static>(
        &self,
        operation: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, CallError<E>> {
        let permit = self.try_acquire().map_err(CallError::Open)?;
        let result = operation();
        permit.settle(self.outcome(result.as_ref().err()));
        result.map_err(CallError::Failed)
    }

    /// Where it stands. An open breaker whose wait is over is open until somebody asks to call.
    #[must_use]
    pub fn state(&self) -> State {
        *self.0.state.borrow()
    }

    /// Whether calls are rejected: the breaker is open, or held open by hand.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(self.state(), State::Open | State::ForcedOpen)
    }

    /// Follows the state: the receiver always shows the present one and wakes at each change. Every single change reaches
    /// [`on_event`](BreakerBuilder::on_event).
    #[must_use]
    pub fn subscribe(&self) -> watch::Receiver<State> {
        self.0.state.subscribe()
    }

    /// What it has counted.
    #[must_use]
    pub fn stats(&self) -> Counters {
        let now = self.now();
        self.lock().breaker.counters(now)
    }

    /// Breakers in the text format of Prometheus: `circuit_breaker_state`, `circuit_breaker_transitions_total` and
    /// `circuit_breaker_rejections_total`, labelled with their names.
    #[must_use]
    pub fn to_prometheus<'a>(breakers: impl IntoIterator<Item = &'a Self>) -> String {
        let copy = |breaker: &'a Self| {
            let core = breaker.lock();
            (breaker.name(), core.breaker.clone(), core.transitions.clone())
        };
        let copies: Vec<_> = breakers.into_iter().map(copy).collect();
        let scraped =
            copies.iter().map(|(name, breaker, transitions)| Scraped { name, breaker, transitions });
        breaker::prometheus(scraped)
    }

    /// Holds it open until the guard is dropped, whatever calls do.
    pub fn isolate(&self) -> Isolation {
        let mut core = self.lock();
        let change = core.breaker.isolate();
        self.changed(core, change);
        Isolation::new(self.clone())
    }

    pub(super) fn release(&self) {
        let mut core = self.lock();
        let change = core.breaker.release();
        self.changed(core, change);
    }

    /// Turns it off, into a mere observer, or on again.
    pub fn set_mode(&self, mode: Mode) {
        let mut core = self.lock();
        let change = core.breaker.set_mode(mode);
        self.changed(core, change);
    }

    /// Forgets everything it has counted and lets calls through again, unless it is held open by hand.
    pub fn reset(&self) {
        let mut core = self.lock();
        let change = core.breaker.reset();
        self.changed(core, change);
    }

    /// An active health check has ended: a good one lets the next caller of an open breaker through at once.
    pub fn health(&self, ok: bool) {
        let now = self.now();
        let mut core = self.lock();
        core.breaker.health(ok, now);
        self.changed(core, None);
    }

    /// What is worth keeping beyond this process; [`BreakerBuilder::restore`] goes on from there. It is
    /// `serde::Serialize`.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let now = self.now();
        self.lock().breaker.snapshot(now)
    }

    /// How an ended call counts.
    pub(crate) fn outcome<E: 'static>(&self, error: Option<&E>) -> Outcome {
        let Some(error) = error else { return Outcome::Success };
        let ignored = self.0.judges.iter().any(|is_failure| is_failure(error) == Some(false));
        if ignored { Outcome::Ignored } else { Outcome::Failure }
    }

    /// How a response counts that is a success by its type: what is known of that type may say otherwise.
    #[cfg(feature = "tower")]
    pub(crate) fn outcome_of_response<R: 'static>(&self, response: &R) -> Outcome {
        let failed = self.0.judges.iter().any(|is_failure| is_failure(response) == Some(true));
        if failed { Outcome::Failure } else { Outcome::Success }
    }

    pub(super) fn settle(
        &self,
        permit: breaker::Permit,
        since: Option<Instant>,
        outcome: Outcome,
    ) -> Verdict {
        let inner = &*self.0;
        if outcome == Outcome::Success && inner.hint.load(Ordering::Acquire) == permit.epoch << 1 | 1 {
            return Verdict::Counted;
        }
        let ended = inner.clock.now();
        let took = since.map_or(Micros::ZERO, |since| tick(since, ended).since(Tick::ZERO));
        let (now, draw) = (self.tick(ended), Draw(inner.entropy.draw()));
        let mut core = self.lock();
        let settled = core.settle(permit, outcome, took, now, draw);
        self.changed(core, settled.change);
        self.tend(now);
        if settled.would_open {
            events::breaker_would_open(&inner.name);
            self.tell(|name| BreakerEvent::WouldOpen { name });
        }
        if settled.verdict == Verdict::Stale {
            self.tell(|name| BreakerEvent::Stale { name });
        }
        settled.verdict
    }

    /// Publishes what an event changed, then lets go of the lock, then tells the listener, which may use the breaker.
    pub(super) fn changed(&self, mut core: MutexGuard<'_, Core>, change: Option<Change>) {
        let inner = &*self.0;
        let epoch = core.breaker.epoch();
        if let (Some(shared), Some(link)) = (&inner.shared, &core.link) {
            shared.wake_at(link.wake(&core.breaker));
        }
        inner.hint.store(hint(&core.breaker), Ordering::Release);
        if let Some(change) = change {
            core.transitions.count(change);
            inner.state.send_replace(change.to);
        }
        drop(core);
        if let Some(Change { from, to }) = change {
            events::breaker_changed(&inner.name, from, to);
            self.tell(|name| BreakerEvent::StateChange { name, from, to, epoch });
        }
    }

    pub(super) fn tell(&self, event: impl FnOnce(Arc<str>) -> BreakerEvent) {
        if let Some(listener) = &self.0.listener {
            listener(&event(self.0.name.clone()));
        }
    }

    /// Core cannot panic, so a poisoned lock can only be that of a thread that was killed between two events.
    pub(super) fn lock(&self) -> MutexGuard<'_, Core> {
        self.0.core.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn now(&self) -> Tick {
        self.tick(self.0.clock.now())
    }

    pub(super) fn tick(&self, now: Instant) -> Tick {
        tick(self.0.origin, now)
    }
}

fn hint(core: &breaker::Breaker) -> u64 {
    match core.closed_epoch() {
        0 => 0,
        // Epochs stay below 2^53.
        epoch => epoch << 1 | u64::from(core.quiet()),
    }
}

impl fmt::Debug for Breaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Breaker").field("name", &self.0.name).field("state", &self.state()).finish()
    }
}
