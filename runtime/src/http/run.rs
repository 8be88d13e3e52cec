//! One guarded run: carries core's machine from the claim to the recorded outcome. The machine says what to do next; this
//! file asks the store, keeps its deadlines and fires the signal of whoever does the work.

use super::guard::Guard;
use super::signal::{Signal, Trigger};
use crate::clock::Sleep;
use crate::entropy;
use crate::storage::{StoreError, StoreOp, StoreReply};
use crate::time::{duration, tick};
use once_again_core::draw::Draw;
use once_again_core::http::Guarded;
use once_again_core::idempotency::machine::{self, Action, Ending, Event, Refusal, Replay, Settled};
use once_again_core::idempotency::record::{Outcome, Owner};
use once_again_core::time::Tick;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Instant;

/// What is to be done with a request after the store was asked.
pub(super) enum Beginning {
    /// The handler runs, under a claim.
    Execute { epoch: u64, attempt: u32 },
    /// The handler runs without one: the store is away, or full, and the configuration lets work go on.
    Unprotected,
    /// The handler does not run.
    Replay(Replay),
    /// The handler does not run.
    Refuse(Refusal),
}

/// What the machine says that is not this file's to do.
enum News {
    Begun(Beginning),
    /// The answer may leave: settled, or not yet confirmed.
    Leaves(Option<Settled>),
}

/// An operation under way, and the ticket of its answer.
type Asked = (u32, Pin<Box<dyn Future<Output = Result<StoreReply, StoreError>> + Send>>);

/// The life of one claim. It moves while one of its functions is awaited, and only then.
pub(super) struct Run {
    machine: Arc<Mutex<machine::Run>>,
    guard: Arc<Guard>,
    /// Core only ever looks at differences: each run has a clock of its own that starts at zero.
    origin: Instant,
    under_way: Vec<Asked>,
    /// The deadline that is waited for.
    alarm: Option<(Tick, Sleep)>,
    trigger: Trigger,
    handler_limit: Option<Sleep>,
}

impl Run {
    pub(super) fn new(guard: Arc<Guard>, found: &Guarded) -> Self {
        let machine = machine::Run::new(
            guard.config.run_config(),
            found.key,
            found.fingerprint,
            found.caller,
            Owner(entropy::secret()),
            found.derived,
            Tick::ZERO,
        );
        Self {
            machine: Arc::new(Mutex::new(machine)),
            origin: guard.clock.now(),
            guard,
            under_way: Vec::new(),
            alarm: None,
            trigger: Trigger::default(),
            handler_limit: None,
        }
    }

    /// Fires when the handler must stop.
    pub(super) fn signal(&self) -> Signal {
        self.trigger.signal()
    }

    /// What completes this run inside the handler's own transaction.
    pub(super) fn completion(&self) -> impl Fn(&Outcome) -> Option<StoreOp> + Send + Sync + use<> {
        let machine = self.machine.clone();
        move |outcome| lock(&machine).completion(outcome)
    }

    /// Claims the key, and waits for another run where that is configured.
    pub(super) async fn begin(&mut self) -> Beginning {
        let mut news = self.tell(Event::Start);
        loop {
            match news {
                Some(News::Begun(beginning)) => {
                    let limit = self.guard.config.handler_timeout();
                    self.handler_limit = limit.map(|limit| self.guard.clock.limit(duration(limit)));
                    return beginning;
                }
                _ => news = Some(self.news().await),
            }
        }
    }

    /// Keeps the claim while `work` runs.
    pub(super) async fn beside<T>(&mut self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        poll_fn(|context| {
            if let Poll::Ready(done) = work.as_mut().poll(context) {
                return Poll::Ready(done);
            }
            if let Some(limit) = &mut self.handler_limit
                && limit.as_mut().poll(context).is_ready()
            {
                self.handler_limit = None;
                self.trigger.fire();
            }
            while self.poll_news(context).is_ready() {}
            Poll::Pending
        })
        .await
    }

    /// Records how the work ended. `None`: the store takes too long, and the answer is not to wait for it; the run goes on
    /// trying in [`wind_down`](Self::wind_down).
    pub(super) async fn finish(&mut self, ending: Ending) -> Option<Settled> {
        self.handler_limit = None;
        let mut news = self.tell(Event::Finished { ending });
        loop {
            match news {
                Some(News::Leaves(settled)) => return settled,
                _ => news = Some(self.news().await),
            }
        }
    }

    /// Gives the claim up without an outcome: nobody wants it any more.
    pub(super) async fn abandon(mut self) {
        self.tell(Event::Abandon);
        self.wind_down().await;
    }

    /// Goes on until nothing is left to do and no answer is outstanding.
    pub(super) async fn wind_down(mut self) {
        poll_fn(|context| {
            while self.poll_news(context).is_ready() {}
            if self.under_way.is_empty() && self.alarm.is_none() { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }

    async fn news(&mut self) -> News {
        poll_fn(|context| self.poll_news(context)).await
    }

    fn poll_news(&mut self, context: &mut Context<'_>) -> Poll<News> {
        loop {
            let event = if let Some(event) = self.poll_store(context) {
                event
            } else if self.alarm.as_mut().is_some_and(|(_, sleep)| sleep.as_mut().poll(context).is_ready()) {
                self.alarm = None;
                Event::Due
            } else {
                return Poll::Pending;
            };
            if let Some(news) = self.tell(event) {
                return Poll::Ready(news);
            }
        }
    }

    /// The next answer of the store.
    fn poll_store(&mut self, context: &mut Context<'_>) -> Option<Event> {
        let (place, ticket, answer) =
            self.under_way.iter_mut().enumerate().find_map(|(place, (ticket, asked))| {
                match asked.as_mut().poll(context) {
                    Poll::Ready(answer) => Some((place, *ticket, answer)),
                    Poll::Pending => None,
                }
            })?;
        drop(self.under_way.swap_remove(place));
        // What went wrong is the store's business; the machine treats every failure alike.
        Some(answer.map_or(Event::StoreFailed { ticket }, |reply| Event::Reply { ticket, reply }))
    }

    /// Tells the machine what happened, and does what it says.
    fn tell(&mut self, event: Event) -> Option<News> {
        let now = tick(self.origin, self.guard.clock.now());
        let draw = Draw(self.guard.entropy.draw());
        let (action, deadline) = {
            let mut machine = lock(&self.machine);
            (machine.handle(now, event, draw), machine.deadline())
        };
        let waits = matches!(action, Action::Wait { .. });
        self.wake_at(deadline, now, waits);
        match action {
            Action::Apply { ticket, op } => {
                let store = self.guard.store.clone();
                self.under_way.push((ticket, Box::pin(async move { store.apply(op).await })));
                None
            }
            Action::AbortHandler => {
                self.trigger.fire();
                None
            }
            Action::Execute { epoch, attempts, .. } => {
                Some(News::Begun(Beginning::Execute { epoch, attempt: attempts }))
            }
            Action::Unprotected { .. } => Some(News::Begun(Beginning::Unprotected)),
            Action::Replay(replay) => Some(News::Begun(Beginning::Replay(replay))),
            Action::Refuse(refusal) => Some(News::Begun(Beginning::Refuse(refusal))),
            Action::Answer => Some(News::Leaves(None)),
            Action::Settled(settled) => Some(News::Leaves(Some(settled))),
            Action::Wait { .. } | Action::Nothing => None,
        }
    }

    fn wake_at(&mut self, deadline: Option<Tick>, now: Tick, waits: bool) {
        if self.alarm.as_ref().map(|(at, _)| *at) == deadline {
            return;
        }
        self.alarm = deadline.map(|at| {
            let left = duration(at.since(now));
            let clock = &self.guard.clock;
            (at, if waits { clock.sleep(left) } else { clock.limit(left) })
        });
    }
}

fn lock(machine: &Mutex<machine::Run>) -> MutexGuard<'_, machine::Run> {
    machine.lock().unwrap_or_else(PoisonError::into_inner)
}
