//! What callers of [`Breaker`] see: permits, probes, isolation, and a retry on top.

use once_again::breaker::{BreakerEvent, Outcome, State, Verdict};
use once_again::retry::{JitterType, Stop};
use once_again::testing::VirtualClock;
use once_again::{Breaker, CallError, CircuitOpenError, Failure, Kind, Retry, RetryPolicy};
use std::future::{pending, ready};
use std::io;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Barrier;

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn refused() -> io::Error {
    io::ErrorKind::ConnectionRefused.into()
}

/// Opens at the second failure, for 30 s; three good probes close it.
fn breaker() -> (Breaker, VirtualClock) {
    let clock = VirtualClock::new();
    let breaker =
        Breaker::builder().name("orders").failure_threshold(2).clock(clock.clone()).build().unwrap();
    (breaker, clock)
}

fn open(breaker: &Breaker) {
    for _ in 0..2 {
        breaker.try_acquire().unwrap().failure();
    }
    assert_eq!(breaker.state(), State::Open);
}

#[tokio::test]
async fn an_open_breaker_makes_no_call_and_says_when_to_come_back() {
    let (breaker, clock) = breaker();
    for _ in 0..2 {
        let error = breaker.call(|| ready(Err::<(), _>(refused()))).await.unwrap_err();
        assert!(
            matches!(error, CallError::Failed(error) if error.kind() == io::ErrorKind::ConnectionRefused)
        );
    }
    clock.advance(secs(10));
    let called = AtomicU32::new(0);
    let call = breaker.call(|| {
        called.fetch_add(1, Ordering::Relaxed);
        ready(Ok::<_, io::Error>(()))
    });
    let error = call.await.unwrap_err();
    assert_eq!(called.into_inner(), 0);
    assert_eq!(error.to_string(), "circuit breaker orders is OPEN; retry after 20s");
    assert!(error.is_open() && breaker.is_open());
    let error = error.into_error();
    let open: &CircuitOpenError = error.get_ref().unwrap().downcast_ref().unwrap();
    assert_eq!((&*open.name, open.state, open.retry_after), ("orders", State::Open, secs(20)));
}

#[tokio::test]
async fn three_good_probes_close_it() {
    let (breaker, clock) = breaker();
    open(&breaker);
    clock.advance(secs(30));
    for _ in 0..3 {
        breaker.call(|| ready(Ok::<_, io::Error>(()))).await.unwrap();
    }
    assert_eq!(breaker.state(), State::Closed);
    assert_eq!(breaker.stats().opened, 1);
}

#[test]
fn a_late_result_of_an_earlier_epoch_is_stale() {
    let (breaker, clock) = breaker();
    let (late_success, late_failure) = (breaker.try_acquire().unwrap(), breaker.try_acquire().unwrap());
    open(&breaker);
    clock.advance(secs(30));
    let probe = breaker.try_acquire().unwrap();
    assert!(probe.is_probe() && !late_success.is_probe());
    assert_eq!(late_success.success(), Verdict::Stale);
    assert_eq!(late_failure.failure(), Verdict::Stale);
    assert_eq!(breaker.state(), State::HalfOpen);
    assert_eq!(probe.success(), Verdict::Counted);
}

#[test]
fn a_probe_that_is_dropped_counts_as_a_failed_one_and_wedges_nothing() {
    let (breaker, clock) = breaker();
    open(&breaker);
    for _ in 0..100 {
        clock.advance(secs(30));
        drop(breaker.try_acquire().unwrap());
        assert_eq!(breaker.state(), State::Open);
    }
    clock.advance(secs(30));
    for _ in 0..3 {
        breaker.try_acquire().unwrap().success();
    }
    assert_eq!(breaker.state(), State::Closed);
}

#[test]
fn a_permit_that_is_dropped_while_closed_counts_nowhere() {
    let (breaker, _) = breaker();
    for _ in 0..100 {
        drop(breaker.try_acquire().unwrap());
    }
    assert_eq!((breaker.state(), breaker.stats().failures), (State::Closed, 0));
}

#[test]
fn an_ignored_probe_gives_its_place_back() {
    let (breaker, clock) = breaker();
    open(&breaker);
    clock.advance(secs(30));
    for _ in 0..100 {
        let probes: Vec<_> = (0..3).map(|_| breaker.try_acquire().unwrap()).collect();
        assert_eq!(breaker.try_acquire().unwrap_err().state, State::HalfOpen);
        for probe in probes {
            assert_eq!(probe.ignore(), Verdict::Counted);
        }
    }
    assert_eq!((breaker.state(), breaker.stats().probes), (State::HalfOpen, 0));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_cancelled_or_panics_settles_itself() {
    let breaker = Breaker::builder().failure_threshold(1).build().unwrap();
    breaker.try_acquire().unwrap().failure();
    tokio::time::sleep(secs(30)).await;
    let calling = breaker.clone();
    let call = tokio::spawn(async move { calling.call(pending::<Result<(), io::Error>>).await });
    tokio::time::sleep(secs(1)).await;
    assert_eq!(breaker.stats().probes, 1);
    call.abort();
    assert!(call.await.unwrap_err().is_cancelled());
    assert_eq!((breaker.state(), breaker.stats().probes), (State::Open, 0));

    tokio::time::sleep(secs(30)).await;
    let calling = breaker.clone();
    let panicking = async move { calling.call(async || -> io::Result<()> { panic!("as planned") }).await };
    assert!(tokio::spawn(panicking).await.unwrap_err().is_panic());
    assert_eq!((breaker.state(), breaker.stats().opened), (State::Open, 3));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_thousand_tasks_never_make_more_probes_than_allowed() {
    for round in 0..20 {
        let (breaker, clock) = breaker();
        open(&breaker);
        clock.advance(secs(30));
        let start = Arc::new(Barrier::new(1_000));
        let (flying, most) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
        let tasks: Vec<_> = (0..1_000)
            .map(|task| {
                let (breaker, start) = (breaker.clone(), start.clone());
                let (flying, most) = (flying.clone(), most.clone());
                tokio::spawn(async move {
                    start.wait().await;
                    let Ok(permit) = breaker.try_acquire() else { return (0, 1) };
                    assert!(permit.is_probe());
                    most.fetch_max(flying.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    tokio::task::yield_now().await;
                    flying.fetch_sub(1, Ordering::SeqCst);
                    // Ignored probes give their places back, so that the trial goes on and on.
                    permit.settle(if task % 2 == round % 2 { Outcome::Ignored } else { Outcome::Abandoned });
                    (1, 0)
                })
            })
            .collect();
        let (mut probes, mut rejected) = (0, 0);
        for task in tasks {
            let (probe, rejection) = task.await.unwrap();
            (probes, rejected) = (probes + probe, rejected + rejection);
        }
        assert!((1..=3).contains(&most.load(Ordering::SeqCst)), "{most:?} probes at once");
        assert_eq!((probes + rejected, breaker.stats().rejected), (1_000, rejected));
        assert_eq!(breaker.stats().probes, 0);
    }
}

#[tokio::test(start_paused = true)]
async fn no_call_waits_for_another() {
    let (breaker, _) = breaker();
    let calls: Vec<_> = (0..1_000)
        .map(|_| {
            let breaker = breaker.clone();
            tokio::spawn(async move {
                let slow = async || {
                    tokio::time::sleep(secs(1)).await;
                    Ok::<_, io::Error>(())
                };
                breaker.call(slow).await
            })
        })
        .collect();
    let started = tokio::time::Instant::now();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert_eq!(started.elapsed(), secs(1));
}

#[test]
fn an_isolation_holds_it_open_until_the_last_guard_is_gone() {
    let (breaker, _) = breaker();
    let (first, second) = (breaker.isolate(), breaker.isolate());
    drop(first);
    let error = breaker.try_acquire().unwrap_err();
    assert_eq!((error.state, error.retry_after), (State::ForcedOpen, Duration::ZERO));
    assert_eq!(error.to_string(), "circuit breaker orders is FORCED_OPEN");
    drop(second);
    assert!(breaker.try_acquire().is_ok());
}

#[tokio::test]
async fn errors_that_say_nothing_about_the_dependency_do_not_count() {
    let breaker = Breaker::builder()
        .failure_threshold(1)
        .is_failure(|error: &io::Error| error.kind() != io::ErrorKind::NotFound)
        .is_failure(|status: &u16| *status >= 500)
        .build()
        .unwrap();
    for _ in 0..9 {
        breaker.call(|| ready(Err::<(), io::Error>(io::ErrorKind::NotFound.into()))).await.unwrap_err();
        breaker.call_blocking(|| Err::<(), u16>(404)).unwrap_err();
    }
    assert_eq!(breaker.state(), State::Closed);
    breaker.call_blocking(|| Err::<(), &str>("of a type nobody spoke of")).unwrap_err();
    assert_eq!(breaker.state(), State::Open);
    breaker.reset();
    breaker.call_blocking(|| Err::<(), u16>(503)).unwrap_err();
    assert_eq!(breaker.state(), State::Open);
}

#[test]
fn a_listener_hears_of_every_change_and_may_ask_the_breaker() {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let (write, asked) = (heard.clone(), Arc::new(Mutex::new(None::<Breaker>)));
    let ask = asked.clone();
    let clock = VirtualClock::new();
    let breaker = Breaker::builder()
        .failure_threshold(1)
        .half_open_max_calls(1)
        .clock(clock.clone())
        .on_event(move |event| {
            let BreakerEvent::StateChange { from, to, .. } = event else { return };
            let stats = ask.lock().unwrap().as_ref().unwrap().stats();
            write.lock().unwrap().push((from.name(), to.name(), stats.opened));
        })
        .build()
        .unwrap();
    *asked.lock().unwrap() = Some(breaker.clone());
    let mut state = breaker.subscribe();
    assert!(!state.has_changed().unwrap());
    breaker.try_acquire().unwrap().failure();
    assert!(state.has_changed().unwrap());
    assert_eq!(*state.borrow_and_update(), State::Open);
    clock.advance(secs(30));
    breaker.try_acquire().unwrap().success();
    assert_eq!(
        *heard.lock().unwrap(),
        [("CLOSED", "OPEN", 1), ("OPEN", "HALF_OPEN", 1), ("HALF_OPEN", "CLOSED", 1)]
    );
    assert_eq!(*state.borrow(), State::Closed);
}

#[test]
fn a_listener_hears_of_rejected_calls_and_stale_results() {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let write = heard.clone();
    let clock = VirtualClock::new();
    let breaker = Breaker::builder()
        .name("orders")
        .failure_threshold(1)
        .clock(clock.clone())
        .on_event(move |event| {
            write.lock().unwrap().push(match event {
                BreakerEvent::StateChange { to, .. } => to.name().to_owned(),
                BreakerEvent::Rejected { name, state, retry_after, .. } => {
                    format!("{name} {} {retry_after:?}", state.name())
                }
                BreakerEvent::Stale { name, .. } => format!("{name} stale"),
                other => panic!("{other:?}"),
            });
        })
        .build()
        .unwrap();
    let late = breaker.try_acquire().unwrap();
    breaker.try_acquire().unwrap().failure();
    clock.advance(secs(10));
    breaker.try_acquire().unwrap_err();
    late.success();
    assert_eq!(*heard.lock().unwrap(), ["OPEN", "orders OPEN 20s", "orders stale"]);
}

#[test]
fn it_goes_on_in_another_process_where_it_stopped() {
    let (breaker, clock) = breaker();
    open(&breaker);
    clock.advance(secs(12));
    let kept = serde_json::to_string(&breaker.snapshot()).unwrap();

    let clock = VirtualClock::new();
    let restored = Breaker::builder()
        .failure_threshold(2)
        .clock(clock.clone())
        .restore(serde_json::from_str(&kept).unwrap())
        .build()
        .unwrap();
    assert_eq!(restored.try_acquire().unwrap_err().retry_after, secs(18));
    clock.advance(secs(18));
    assert!(restored.try_acquire().unwrap().is_probe());
}

#[test]
fn a_breaker_of_two_shapes_is_refused() {
    let error = Breaker::builder().failure_threshold(5).failure_rate(0.5).build().unwrap_err();
    assert_eq!(error.field, "failure_rate");
    let error = Breaker::builder().recovery_timeout(secs(90_000)).build().unwrap_err();
    assert_eq!(
        error.to_string(),
        "recovery_timeout: got 90000, expected a number of seconds from 0 to 86400"
    );
    let built =
        Breaker::builder().failure_rate(0.25).window_calls(10).open_wait(secs(1)).open_wait_jitter(0.0);
    assert_eq!(built.build().unwrap().state(), State::Closed);
}

#[tokio::test]
async fn a_breaker_that_opens_in_the_middle_of_a_call_ends_it_without_a_wait() {
    let (breaker, clock) = breaker();
    let waits = VirtualClock::no_sleep();
    let policy = RetryPolicy::builder().max_attempts(9).jitter(JitterType::None).build().unwrap();
    let retry = Retry::new(policy).breaker(&breaker).clock(waits.clone());
    let error = retry.run(|_| ready(Err::<(), _>(refused()))).await.unwrap_err();
    assert_eq!((error.reason(), error.kind()), (Stop::NotRetryable, Kind::CircuitBreaker));
    assert!(error.is_circuit_open() && matches!(error.last(), Failure::CircuitOpen(_)));
    assert_eq!(error.to_string(), "circuit breaker orders is OPEN; retry after 30s");
    // Two failures open it; the third attempt is not made, and nothing is waited for after it.
    assert_eq!((error.attempts(), waits.slept().len(), breaker.stats().rejected), (3, 2, 1));

    clock.advance(secs(30));
    assert_eq!(retry.run(|_| ready(Ok("well again"))).await.unwrap(), "well again");
    assert_eq!(breaker.state(), State::HalfOpen);
}

#[tokio::test]
async fn a_policy_that_retries_an_open_breaker_waits_until_it_lets_a_probe_through() {
    let clock = VirtualClock::no_sleep();
    let breaker = Breaker::builder().failure_threshold(1).clock(clock.clone()).build().unwrap();
    let policy = RetryPolicy::builder()
        .max_attempts(9)
        .jitter(JitterType::None)
        .retry_on([Kind::CircuitBreaker, Kind::Network])
        .build()
        .unwrap();
    let retry = Retry::new(policy).breaker(&breaker).clock(clock.clone());
    let answer =
        retry.run(|attempt| ready(if attempt.number() == 1 { Err(refused()) } else { Ok("back") })).await;
    assert_eq!(answer.unwrap(), "back");
    // Opened at 0, rejected at 100 ms, and the breaker asks for the rest of its 30 s.
    assert_eq!(clock.slept(), [Duration::from_millis(100), Duration::from_millis(29_900)]);
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_timed_out_is_a_failure_and_a_cancelled_one_is_abandoned() {
    let breaker = Breaker::builder().failure_threshold(2).build().unwrap();
    let policy =
        RetryPolicy::builder().preset("no_retry").attempt_timeout(Duration::from_millis(50)).build().unwrap();
    let retry = Retry::<io::Error>::new(policy).breaker(&breaker);
    retry.run(|_| pending::<io::Result<()>>()).await.unwrap_err();
    assert_eq!(breaker.stats().failures, 1);
    let cancelled =
        tokio::time::timeout(Duration::from_millis(20), retry.run(|_| pending::<io::Result<()>>()));
    assert!(cancelled.await.is_err());
    assert_eq!((breaker.stats().failures, breaker.state()), (1, State::Closed));
}

#[test]
fn its_numbers_are_there_for_prometheus() {
    let (breaker, _) = breaker();
    open(&breaker);
    breaker.try_acquire().unwrap_err();
    let text = Breaker::to_prometheus([&breaker]);
    for line in [
        r#"circuit_breaker_state{name="orders",state="OPEN"} 1"#,
        r#"circuit_breaker_state{name="orders",state="CLOSED"} 0"#,
        r#"circuit_breaker_transitions_total{name="orders",from="CLOSED",to="OPEN"} 1"#,
        r#"circuit_breaker_rejections_total{name="orders"} 1"#,
    ] {
        assert!(text.lines().any(|written| written == line), "{line} is missing from\n{text}");
    }
}
