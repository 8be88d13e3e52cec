//! A retry around a future that is ready at once: what every call that succeeds pays. Each contender polls the future it
//! made once, without a runtime, since nobody sleeps.

use crate::measure::row;
use backon::{ExponentialBuilder, Retryable};
use layered::{Execute, Service, Stack};
use once_again::{Retry, RetryPolicy};
use seatbelt::{RecoveryInfo, ResilienceContext};
use serde_json::Value;
use std::future::ready;
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use tick::Clock;

pub fn rows() -> Vec<Value> {
    vec![row(
        "rust-retry-ready",
        "retry around a ready future",
        1.0,
        vec![("ours", ours()), ("backon", backon()), ("seatbelt", seatbelt())],
    )]
}

fn poll<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => unreachable!("nothing here waits"),
    }
}

fn ours() -> Box<dyn FnMut()> {
    let retry = Retry::<()>::new(RetryPolicy::standard());
    Box::new(move || _ = black_box(poll(retry.run(|_| ready(Ok(black_box(1)))))))
}

fn backon() -> Box<dyn FnMut()> {
    let policy = ExponentialBuilder::default().with_jitter();
    Box::new(move || _ = black_box(poll((|| ready(Ok::<_, ()>(black_box(1)))).retry(policy))))
}

fn seatbelt() -> Box<dyn FnMut()> {
    let clock = Clock::new_frozen();
    let context: ResilienceContext<u32, Result<u32, ()>> = ResilienceContext::new(&clock);
    let retry = seatbelt::retry::Retry::layer("retry", &context).clone_input().recovery_with(|result, _| match result {
        Ok(_) => RecoveryInfo::never(),
        Err(()) => RecoveryInfo::retry(),
    });
    let service = (retry, Execute::new(|value| ready(Ok(black_box(value))))).into_service();
    Box::new(move || _ = black_box(poll(service.execute(1))))
}
