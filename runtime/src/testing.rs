//! Time and failures for tests: a clock that a test moves, or whose sleeps are over at once.

use crate::clock::{Clock, Sleep};
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant, SystemTime};

/// A clock that stands still until a test moves it. A clone is the same clock.
///
/// ```
/// use once_again::testing::VirtualClock;
/// use once_again::{Retry, RetryPolicy};
/// use std::time::Duration;
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let clock = VirtualClock::no_sleep();
/// let retry = Retry::new(RetryPolicy::kernel()).clock(clock.clone());
/// let error = retry.run(|_| async { Err::<(), _>("down") }).await.unwrap_err();
/// assert_eq!(error.attempts(), 3);
/// assert_eq!(clock.slept(), [Duration::from_secs(1), Duration::from_secs(2)]);
/// # }
/// ```
///
/// With tokio's own `test-util`, `#[tokio::test(start_paused = true)]` does as well: the default clock follows it.
#[derive(Clone, Debug)]
pub struct VirtualClock(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    origin: Instant,
    wall: SystemTime,
    elapsed: Duration,
    /// Whether a sleep moves time on by itself.
    passes: bool,
    slept: Vec<Duration>,
    /// Who waits, by when and in the order they came.
    sleepers: BTreeMap<(Duration, u64), Option<Waker>>,
    next: u64,
}

impl VirtualClock {
    /// A clock that stands still: sleeps end when [`advance`](Self::advance) has moved it far enough.
    #[must_use]
    pub fn new() -> Self {
        Self::of(false)
    }

    /// A clock whose sleeps are over at once and move it on. Time limits never pass on it.
    #[must_use]
    pub fn no_sleep() -> Self {
        Self::of(true)
    }

    fn of(passes: bool) -> Self {
        Self(Arc::new(Mutex::new(State {
            origin: crate::TokioClock.now(),
            wall: SystemTime::UNIX_EPOCH,
            elapsed: Duration::ZERO,
            passes,
            slept: Vec::new(),
            sleepers: BTreeMap::new(),
            next: 0,
        })))
    }

    /// The same clock, whose time of day is `time` now.
    #[must_use]
    pub fn at(self, time: SystemTime) -> Self {
        {
            let mut state = self.lock();
            state.wall = time - state.elapsed;
        }
        self
    }

    /// Moves time on and wakes every sleep whose time has come.
    pub fn advance(&self, by: Duration) {
        let mut state = self.lock();
        state.elapsed += by;
        let just_after = (state.elapsed + Duration::from_nanos(1), 0);
        let later = state.sleepers.split_off(&just_after);
        let due = std::mem::replace(&mut state.sleepers, later);
        drop(state);
        due.into_values().flatten().for_each(Waker::wake);
    }

    /// How much time has passed on it.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.lock().elapsed
    }

    /// Every sleep that was begun, in order. Time limits are not among them.
    #[must_use]
    pub fn slept(&self) -> Vec<Duration> {
        self.lock().slept.clone()
    }

    /// How many sleeps and time limits are waiting.
    #[must_use]
    pub fn sleeping(&self) -> usize {
        self.lock().sleepers.len()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn sleeper(&self, duration: Duration) -> Sleep {
        let mut state = self.lock();
        let place = (state.elapsed + duration, state.next);
        state.next += 1;
        state.sleepers.insert(place, None);
        drop(state);
        Box::pin(Sleeper { clock: self.clone(), place })
    }
}

impl Default for VirtualClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> Instant {
        let state = self.lock();
        state.origin + state.elapsed
    }

    fn wall_now(&self) -> SystemTime {
        let state = self.lock();
        state.wall + state.elapsed
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        let mut state = self.lock();
        state.slept.push(duration);
        if state.passes {
            state.elapsed += duration;
            return Box::pin(std::future::ready(()));
        }
        drop(state);
        self.sleeper(duration)
    }

    fn limit(&self, duration: Duration) -> Sleep {
        if self.lock().passes {
            return Box::pin(std::future::pending());
        }
        self.sleeper(duration)
    }

    /// Moves time on by itself, as nobody else could while this thread is blocked.
    fn sleep_blocking(&self, duration: Duration) {
        self.lock().slept.push(duration);
        self.advance(duration);
    }
}

/// One waiting sleep; dropped, it waits no more.
struct Sleeper {
    clock: VirtualClock,
    place: (Duration, u64),
}

impl Future for Sleeper {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut state = self.clock.lock();
        if state.elapsed >= self.place.0 {
            state.sleepers.remove(&self.place);
            return Poll::Ready(());
        }
        state.sleepers.insert(self.place, Some(context.waker().clone()));
        Poll::Pending
    }
}

impl Drop for Sleeper {
    fn drop(&mut self) {
        self.clock.lock().sleepers.remove(&self.place);
    }
}

/// An operation whose first calls fail with `errors`, one after the other; afterwards it is `operation`.
///
/// ```
/// use once_again::testing::inject_errors;
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let mut flaky = inject_errors(|_: u32| async { Ok("done") }, ["first", "second"]);
/// assert_eq!(flaky(1).await, Err("first"));
/// assert_eq!(flaky(2).await, Err("second"));
/// assert_eq!(flaky(3).await, Ok("done"));
/// # }
/// ```
pub fn inject_errors<A, T, E, Fut>(
    mut operation: impl FnMut(A) -> Fut,
    errors: impl IntoIterator<Item = E>,
) -> impl FnMut(A) -> Pin<Box<dyn Future<Output = Result<T, E>> + Send>>
where
    T: Send + 'static,
    E: Send + 'static,
    Fut: Future<Output = Result<T, E>> + Send + 'static,
{
    let mut left: Vec<E> = errors.into_iter().collect();
    left.reverse();
    move |argument| match left.pop() {
        Some(error) => Box::pin(std::future::ready(Err(error))),
        None => Box::pin(operation(argument)),
    }
}

/// Lets every other task of this thread's runtime run until it waits, so that a test may look.
pub async fn settle() {
    for _ in 0..100 {
        let mut yielded = false;
        poll_fn(|context| {
            if std::mem::replace(&mut yielded, true) {
                return Poll::Ready(());
            }
            context.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
    }
}
