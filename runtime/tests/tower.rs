//! Both layers around real tower services.

use once_again::breaker::State;
use once_again::retry::JitterType;
use once_again::testing::VirtualClock;
use once_again::tower::{Answer, BreakerLayer, RetryLayer};
use once_again::{Breaker, CallError, Facts, Failure, Kind, RetryPolicy};
use std::future::{Ready, pending, poll_fn, ready};
use std::io;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;
use tower::limit::{ConcurrencyLimit, ConcurrencyLimitLayer};
use tower::{Service, ServiceBuilder, ServiceExt, service_fn};

fn steady(attempts: u32) -> RetryPolicy {
    RetryPolicy::builder().max_attempts(attempts).jitter(JitterType::None).build().unwrap()
}

fn refused() -> io::Error {
    io::ErrorKind::ConnectionRefused.into()
}

/// Insists on being made ready before each call, and fails as often as told.
#[derive(Clone)]
struct Strict {
    is_ready: bool,
    failures: Arc<AtomicU32>,
    calls: Arc<Mutex<Vec<u32>>>,
}

impl Strict {
    fn failing(times: u32) -> Self {
        Self { is_ready: false, failures: Arc::new(AtomicU32::new(times)), calls: Arc::default() }
    }
}

impl Service<u32> for Strict {
    type Response = u32;
    type Error = io::Error;
    type Future = Ready<io::Result<u32>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.is_ready = true;
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: u32) -> Self::Future {
        assert!(std::mem::take(&mut self.is_ready), "called before it was ready");
        self.calls.lock().unwrap().push(request);
        let left = self.failures.load(Ordering::Relaxed);
        self.failures.store(left.saturating_sub(1), Ordering::Relaxed);
        ready(if left > 0 { Err(refused()) } else { Ok(request + 1) })
    }
}

#[tokio::test]
async fn each_attempt_is_made_by_a_service_that_is_ready() {
    let (service, clock) = (Strict::failing(2), VirtualClock::no_sleep());
    let calls = service.calls.clone();
    let layer = RetryLayer::new(steady(3)).with(|retry| retry.clock(clock));
    let mut retrying = ServiceBuilder::new().layer(layer).service(service);
    assert_eq!(retrying.ready().await.unwrap().call(7).await.unwrap(), 8);
    assert_eq!(retrying.ready().await.unwrap().call(8).await.unwrap(), 9);
    assert_eq!(*calls.lock().unwrap(), [7, 7, 7, 8]);
}

#[tokio::test]
async fn the_last_error_goes_out_as_it_is() {
    let layer = RetryLayer::new(steady(2)).with(|retry| retry.clock(VirtualClock::no_sleep()));
    let retrying = ServiceBuilder::new().layer(layer).service(Strict::failing(9));
    let error = retrying.oneshot(7).await.unwrap_err();
    assert!(matches!(error, Failure::Error(error) if error.kind() == io::ErrorKind::ConnectionRefused));
}

#[tokio::test]
async fn a_failed_response_is_retried_and_the_last_one_goes_out() {
    let statuses = Arc::new(Mutex::new(vec![200, 503, 429]));
    let service = || {
        let statuses = statuses.clone();
        service_fn(move |()| ready(Ok::<u16, io::Error>(statuses.lock().unwrap().pop().unwrap())))
    };
    let layer = |attempts, clock: &VirtualClock| {
        RetryLayer::new(steady(attempts))
            .failed_response(|status: &u16| (*status >= 400).then(|| Facts::new().status(*status)))
            .with(|retry| retry.clock(clock.clone()))
    };
    let clock = VirtualClock::no_sleep();
    let retrying = ServiceBuilder::new().layer(layer(2, &clock)).service(service());
    assert_eq!(retrying.oneshot(()).await.unwrap(), 503, "the answer of the last attempt");
    // Without a hint, a rate limit waits twice as long.
    assert_eq!(clock.slept(), [Duration::from_millis(200)]);
    let retrying = ServiceBuilder::new().layer(layer(2, &clock)).service(service());
    assert_eq!(retrying.oneshot(()).await.unwrap(), 200);
}

#[tokio::test]
async fn hooks_and_classifiers_see_what_failed() {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let write = heard.clone();
    let layer = RetryLayer::new(steady(3)).classify(|_: &io::Error| Kind::Server).with(|retry| {
        retry.clock(VirtualClock::no_sleep()).on_retry(move |retrying| {
            let Failure::Error(Answer::Error(error)) = retrying.failure else { panic!("no response") };
            write.lock().unwrap().push((retrying.attempt, retrying.kind, error.kind()));
        })
    });
    let retrying = ServiceBuilder::new().layer(layer).service(Strict::failing(1));
    retrying.oneshot(7).await.unwrap();
    assert_eq!(*heard.lock().unwrap(), [(1, Kind::Server, io::ErrorKind::ConnectionRefused)]);
}

#[tokio::test]
async fn a_service_that_was_made_ready_and_never_called_holds_no_probe() {
    let clock = VirtualClock::new();
    let breaker = Breaker::builder().failure_threshold(1).clock(clock.clone()).build().unwrap();
    let layer = BreakerLayer::new(&breaker);
    let mut service = ServiceBuilder::new().layer(layer.clone()).service(Strict::failing(1));
    service.ready().await.unwrap().call(1).await.unwrap_err();
    assert_eq!(breaker.state(), State::Open);
    clock.advance(Duration::from_secs(30));
    let mut idle: Vec<_> = (0..100).map(|_| service.clone()).collect();
    for service in &mut idle {
        poll_fn(|context| service.poll_ready(context)).await.unwrap();
    }
    assert_eq!((breaker.state(), breaker.stats().probes), (State::Open, 0));
    for _ in 0..3 {
        assert_eq!(service.ready().await.unwrap().call(1).await.unwrap(), 2);
    }
    assert_eq!(breaker.state(), State::Closed);
}

#[tokio::test]
async fn a_rejected_request_reaches_no_service_and_a_dropped_one_is_abandoned() {
    let breaker = Breaker::builder().failure_threshold(2).recovery_timeout(Duration::ZERO).build().unwrap();
    let mut hanging = ServiceBuilder::new()
        .layer(BreakerLayer::new(&breaker))
        .service_fn(|(): ()| pending::<io::Result<()>>());
    for _ in 0..2 {
        breaker.try_acquire().unwrap().failure();
    }
    let mut probe = hanging.ready().await.unwrap().call(());
    assert!(poll_fn(|context| Poll::Ready(std::pin::Pin::new(&mut probe).poll(context))).await.is_pending());
    assert_eq!((breaker.state(), breaker.stats().probes), (State::HalfOpen, 1));
    drop(probe);
    assert_eq!((breaker.state(), breaker.stats().probes), (State::Open, 0));

    let _isolation = breaker.isolate();
    let strict = Strict::failing(0);
    let calls = strict.calls.clone();
    let service = ServiceBuilder::new().layer(BreakerLayer::new(&breaker)).service(strict);
    assert!(matches!(service.oneshot(1).await.unwrap_err(), CallError::Open(_)));
    assert!(calls.lock().unwrap().is_empty());
}

/// Never becomes ready.
struct Finished;

impl Service<u32> for Finished {
    type Response = u32;
    type Error = io::Error;
    type Future = Ready<io::Result<u32>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Err(refused()))
    }

    fn call(&mut self, _: u32) -> Self::Future {
        unreachable!("it is never ready")
    }
}

#[tokio::test]
async fn a_service_that_fails_to_become_ready_says_so_and_counts_nowhere() {
    let breaker = Breaker::builder().failure_threshold(1).build().unwrap();
    let service = ServiceBuilder::new().layer(BreakerLayer::new(&breaker)).service(Finished);
    let error = service.oneshot(1).await.unwrap_err();
    assert!(matches!(error, CallError::Failed(error) if error.kind() == io::ErrorKind::ConnectionRefused));
    assert_eq!((breaker.state(), breaker.stats().failures), (State::Closed, 0));
}

#[tokio::test]
async fn a_response_counts_as_what_is_known_of_its_type() {
    let is_down = |status: &u16| *status >= 500;
    let breaker = Breaker::builder().failure_threshold(1).is_failure(is_down).build().unwrap();
    let service = service_fn(|status: u16| ready(Ok::<_, io::Error>(status)));
    let mut service = ServiceBuilder::new().layer(BreakerLayer::new(&breaker)).service(service);
    assert_eq!(service.ready().await.unwrap().call(404).await.unwrap(), 404);
    assert_eq!(breaker.state(), State::Closed);
    assert_eq!(service.ready().await.unwrap().call(503).await.unwrap(), 503);
    assert_eq!(breaker.state(), State::Open);
    breaker.reset();

    let service = service_fn(|status: u16| ready(Ok::<_, io::Error>(status)));
    let layer = RetryLayer::new(RetryPolicy::no_retry())
        .failed_response(|status: &u16| Some(Facts::new().status(*status)))
        .with(|retry| retry.breaker(&breaker));
    let mut service = ServiceBuilder::new().layer(layer).service(service);
    assert_eq!(service.ready().await.unwrap().call(404).await.unwrap(), 404);
    assert_eq!(breaker.state(), State::Closed);
    assert_eq!(service.ready().await.unwrap().call(503).await.unwrap(), 503);
    assert_eq!(breaker.state(), State::Open);
}

#[tokio::test(start_paused = true)]
async fn a_retry_that_waits_occupies_no_place_below_it() {
    // One place; the first request fails and waits 100 ms for its second attempt, and the other one passes meanwhile.
    let flaky = service_fn(|fail: Arc<AtomicU32>| async move {
        tokio::time::sleep(Duration::from_millis(10)).await;
        if fail.swap(0, Ordering::Relaxed) > 0 { Err(refused()) } else { Ok(()) }
    });
    let limited: ConcurrencyLimit<_> =
        ServiceBuilder::new().layer(ConcurrencyLimitLayer::new(1)).service(flaky);
    let service = ServiceBuilder::new().layer(RetryLayer::new(steady(2))).service(limited);
    let started = tokio::time::Instant::now();
    let failing = tokio::spawn(service.clone().oneshot(Arc::new(AtomicU32::new(1))));
    tokio::time::sleep(Duration::from_millis(1)).await;
    service.oneshot(Arc::new(AtomicU32::new(0))).await.unwrap();
    assert_eq!(started.elapsed(), Duration::from_millis(20));
    failing.await.unwrap().unwrap();
    assert_eq!(started.elapsed(), Duration::from_millis(120));
}
