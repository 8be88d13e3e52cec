//! A store on a server, but for the connection: core turns an operation into a command and a server's answer into a reply.

use super::{StoreError, StoreOp, StoreReply, StoreUsage};
use crate::clock::Clock;
use crate::time::timestamp;
use once_again_core::store::{Cell, Command, Dialect, Request, Usage};
use once_again_core::time::Timestamp;
use std::sync::Arc;

/// What a server answers to one command: a script's list, or a query's only row; `None` when there is no row.
pub(super) type Answered = Result<Option<Vec<Cell>>, StoreError>;

/// Sends commands to one server.
pub(super) trait Server: Send + Sync + 'static {
    fn send(&self, command: Command) -> impl Future<Output = Answered> + Send;
}

/// Carries operations to one server.
pub(super) struct Carrier<S> {
    pub(super) server: S,
    pub(super) dialect: Dialect,
    /// Takes the place of the server's own clock.
    clock: Option<Arc<dyn Clock>>,
    #[cfg(feature = "tracing")]
    warned: std::sync::atomic::AtomicBool,
}

impl<S: Server> Carrier<S> {
    pub(super) fn new(server: S, dialect: Dialect, clock: Option<Arc<dyn Clock>>) -> Arc<Self> {
        #[cfg(feature = "tracing")]
        let warned = std::sync::atomic::AtomicBool::new(false);
        Arc::new(Self {
            server,
            dialect,
            clock,
            #[cfg(feature = "tracing")]
            warned,
        })
    }

    pub(super) fn now(&self) -> Option<Timestamp> {
        self.clock.as_ref().map(|clock| timestamp(clock.wall_now()))
    }

    pub(super) async fn apply(self: &Arc<Self>, op: &StoreOp) -> Result<StoreReply, StoreError> {
        self.apply_by(op, |command| self.server.send(command)).await
    }

    /// Where a command must go in a way of its own.
    pub(super) async fn apply_by<F>(
        self: &Arc<Self>,
        op: &StoreOp,
        send: impl FnOnce(Command) -> F,
    ) -> Result<StoreReply, StoreError>
    where
        F: Future<Output = Answered> + Send,
    {
        let command = match self.dialect.request(self.now(), op) {
            Request::Send(command) => command,
            Request::Answer(reply) => return Ok(reply),
        };
        self.warn_once();
        let answer = send(command).await?;
        self.read(answer.as_deref())
    }

    pub(super) fn read(&self, answer: Option<&[Cell]>) -> Result<StoreReply, StoreError> {
        self.dialect.reply(answer).map_err(StoreError::unavailable)
    }

    /// Asks the server about itself: what endangers records; an error when it can keep none.
    pub(super) async fn check(&self) -> Result<Vec<String>, StoreError> {
        let answer = self.server.send(self.dialect.health()).await?;
        Ok(self.dialect.diagnose(answer.as_deref())?)
    }

    /// Counts what is alive, page by page, each of which is had from `send`.
    pub(super) async fn usage<F>(&self, send: impl Fn(Command) -> F) -> Result<StoreUsage, StoreError>
    where
        F: Future<Output = Answered> + Send,
    {
        let (mut all, mut next) = (StoreUsage::default(), Some(Usage::FIRST.to_owned()));
        while let Some(cursor) = next {
            let answer = send(self.dialect.usage(self.now(), &cursor)).await?;
            let page = self.dialect.counted(answer.as_deref()).map_err(StoreError::unavailable)?;
            all += StoreUsage { records: page.records, bytes: page.bytes };
            next = page.next;
        }
        Ok(all)
    }

    /// Beside the first operation: an operator learns of a dangerous setting, or a missing schema, without asking.
    #[cfg(feature = "tracing")]
    fn warn_once(self: &Arc<Self>) {
        use std::sync::atomic::Ordering;
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        if self.warned.swap(true, Ordering::Relaxed) {
            return;
        }
        let this = self.clone();
        runtime.spawn(async move {
            match this.check().await {
                Ok(warnings) => {
                    for warning in &warnings {
                        crate::events::store_endangered(warning);
                    }
                }
                // A server that is away, or does not let itself be asked, is no reason to warn.
                Err(error) => {
                    if let Some(reason) = error.misconfiguration() {
                        crate::events::store_endangered(&reason);
                    }
                }
            }
        });
    }

    #[cfg(not(feature = "tracing"))]
    #[expect(clippy::unused_self, reason = "nobody listens")]
    const fn warn_once(self: &Arc<Self>) {}
}
