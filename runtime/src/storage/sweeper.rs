//! When a store sweeps by itself: some time after a record began, for as long as a sweep finds that another is worth while.

use crate::clock::Clock;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::task::AbortHandle;

/// At most this many records are taken away in one sweep, so that a sweep never holds a store up for long.
pub(super) const SWEEP_LIMIT: u32 = 1_000;

/// How often a store sweeps unless it is told otherwise.
#[cfg(any(feature = "postgres", feature = "sqlite"))]
pub(super) const CLEANUP: Duration = Duration::from_secs(300);

/// A store that takes expired records away.
pub(super) trait Sweeps: Send + Sync + 'static {
    fn sweeper(&self) -> &Sweeper;

    /// Sweeps, and answers whether to do so again.
    fn sweep(&self) -> impl Future<Output = bool> + Send;
}

/// Runs a store's sweep in a task that keeps the store no longer alive than whoever uses it.
pub(super) struct Sweeper {
    interval: Duration,
    clock: Arc<dyn Clock>,
    timer: Mutex<Timer>,
}

#[derive(Default)]
struct Timer {
    armed: Option<AbortHandle>,
    stopped: bool,
}

impl Sweeper {
    /// With `interval` zero it never sweeps.
    pub(super) fn new(interval: Duration, clock: Arc<dyn Clock>) -> Self {
        Self { interval, clock, timer: Mutex::default() }
    }

    /// A record has begun, so there will be something to sweep. Without a tokio runtime, or in one without timers, nobody
    /// sweeps; what has expired is then taken away by later claims.
    pub(super) fn start<S: Sweeps>(store: &Arc<S>) {
        let sweeper = store.sweeper();
        let mut timer = sweeper.lock();
        // A runtime that was shut down has ended its tasks.
        let armed = timer.armed.as_ref().is_some_and(|task| !task.is_finished());
        if sweeper.interval.is_zero() || timer.stopped || armed {
            return;
        }
        let Ok(runtime) = Handle::try_current() else { return };
        if sweeper.clock.can_sleep().is_err() {
            // Asked once: each time, tokio would print a panic.
            timer.stopped = true;
            return;
        }
        let (sleep, store) = (sweeper.clock.sleep(sweeper.interval), Arc::downgrade(store));
        let task = runtime.spawn(async move {
            sleep.await;
            let Some(store) = store.upgrade() else { return };
            // From here on the next record arms it, so none that begins during the sweep is forgotten.
            store.sweeper().lock().armed = None;
            if store.sweep().await {
                Self::start(&store);
            }
        });
        timer.armed = Some(task.abort_handle());
    }

    /// From now on nothing is swept any more.
    pub(super) fn stop(&self) {
        let mut timer = self.lock();
        timer.stopped = true;
        if let Some(task) = timer.armed.take() {
            task.abort();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Timer> {
        self.timer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Sweeper {
    fn drop(&mut self) {
        self.stop();
    }
}
