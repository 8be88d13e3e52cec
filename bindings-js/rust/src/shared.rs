//! What of a breaker is shared through a store: requests out, answers in.

use crate::answer;
use crate::breaker::{Kept, decide, read, with};
use crate::mailbox::{self, ADMITTED, ATTACHED, Mailbox};
use once_again_core::breaker::BreakerConfig;
use once_again_core::breaker::shared::{Connection, Heard, Link, Request};
use once_again_core::error::ConfigError;
use once_again_core::json;
use serde::Serialize;

/// A breaker's link, and the claim that the last admission left to be sent.
pub(crate) struct Shared {
    pub(crate) link: Link,
    pub(crate) claim: Option<Request>,
}

/// A script for the store to run. The driver hands `request` back with what becomes of it.
#[derive(Serialize)]
struct Command {
    request: Request,
    script: &'static str,
    key: String,
    args: Vec<String>,
    /// Milliseconds.
    timeout: f64,
}

#[derive(Serialize)]
struct Done {}

/// Shares the breaker behind `handle`, which was made from `config`, with others of its name.
#[must_use]
pub fn share(handle: f64, config: &str) -> String {
    answer::text(try_share(handle, config))
}

fn try_share(handle: f64, config: &str) -> Result<Done, ConfigError> {
    let link = Link::new(&BreakerConfig::try_from(read(config)?)?)?;
    Kept::find(handle, |kept| kept.shared = Some(Box::new(Shared { link, claim: None })));
    Ok(Done {})
}

/// The next request to send in the background at `now` (milliseconds), as JSON; `null` when there is none.
#[must_use]
pub fn poll(handle: f64, now: f64) -> String {
    ask(handle, |kept, shared| {
        let request = shared.link.poll(&kept.breaker, mailbox::tick(now))?;
        Some(shared.command(kept, request))
    })
}

/// The claim that the last admission asks the driver to send and to wait for, as JSON.
#[must_use]
pub fn claim(handle: f64) -> String {
    ask(handle, |kept, shared| {
        let request = shared.claim.take()?;
        Some(shared.command(kept, request))
    })
}

/// The store has answered a request, or not in time. Reads `HANDLE`, `NOW` and `DRAW`; answers `ATTACHED`, and for a claim as
/// `admit` does.
pub fn hear(mail: &Mailbox, request: &str, answer: Option<&str>) {
    with(mail, |kept| {
        mail[ATTACHED].set(-1.0);
        mail[ADMITTED].set(0.0);
        let request = json::read(request).ok()?;
        let shared = kept.shared.as_mut()?;
        let (now, breaker) = (mailbox::now(mail), &mut kept.breaker);
        let Heard { decision, change, connection } = match answer {
            Some(answer) => shared.link.hear(breaker, request, answer, now, mailbox::draw(mail)),
            None => shared.link.lost(breaker, request, now),
        };
        if let Some(decision) = decision {
            decide(mail, decision);
        }
        if let Some(connection) = connection {
            mail[ATTACHED].set(f64::from(u8::from(connection == Connection::Attached)));
        }
        change
    });
}

/// The store has answered a request that was given up.
pub fn late(handle: f64, request: &str, answer: &str) {
    Kept::find(handle, |kept| {
        if let (Some(shared), Ok(request)) = (&mut kept.shared, json::read(request)) {
            shared.link.late(request, answer);
        }
    });
}

impl Shared {
    fn command(&self, kept: &Kept, request: Request) -> Command {
        let command = self.link.command(&kept.breaker, request);
        Command {
            request,
            script: command.script,
            key: command.key,
            args: command.args,
            timeout: mailbox::millis(command.timeout),
        }
    }
}

fn ask(handle: f64, question: impl FnOnce(&Kept, &mut Shared) -> Option<Command>) -> String {
    let command = Kept::find(handle, |kept| {
        let mut shared = kept.shared.take()?;
        let command = question(kept, &mut shared);
        kept.shared = Some(shared);
        command
    });
    json::to_string(&command.flatten())
}
