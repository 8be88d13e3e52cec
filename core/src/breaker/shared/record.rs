//! The record of a shared breaker, as every script answers it.

use crate::breaker::permit::State;
use crate::time::{MAX_MICROS, Micros};

/// What the store knows, at the moment it answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Record {
    /// Whether the script did what it was asked to do; for a claim, the probe's number.
    pub(super) result: Option<u32>,
    /// Grows at every change of state; 0 when there is no record.
    pub(super) epoch: u64,
    /// Closed, open or half-open.
    pub(super) state: State,
    /// How much longer it stays open.
    pub(super) left: Micros,
    /// How long the next opening lasts, in 2⁻¹⁶ µs.
    pub(super) wait: u64,
    /// How long the trial has been going on.
    pub(super) age: Micros,
    /// Probes that succeeded, in all processes.
    pub(super) successes: u32,
    /// Probes that failed, in all processes.
    pub(super) failures: u32,
    /// Probes that have not ended, in all processes.
    pub(super) in_flight: u32,
}

impl Record {
    /// Reads a script's answer: nine whole numbers.
    pub(super) fn read(text: &str) -> Option<Self> {
        let mut numbers = text.split(' ').map(|number| number.parse::<i64>().ok());
        let mut next = || numbers.next().flatten();
        let result = u32::try_from(next()?).ok();
        let mut whole = || next().and_then(|number| u64::try_from(number).ok()).filter(|n| *n <= MAX_MICROS);
        let epoch = whole()?;
        let state = match whole()? {
            0 => State::Closed,
            1 => State::Open,
            2 => State::HalfOpen,
            _ => return None,
        };
        let (left, wait, age) = (Micros::new(whole()?), whole()?, Micros::new(whole()?));
        let mut count = || whole().and_then(|number| u32::try_from(number).ok());
        let (successes, failures, in_flight) = (count()?, count()?, count()?);
        numbers.next().is_none().then_some(Self {
            result,
            epoch,
            state,
            left,
            wait,
            age,
            successes,
            failures,
            in_flight,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nine_numbers_are_a_record() {
        let record = Record::read("-1 1700000000000000 1 29000000 1966080000000 0 2 1 3").unwrap();
        assert_eq!(record.result, None);
        assert_eq!(record.epoch, 1_700_000_000_000_000);
        assert_eq!((record.state, record.left), (State::Open, Micros::from_secs(29)));
        assert_eq!((record.wait, record.age), (30_000_000 << 16, Micros::ZERO));
        assert_eq!((record.successes, record.failures, record.in_flight), (2, 1, 3));
    }

    #[test]
    fn anything_else_is_not() {
        for text in [
            "",
            "OK",
            "0 1 0 0 0 0 0 0",
            "0 1 0 0 0 0 0 0 0 0",
            "0 1 3 0 0 0 0 0 0",
            "0 -1 0 0 0 0 0 0 0",
            "0 9007199254740992 0 0 0 0 0 0 0",
            "0 1 0 0 0 0 4294967296 0 0",
            "0 1e3 0 0 0 0 0 0 0",
        ] {
            assert_eq!(Record::read(text), None, "{text}");
        }
    }
}
