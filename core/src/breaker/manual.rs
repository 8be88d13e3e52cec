//! What comes from outside the calls themselves: a health check, an operator's hand.

use core::str::FromStr;

use super::machine::Breaker;
use super::permit::{Change, Mode, State};
use crate::error::ConfigError;
use crate::json::quoted;
use crate::time::Tick;

impl FromStr for Mode {
    type Err = ConfigError;

    /// The mode an operator names.
    fn from_str(name: &str) -> Result<Self, ConfigError> {
        Self::from_name(name).ok_or_else(|| {
            let modes = [Self::Normal, Self::Disabled, Self::MetricsOnly].map(Self::name);
            ConfigError::new("mode", quoted(name), format!("one of {}", modes.join(", ")))
        })
    }
}

impl Breaker {
    /// An active health check has ended. A good one lets the next caller of an open breaker through as a probe at once;
    /// a bad one changes nothing.
    pub fn health(&mut self, ok: bool, now: Tick) {
        if ok && self.state == State::Open {
            let now = self.advance(now);
            self.open_until = self.open_until.min(now);
        }
    }

    /// Holds the breaker open until [`release`](Self::release) has been called as often as this.
    pub fn isolate(&mut self) -> Option<Change> {
        self.isolations = self.isolations.saturating_add(1);
        (self.state != State::ForcedOpen).then(|| self.enter(State::ForcedOpen))
    }

    /// Takes back one [`isolate`](Self::isolate); the last one lets calls through again, with an empty window.
    pub fn release(&mut self) -> Option<Change> {
        if self.state != State::ForcedOpen {
            return None;
        }
        self.isolations = self.isolations.saturating_sub(1);
        (self.isolations == 0).then(|| self.start_over())
    }

    /// Turns the breaker off, into a mere observer, or on again. Under [`isolate`](Self::isolate) it takes effect when
    /// the last isolation is released.
    pub fn set_mode(&mut self, mode: Mode) -> Option<Change> {
        if self.mode == mode {
            return None;
        }
        self.mode = mode;
        (self.state != State::ForcedOpen).then(|| self.start_over())
    }

    /// Begins anew, whatever it was or was told to be: closed, with nothing remembered, its first wait before it. Results
    /// of calls under way are stale. Only isolations stay, and it takes effect when the last of them is released.
    pub fn reset(&mut self) -> Option<Change> {
        self.mode = Mode::Normal;
        if self.state == State::ForcedOpen {
            return None;
        }
        Some(self.start_over()).filter(|change| change.from != change.to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mode_is_known_by_its_name_only() {
        assert_eq!("METRICS_ONLY".parse(), Ok(Mode::MetricsOnly));
        let error = "metrics".parse::<Mode>().unwrap_err();
        assert_eq!(
            error.to_string(),
            r#"mode: got "metrics", expected one of NORMAL, DISABLED, METRICS_ONLY"#
        );
    }
}
