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
    pub(super) version: u32,
    pub(super) mode: u8,
    pub(super) epoch: u64,
    /// How much longer it stays open; absent when it is not open.
    pub(super) open_for: Option<u64>,
    /// The next wait in 2⁻¹⁶ µs.
    pub(super) wait: u64,
    pub(super) draw: u32,
    pub(super) streak: u32,
    pub(super) window: WindowSnapshot,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::breaker::{BreakerSpec, Outcome, Permit};
    use crate::json;

    fn at(seconds: u64) -> Tick {
        Tick::ZERO.plus(Micros::from_secs(seconds))
    }

    /// Written once by hand; what a later version reads must go on reading this.
    const VERSION_1: &str = r#"{"version":1,"mode":0,"epoch":4,"openFor":7000000,"wait":1966080000000,"draw":5,"streak":2,"window":{"time":{"width":6000000,"left":1000000,"buckets":[[0,0,0],[0,0,0],[0,0,0],[0,0,0],[0,0,0],[0,0,0],[0,0,0],[0,0,0],[0,0,0],[3,2,1]]}}}"#;

    #[test]
    fn the_first_version_is_still_read() {
        let spec = BreakerSpec { consecutive_failures: Some(3), ..BreakerSpec::threshold() };
        let config = BreakerConfig::try_from(spec).unwrap();
        let snapshot: Snapshot = json::read(VERSION_1).unwrap();
        assert_eq!(json::from_str(VERSION_1), Ok(snapshot.clone()), "as serde has it");
        let breaker = Breaker::restore(&config, &snapshot, at(2)).unwrap();
        assert_eq!((breaker.state(), breaker.epoch()), (State::Open, 5));
        assert_eq!(breaker.deadline(), Some(at(9)));
        let counters = breaker.counters(at(2));
        assert_eq!((counters.calls, counters.failures, counters.slow_calls), (3, 2, 1));
        assert_eq!(counters.consecutive_failures, 2);
        assert_eq!(breaker.counters(at(57)).failures, 0);
    }

    #[test]
    fn a_snapshot_is_the_text_of_the_first_version() {
        let spec = BreakerSpec { consecutive_failures: Some(3), ..BreakerSpec::threshold() };
        let mut breaker = Breaker::new(&BreakerConfig::try_from(spec).unwrap());
        breaker.settle(Permit::call(1), Outcome::Failure, Micros::ZERO, at(100), Draw(9));
        let expected = r#"{"version":1,"mode":0,"epoch":1,"openFor":null,"wait":1966080000000,"draw":2147483648,"streak":1,"window":{"time":{"width":6000000,"left":4000000,"buckets":[[0,0,0],[0,0,0],[0,0,0],[0,0,0],[0,0,0],[0,0,0],[0,0,0],[0,0,0],[0,0,0],[1,1,0]]}}}"#;
        assert_eq!(json::to_string(&breaker.snapshot(at(102))), expected);
    }

    #[test]
    fn another_version_is_refused_by_name() {
        let snapshot: Snapshot = json::read(&VERSION_1.replace(r#""version":1"#, r#""version":2"#)).unwrap();
        let error = Breaker::restore(&BreakerConfig::default(), &snapshot, at(0)).unwrap_err();
        assert_eq!(error.to_string(), "version: got 2, expected 1");
    }

    #[test]
    fn a_snapshot_never_exceeds_the_configuration_that_reads_it() {
        let text = VERSION_1
            .replace("7000000", "9007199254740991")
            .replace("1966080000000", "9007199254740991")
            .replace(r#""epoch":4"#, r#""epoch":9007199254740991"#)
            .replace(r#""mode":0"#, r#""mode":9"#);
        let snapshot: Snapshot = json::read(&text).unwrap();
        let breaker = Breaker::restore(&BreakerConfig::default(), &snapshot, at(0)).unwrap();
        assert_eq!(breaker.state(), State::Open);
        assert_eq!(breaker.epoch(), 9_007_199_254_740_991);
        assert_eq!(breaker.deadline(), Some(at(300)));
        assert_eq!(breaker.wait, 300_000_000 << 16);
        assert_eq!(breaker.streak, 0);
    }
}
