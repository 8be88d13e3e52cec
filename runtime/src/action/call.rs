//! One call: claims, runs or replays, and records how it ended.

use super::context::{ExecutionContext, Recorded};
use super::error::IdempotencyError;
use super::executor::{Executed, Settings};
use super::text;
use crate::idempotency::{Beginning, Host, Run};
use crate::storage::{Owner, RecordKey};
use crate::time::duration;
use crate::{entropy, events};
use once_again_core::error::ConfigError;
use once_again_core::fingerprint::{Fingerprint, Options, Parts};
use once_again_core::idempotency::action::{ActionConfig, Ended, Level, Told};
use once_again_core::idempotency::machine::{self, Action, Settled};
use once_again_core::time::Tick;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::Display;
use std::sync::Arc;

/// What runs once, and what its user says about repetitions.
pub(crate) trait Work: Sync {
    type Output: Serialize + DeserializeOwned + Send;
    type Error: Display + Send;

    fn run(&self) -> impl Future<Output = Result<Self::Output, Self::Error>> + Send;

    fn is_safe_to_retry(
        &self,
        _previous: &Self::Output,
    ) -> impl Future<Output = Result<bool, Self::Error>> + Send {
        std::future::ready(Ok(false))
    }

    /// What the caller gets of two results.
    fn merge(
        &self,
        previous: Self::Output,
        current: Self::Output,
    ) -> impl Future<Output = Result<Self::Output, Self::Error>> + Send {
        std::future::ready(Ok(ExecutionContext::usual(previous, current)))
    }
}

/// A call under way.
pub(crate) struct Call<'a, W> {
    settings: &'a Settings,
    config: Arc<ActionConfig>,
    context: ExecutionContext,
    work: W,
    key: RecordKey,
    fingerprint: Fingerprint,
}

/// A run that is never left without a word: dropped in the middle, it gives up its claim in a task of its own.
struct Attended(Run);

impl Drop for Attended {
    fn drop(&mut self) {
        self.0.leave();
    }
}

type Answer<W> = Result<Executed<<W as Work>::Output>, IdempotencyError<<W as Work>::Error>>;

impl<'a, W: Work> Call<'a, W> {
    /// Files the call: `about` is what it is about, `given` its own key.
    pub(crate) fn new<I: Serialize + ?Sized>(
        settings: &'a Settings,
        config: ActionConfig,
        level: Level,
        context: ExecutionContext,
        (given, about): (Option<&str>, &I),
        work: W,
    ) -> Result<Self, IdempotencyError<W::Error>> {
        let options = Options { selection: config.selection().clone(), ..Options::default() };
        let fingerprint = Fingerprint::of_value(&Parts::default(), about, &options).map_err(|_| {
            let expected = "a value that JSON can say: numbers that are finite, maps whose keys are strings";
            IdempotencyError::Config(ConfigError::new("input", std::any::type_name::<I>(), expected))
        })?;
        let claim =
            config.claim(given, fingerprint).map_err(|error| IdempotencyError::Key(error.at("key")))?;
        let context = ExecutionContext { level, attempt: 1, ..context };
        let config = Arc::new(config);
        Ok(Self { settings, config, context, work, key: claim.key, fingerprint: claim.fingerprint })
    }

    /// Runs the work, or answers with what an earlier run of it returned.
    pub(crate) async fn execute(mut self) -> Answer<W> {
        if !self.config.enabled() {
            let output = self.context.around(self.work.run()).await.map_err(IdempotencyError::Action)?;
            return Ok(self.fresh(output, false));
        }
        // A claim that cannot be renewed, nor given up in time, is not made.
        self.settings.clock.can_sleep().map_err(IdempotencyError::Config)?;
        let mut attended = Attended(self.open());
        let run = &mut attended.0;
        match run.begin().await {
            Beginning::Execute { epoch, attempt, checkpoint } => {
                let run_of = Recorded {
                    handle: run.handle(),
                    config: self.config.clone(),
                    key: self.key,
                    epoch,
                    checkpoint: checkpoint.map(Into::into),
                };
                self.context.attempt = attempt;
                self.context.cancel = run.signal();
                self.context.run = Some(run_of);
                self.recorded(run).await
            }
            Beginning::Unprotected => self.unrecorded(attended).await,
            Beginning::Replay(replay) => match Self::instead(&Action::Replay(replay))? {
                Some(previous) => self.duplicate(previous).await,
                None => Err(IdempotencyError::Result("it is none".into())),
            },
            Beginning::Refuse(refusal) => Err(refusal.into()),
        }
    }

    fn open(&self) -> Run {
        let Settings { store, clock, entropy, counters } = self.settings;
        let left = self.context.deadline.map(|deadline| deadline.saturating_duration_since(clock.now()));
        let own = self.config.handler_timeout().map(duration);
        let host = Host {
            store: store.clone(),
            clock: clock.clone(),
            entropy: entropy.clone(),
            handler_timeout: own.into_iter().chain(left).min(),
            counters: counters.clone(),
        };
        let owner = Owner(entropy::secret());
        let (config, fingerprint) = (self.config.run_config(), self.fingerprint);
        Run::new(host, machine::Run::new(config, self.key, fingerprint, None, owner, false, Tick::ZERO))
    }

    async fn recorded(&self, run: &mut Run) -> Answer<W> {
        let done = run.beside(self.context.around(self.work.run())).await;
        let settled = run.finish(self.config.ending(self.ended(&done))).await;
        let output = done.map_err(IdempotencyError::Action)?;
        let confirmed = settled.as_ref().is_some_and(|settled| *settled != Settled::Uncertain);
        match Self::instead(&settled.map_or(Action::Answer, Action::Settled))? {
            None => Ok(self.fresh(output, confirmed)),
            Some(previous) => {
                let context = ExecutionContext { late: true, ..self.context.clone() };
                let merged = context.around(self.work.merge(previous, output)).await;
                Ok(self.fresh(merged.map_err(IdempotencyError::Action)?, confirmed))
            }
        }
    }

    /// Nothing guards it; should the store be back at its end, the result is recorded, and nobody waits for that.
    async fn unrecorded(&mut self, mut attended: Attended) -> Answer<W> {
        let run = &mut attended.0;
        self.context.cancel = run.signal();
        let done = run.beside(self.context.around(self.work.run())).await;
        let ending = self.config.ending(self.ended(&done));
        tokio::spawn(async move { attended.0.finish(ending).await });
        Ok(self.fresh(done.map_err(IdempotencyError::Action)?, false))
    }

    /// The call has an end. Should it be safe, it is made again all the same.
    async fn duplicate(&self, previous: W::Output) -> Answer<W> {
        let again = self.context.around(self.work.is_safe_to_retry(&previous)).await;
        if !again.map_err(IdempotencyError::Action)? {
            return Ok(Executed { output: previous, replay: true, confirmed: true, key: self.key });
        }
        let made =
            self.context.around(async { self.work.merge(previous, self.work.run().await?).await }).await;
        Ok(self.fresh(made.map_err(IdempotencyError::Action)?, true))
    }

    /// The text of what came of the work. It is done by now: a result that cannot be written is recorded as done.
    fn ended(&self, done: &Result<W::Output, W::Error>) -> Ended {
        match done {
            Ok(output) => {
                let text = text::of(output);
                if text.is_none() {
                    events::not_replayable(self.config.name());
                }
                Ended::Returned(text)
            }
            Err(error) => Ended::Threw(Some(text::of_error(error))),
        }
    }

    /// The result of another run that stands in place of this call's; `None` where this call's own does.
    fn instead(action: &Action) -> Result<Option<W::Output>, IdempotencyError<W::Error>> {
        match Told::of(action) {
            None | Some(Told::Uncertain) => Ok(None),
            Some(Told::Returned(text)) => text::read(&text).map(Some).map_err(IdempotencyError::Result),
            Some(Told::Threw(text)) => Err(IdempotencyError::Replayed(text::read_error(&text))),
            Some(Told::Refused(refusal)) => Err(refusal.into()),
        }
    }

    const fn fresh(&self, output: W::Output, confirmed: bool) -> Executed<W::Output> {
        Executed { output, replay: false, confirmed, key: self.key }
    }
}
