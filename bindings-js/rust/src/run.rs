//! Runs of one thread, behind handles: events in, core's actions out, as the driver reads them.
//!
//! A run guards an HTTP request or a function's call. The machine is the same; what differs is how a replay or a refusal
//! is told.
//!
//! What a run asks of a memory store of its own thread is answered right here: such a run has no operation to send, and is
//! freed by its last action. All others hand their operations to the driver.

use crate::action;
use crate::http;
use crate::mailbox::{self, drawn, tick};
use crate::payload;
use crate::slab::Slab;
use crate::store;
use once_again_core::http::headers::Header;
use once_again_core::idempotency::action::ActionConfig;
use once_again_core::idempotency::machine::{Action, Event, Run};
use once_again_core::idempotency::record::{Outcome, Owner};
use once_again_core::json;
use once_again_core::store::StoreOp;
use serde::Serialize;
use std::cell::RefCell;
use std::rc::Rc;

thread_local! {
    static RUNS: RefCell<Slab<Open>> = const { RefCell::new(Slab::new()) };
}

/// What a run guards.
pub(crate) enum Kind {
    Http(http::Answers),
    Function(Rc<ActionConfig>),
}

/// A run under way.
pub(crate) struct Open {
    pub(crate) run: Run,
    pub(crate) kind: Kind,
    /// The memory store of this thread that answers it; `None`: the driver asks a store.
    pub(crate) store: Option<f64>,
}

/// What the driver reads off the world for an event.
#[derive(Clone, Copy)]
pub struct Moment {
    /// The monotonic clock, milliseconds.
    pub now: f64,
    /// 0 ≤ draw < 1.
    pub draw: f64,
    /// The store's wall clock, milliseconds, where the store is one of this thread.
    pub wall: f64,
}

/// An action, as the driver reads it.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Told {
    pub(crate) action: &'static str,
    /// Whether bytes were left as payload.
    #[serde(skip_serializing_if = "core::ops::Not::not")]
    pub(crate) bytes: bool,
    /// Of an action that a run begins with: its handle.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) run: Option<f64>,
    /// The same: the key as it is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) key: Option<String>,
    /// The same: what marks a first answer, unless that depends on the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) marks: Option<Vec<Header>>,
    /// When the machine wants to be woken, milliseconds on the monotonic clock.
    pub(crate) deadline: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ticket: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) op: Option<StoreOp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) epoch: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) attempts: Option<u32>,
    /// Of an HTTP answer that takes the handler's place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) status: Option<u16>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) headers: Vec<Header>,
    /// Of a function's end that takes the place of this call's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) result: Option<action::Told>,
    /// Of a replay or a refusal by a run: whether the operation had been begun before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) duplicate: Option<bool>,
    /// Why the work runs unprotected, or why its completion is lost.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<&'static str>,
}

/// 16 random bytes as an owner; bytes that are missing count as zero.
pub(crate) fn owner(random: &[u8]) -> Owner {
    let mut bytes = [0; 16];
    for (byte, given) in bytes.iter_mut().zip(random) {
        *byte = *given;
    }
    Owner(bytes)
}

/// Keeps a run; its handle.
pub(crate) fn open(open: Open) -> f64 {
    RUNS.with_borrow_mut(|runs| runs.insert(open))
}

/// Hands an event of core's machine to a run; answers its action.
#[must_use]
pub fn event(handle: f64, at: Moment, event: &str, bytes: Option<Vec<u8>>) -> String {
    match Event::from_wire(event, bytes) {
        Ok(event) => with(handle, |open| open.handle(at, event)).text(),
        Err(error) => store::invalid(&error.to_string()),
    }
}

/// Frees a run.
pub fn close(handle: f64) {
    RUNS.with_borrow_mut(|runs| runs.remove(handle));
}

/// Moves a run on; one that is gone has nothing to say any more.
pub(crate) fn with(handle: f64, act: impl FnOnce(&mut Open) -> Told) -> Told {
    payload::leave(None);
    let told = look(handle, |open| act(open).of(open));
    let (told, over) = told.unwrap_or((plain("nothing"), false));
    if over {
        close(handle);
    }
    told
}

/// Begins a run: what its first action says, and the handle of a run that goes on. `introduce` adds what the driver must know
/// of that one.
pub(crate) fn begin(mut open: Open, at: Moment, introduce: impl FnOnce(&Kind, Told) -> Told) -> Told {
    payload::leave(None);
    let (told, over) = open.handle(at, Event::Start).of(&open);
    if over {
        return told;
    }
    let told = introduce(&open.kind, told);
    let run = RUNS.with_borrow_mut(|runs| runs.insert(open));
    Told { run: Some(run), ..told }
}

pub(crate) fn look<T>(handle: f64, act: impl FnOnce(&mut Open) -> T) -> Option<T> {
    RUNS.with_borrow_mut(|runs| runs.get_mut(handle).map(act))
}

/// The operation that completes a run jointly with the caller's own transaction, its outcome left as payload; `null`
/// unless the run holds its record.
pub(crate) fn completion(handle: f64, outcome: impl FnOnce(&Kind) -> Option<Outcome>) -> String {
    let op = look(handle, |open| open.run.completion(&outcome(&open.kind)?)).flatten();
    let Some(op) = op else { return "null".into() };
    let (text, bytes) = op.to_wire();
    payload::leave(bytes);
    text
}

impl Open {
    pub(crate) fn handle(&mut self, at: Moment, event: Event) -> Told {
        let Moment { now, draw, wall } = at;
        let mut action = self.run.handle(tick(now), event, drawn(draw));
        while let (Some(store), Action::Apply { ticket, op }) = (self.store, &action) {
            let ticket = *ticket;
            let event = match store::ask(store, wall, op) {
                Some(reply) => Event::Reply { ticket, reply },
                None => Event::StoreFailed { ticket },
            };
            action = self.run.handle(tick(now), event, drawn(draw));
        }
        let reason = match &action {
            Action::Unprotected { reason } => Some(reason.name()),
            action => self.run.lost_completion(action),
        };
        let duplicate = duplicate(&action);
        let deadline = self.run.deadline().map(mailbox::tick_millis);
        Told { deadline, duplicate, reason, ..self.kind.tell(action) }
    }
}

/// Of what takes the place of an operation: whether that had been begun before.
fn duplicate(action: &Action) -> Option<bool> {
    match action {
        Action::Replay(_) => Some(true),
        Action::Refuse(refusal) => Some(refusal.is_duplicate()),
        _ => None,
    }
}

impl Told {
    /// What is told by a run, and whether that was its last word.
    fn of(self, open: &Open) -> (Self, bool) {
        let over = open.store.is_some() && ["replay", "refuse", "settled"].contains(&self.action);
        (self, over)
    }

    /// Whether a run has ended, and that is all.
    pub(crate) fn is_quiet(&self) -> bool {
        self.action == "settled"
            && self.status.is_none()
            && self.headers.is_empty()
            && self.result.is_none()
            && self.deadline.is_none()
            && !payload::is_left()
    }

    /// As the driver reads it.
    pub(crate) fn text(self) -> String {
        json::to_string(&Self { bytes: payload::is_left(), ..self })
    }
}

impl Kind {
    fn tell(&self, action: Action) -> Told {
        match (action, self) {
            (Action::Apply { ticket, op }, _) => {
                payload::leave(op.payload().map(<[u8]>::to_vec));
                Told { action: "apply", ticket: Some(ticket), op: Some(op), ..Told::default() }
            }
            (Action::Execute { epoch, attempts, checkpoint }, _) => {
                payload::leave(checkpoint);
                Told { action: "execute", epoch: Some(epoch), attempts: Some(attempts), ..Told::default() }
            }
            (Action::Unprotected { .. }, _) => plain("unprotected"),
            (Action::Wait { .. }, _) => plain("wait"),
            (Action::AbortHandler, _) => plain("abortHandler"),
            (Action::Nothing, _) => plain("nothing"),
            (Action::Replay(replay), Self::Http(answers)) => answers.replay("replay", &replay),
            (answer @ Action::Replay(_), Self::Function(_)) => action::told("replay", &answer),
            (Action::Refuse(refusal), Self::Http(_)) => http::Answers::refusal(&refusal),
            (answer @ Action::Refuse(_), Self::Function(_)) => action::told("refuse", &answer),
            (Action::Answer, Self::Http(_)) => http::Answers::unconfirmed(),
            (Action::Answer, Self::Function(_)) => plain("answer"),
            (Action::Settled(settled), Self::Http(answers)) => answers.settled(&settled),
            (answer @ Action::Settled(_), Self::Function(_)) => action::told("settled", &answer),
        }
    }
}

pub(crate) fn plain(action: &'static str) -> Told {
    Told { action, ..Told::default() }
}
