//! One guarded run: carries core's machine from the claim to the recorded outcome. The machine says what to do next; this
//! file asks the store, keeps its deadlines and fires the signal of whoever does the work.

use super::signal::{Signal, Trigger};
use super::stats::{Counters, Operation};
use crate::clock::{Clock, Sleep};
use crate::entropy::Entropy;
use crate::events;
use crate::storage::{Outcome, Store, StoreError, StoreOp, StoreReply};
use crate::time::{duration, tick};
use once_again_core::draw::Draw;
use once_again_core::idempotency::machine::{self, Action, Ending, Event, Refusal, Replay, Settled};
use once_again_core::time::Tick;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::mem;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

/// What a run needs from the world.
#[derive(Clone)]
pub(crate) struct Host {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    /// When the signal fires, counted from the beginning of the work; `None`: never.
    pub(crate) handler_timeout: Option<Duration>,
    pub(crate) counters: Arc<Counters>,
}

/// What is to be done after the store was asked.
pub(crate) enum Beginning {
    /// The work is done, under a claim.
    Execute { epoch: u64, attempt: u32, checkpoint: Option<Vec<u8>> },
    /// The work is done without one: the store is away, or full, and the configuration lets work go on.
    Unprotected,
    /// The work is not done.
    Replay(Replay),
    /// The work is not done.
    Refuse(Refusal),
}

/// What the machine says that is not this file's to do.
enum News {
    Begun(Beginning),
    /// The answer may leave: settled, or not yet confirmed; and why its completion is lost, if it is.
    Leaves(Option<Settled>, Option<&'static str>),
}

/// An operation under way, and the ticket of its answer.
type Asked = (u32, Pin<Box<dyn Future<Output = Result<StoreReply, StoreError>> + Send>>);

/// The life of one claim. It moves while one of its functions is awaited, and only then.
pub(crate) struct Run {
    shared: Arc<Mutex<Shared>>,
    host: Host,
    /// Core only ever looks at differences: each run has a clock of its own that starts at zero.
    origin: Instant,
    under_way: Vec<Asked>,
    /// The deadline that is waited for.
    alarm: Option<(Tick, Sleep)>,
    trigger: Trigger,
    handler_limit: Option<Sleep>,
    /// Nothing will come of it any more but what is under way.
    over: bool,
    /// Until its answer may leave.
    operation: Option<Operation>,
}

/// What the work may touch as well.
struct Shared {
    machine: machine::Run,
    /// What the work has said since the run looked last.
    said: VecDeque<Event>,
    /// Of whoever awaits the run.
    waker: Option<Waker>,
}

/// What the work has of its run. A clone is of the same run.
#[derive(Clone)]
pub(crate) struct Handle(Arc<Mutex<Shared>>);

impl Handle {
    /// What completes the run inside the work's own transaction; `None` unless the run holds its claim.
    pub(crate) fn completion(&self, outcome: &Outcome) -> Option<StoreOp> {
        lock(&self.0).machine.completion(outcome)
    }

    /// Leaves `data` for whoever runs next, should this run not end.
    pub(crate) fn checkpoint(&self, data: Vec<u8>) {
        let mut shared = lock(&self.0);
        shared.said.push_back(Event::Checkpoint { data });
        if let Some(waker) = shared.waker.take() {
            waker.wake();
        }
    }
}

impl Run {
    /// Drives `machine`, which was made at `Tick::ZERO`.
    pub(crate) fn new(host: Host, machine: machine::Run) -> Self {
        let origin = host.clock.now();
        let operation = Operation::begin(host.counters.clone(), host.clock.clone(), origin);
        Self {
            shared: Arc::new(Mutex::new(Shared { machine, said: VecDeque::new(), waker: None })),
            origin,
            operation: Some(operation),
            host,
            under_way: Vec::new(),
            alarm: None,
            trigger: Trigger::default(),
            handler_limit: None,
            over: false,
        }
    }

    /// Fires when the work must stop.
    pub(crate) fn signal(&self) -> Signal {
        self.trigger.signal()
    }

    pub(crate) fn handle(&self) -> Handle {
        Handle(self.shared.clone())
    }

    /// Claims the key, and waits for another run where that is configured.
    pub(crate) async fn begin(&mut self) -> Beginning {
        let mut news = self.tell(Event::Start);
        loop {
            match news {
                Some(News::Begun(beginning)) => {
                    let Host { clock, handler_timeout, .. } = &self.host;
                    self.handler_limit = handler_timeout.map(|limit| clock.limit(limit));
                    return beginning;
                }
                _ => news = Some(self.news().await),
            }
        }
    }

    /// Keeps the claim while `work` runs.
    pub(crate) async fn beside<T>(&mut self, work: impl Future<Output = T>) -> T {
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
    pub(crate) async fn finish(&mut self, ending: Ending) -> Option<Settled> {
        self.handler_limit = None;
        let mut news = self.tell(Event::Finished { ending });
        loop {
            match news {
                Some(News::Leaves(settled, lost)) => {
                    if let Some(reason) = lost {
                        self.host.counters.completion_lost();
                        events::completion_lost(reason);
                    }
                    self.operation = None;
                    return settled;
                }
                _ => news = Some(self.news().await),
            }
        }
    }

    /// Goes on in a task of its own, for as long as there is something to do: a claim that is still held is given up.
    pub(crate) fn leave(&mut self) {
        if self.over && self.under_way.is_empty() {
            return;
        }
        // Outside of a runtime, or in one that shuts down, the lease must run out.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let rest = Self {
            shared: self.shared.clone(),
            host: self.host.clone(),
            origin: self.origin,
            under_way: mem::take(&mut self.under_way),
            alarm: self.alarm.take(),
            trigger: mem::take(&mut self.trigger),
            handler_limit: None,
            over: self.over,
            operation: None,
        };
        runtime.spawn(rest.abandon());
    }

    /// Gives the claim up without an outcome: nobody wants it any more.
    pub(crate) async fn abandon(mut self) {
        self.tell(Event::Abandon);
        self.wind_down().await;
    }

    /// Goes on until nothing is left to do and no answer is outstanding.
    pub(crate) async fn wind_down(mut self) {
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
            let event = if let Some(event) = self.poll_said(context) {
                event
            } else if let Some(event) = self.poll_store(context) {
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

    /// What the work says next.
    fn poll_said(&mut self, context: &mut Context<'_>) -> Option<Event> {
        let mut shared = lock(&self.shared);
        let said = shared.said.pop_front();
        if said.is_none() {
            match &mut shared.waker {
                Some(waker) => waker.clone_from(context.waker()),
                none => *none = Some(context.waker().clone()),
            }
        }
        said
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
        let now = tick(self.origin, self.host.clock.now());
        let draw = Draw(self.host.entropy.draw());
        let (action, lost, deadline) = {
            let machine = &mut lock(&self.shared).machine;
            let action = machine.handle(now, event, draw);
            let lost = machine.lost_completion(&action);
            (action, lost, machine.deadline())
        };
        self.over |= matches!(action, Action::Replay(_) | Action::Refuse(_) | Action::Settled(_));
        let waits = matches!(action, Action::Wait { .. });
        self.wake_at(deadline, now, waits);
        match action {
            Action::Apply { ticket, op } => {
                let store = self.host.store.clone();
                self.under_way.push((ticket, Box::pin(async move { store.apply(op).await })));
                None
            }
            Action::AbortHandler => {
                self.trigger.fire();
                None
            }
            Action::Execute { epoch, attempts, checkpoint } => {
                Some(News::Begun(Beginning::Execute { epoch, attempt: attempts, checkpoint }))
            }
            Action::Unprotected { reason } => {
                self.host.counters.unprotected();
                events::unprotected(reason);
                Some(News::Begun(Beginning::Unprotected))
            }
            Action::Replay(replay) => {
                self.host.counters.replayed();
                self.operation = None;
                Some(News::Begun(Beginning::Replay(replay)))
            }
            Action::Refuse(refusal) => {
                self.host.counters.refused(&refusal);
                self.operation = None;
                Some(News::Begun(Beginning::Refuse(refusal)))
            }
            Action::Answer => Some(News::Leaves(None, lost)),
            Action::Settled(settled) => Some(News::Leaves(Some(settled), lost)),
            Action::Wait { .. } | Action::Nothing => None,
        }
    }

    fn wake_at(&mut self, deadline: Option<Tick>, now: Tick, waits: bool) {
        if self.alarm.as_ref().map(|(at, _)| *at) == deadline {
            return;
        }
        self.alarm = deadline.map(|at| {
            let left = duration(at.since(now));
            let clock = &self.host.clock;
            (at, if waits { clock.sleep(left) } else { clock.limit(left) })
        });
    }
}

fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
