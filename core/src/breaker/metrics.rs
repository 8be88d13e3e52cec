//! Breakers in the text format of Prometheus, under the names of the Q ecosystem's monitoring.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::machine::Breaker;
use super::permit::{Change, State};

/// How often a breaker went from each state to each other. A host keeps it beside its breaker and counts every change it
/// hears of; it holds no memory before the first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Transitions(Vec<(Change, u64)>);

impl Transitions {
    /// A breaker that has not moved yet.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Counts one change of state.
    pub fn count(&mut self, change: Change) {
        match self.0.iter_mut().find(|(known, _)| *known == change) {
            Some((_, times)) => *times = times.saturating_add(1),
            None => self.0.push((change, 1)),
        }
    }

    /// How often it has made this change.
    #[must_use]
    pub fn times(&self, change: Change) -> u64 {
        self.0.iter().find(|(known, _)| *known == change).map_or(0, |(_, times)| *times)
    }
}

/// One breaker to be written.
#[derive(Clone, Copy, Debug)]
pub struct Scraped<'a> {
    /// The label `name`.
    pub name: &'a str,
    /// The breaker itself.
    pub breaker: &'a Breaker,
    /// What its host has counted.
    pub transitions: &'a Transitions,
}

const STATES: [State; 6] =
    [State::Closed, State::Open, State::HalfOpen, State::ForcedOpen, State::Disabled, State::MetricsOnly];

/// The breakers of one name. Two of them cannot be two series, so they are added up.
#[derive(Default)]
struct Named {
    standing: [u64; STATES.len()],
    rejected: u64,
    /// By the numbers of both states, so in the order of [`STATES`].
    moved: BTreeMap<(u8, u8), u64>,
}

/// `circuit_breaker_state{name,state}` (how many breakers of that name stand there: 1 or 0, as a rule),
/// `circuit_breaker_transitions_total{name,from,to}` and `circuit_breaker_rejections_total{name}`, sorted by name.
#[must_use]
pub fn prometheus<'a>(breakers: impl IntoIterator<Item = Scraped<'a>>) -> String {
    let mut named: BTreeMap<&str, Named> = BTreeMap::new();
    for Scraped { name, breaker, transitions } in breakers {
        let one = named.entry(name).or_default();
        one.standing[breaker.state() as usize] += 1;
        one.rejected = one.rejected.saturating_add(breaker.rejected);
        for (change, times) in &transitions.0 {
            let moved = one.moved.entry((change.from as u8, change.to as u8)).or_default();
            *moved = moved.saturating_add(*times);
        }
    }

    let mut out = Text(String::new());
    out.head("circuit_breaker_state", "gauge", "Where the circuit breaker stands: 1 for that state.");
    for (name, one) in &named {
        for (state, standing) in STATES.iter().zip(one.standing) {
            out.line("circuit_breaker_state", &[("name", name), ("state", state.name())], standing);
        }
    }
    out.head("circuit_breaker_transitions_total", "counter", "Changes of the circuit breaker's state.");
    for (name, one) in &named {
        for ((from, to), times) in &one.moved {
            let labels = [("name", *name), ("from", state_name(*from)), ("to", state_name(*to))];
            out.line("circuit_breaker_transitions_total", &labels, *times);
        }
    }
    out.head(
        "circuit_breaker_rejections_total",
        "counter",
        "Calls that the circuit breaker kept from being made.",
    );
    for (name, one) in &named {
        out.line("circuit_breaker_rejections_total", &[("name", name)], one.rejected);
    }
    out.0
}

fn state_name(number: u8) -> &'static str {
    State::from_number(number).map_or("", State::name)
}

struct Text(String);

impl Text {
    fn head(&mut self, metric: &str, kind: &str, help: &str) {
        // Writing to a `String` never fails.
        let _ = write!(self.0, "# HELP {metric} {help}\n# TYPE {metric} {kind}\n");
    }

    fn line(&mut self, metric: &str, labels: &[(&str, &str)], value: u64) {
        self.0.push_str(metric);
        for (place, (label, text)) in labels.iter().enumerate() {
            self.0.push(if place == 0 { '{' } else { ',' });
            self.0.push_str(label);
            self.0.push_str("=\"");
            for c in text.chars() {
                match c {
                    '\\' => self.0.push_str("\\\\"),
                    '"' => self.0.push_str("\\\""),
                    '\n' => self.0.push_str("\\n"),
                    other => self.0.push(other),
                }
            }
            self.0.push('"');
        }
        let _ = writeln!(self.0, "}} {value}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::breaker::{BreakerConfig, Outcome, Permit};
    use crate::draw::Draw;
    use crate::time::{Micros, Tick};

    /// A breaker that opened and rejected `rejections` calls.
    fn opened(rejections: u32) -> (Breaker, Transitions) {
        let mut breaker = Breaker::new(&BreakerConfig::default());
        let mut transitions = Transitions::new();
        for _ in 0..5 {
            let told = breaker.settle(Permit::call(1), Outcome::Failure, Micros::ZERO, Tick::ZERO, Draw(0));
            told.change.into_iter().for_each(|change| transitions.count(change));
        }
        for _ in 0..rejections {
            breaker.admit(Tick::ZERO);
        }
        (breaker, transitions)
    }

    #[test]
    fn a_breaker_is_its_state_its_changes_and_its_rejections() {
        let (breaker, transitions) = opened(2);
        let text =
            prometheus([Scraped { name: "a \"b\"\\\n", breaker: &breaker, transitions: &transitions }]);
        assert_eq!(
            text,
            r#"# HELP circuit_breaker_state Where the circuit breaker stands: 1 for that state.
# TYPE circuit_breaker_state gauge
circuit_breaker_state{name="a \"b\"\\\n",state="CLOSED"} 0
circuit_breaker_state{name="a \"b\"\\\n",state="OPEN"} 1
circuit_breaker_state{name="a \"b\"\\\n",state="HALF_OPEN"} 0
circuit_breaker_state{name="a \"b\"\\\n",state="FORCED_OPEN"} 0
circuit_breaker_state{name="a \"b\"\\\n",state="DISABLED"} 0
circuit_breaker_state{name="a \"b\"\\\n",state="METRICS_ONLY"} 0
# HELP circuit_breaker_transitions_total Changes of the circuit breaker's state.
# TYPE circuit_breaker_transitions_total counter
circuit_breaker_transitions_total{name="a \"b\"\\\n",from="CLOSED",to="OPEN"} 1
# HELP circuit_breaker_rejections_total Calls that the circuit breaker kept from being made.
# TYPE circuit_breaker_rejections_total counter
circuit_breaker_rejections_total{name="a \"b\"\\\n"} 2
"#
        );
    }

    #[test]
    fn breakers_of_one_name_are_added_up_and_names_are_sorted() {
        let ((first, one), (second, two)) = (opened(2), opened(3));
        let mut third = Breaker::new(&BreakerConfig::default());
        let mut three = Transitions::default();
        three.count(third.isolate().unwrap());
        three.count(third.release().unwrap());
        let text = prometheus([
            Scraped { name: "b", breaker: &first, transitions: &one },
            Scraped { name: "b", breaker: &second, transitions: &two },
            Scraped { name: "a", breaker: &third, transitions: &three },
        ]);
        let lines: Vec<&str> =
            text.lines().filter(|line| !line.starts_with('#') && !line.ends_with(" 0")).collect();
        assert_eq!(
            lines,
            [
                r#"circuit_breaker_state{name="a",state="CLOSED"} 1"#,
                r#"circuit_breaker_state{name="b",state="OPEN"} 2"#,
                r#"circuit_breaker_transitions_total{name="a",from="CLOSED",to="FORCED_OPEN"} 1"#,
                r#"circuit_breaker_transitions_total{name="a",from="FORCED_OPEN",to="CLOSED"} 1"#,
                r#"circuit_breaker_transitions_total{name="b",from="CLOSED",to="OPEN"} 2"#,
                r#"circuit_breaker_rejections_total{name="b"} 5"#,
            ]
        );
    }

    #[test]
    fn each_change_is_counted_by_itself() {
        let (_, mut transitions) = opened(0);
        let opening = Change { from: State::Closed, to: State::Open };
        transitions.count(opening);
        assert_eq!(transitions.times(opening), 2);
        assert_eq!(transitions.times(Change { from: State::Open, to: State::Closed }), 0);
    }
}
