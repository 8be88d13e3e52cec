//! A breaker whose state lives in Redis: sends what core asks for, and hands the answers back.
//!
//! Nothing here decides or waits, except the caller of a probe, and it only for as long as core says.

use super::{Breaker, BreakerEvent, CircuitOpenError, Outcome, Permit};
use crate::events;
use crate::time::duration;
use once_again_core::breaker::Decision;
use once_again_core::breaker::shared::{Command, Connection, Link, Request};
use once_again_core::draw::Draw;
use once_again_core::time::Tick;
use std::error::Error;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

/// Why a [`ScriptStore`] has no answer.
pub type ScriptError = Box<dyn Error + Send + Sync>;

/// What a [`ScriptStore`] answers, once it does.
pub type ScriptReply = Pin<Box<dyn Future<Output = Result<String, ScriptError>> + Send>>;

/// Runs Lua scripts in Redis, where a [shared](super::BreakerBuilder::shared) breaker's state lives.
pub trait ScriptStore: Send + Sync + 'static {
    /// Runs `script` over `keys` and `args`, as Redis's `EVAL` does, and answers the text that it returns. It need not be
    /// quick about it: who waits has a time limit.
    fn run(&self, script: &'static str, keys: Vec<String>, args: Vec<String>) -> ScriptReply;
}

impl<S: ScriptStore + ?Sized> ScriptStore for Arc<S> {
    fn run(&self, script: &'static str, keys: Vec<String>, args: Vec<String>) -> ScriptReply {
        (**self).run(script, keys, args)
    }
}

/// So many requests are under way at most: a server that takes connections and never answers must not gather tasks.
const MOST_REQUESTS: usize = 40;

/// What a shared breaker needs to send its requests.
pub(super) struct Shared {
    store: Arc<dyn ScriptStore>,
    /// The runtime that the breaker was made in.
    home: Option<Handle>,
    /// When core has something to send.
    wake: AtomicU64,
    /// Each request that is under way holds a clone.
    under_way: Arc<()>,
}

impl Shared {
    pub(super) fn new(store: Arc<dyn ScriptStore>) -> Self {
        Self { store, home: Handle::try_current().ok(), wake: AtomicU64::new(0), under_way: Arc::new(()) }
    }

    pub(super) fn wake_at(&self, wake: Tick) {
        self.wake.store(wake.get(), Ordering::Release);
    }

    fn runtime(&self) -> Option<Handle> {
        Handle::try_current().ok().or_else(|| self.home.clone())
    }
}

impl Breaker {
    /// Whether it has a store, which a caller may have to wait for.
    pub(crate) fn is_shared(&self) -> bool {
        self.0.shared.is_some()
    }

    /// Whether its state is shared now: it has a store ([`shared`](super::BreakerBuilder::shared)), which has answered the
    /// last request.
    #[must_use]
    pub fn attached(&self) -> bool {
        let connection = self.lock().link.as_ref().map(Link::connection);
        connection == Some(Connection::Attached)
    }

    /// Sends what there is to send. Called after every event, without the lock.
    pub(super) fn tend(&self, now: Tick) {
        let Some(shared) = &self.0.shared else { return };
        if now.get() < shared.wake.load(Ordering::Acquire) {
            return;
        }
        while let Some((request, command)) = self.poll(shared, now) {
            self.send(shared, request, command, None);
        }
    }

    fn poll(&self, shared: &Shared, now: Tick) -> Option<(Request, Command)> {
        let mut core = self.lock();
        let core = &mut *core;
        let link = core.link.as_mut()?;
        let request = link.poll(&core.breaker, now);
        shared.wake_at(link.wake(&core.breaker));
        request.map(|request| (request, link.command(&core.breaker, request)))
    }

    /// Sends the claim that an admission left.
    pub(super) fn claim(&self, request: Request) -> Claim {
        let (claimant, decision) = oneshot::channel();
        let core = self.lock();
        let command = core.link.as_ref().map(|link| link.command(&core.breaker, request));
        drop(core);
        if let (Some(shared), Some(command)) = (&self.0.shared, command) {
            self.send(shared, request, command, Some(claimant));
        }
        Claim { breaker: self.clone(), decision }
    }

    fn send(
        &self,
        shared: &Shared,
        request: Request,
        Command { script, key, args, timeout }: Command,
        claimant: Option<oneshot::Sender<Decision>>,
    ) {
        let mut errand = Errand { breaker: self.clone(), request, claimant, ended: false };
        let Some(runtime) = shared.runtime() else {
            return errand.end(Err("no tokio runtime is there to ask the store"));
        };
        let place = shared.under_way.clone();
        if Arc::strong_count(&place) > MOST_REQUESTS + 1 {
            return errand.end(Err("too many requests to the store have not been answered"));
        }
        let (store, clock, timeout) = (shared.store.clone(), self.0.clock.clone(), duration(timeout));
        runtime.spawn(async move {
            let mut limit = clock.limit(timeout);
            let mut reply = store.run(script, vec![key], args);
            let in_time = poll_fn(|context| match reply.as_mut().poll(context) {
                Poll::Ready(answer) => Poll::Ready(Some(answer)),
                Poll::Pending => limit.as_mut().poll(context).map(|()| None),
            });
            match in_time.await {
                Some(Ok(answer)) => errand.end(Ok(&answer)),
                Some(Err(error)) => errand.end(Err(&error.to_string())),
                None => {
                    errand.end(Err(&format!("the store did not answer within {timeout:?}")));
                    if let Ok(answer) = reply.await {
                        errand.late(&answer);
                    }
                }
            }
            drop(place);
        });
    }

    /// The store has answered a request, or has not; answers what that means for a claim.
    fn heard(&self, request: Request, answer: Result<&str, &str>) -> Option<Decision> {
        let (now, draw) = (self.now(), Draw(self.0.entropy.draw()));
        let mut guard = self.lock();
        let core = &mut *guard;
        let link = core.link.as_mut()?;
        let heard = match answer {
            Ok(text) => link.hear(&mut core.breaker, request, text, now, draw),
            Err(_) => link.lost(&mut core.breaker, request, now),
        };
        self.changed(guard, heard.change);
        match heard.connection {
            Some(Connection::Attached) => {
                events::breaker_attached(self.name());
                self.tell(|name| BreakerEvent::Attached { name });
            }
            Some(Connection::Detached) => {
                let error = answer.err().unwrap_or("the store's answer is no record of a breaker").into();
                events::breaker_detached(self.name());
                self.tell(|name| BreakerEvent::Detached { name, error });
            }
            Some(Connection::New) | None => {}
        }
        self.tend(now);
        heard.decision
    }

    /// Nobody waits for a claim any more: the probe it brought says nothing.
    fn give_back(&self, decision: Decision) {
        if let Decision::Permit(permit) = decision {
            self.settle(permit, None, Outcome::Ignored);
        }
    }
}

/// A request under way. Dropped before its end, with its runtime for instance, it has not been answered.
struct Errand {
    breaker: Breaker,
    request: Request,
    /// Who waits for what a claim brings.
    claimant: Option<oneshot::Sender<Decision>>,
    ended: bool,
}

impl Errand {
    fn end(&mut self, answer: Result<&str, &str>) {
        self.ended = true;
        let Some(decision) = self.breaker.heard(self.request, answer) else { return };
        if let Some(claimant) = self.claimant.take()
            && let Err(unwanted) = claimant.send(decision)
        {
            self.breaker.give_back(unwanted);
        }
    }

    /// The answer has come after all.
    fn late(&self, answer: &str) {
        let mut core = self.breaker.lock();
        if let Some(link) = &mut core.link {
            link.late(self.request, answer);
        }
        self.breaker.changed(core, None);
    }
}

impl Drop for Errand {
    fn drop(&mut self) {
        if !self.ended {
            self.end(Err("the request was dropped before the store answered"));
        }
    }
}

/// Waits for the store to grant a probe, or for core to lose patience with it.
pub(super) struct Claim {
    breaker: Breaker,
    decision: oneshot::Receiver<Decision>,
}

impl Future for Claim {
    type Output = Result<Permit, CircuitOpenError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let decision = std::task::ready!(Pin::new(&mut self.decision).poll(context));
        let breaker = &self.breaker;
        Poll::Ready(match decision {
            // The call begins now, not when the store was asked.
            Ok(decision) => breaker.decided(decision, breaker.since()),
            // An errand's end is certain, so this is nobody's; whoever got here still gets an answer.
            Err(_) => breaker.try_acquire(),
        })
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.decision.close();
        if let Ok(decision) = self.decision.try_recv() {
            self.breaker.give_back(decision);
        }
    }
}
