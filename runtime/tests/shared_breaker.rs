//! A breaker that is shared through a store: what it sends and when, who waits, and what it does alone.
//!
//! What the replies mean is core's and tested there; the store here answers what each test has it answer.

use once_again::breaker::{BreakerEvent, ScriptError, ScriptReply, ScriptStore, State};
use once_again::testing::{VirtualClock, settle};
use once_again::{Breaker, CallError, Retry, RetryPolicy};
use std::collections::VecDeque;
use std::future::{pending, ready};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// Closed, the record's first epoch.
const CLOSED: &str = "-1 1 0 0 1966080000000 0 0 0 0";
/// Open for another 30 s.
const OPEN: &str = "-1 2 1 30000000 1966080000000 0 0 0 0";
/// The first probe of a trial, number 0, is granted to whoever asked.
const GRANTED: &str = "0 3 2 0 1966080000000 0 0 0 1";

enum Answer {
    Says(&'static str),
    Fails,
    Silent,
    Panics,
    Later(oneshot::Receiver<String>),
}

/// A store that answers what it was told to, in order; afterwards it is silent.
#[derive(Default)]
struct Scripted {
    answers: Mutex<VecDeque<Answer>>,
    asked: Mutex<Vec<String>>,
}

impl Scripted {
    fn then(&self, answer: Answer) {
        self.answers.lock().unwrap().push_back(answer);
    }

    fn says(&self, record: &'static str) {
        self.then(Answer::Says(record));
    }

    /// What it has been asked since the last look.
    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }
}

/// A request in a word: each has its own number of arguments, the store's clock first.
fn request(args: &[String]) -> String {
    match args {
        [_] => "refresh".into(),
        [_, _, open, _, _, _] if open == "1" => "publish open".into(),
        [_, _, _, what] | [_, _, _, what, _, _] => format!("settle {what}"),
        [_, _, _, _, _, _, lease, ..] if lease == "5000000" => "reserve".into(),
        _ => "claim".into(),
    }
}

impl ScriptStore for Scripted {
    fn run(&self, script: &'static str, keys: Vec<String>, args: Vec<String>) -> ScriptReply {
        assert!(script.contains("redis.call"), "{script}");
        assert_eq!(keys, ["once-again:breaker:1:ledger"]);
        self.asked.lock().unwrap().push(request(&args));
        match self.answers.lock().unwrap().pop_front().unwrap_or(Answer::Silent) {
            Answer::Says(record) => Box::pin(ready(Ok(record.into()))),
            Answer::Fails => Box::pin(ready(Err("connection refused".into()))),
            Answer::Silent => Box::pin(pending()),
            Answer::Panics => panic!("a store with a bug"),
            Answer::Later(reply) => Box::pin(async { reply.await.map_err(ScriptError::from) }),
        }
    }
}

struct Bench {
    breaker: Breaker,
    store: Arc<Scripted>,
    clock: VirtualClock,
    events: Arc<Mutex<Vec<String>>>,
}

/// Opens at the second failure; the connection's and the state's events are written down.
fn bench() -> Bench {
    let (store, clock) = (Arc::new(Scripted::default()), VirtualClock::new());
    let events = Arc::new(Mutex::new(Vec::new()));
    let heard = events.clone();
    let breaker = Breaker::builder()
        .name("ledger")
        .failure_threshold(2)
        .clock(clock.clone())
        .shared(store.clone())
        .on_event(move |event| {
            let line = match event {
                BreakerEvent::Attached { name, .. } => format!("{name} attached"),
                BreakerEvent::Detached { name, error, .. } => format!("{name} detached: {error}"),
                BreakerEvent::StateChange { from, to, .. } => format!("{} to {}", from.name(), to.name()),
                _ => return,
            };
            heard.lock().unwrap().push(line);
        })
        .build()
        .unwrap();
    Bench { breaker, store, clock, events }
}

impl Bench {
    /// A bench whose store has answered the first question with `record`.
    async fn attached(record: &'static str) -> Self {
        let bench = bench();
        bench.store.says(record);
        bench.succeed().await;
        settle().await;
        assert!(bench.breaker.attached());
        bench.store.asked();
        bench.events();
        bench
    }

    /// One whose open wait is over, as the others know.
    async fn due() -> Self {
        let bench = Self::attached(OPEN).await;
        bench.clock.advance(Duration::from_secs(30));
        bench
    }

    async fn succeed(&self) {
        assert_eq!(self.breaker.call(|| ready(Ok::<_, ()>(7))).await, Ok(7));
    }

    /// A call in a task of its own, which tells whether it was made.
    async fn calling(&self) -> JoinHandle<bool> {
        let breaker = self.breaker.clone();
        let call = tokio::spawn(async move { breaker.call(|| ready(Ok::<_, ()>(()))).await.is_ok() });
        settle().await;
        call
    }

    async fn fail(&self) {
        assert_eq!(self.breaker.call(|| ready(Err::<(), _>("down"))).await, Err(CallError::Failed("down")));
    }

    fn events(&self) -> Vec<String> {
        std::mem::take(&mut self.events.lock().unwrap())
    }
}

#[test]
fn a_breaker_without_a_name_cannot_be_shared() {
    let error = Breaker::builder().shared(Scripted::default()).build().unwrap_err();
    assert!(error.to_string().starts_with("name: got nothing, expected a name"), "{error}");
}

#[tokio::test]
async fn a_closed_breaker_never_waits_and_asks_at_most_once_a_second() {
    let Bench { breaker, store, clock, .. } = &bench();
    for asked in [&["refresh"][..], &[], &[]] {
        assert!(breaker.call(|| ready(Ok::<_, ()>(()))).await.is_ok());
        settle().await;
        assert_eq!(store.asked(), asked);
    }
    assert!(!breaker.attached());
    clock.advance(Duration::from_millis(999));
    drop(breaker.try_acquire());
    settle().await;
    assert!(store.asked().is_empty());
    clock.advance(Duration::from_millis(1));
    settle().await;
    clock.advance(Duration::from_secs(1));
    drop(breaker.try_acquire());
    settle().await;
    assert_eq!(store.asked(), ["refresh"]);
}

#[tokio::test]
async fn it_takes_over_what_the_others_have_found_out() {
    let bench = bench();
    bench.store.says(OPEN);
    bench.succeed().await;
    settle().await;
    assert_eq!(bench.breaker.state(), State::Open);
    assert_eq!(bench.events(), ["CLOSED to OPEN", "ledger attached"]);
    let error = bench.breaker.try_acquire().unwrap_err();
    assert_eq!(error.retry_after, Duration::from_secs(30));
}

#[tokio::test]
async fn what_it_finds_out_itself_it_tells_the_others_at_once() {
    let bench = Bench::attached(CLOSED).await;
    bench.fail().await;
    bench.fail().await;
    settle().await;
    assert_eq!(bench.breaker.state(), State::Open);
    assert_eq!(bench.store.asked(), ["publish open"]);
}

#[tokio::test]
async fn only_a_probe_waits_and_its_end_is_told() {
    let bench = Bench::due().await;
    let (grant, granted) = oneshot::channel();
    bench.store.then(Answer::Later(granted));
    let call = bench.calling().await;
    assert!(!call.is_finished());
    assert_eq!(bench.store.asked(), ["claim"]);
    grant.send(GRANTED.into()).unwrap();
    assert!(call.await.unwrap());
    settle().await;
    assert_eq!(bench.store.asked(), ["settle success"]);
    assert_eq!(bench.breaker.state(), State::HalfOpen);
}

#[tokio::test]
async fn a_retry_waits_for_its_probe_too() {
    let bench = Bench::due().await;
    bench.store.says(GRANTED);
    let retry = Retry::new(RetryPolicy::standard()).breaker(&bench.breaker).clock(bench.clock.clone());
    assert_eq!(retry.run(|_| ready(Ok::<_, std::io::Error>(7))).await.unwrap(), 7);
    assert_eq!(bench.store.asked(), ["claim"]);
}

#[tokio::test]
async fn a_probe_waits_a_quarter_of_a_second_and_then_this_process_decides_alone() {
    let bench = Bench::due().await;
    let (grant, granted) = oneshot::channel();
    bench.store.then(Answer::Later(granted));
    let call = bench.calling().await;
    bench.clock.advance(Duration::from_millis(249));
    settle().await;
    assert!(!call.is_finished());
    bench.clock.advance(Duration::from_millis(1));
    assert!(call.await.unwrap());
    assert!(!bench.breaker.attached());
    let detached = "ledger detached: the store did not answer within 250ms";
    assert_eq!(bench.events(), ["OPEN to HALF_OPEN", detached]);

    // The grant comes after all: its place goes to somebody else, once the store is asked again.
    grant.send(GRANTED.into()).unwrap();
    settle().await;
    bench.store.asked();
    bench.store.says("-1 3 2 0 1966080000000 0 0 0 1");
    bench.clock.advance(Duration::from_secs(1));
    drop(bench.breaker.try_acquire());
    settle().await;
    assert!(bench.breaker.attached());
    let asked = bench.store.asked();
    assert_eq!(asked[0], "refresh");
    assert!(asked.contains(&"settle nothing".into()), "{asked:?}");
}

#[tokio::test]
async fn a_call_that_is_dropped_while_it_waits_gives_its_probe_back() {
    let bench = Bench::due().await;
    let (grant, granted) = oneshot::channel();
    bench.store.then(Answer::Later(granted));
    let call = bench.calling().await;
    call.abort();
    settle().await;
    grant.send(GRANTED.into()).unwrap();
    settle().await;
    assert_eq!(bench.breaker.stats().probes, 0);
    assert_eq!(bench.breaker.state(), State::HalfOpen);
    assert_eq!(bench.store.asked(), ["claim", "settle nothing"]);
}

#[tokio::test]
async fn a_call_that_is_dropped_with_the_answer_already_there_gives_its_probe_back() {
    let bench = Bench::due().await;
    bench.store.says(GRANTED);
    let mut waiting = Box::pin(bench.breaker.acquire());
    let waker = std::task::Waker::noop();
    assert!(waiting.as_mut().poll(&mut std::task::Context::from_waker(waker)).is_pending());
    settle().await;
    assert_eq!(bench.breaker.stats().probes, 1);
    drop(waiting);
    settle().await;
    assert_eq!(bench.breaker.stats().probes, 0);
    assert_eq!(bench.store.asked(), ["claim", "settle nothing"]);
}

#[tokio::test]
async fn who_cannot_wait_asks_for_a_probe_and_the_next_one_makes_it() {
    let bench = Bench::due().await;
    bench.store.says(GRANTED);
    assert!(bench.breaker.try_acquire().is_err());
    settle().await;
    assert_eq!(bench.store.asked(), ["reserve"]);
    let permit = bench.breaker.try_acquire().unwrap();
    assert!(permit.is_probe());
    settle().await;
    assert_eq!(bench.store.asked(), ["settle hold"]);
}

#[tokio::test]
async fn an_absent_store_is_told_of_once_and_so_is_its_return() {
    let bench = Bench::attached(CLOSED).await;
    for _ in 0..3 {
        bench.store.then(Answer::Fails);
        bench.clock.advance(Duration::from_secs(1));
        bench.succeed().await;
        settle().await;
        assert_eq!(bench.store.asked(), ["refresh"]);
    }
    assert_eq!(bench.events(), ["ledger detached: connection refused"]);
    assert!(!bench.breaker.attached());

    bench.fail().await;
    bench.fail().await;
    assert_eq!(bench.breaker.state(), State::Open);
    assert_eq!(bench.events(), ["CLOSED to OPEN"]);

    bench.store.says(CLOSED);
    bench.clock.advance(Duration::from_secs(1));
    assert!(bench.breaker.acquire().await.is_err());
    settle().await;
    assert_eq!(bench.events(), ["ledger attached"]);
    assert_eq!(bench.store.asked(), ["refresh", "publish open"]);
}

#[tokio::test]
async fn an_answer_that_is_no_record_is_as_good_as_none() {
    let bench = bench();
    bench.store.says("OK");
    bench.succeed().await;
    settle().await;
    assert_eq!(bench.events(), ["ledger detached: the store's answer is no record of a breaker"]);
}

#[tokio::test]
async fn a_store_that_panics_is_away_and_the_call_does_not_notice() {
    let bench = Bench::due().await;
    bench.store.then(Answer::Panics);
    assert!(bench.calling().await.await.unwrap());
    let detached = "ledger detached: the request was dropped before the store answered";
    assert_eq!(bench.events(), ["OPEN to HALF_OPEN", detached]);
}

#[test]
fn without_a_runtime_the_store_is_away() {
    let bench = bench();
    assert_eq!(bench.breaker.call_blocking(|| Ok::<_, ()>(7)), Ok(7));
    assert_eq!(bench.events(), ["ledger detached: no tokio runtime is there to ask the store"]);
    assert!(bench.store.asked().is_empty());
}

#[test]
fn a_breaker_outlives_the_runtime_it_was_made_in() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let bench = runtime.block_on(Bench::attached(CLOSED));
    drop(runtime);
    bench.clock.advance(Duration::from_secs(1));
    assert_eq!(bench.breaker.call_blocking(|| Ok::<_, ()>(7)), Ok(7));
    assert_eq!(bench.events(), ["ledger detached: the request was dropped before the store answered"]);
}

#[tokio::test]
async fn a_store_that_never_answers_gathers_forty_requests_and_no_more() {
    let bench = bench();
    let mut asked = 0;
    for _ in 0..100 {
        drop(bench.breaker.try_acquire());
        settle().await;
        bench.clock.advance(Duration::from_secs(1));
        settle().await;
        asked += bench.store.asked().len();
    }
    assert_eq!(asked, 40);
    assert_eq!(bench.events(), ["ledger detached: the store did not answer within 1s"]);
}
