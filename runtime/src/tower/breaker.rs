//! A breaker around a service.

use crate::breaker::{Breaker, CallError, CircuitOpenError, Permit};
use pin_project_lite::pin_project;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tower_layer::Layer;
use tower_service::Service;

/// Puts a [`Breaker`] before a service: each call asks it first and tells it how it ended.
///
/// Errors count as failures and responses as successes, unless
/// [`is_failure`](crate::breaker::BreakerBuilder::is_failure) was told otherwise about their type:
///
/// ```
/// # #[derive(Clone)] struct Response { status: u16 }
/// use once_again::{Breaker, tower::BreakerLayer};
///
/// let breaker = Breaker::builder().is_failure(|response: &Response| response.status >= 500).build()?;
/// let layer = BreakerLayer::new(&breaker);
/// # Ok::<(), once_again::ConfigError>(())
/// ```
///
/// The breaker is asked when a request comes, never in `poll_ready`: a service that was made ready and is not called holds no
/// probe. A service that fails to become ready passes its error on as [`CallError::Failed`] and counts nowhere, since no call
/// was made; in tower's contract such a service is finished, and whoever makes the next one can tell.
#[derive(Clone, Debug)]
pub struct BreakerLayer {
    breaker: Breaker,
}

impl BreakerLayer {
    /// Every service of this layer, and every clone of it, asks this one breaker.
    #[must_use]
    pub fn new(breaker: &Breaker) -> Self {
        Self { breaker: breaker.clone() }
    }
}

impl<S> Layer<S> for BreakerLayer {
    type Service = BreakerService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        BreakerService { inner, breaker: self.breaker.clone() }
    }
}

/// A service behind a breaker: what [`BreakerLayer`] makes.
#[derive(Clone, Debug)]
pub struct BreakerService<S> {
    inner: S,
    breaker: Breaker,
}

impl<S, Request> Service<Request> for BreakerService<S>
where
    S: Service<Request>,
    S::Response: 'static,
    S::Error: 'static,
{
    type Response = S::Response;
    type Error = CallError<S::Error>;
    type Future = BreakerFuture<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context).map_err(CallError::Failed)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        match self.breaker.try_acquire() {
            Ok(permit) => BreakerFuture::Called {
                call: self.inner.call(request),
                breaker: self.breaker.clone(),
                permit: Some(permit),
            },
            Err(open) => BreakerFuture::Rejected { open: Some(open) },
        }
    }
}

pin_project! {
    /// One call of a [`BreakerService`]. Dropped before its end, it has abandoned its permit.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    #[project = Projected]
    pub enum BreakerFuture<F> {
        /// The call is being made.
        #[doc(hidden)]
        Called { #[pin] call: F, breaker: Breaker, permit: Option<Permit> },
        /// The breaker let no call through.
        #[doc(hidden)]
        Rejected { open: Option<CircuitOpenError> },
    }
}

impl<F, Response, Error> Future for BreakerFuture<F>
where
    F: Future<Output = Result<Response, Error>>,
    Response: 'static,
    Error: 'static,
{
    type Output = Result<Response, CallError<Error>>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project() {
            Projected::Called { call, breaker, permit } => {
                let result = ready!(call.poll(context));
                let outcome = match &result {
                    Ok(response) => breaker.outcome_of_response(response),
                    Err(error) => breaker.outcome(Some(error)),
                };
                if let Some(permit) = permit.take() {
                    permit.settle(outcome);
                }
                Poll::Ready(result.map_err(CallError::Failed))
            }
            Projected::Rejected { open } => {
                let open = open.take().expect("a future is not polled after it was ready");
                Poll::Ready(Err(CallError::Open(open)))
            }
        }
    }
}
