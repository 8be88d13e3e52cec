//! How calls of an action are recorded, as nebula-idempotency has it. Core reads it, and names what is wrong.

use crate::config::{Fields, Setting, UNIT};
use crate::storage::OnOrphan;
use crate::time::duration;
use once_again_core::error::ConfigError;
use once_again_core::idempotency::action::{ActionConfig, Caching, Level};
use once_again_core::idempotency::machine::RunSpec;
use std::time::Duration;

/// How calls of an action are recorded.
///
/// ```
/// use once_again::action::{ConflictBehavior, IdempotencyConfig, Level};
/// use std::time::Duration;
///
/// let config = IdempotencyConfig {
///     conflict_behavior: ConflictBehavior::WaitForCompletion { timeout: Duration::from_secs(5) },
///     ..IdempotencyConfig::for_level(Level::Workflow)
/// };
/// assert_eq!(config.deduplication_window, Duration::from_secs(7 * 86_400));
/// ```
#[derive(Clone, Debug, PartialEq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a question of its own, and none rules out another"
)]
pub struct IdempotencyConfig {
    /// `false` runs every call (true).
    pub enabled: bool,
    /// What a call is known by (its own key, if it has one, and its content).
    pub key_strategy: IdempotencyKeyStrategy,
    /// How long a result is kept (1 h, or what the level says): 1 ms to 365 days.
    pub deduplication_window: Duration,
    /// What a call meets while another run of it is at work (waits 30 s).
    pub conflict_behavior: ConflictBehavior,
    /// Whether results are kept for replay (up to 1 MiB).
    pub result_caching: ResultCachingConfig,
    /// What the call is part of; the context says it to the action (`Action`).
    pub level: Level,
    /// JSON Pointers to what alone counts of the input (all of it).
    pub include: Vec<String>,
    /// JSON Pointers to what does not count of the input, beside what the input itself excludes.
    pub exclude: Vec<String>,
    /// Whether the action's error is kept, and answered again as [`IdempotencyError::Replayed`](super::IdempotencyError)
    /// (false: the next call runs it again).
    pub keep_errors: bool,
    /// What is not known to have ended well never runs again (false: at least once).
    pub at_most_once: bool,
    /// How long a silent owner keeps its claim (20 s): 100 ms to 24 h. Renewed while the action runs.
    pub lease: Option<Duration>,
    /// A claim whose owner fell silent: run again, or refuse for good (runs again).
    pub on_orphan: Option<OnOrphan>,
    /// How many times in a record's life a silent owner may be replaced (5).
    pub max_takeovers: Option<u32>,
    /// After this long the signal of the context fires (never).
    pub handler_timeout: Option<Duration>,
    /// Whether calls run without a record while the store is away (false).
    pub fail_open: bool,
    /// How long one operation of the store may take (2 s): 1 ms to 1 h.
    pub store_timeout: Option<Duration>,
    /// How long a result waits for its record to be confirmed (5 s): 1 ms to 1 h.
    pub complete_timeout: Option<Duration>,
    /// A namespace for keys in a store that several applications share (none).
    pub key_prefix: String,
}

/// What a call is known by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdempotencyKeyStrategy {
    /// Its own key; a call without one is refused. The same key with another input is refused too.
    Client,
    /// Its input, whatever key it has.
    Content,
    /// The parts that are `true`: a key used for two inputs is two calls. A call without a key goes by its input.
    Hybrid {
        /// The call's own key.
        user_key_prefix: bool,
        /// The digest of its input.
        content_suffix: bool,
    },
}

/// What a call meets while another run of it is at work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConflictBehavior {
    /// The result of a finished run at once; that of a run under way is waited for up to 30 s.
    ReturnPrevious,
    /// Waits for the other run's result, and takes its place should it fall silent.
    WaitForCompletion {
        /// How long: up to 24 h.
        timeout: Duration,
    },
    /// An error at once.
    Reject,
}

/// Whether results are kept for replay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResultCachingConfig {
    /// Without it a repetition is refused instead of answered; the action still runs once (true).
    pub enabled: bool,
    /// The largest result that is kept, bytes of its JSON (1 MiB): up to 1 GiB.
    pub max_bytes: u64,
    /// How long records with a result live, in place of the window.
    pub ttl: Option<Duration>,
}

impl Default for IdempotencyConfig {
    fn default() -> Self {
        Self::for_level(Level::Action)
    }
}

impl IdempotencyConfig {
    /// The defaults for what the call is part of: an action 1 h, a request 24 h, a workflow 7 days, a transaction 30 days.
    #[must_use]
    pub fn for_level(level: Level) -> Self {
        Self {
            enabled: true,
            key_strategy: IdempotencyKeyStrategy::Hybrid { user_key_prefix: true, content_suffix: true },
            deduplication_window: duration(level.retention()),
            conflict_behavior: ConflictBehavior::WaitForCompletion { timeout: duration(RunSpec::WAIT) },
            result_caching: ResultCachingConfig::default(),
            level,
            include: Vec::new(),
            exclude: Vec::new(),
            keep_errors: false,
            at_most_once: false,
            lease: None,
            on_orphan: None,
            max_takeovers: None,
            handler_timeout: None,
            fail_open: false,
            store_timeout: None,
            complete_timeout: None,
            key_prefix: String::new(),
        }
    }

    /// The same as core has it, for actions of this name whose input leaves out these fields.
    pub(crate) fn read(&self, name: &str, excluded: &[&str]) -> Result<ActionConfig, ConfigError> {
        let mut fields = Fields::default();
        fields.set("name", name);
        fields.set("enabled", self.enabled);
        self.key_strategy.write(&mut fields);
        self.conflict_behavior.write(&mut fields);
        self.result_caching.write(&mut fields, self.deduplication_window);
        let exclude = excluded.iter().copied().chain(self.exclude.iter().map(String::as_str));
        fields.set("exclude", exclude.collect::<Setting>());
        fields.set("include", self.include.iter().map(String::as_str).collect::<Setting>());
        fields.set("keep_errors", self.keep_errors);
        fields.set("profile", if self.at_most_once { "at_most_once" } else { "default" });
        fields.set("fail_open", self.fail_open);
        fields.set("key_prefix", self.key_prefix.as_str());
        let times = [
            ("lease", self.lease),
            ("handler_timeout", self.handler_timeout),
            ("store_timeout", self.store_timeout),
            ("complete_timeout", self.complete_timeout),
        ];
        for (field, time) in times {
            if let Some(time) = time {
                fields.set(field, time);
            }
        }
        if let Some(takeovers) = self.max_takeovers {
            fields.set("max_takeovers", takeovers);
        }
        if let Some(on_orphan) = self.on_orphan {
            let name = match on_orphan {
                OnOrphan::Reexecute => "reexecute",
                OnOrphan::Fail => "fail",
            };
            fields.set("on_orphan", name);
        }
        ActionConfig::read(&fields.into_value(), UNIT, "")
    }
}

impl IdempotencyKeyStrategy {
    fn write(self, fields: &mut Fields) {
        match self {
            Self::Client => fields.set("key_strategy", "client"),
            Self::Content => fields.set("key_strategy", "content"),
            Self::Hybrid { user_key_prefix, content_suffix } => {
                let mut parts = Fields::default();
                parts.set("user_key_prefix", user_key_prefix);
                parts.set("content_suffix", content_suffix);
                fields.set_in("key_strategy", "hybrid", parts);
            }
        }
    }
}

impl ConflictBehavior {
    fn write(self, fields: &mut Fields) {
        match self {
            Self::ReturnPrevious => fields.set("conflict_behavior", "return_previous"),
            Self::WaitForCompletion { timeout } => fields.set_in("conflict_behavior", "timeout", timeout),
            Self::Reject => fields.set("conflict_behavior", "reject"),
        }
    }
}

impl ResultCachingConfig {
    fn write(self, fields: &mut Fields, window: Duration) {
        fields.set_in("result_caching", "enabled", self.enabled);
        fields.set_in("result_caching", "max_bytes", self.max_bytes);
        match self.ttl {
            Some(ttl) => fields.set_in("result_caching", "ttl", ttl),
            None => fields.set("deduplication_window", window),
        }
    }
}

impl Default for ResultCachingConfig {
    fn default() -> Self {
        let Caching { enabled, max_bytes } = Caching::default();
        Self { enabled, max_bytes, ttl: None }
    }
}
