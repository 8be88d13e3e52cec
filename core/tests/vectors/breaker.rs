//! Plays a script of calls against a breaker and writes down what a caller would see. Each is played twice: by a host
//! that asks and tells at every step, and by one that skips what `closed_epoch` and `quiet` allow to be skipped.

use std::collections::BTreeMap;

use once_again_core::breaker::{
    Breaker, BreakerConfig, BreakerSpec, Change, Decision, Mode, Outcome, Permit, Verdict,
};
use once_again_core::draw::Draw;
use once_again_core::error::ConfigError;
use once_again_core::json;
use once_again_core::spec::{Unit, Value as Config};
use once_again_core::time::{Micros, Tick};
use serde::Deserialize;
use serde_json::{Value, json};

/// Half of all draws are smaller: jitter then changes nothing.
const MIDDLE: u32 = 1 << 31;

#[derive(Deserialize)]
struct Given {
    config: Value,
    #[serde(default)]
    events: Vec<Event>,
}

#[derive(Deserialize)]
struct Event {
    at: u64,
    #[serde(flatten)]
    what: What,
    #[serde(default = "once")]
    times: u64,
    #[serde(default)]
    every: u64,
}

fn once() -> u64 {
    1
}

fn middle() -> u32 {
    MIDDLE
}

#[derive(Deserialize)]
#[serde(tag = "do", rename_all = "lowercase")]
enum What {
    Admit {
        r#as: String,
    },
    Settle {
        permit: String,
        outcome: String,
        #[serde(default = "middle")]
        draw: u32,
    },
    /// An admission and, if it was granted, its settlement `took` later.
    Call {
        outcome: String,
        #[serde(default)]
        took: u64,
        #[serde(default = "middle")]
        draw: u32,
    },
    State,
    Health {
        ok: bool,
    },
    Isolate,
    Release,
    Mode {
        mode: String,
    },
    Reset,
    /// Another process restores what this one left, on a clock of its own.
    Restart {
        clock: u64,
    },
}

/// What this breaker answers to `given`, in the form of a case's `expect`.
pub(crate) fn run(given: &Value) -> Value {
    let given: Given = serde_json::from_value(given.clone()).expect("a breaker case");
    let config = match read(&given.config) {
        Ok(config) => config,
        Err(ConfigError { field, expected, .. }) => {
            return json!({ "error": { "field": field, "expected": expected } });
        }
    };
    let replies = |skipping| {
        let breaker = Breaker::new(&config);
        let mut player = Player { breaker, config: &config, skipping, permits: BTreeMap::new() };
        given.events.iter().map(|event| player.play(event)).collect::<Vec<String>>()
    };
    let asking = replies(false);
    assert_eq!(replies(true), asking, "what may be skipped changes no reply: {}", given.config);
    json!({ "replies": asking })
}

fn read(config: &Value) -> Result<BreakerConfig, ConfigError> {
    let config: Config = json::parse(config.to_string()).expect("JSON");
    BreakerSpec::read(&unescape(config), Unit::Micros, "")?.try_into()
}

/// `{"$number": "NaN"}` stands for what JSON cannot write.
fn unescape(config: Config) -> Config {
    match config {
        Config::Map(entries) => match entries.as_slice() {
            [(key, Config::Text(number))] if key == "$number" => {
                Config::Number(number.parse().expect("NaN or Infinity"))
            }
            _ => Config::Map(entries.into_iter().map(|(key, value)| (key, unescape(value))).collect()),
        },
        other => other,
    }
}

struct Player<'a> {
    breaker: Breaker,
    config: &'a BreakerConfig,
    skipping: bool,
    permits: BTreeMap<String, (Permit, u64)>,
}

impl Player<'_> {
    fn play(&mut self, event: &Event) -> String {
        (0..event.times)
            .map(|n| self.play_once(event.at + n * event.every, &event.what))
            .last()
            .expect("times")
    }

    fn play_once(&mut self, at: u64, what: &What) -> String {
        match what {
            What::Admit { r#as } => match self.admit(at) {
                Ok((permit, reply)) => {
                    self.permits.insert(r#as.clone(), (permit, at));
                    reply
                }
                Err(reply) => reply,
            },
            What::Settle { permit, outcome, draw } => {
                let (permit, since) = self.permits[permit];
                self.settle(permit, outcome, since, at, *draw)
            }
            What::Call { outcome, took, draw } => match self.admit(at) {
                Ok((permit, _)) => self.settle(permit, outcome, at, at + took, *draw),
                Err(reply) => reply,
            },
            What::State => self.breaker.state().name().into(),
            What::Health { ok } => {
                self.breaker.health(*ok, Tick::new(at));
                "done".into()
            }
            What::Isolate => reply("done", self.breaker.isolate()),
            What::Release => reply("done", self.breaker.release()),
            What::Mode { mode } => {
                reply("done", self.breaker.set_mode(Mode::from_name(mode).expect("a mode")))
            }
            What::Reset => reply("done", self.breaker.reset()),
            What::Restart { clock } => {
                let text = json::to_string(&self.breaker.snapshot(Tick::new(at)));
                let snapshot = json::from_str(&text).expect("a snapshot");
                self.breaker =
                    Breaker::restore(self.config, &snapshot, Tick::new(*clock)).expect("version 1");
                self.breaker.state().name().into()
            }
        }
    }

    fn admit(&mut self, at: u64) -> Result<(Permit, String), String> {
        if self.skipping && self.breaker.closed_epoch() != 0 {
            return Ok((Permit::call(self.breaker.closed_epoch()), "admitted".into()));
        }
        let admission = self.breaker.admit(Tick::new(at));
        match admission.decision {
            Decision::Permit(permit) => Ok((permit, reply("admitted", admission.change))),
            Decision::Rejected { state, retry_after } => {
                let rejected = format!("rejected {} {}", state.name(), retry_after.get());
                Err(reply(&rejected, admission.change))
            }
        }
    }

    fn settle(&mut self, permit: Permit, outcome: &str, since: u64, at: u64, draw: u32) -> String {
        let outcome = Outcome::from_name(outcome).expect("an outcome");
        let skipped =
            self.skipping && self.breaker.quiet() && permit == Permit::call(self.breaker.closed_epoch());
        if skipped && outcome == Outcome::Success {
            return Verdict::Counted.name().into();
        }
        let took = Micros::new(at.saturating_sub(since));
        let settlement = self.breaker.settle(permit, outcome, took, Tick::new(at), Draw(draw));
        let verdict = settlement.verdict.name();
        let said = if settlement.would_open { format!("{verdict} would_open") } else { verdict.into() };
        reply(&said, settlement.change)
    }
}

fn reply(said: &str, change: Option<Change>) -> String {
    change.map_or_else(|| said.into(), |change| format!("{said} {}>{}", change.from.name(), change.to.name()))
}
