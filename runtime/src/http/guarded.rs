//! A request that runs under a record: what its answers carry, and how its run ends.

use super::answer::AnswerBody;
use super::guard::Guard;
use super::headers;
use super::service::{Caller, Thrown};
use crate::idempotency::Run;
use bytes::Bytes;
use http::Response;
use http_body::Body;
use once_again_core::http::{Answer, Header, HttpConfig, Leaving, Ready};
use once_again_core::idempotency::machine::Ending;
use std::sync::Arc;

/// A guarded request whose handler runs.
pub(super) struct Guarded {
    pub(super) guard: Arc<Guard>,
    pub(super) shown_key: String,
    pub(super) run: Run,
    /// Whether it runs under a record. An unprotected answer must not promise that it can be had again.
    pub(super) protected: bool,
}

impl Guarded {
    pub(super) fn max_body_bytes(&self) -> u64 {
        self.guard.config.max_body_bytes()
    }

    /// The headers that mark a first answer, which carries these of its own already.
    pub(super) fn marks(&self, own: &[Header]) -> Vec<Header> {
        if self.protected { self.guard.config.first_answer(&self.shown_key, own) } else { Vec::new() }
    }

    /// Records how the handler has answered; `body` is all of it if `answer` says that it was kept.
    pub(super) async fn answered(&mut self, answer: &Answer, body: &[u8]) -> Leaving {
        let ending = self.guard.config.ending(answer, body);
        self.end(ending).await
    }

    /// Records that the handler has not answered.
    pub(super) async fn not_answered(&mut self) -> Leaving {
        let ending = self.guard.config.thrown();
        self.end(ending).await
    }

    /// The same, and hands on why; but where another run's outcome stands, that is what the caller gets.
    pub(super) async fn thrown<R: Body, E>(&mut self, why: Thrown<E>, caller: Caller<R, E>) {
        let answer = match self.not_answered().await {
            Leaving::Own { .. } => Err(why),
            Leaving::Instead(other) => Ok(ready(other)),
        };
        // The caller may have gone.
        let _ = caller.send(answer);
    }

    async fn end(&mut self, ending: Ending) -> Leaving {
        match self.run.finish(ending).await {
            Some(settled) => self.guard.config.leaving(&settled, &self.shown_key),
            None => HttpConfig::leaving_unconfirmed(),
        }
    }
}

/// An answer that core has written.
pub(super) fn ready<R: Body>(ready: Ready) -> Response<AnswerBody<R>> {
    headers::response(ready).map(|body| AnswerBody::whole(Bytes::from(body)))
}
