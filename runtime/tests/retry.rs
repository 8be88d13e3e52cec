//! What a caller of [`Retry`] sees, on a clock that never really sleeps.

use once_again::retry::{JitterType, KindRule, Stop};
use once_again::testing::{VirtualClock, inject_errors};
use once_again::{Attempt, Facts, Failure, Kind, Retry, RetryError, RetryPolicy};
use std::error::Error;
use std::future::ready;
use std::io;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// 100 ms, 200 ms, 400 ms…
fn steady(attempts: u32) -> RetryPolicy {
    RetryPolicy::builder().max_attempts(attempts).jitter(JitterType::None).build().unwrap()
}

fn refused() -> io::Error {
    io::ErrorKind::ConnectionRefused.into()
}

#[tokio::test]
async fn a_success_after_two_failures_is_returned_as_it_is() {
    let clock = VirtualClock::no_sleep();
    let mut flaky = inject_errors(|attempt: Attempt<_>| ready(Ok(attempt.number())), [refused(), refused()]);
    let answer = Retry::new(steady(3)).clock(clock.clone()).run(&mut flaky).await;
    assert_eq!(answer.unwrap(), 3);
    assert_eq!(clock.slept(), [ms(100), ms(200)]);
}

#[tokio::test]
async fn a_first_success_asks_no_clock() {
    struct NoClock;
    impl once_again::Clock for NoClock {
        fn now(&self) -> std::time::Instant {
            panic!("asked for the time")
        }
        fn wall_now(&self) -> SystemTime {
            panic!("asked for the time of day")
        }
        fn sleep(&self, _: Duration) -> once_again::Sleep {
            panic!("asked to sleep")
        }
        fn sleep_blocking(&self, _: Duration) {
            panic!("asked to sleep")
        }
    }
    let answer = Retry::<io::Error>::new(steady(3)).clock(NoClock).run(|_| ready(Ok("at once"))).await;
    assert_eq!(answer.unwrap(), "at once");
}

#[tokio::test]
async fn exhaustion_tells_how_often_how_long_and_after_what() {
    let clock = VirtualClock::no_sleep();
    let retry = Retry::new(steady(3)).name("fetch").clock(clock);
    let error = retry.run(|attempt| ready(Err::<(), _>(attempt.number()))).await.unwrap_err();
    assert_eq!((error.reason(), error.kind(), error.attempts()), (Stop::Exhausted, Kind::Unknown, 3));
    assert_eq!(error.elapsed(), ms(300));
    let history: Vec<_> = error.history().iter().filter_map(|failure| failure.error()).collect();
    assert_eq!(history, [&1, &2]);
    assert_eq!(error.last(), &Failure::Error(3));
    assert_eq!(error.to_string(), "fetch: gave up after 3 attempts in 300.0ms: every attempt failed");
}

#[tokio::test]
async fn an_error_that_is_not_retryable_reads_like_itself() {
    let missing = || ready(Err::<(), _>(io::Error::new(io::ErrorKind::NotFound, "no such order")));
    let error = Retry::new(steady(3)).run(|_| missing()).await.unwrap_err();
    assert_eq!((error.reason(), error.attempts()), (Stop::NotRetryable, 1));
    assert_eq!(error.to_string(), "no such order");
    assert!(error.source().is_none(), "it stands for the failure, so it has the failure's sources");
    assert_eq!(error.into_error().kind(), io::ErrorKind::NotFound);
}

#[tokio::test]
async fn the_last_failure_is_the_source_of_giving_up() {
    let retry = Retry::new(steady(2)).clock(VirtualClock::no_sleep());
    let error = retry.run(|_| ready(Err::<(), _>(refused()))).await.unwrap_err();
    assert_eq!(error.source().unwrap().to_string(), "connection refused");
}

#[tokio::test]
async fn each_attempt_sees_its_number_and_how_the_one_before_failed() {
    let seen = Mutex::new(Vec::new());
    let retry = Retry::new(steady(3)).clock(VirtualClock::no_sleep());
    let run = retry.run(|attempt: Attempt<&str>| {
        seen.lock().unwrap().push((attempt.number(), attempt.previous().and_then(Failure::error).copied()));
        ready(if attempt.number() < 3 { Err("down") } else { Ok(()) })
    });
    run.await.unwrap();
    assert_eq!(*seen.lock().unwrap(), [(1, None), (2, Some("down")), (3, Some("down"))]);
}

#[tokio::test]
async fn what_an_io_error_means_is_known_even_inside_a_box() {
    type Boxed = Box<dyn Error + Send + Sync>;
    let kind = |error: fn() -> Boxed| async move {
        Retry::new(steady(1)).run(|_| ready(Err::<(), _>(error()))).await.unwrap_err().kind()
    };
    assert_eq!(kind(|| refused().into()).await, Kind::Network);
    assert_eq!(kind(|| io::Error::from(io::ErrorKind::TimedOut).into()).await, Kind::Timeout);
    assert_eq!(kind(|| io::Error::from(io::ErrorKind::PermissionDenied).into()).await, Kind::Permanent);
    assert_eq!(kind(|| io::Error::other(refused()).into()).await, Kind::Network);
    assert_eq!(kind(|| "something else".into()).await, Kind::Unknown);
}

#[tokio::test]
async fn a_classifier_says_what_an_error_means() {
    let retry = Retry::new(steady(5))
        .classify(|status: &u16| Facts::new().status(*status))
        .clock(VirtualClock::no_sleep());
    let kind = async |status: u16| {
        let error = retry.run(|_| ready(Err::<(), _>(status))).await.unwrap_err();
        (error.kind(), error.attempts())
    };
    assert_eq!(kind(503).await, (Kind::Server, 5));
    assert_eq!(kind(404).await, (Kind::Client, 1));
    assert_eq!(kind(429).await, (Kind::RateLimit, 5));
}

#[tokio::test]
async fn a_post_without_a_key_is_not_sent_twice() {
    let attempts = async |facts: Facts| {
        let retry = Retry::new(steady(3)).classify(move |()| facts.clone()).clock(VirtualClock::no_sleep());
        retry.run(|_| ready(Err::<(), _>(()))).await.unwrap_err().attempts()
    };
    assert_eq!(attempts(Facts::new().status(503).request("POST", false)).await, 1);
    assert_eq!(attempts(Facts::new().status(503).request("POST", true)).await, 3);
    assert_eq!(attempts(Facts::new().status(503).request("PUT", false)).await, 3);
}

#[tokio::test]
async fn a_wait_that_the_server_asked_for_is_never_undercut() {
    let year_2024 = SystemTime::UNIX_EPOCH + Duration::from_secs(1_704_067_200);
    let slept = async |facts: Facts| {
        let clock = VirtualClock::no_sleep().at(year_2024);
        let retry = Retry::new(steady(2)).classify(move |()| facts.clone()).clock(clock.clone());
        let error = retry.run(|_| ready(Err::<(), _>(()))).await.unwrap_err();
        (clock.slept(), error.reason())
    };
    let server = || Facts::from(Kind::Server);
    let exhausted = |wait| (vec![wait], Stop::Exhausted);
    assert_eq!(slept(server().retry_after(ms(1_500))).await, exhausted(ms(1_500)));
    assert_eq!(slept(server().header("Retry-After", "3")).await, exhausted(ms(3_000)));
    let date = "Mon, 01 Jan 2024 00:00:20 GMT";
    assert_eq!(slept(server().header("retry-after", date)).await, exhausted(ms(20_000)));
    let both = server().header("X-RateLimit-Reset", "7").header("RateLimit-Reset", "5");
    assert_eq!(slept(both).await, exhausted(ms(5_000)), "the standard's own name stands");
    assert_eq!(slept(server().retry_after(ms(1))).await, exhausted(ms(100)));
    assert_eq!(slept(server().retry_after(ms(60_001))).await, (vec![], Stop::RetryAfterTooLong));
}

#[tokio::test]
async fn a_condition_can_veto_but_not_permit() {
    let asked = Arc::new(AtomicU32::new(0));
    let count = asked.clone();
    let retry =
        Retry::new(steady(9)).clock(VirtualClock::no_sleep()).when(move |error: &io::Error, attempt| {
            count.fetch_add(1, Ordering::Relaxed);
            error.kind() == io::ErrorKind::ConnectionRefused && attempt < 3
        });
    let error = retry.run(|_| ready(Err::<(), _>(refused()))).await.unwrap_err();
    assert_eq!((error.reason(), error.attempts()), (Stop::NotRetryable, 3));
    assert_eq!(asked.swap(0, Ordering::Relaxed), 3);
    let denied = || ready(Err::<(), _>(io::ErrorKind::PermissionDenied.into()));
    assert_eq!(retry.run(|_| denied()).await.unwrap_err().attempts(), 1);
    assert_eq!(asked.load(Ordering::Relaxed), 0, "nobody asks about what the policy does not retry");
}

#[tokio::test]
async fn a_kind_may_have_its_own_limit_and_the_caller_its_own_delays() {
    let policy = RetryPolicy::builder()
        .max_attempts(9)
        .jitter(JitterType::None)
        .per_kind(Kind::RateLimit, KindRule::new().max_attempts(2))
        .build()
        .unwrap();
    let retry = Retry::new(policy).classify(|kind: &Kind| *kind).clock(VirtualClock::no_sleep());
    let error = retry.run(|_| ready(Err::<(), _>(Kind::RateLimit))).await.unwrap_err();
    assert_eq!((error.reason(), error.attempts()), (Stop::KindLimit, 2));

    let clock = VirtualClock::no_sleep();
    let squares = RetryPolicy::builder()
        .max_attempts(4)
        .max_delay(ms(450))
        .jitter(JitterType::None)
        .custom_backoff(|attempt, base| base * attempt * attempt)
        .build()
        .unwrap();
    let retry = Retry::new(squares).clock(clock.clone());
    retry.run(|_| ready(Err::<(), _>("down"))).await.unwrap_err();
    assert_eq!(clock.slept(), [ms(100), ms(400), ms(450)]);
}

#[tokio::test]
async fn draws_spread_the_delays() {
    let clock = VirtualClock::no_sleep();
    let retry = Retry::new(RetryPolicy::standard()).clock(clock.clone()).entropy(|| 1 << 31);
    retry.run(|_| ready(Err::<(), _>("down"))).await.unwrap_err();
    assert_eq!(clock.slept(), [ms(50), ms(100)]);
}

#[tokio::test]
async fn hooks_hear_of_everything_once() {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let write = |line: String| heard.lock().unwrap().push(line);
    let (retries, successes, ends) = (heard.clone(), heard.clone(), heard.clone());
    let retry = Retry::new(steady(2))
        .name("pay")
        .clock(VirtualClock::no_sleep())
        .on_retry(move |r| {
            let line = format!("{:?} attempt {} {} {:?}", r.name, r.attempt, r.failure, r.delay);
            retries.lock().unwrap().push(line);
        })
        .on_success(move |s| {
            successes.lock().unwrap().push(format!("{:?} took {} {:?}", s.name, s.attempts, s.elapsed));
        })
        .on_give_up(move |e: &RetryError<&str>| ends.lock().unwrap().push(format!("{:?}", e.reason())));
    retry.run(|attempt| ready(if attempt.number() == 1 { Err("slow") } else { Ok(()) })).await.unwrap();
    write("---".into());
    retry.run(|_| ready(Err::<(), _>("down"))).await.unwrap_err();
    assert_eq!(
        *heard.lock().unwrap(),
        [
            r#"Some("pay") attempt 1 slow 100ms"#,
            r#"Some("pay") took 2 100ms"#,
            "---",
            r#"Some("pay") attempt 1 down 100ms"#,
            "Exhausted",
        ]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn ten_thousand_calls_under_one_policy_never_mix() {
    let zero = Duration::ZERO;
    let policy = RetryPolicy::builder().max_attempts(5).base_delay(zero).max_delay(zero).build().unwrap();
    let retry = Retry::new(policy).name("shared");
    let calls: Vec<_> = (0..10_000_u32)
        .map(|call| {
            let retry = retry.clone();
            tokio::spawn(async move {
                retry
                    .run(|attempt: Attempt<(u32, u32)>| {
                        let before = attempt.previous().and_then(Failure::error).copied();
                        assert_eq!(before, (attempt.number() > 1).then(|| (call, attempt.number() - 1)));
                        async move {
                            tokio::task::yield_now().await;
                            if attempt.number() > call % 6 { Ok(call) } else { Err((call, attempt.number())) }
                        }
                    })
                    .await
            })
        })
        .collect();
    for (call, ended) in (0..).zip(calls) {
        match ended.await.unwrap() {
            Ok(answer) => assert_eq!(answer, call),
            Err(error) => {
                assert_eq!((call % 6, error.attempts(), error.error()), (5, 5, Some(&(call, 5))));
                let history: Vec<_> = error.history().iter().filter_map(|f| f.error().copied()).collect();
                assert_eq!(history, [(call, 1), (call, 2), (call, 3), (call, 4)]);
            }
        }
    }
}

#[test]
fn a_policy_that_cannot_be_is_refused_by_field_value_and_range() {
    let builder = RetryPolicy::builder;
    for (built, error) in [
        (
            builder().base_delay(ms(60_000)).max_delay(ms(30_000)).build(),
            "base_delay: got 60 seconds, expected at most max_delay, 30 seconds",
        ),
        (builder().exponential(f64::NAN).build(), "multiplier: got NaN, expected a number from 0 to 1000"),
        (
            builder().max_attempts(0).build(),
            "max_attempts: got 0, expected a whole number from 1 to 10000000",
        ),
        (
            builder().preset("aggressive").build(),
            "preset: got \"aggressive\", expected q.aggressive or service.aggressive: the bare name means both",
        ),
    ] {
        assert_eq!(built.unwrap_err().to_string(), error);
    }
}
