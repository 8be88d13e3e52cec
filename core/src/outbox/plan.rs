//! Which writes are sent next.

use super::config::OutboxConfig;
use crate::time::{Micros, Timestamp};

/// A write that waits, as far as the decision goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Where it is sent to: writes to one origin keep their order.
    pub origin: String,
    /// When it was made.
    pub made_at: Timestamp,
    /// When it was last tried in vain, and how long it waits from then; none before the first try.
    pub failed_at: Option<Timestamp>,
    /// How long it waits after `failed_at`.
    pub wait: Micros,
    /// Whether somebody is sending it right now.
    pub busy: bool,
}

/// What to do now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// The writes to send, by their place in the list: at most one for each origin.
    pub send: Vec<usize>,
    /// Those whose time is over.
    pub expired: Vec<usize>,
    /// How long until there may be more to send; none when only a change can bring that about.
    pub wake: Option<Micros>,
}

impl OutboxConfig {
    /// What to do with the writes that wait, the oldest first.
    ///
    /// Of each origin only the oldest is sent: the next one follows when that has found its end, so what was made later
    /// never arrives before what it may build on. One that somebody is sending already holds up nobody: the two were made
    /// at the same time. `at_once` passes over waits, because the network came back or somebody asked; offline, nothing is
    /// sent and nothing is waited for.
    #[must_use]
    pub fn plan(&self, waiting: &[Waiting], now: Timestamp, online: bool, asked_at: Timestamp) -> Plan {
        let mut plan = Plan::default();
        let mut met: Vec<&str> = Vec::new();
        for (place, write) in waiting.iter().enumerate().filter(|(_, write)| !write.busy) {
            if now.since(write.made_at) >= self.retention {
                plan.expired.push(place);
                continue;
            }
            if !online || met.contains(&write.origin.as_str()) {
                continue;
            }
            met.push(&write.origin);
            let left = write.left(now, asked_at);
            if left.is_zero() {
                plan.send.push(place);
            } else {
                plan.wake = Some(plan.wake.map_or(left, |wake| wake.min(left)));
            }
        }
        plan
    }
}

impl Waiting {
    /// How long it still has to wait. A wall clock that was set back behind the failure says nothing about that, so then it
    /// does not wait at all. Nor does it say anything about a wish that lies ahead of it, which would last until then.
    fn left(&self, now: Timestamp, asked_at: Timestamp) -> Micros {
        match self.failed_at {
            Some(failed_at) if now >= failed_at && (failed_at > asked_at || asked_at > now) => {
                self.wait.minus(now.since(failed_at))
            }
            _ => Micros::ZERO,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: u64) -> Timestamp {
        Timestamp::new(secs * 1_000_000)
    }

    fn made(origin: &str, secs: u64) -> Waiting {
        Waiting { origin: origin.into(), made_at: at(secs), failed_at: None, wait: Micros::ZERO, busy: false }
    }

    fn failed(origin: &str, secs: u64, wait: u64) -> Waiting {
        Waiting { failed_at: Some(at(secs)), wait: Micros::from_secs(wait), ..made(origin, 1) }
    }

    fn plan(waiting: &[Waiting], now: u64) -> Plan {
        OutboxConfig::default().plan(waiting, at(now), true, Timestamp::ZERO)
    }

    #[test]
    fn the_oldest_of_each_origin_goes_first_and_alone() {
        let waiting = [made("a", 1), made("a", 2), made("b", 3), made("b", 4)];
        assert_eq!(plan(&waiting, 10), Plan { send: vec![0, 2], ..Plan::default() });
    }

    #[test]
    fn one_that_waits_holds_up_its_origin_and_no_other() {
        let waiting = [failed("a", 10, 30), made("a", 2), failed("b", 10, 8), failed("c", 10, 1)];
        let wake = Some(Micros::from_secs(6));
        assert_eq!(plan(&waiting, 12), Plan { send: vec![3], wake, ..Plan::default() });
        assert_eq!(plan(&waiting, 40).send, [0, 2, 3]);
    }

    #[test]
    fn one_on_its_way_holds_up_nobody_and_is_left_alone() {
        let waiting = [Waiting { busy: true, ..made("a", 1) }, made("a", 2)];
        assert_eq!(plan(&waiting, 10).send, [1]);
        assert_eq!(plan(&waiting[..1], 90_000), Plan::default(), "not even its time can be over");
    }

    #[test]
    fn what_failed_before_somebody_asked_does_not_wait_any_longer() {
        let waiting = [failed("a", 10, 30), failed("a", 10, 30), failed("b", 12, 30)];
        let asked = OutboxConfig::default().plan(&waiting, at(13), true, at(11));
        let wake = Some(Micros::from_secs(29));
        assert_eq!(asked, Plan { send: vec![0], wake, ..Plan::default() }, "b failed since");
    }

    #[test]
    fn a_clock_set_back_makes_no_wish_last_for_ever() {
        let waiting = [failed("a", 100, 30)];
        let asked = OutboxConfig::default().plan(&waiting, at(110), true, at(3_700));
        assert_eq!(asked, Plan { wake: Some(Micros::from_secs(20)), ..Plan::default() });
    }

    #[test]
    fn offline_nothing_is_sent_but_time_runs_out() {
        let waiting = [made("a", 1), made("a", 80_000)];
        let offline = OutboxConfig::default().plan(&waiting, at(86_401), false, at(86_401));
        assert_eq!(offline, Plan { expired: vec![0], ..Plan::default() });
    }

    #[test]
    fn one_whose_time_is_over_makes_way_for_the_next() {
        let waiting = [made("a", 1), made("a", 2)];
        assert_eq!(plan(&waiting, 86_401), Plan { send: vec![1], expired: vec![0], wake: None });
    }

    #[test]
    fn a_clock_set_back_makes_nobody_wait_for_ever() {
        let waiting = [failed("a", 1_000_000, 30)];
        assert_eq!(plan(&waiting, 10).send, [0]);
    }
}
