//! A breaker's memory as data, to outlive its process: every time in it is relative to when it was taken.

use serde::{Deserialize, Serialize};

use super::config::BreakerConfig;
use super::machine::Breaker;
use super::permit::{Mode, State};
use super::window::WindowSnapshot;
use crate::draw::Draw;
use crate::error::ConfigError;
use crate::time::{MAX_MICROS, Micros, Tick};

/// The layout this version writes and reads.
const VERSION: u32 = 1;

/// What [`Breaker::snapshot`] takes and [`Breaker::restore`] gives back. Times are in microseconds.
///
/// Neither probes nor isolations are in it, since those who hold them do not outlive the process: a half-open breaker
/// is written as an open one whose wait is over, a forced-open one as its mode.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Snapshot {
    version: u32,
    mode: u8,
    epoch: u64,
    /// How much longer it stays open; absent when it is not open.
    open_for: Option<u64>,
    /// The next wait in 2⁻¹⁶ µs.
    wait: u64,
    draw: u32,
    streak: u32,
    window: WindowSnapshot,
}

impl Breaker {
    /// What is worth keeping of this breaker at `now`.
    #[must_use]
    pub fn snapshot(&self, now: Tick) -> Snapshot {
        let now = now.max(self.seen);
        Snapshot {
            version: VERSION,
            mode: self.mode as u8,
            epoch: self.epoch,
            open_for: match self.state {
                State::Open => Some(self.open_until.since(now).get()),
                State::HalfOpen => Some(0),
                _ => None,
            },
            wait: self.wait,
            draw: self.draw.0,
            streak: self.streak,
            window: self.window.snapshot(now),
        }
    }

    /// A breaker under `config` that goes on at `now` where `snapshot` stopped, in a new epoch.
    ///
    /// A window of another shape or length is not carried over, and nothing in it can exceed the configuration. A
    /// snapshot of another version is refused.
    pub fn restore(config: &BreakerConfig, snapshot: &Snapshot, now: Tick) -> Result<Self, ConfigError> {
        if snapshot.version != VERSION {
            return Err(ConfigError::new("version", snapshot.version.to_string(), format!("{VERSION}")));
        }
        let mut breaker = Self::new(config);
        breaker.seen = now;
        breaker.epoch = snapshot.epoch.saturating_add(1).min(MAX_MICROS);
        breaker.mode = Mode::from_number(snapshot.mode).unwrap_or(Mode::Normal);
        breaker.draw = Draw(snapshot.draw);
        breaker.resume(snapshot.wait, snapshot.streak);
        breaker.window.restore(&snapshot.window, now);
        match (breaker.mode, snapshot.open_for) {
            (Mode::Normal, Some(left)) => {
                breaker.state = State::Open;
                breaker.open_until = now.plus(Micros::new(left).min(config.rules.wait.max));
            }
            (Mode::Normal, None) => {}
            (Mode::Disabled, _) => breaker.state = State::Disabled,
            (Mode::MetricsOnly, _) => breaker.state = State::MetricsOnly,
        }
        Ok(breaker)
    }
}
