//! A script of calls against one breaker, through `Breaker` and its permits.

use once_again::breaker::{
    Breaker, BreakerBuilder, BreakerConfig, BreakerEvent, BreakerSpec, Isolation, Mode, Outcome, Permit,
    Snapshot,
};
use once_again::{Clock, Sleep};
use once_again_core::json;
use once_again_core::spec::Unit;
use serde::Deserialize;
use serde_json::{Value, json as value};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

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
    r#do: String,
    #[serde(default = "once")]
    times: u64,
    #[serde(default)]
    every: u64,
    #[serde(default = "middle")]
    draw: u32,
    #[serde(default)]
    took: u64,
    outcome: Option<String>,
    r#as: Option<String>,
    permit: Option<String>,
    ok: Option<bool>,
    mode: Option<String>,
    clock: Option<u64>,
}

fn once() -> u64 {
    1
}

fn middle() -> u32 {
    MIDDLE
}

/// A clock that shows what an event says, back in time if need be.
#[derive(Clone)]
struct Script {
    base: Instant,
    shows: Arc<AtomicU64>,
}

impl Clock for Script {
    fn now(&self) -> Instant {
        self.base + Duration::from_micros(self.shows.load(Ordering::Relaxed))
    }
    fn wall_now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH
    }
    fn sleep(&self, _: Duration) -> Sleep {
        unreachable!("a breaker never sleeps")
    }
    fn sleep_blocking(&self, _: Duration) {
        unreachable!("a breaker never sleeps")
    }
}

struct Player {
    breaker: Breaker,
    config: BreakerConfig,
    clock: Script,
    draw: Arc<AtomicU32>,
    heard: Arc<Mutex<Vec<BreakerEvent>>>,
    permits: BTreeMap<String, Permit>,
    forgotten: Vec<Permit>,
    isolations: Vec<Isolation>,
}

/// A permit is used up by settling it and speaks to the breaker that gave it, so a script that settles one twice, or after
/// another process took over, is no program.
fn is_no_program(events: &[Event]) -> bool {
    let mut open = BTreeSet::new();
    events.iter().any(|event| {
        match event.r#do.as_str() {
            "admit" => _ = open.insert(&event.r#as),
            "restart" => open.clear(),
            "settle" => return event.times > 1 || !open.remove(&event.permit),
            _ => {}
        }
        false
    })
}

pub(crate) fn run(given: &Value) -> Option<Value> {
    let given: Given = serde_json::from_value(given.clone()).expect("a breaker case");
    let config = json::parse(given.config.to_string()).expect("JSON");
    let config: BreakerConfig = BreakerSpec::read(&config, Unit::Micros, "").ok()?.try_into().ok()?;
    if is_no_program(&given.events) {
        return None;
    }
    let clock = Script { base: Instant::now(), shows: Arc::default() };
    let (draw, heard) = (Arc::new(AtomicU32::new(MIDDLE)), Arc::default());
    let breaker = builder(&clock, &draw, &heard).build_from(&config).expect("a valid breaker");
    let mut player = Player {
        breaker,
        config,
        clock,
        draw,
        heard,
        permits: BTreeMap::new(),
        forgotten: Vec::new(),
        isolations: Vec::new(),
    };
    let replies: Vec<_> = given.events.iter().map(|event| player.play(event)).collect();
    Some(value!({ "replies": replies }))
}

fn builder(clock: &Script, draw: &Arc<AtomicU32>, heard: &Arc<Mutex<Vec<BreakerEvent>>>) -> BreakerBuilder {
    let (draw, heard) = (draw.clone(), heard.clone());
    Breaker::builder()
        .clock(clock.clone())
        .entropy(move || draw.load(Ordering::Relaxed))
        .on_event(move |event| heard.lock().unwrap().push(event.clone()))
}

impl Player {
    fn play(&mut self, event: &Event) -> String {
        let mut reply = String::new();
        for n in 0..event.times {
            self.show(event.at + n * event.every);
            self.draw.store(event.draw, Ordering::Relaxed);
            reply = self.play_once(event);
            for heard in self.heard.lock().unwrap().drain(..) {
                match heard {
                    BreakerEvent::StateChange { from, to, .. } => {
                        reply = format!("{reply} {}>{}", from.name(), to.name());
                    }
                    BreakerEvent::WouldOpen { .. } => reply.push_str(" would_open"),
                    // The reply itself says so.
                    _ => {}
                }
            }
        }
        reply
    }

    fn show(&self, micros: u64) {
        self.clock.shows.store(micros, Ordering::Relaxed);
    }

    fn play_once(&mut self, event: &Event) -> String {
        let outcome = || Outcome::from_name(event.outcome.as_deref().unwrap()).unwrap();
        match event.r#do.as_str() {
            "admit" => match self.breaker.try_acquire() {
                Ok(permit) => {
                    // One whose name is given away is held for ever: to drop it would settle it.
                    self.forgotten.extend(self.permits.insert(event.r#as.clone().unwrap(), permit));
                    "admitted".into()
                }
                Err(open) => format!("rejected {} {}", open.state.name(), open.retry_after.as_micros()),
            },
            "settle" => {
                let permit = self.permits.remove(event.permit.as_ref().unwrap()).unwrap();
                permit.settle(outcome()).name().into()
            }
            "call" => match self.breaker.try_acquire() {
                Ok(permit) => {
                    // What the admission changed is not part of the settlement's reply.
                    self.heard.lock().unwrap().clear();
                    let began = self.clock.shows.load(Ordering::Relaxed);
                    self.show(began + event.took);
                    permit.settle(outcome()).name().into()
                }
                Err(open) => format!("rejected {} {}", open.state.name(), open.retry_after.as_micros()),
            },
            "state" => self.breaker.state().name().into(),
            "restart" => self.restart(event.clock.unwrap()),
            other => {
                match other {
                    "health" => self.breaker.health(event.ok.unwrap()),
                    "isolate" => self.isolations.push(self.breaker.isolate()),
                    "release" => drop(self.isolations.pop()),
                    "mode" => self.breaker.set_mode(Mode::from_name(event.mode.as_deref().unwrap()).unwrap()),
                    "reset" => self.breaker.reset(),
                    _ => panic!("nobody can {other}"),
                }
                "done".into()
            }
        }
    }

    /// Another process restores what this one left, on a clock of its own.
    fn restart(&mut self, clock: u64) -> String {
        let text = json::to_string(&self.breaker.snapshot());
        let snapshot: Snapshot = json::from_str(&text).expect("a snapshot");
        self.show(clock);
        let builder = builder(&self.clock, &self.draw, &self.heard).restore(snapshot);
        // What the process that ended still held speaks to a breaker that nobody asks any more.
        self.breaker = builder.build_from(&self.config).expect("version 1");
        self.permits.clear();
        self.isolations.clear();
        self.heard.lock().unwrap().clear();
        self.breaker.state().name().into()
    }
}
