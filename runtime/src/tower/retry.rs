//! Retries around a service.

use crate::breaker::{Breaker, Outcome};
use crate::retry::{Facts, Failure, Retry, RetryPolicy, of_any};
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tower_layer::Layer;
use tower_service::Service;

type Judge<Response> = dyn Fn(&Response) -> Option<Facts> + Send + Sync;

/// What a failed attempt of a service gave: to the hooks and conditions of a [`RetryLayer`], this is the error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer<Response, Error> {
    /// A response that [`failed_response`](RetryLayer::failed_response) takes for a failure.
    Response(Response),
    /// An error of the service.
    Error(Error),
}

impl<Response: fmt::Debug, Error: fmt::Display> fmt::Display for Answer<Response, Error> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Response(response) => write!(f, "{response:?}"),
            Self::Error(error) => error.fmt(f),
        }
    }
}

/// Retries the calls of a service: each attempt clones the request, and every attempt but the first makes a clone of the
/// service ready anew.
///
/// The service's last answer goes out as it is: an error as [`Failure::Error`], a response, even a failed one, as `Ok`.
pub struct RetryLayer<Response, Error> {
    retry: Retry<Answer<Response, Error>>,
    facts: Arc<dyn Fn(&Error) -> Facts + Send + Sync>,
    failed: Arc<Judge<Response>>,
}

impl<Response: 'static, Error: 'static> RetryLayer<Response, Error> {
    /// Retries errors under `policy`. What they mean is known as by [`Retry::new`], or said by
    /// [`classify`](Self::classify).
    #[must_use]
    pub fn new(policy: impl Into<RetryPolicy>) -> Self {
        Self {
            retry: Retry::new(policy).counted_by(outcome),
            facts: Arc::new(of_any),
            failed: Arc::new(|_| None),
        }
    }

    /// What an error means: its [`Kind`](crate::Kind), or more [`Facts`] about it.
    #[must_use]
    pub fn classify<F: Into<Facts>>(mut self, facts: impl Fn(&Error) -> F + Send + Sync + 'static) -> Self {
        self.facts = Arc::new(move |error| facts(error).into());
        self
    }

    /// Which responses are failures, and what they mean; `None` for one that is none.
    ///
    /// ```
    /// # struct Response { status: u16 }
    /// use once_again::{Facts, RetryPolicy, tower::RetryLayer};
    ///
    /// let layer: RetryLayer<Response, std::io::Error> = RetryLayer::new(RetryPolicy::http())
    ///     .failed_response(|response: &Response| {
    ///         (response.status >= 400).then(|| Facts::new().status(response.status))
    ///     });
    /// ```
    #[must_use]
    pub fn failed_response(
        mut self,
        failed: impl Fn(&Response) -> Option<Facts> + Send + Sync + 'static,
    ) -> Self {
        self.failed = Arc::new(failed);
        self
    }

    /// Everything else a [`Retry`] can be told: a breaker, a budget, a name, hooks, conditions, a clock. Its classifier
    /// is this layer's own.
    #[must_use]
    pub fn with(
        mut self,
        change: impl FnOnce(Retry<Answer<Response, Error>>) -> Retry<Answer<Response, Error>>,
    ) -> Self {
        self.retry = change(self.retry);
        self
    }

    /// What [`Retry`] makes of a failed attempt.
    fn retry(&self) -> Retry<Answer<Response, Error>> {
        let (facts, failed) = (self.facts.clone(), self.failed.clone());
        self.retry.clone().classify(move |answer| match answer {
            Answer::Response(response) => failed(response).unwrap_or_default(),
            Answer::Error(error) => facts(error),
        })
    }
}

/// How a failed attempt counts for a breaker: what is known of the type inside says so.
fn outcome<R: 'static, E: 'static>(breaker: &Breaker, answer: &Answer<R, E>) -> Outcome {
    match answer {
        Answer::Response(response) => breaker.outcome(Some(response)),
        Answer::Error(error) => breaker.outcome(Some(error)),
    }
}

impl<S, Response: 'static, Error: 'static> Layer<S> for RetryLayer<Response, Error> {
    type Service = RetryService<S, Response, Error>;

    fn layer(&self, inner: S) -> Self::Service {
        RetryService { inner, retry: self.retry(), failed: self.failed.clone() }
    }
}

/// A service that is retried: what [`RetryLayer`] makes.
pub struct RetryService<S, Response, Error> {
    inner: S,
    retry: Retry<Answer<Response, Error>>,
    failed: Arc<Judge<Response>>,
}

/// One call of a [`RetryService`]. Dropped before its end, it makes no further attempt.
pub type RetryFuture<Response, Error> =
    Pin<Box<dyn Future<Output = Result<Response, Failure<Error>>> + Send>>;

impl<S, Request> Service<Request> for RetryService<S, S::Response, S::Error>
where
    S: Service<Request> + Clone + Send + 'static,
    S::Future: Send,
    S::Response: Send + Sync + 'static,
    S::Error: Send + Sync + 'static,
    Request: Clone + Send + 'static,
{
    type Response = S::Response;
    type Error = Failure<S::Error>;
    type Future = RetryFuture<S::Response, S::Error>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context).map_err(Failure::Error)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let prototype = self.inner.clone();
        // The one that was made ready makes the first attempt; a clone of it need not be.
        let mut ready = Some(std::mem::replace(&mut self.inner, prototype.clone()));
        let (retry, failed) = (self.retry.clone(), self.failed.clone());
        Box::pin(async move {
            let attempts = retry.run(move |_| {
                let (ready, prototype) = (ready.take(), prototype.clone());
                let (request, failed) = (request.clone(), failed.clone());
                async move {
                    let response = attempt(ready, prototype, request).await.map_err(Answer::Error)?;
                    if failed(&response).is_some() { Err(Answer::Response(response)) } else { Ok(response) }
                }
            });
            match attempts.await {
                Ok(response) => Ok(response),
                Err(error) => match error.into_last() {
                    Failure::Error(Answer::Response(response)) => Ok(response),
                    Failure::Error(Answer::Error(error)) => Err(Failure::Error(error)),
                    Failure::TimedOut(timed_out) => Err(Failure::TimedOut(timed_out)),
                    Failure::CircuitOpen(open) => Err(Failure::CircuitOpen(open)),
                },
            }
        })
    }
}

async fn attempt<S: Service<Request>, Request>(
    ready: Option<S>,
    mut prototype: S,
    request: Request,
) -> Result<S::Response, S::Error> {
    if let Some(mut ready) = ready {
        return ready.call(request).await;
    }
    poll_fn(|context| prototype.poll_ready(context)).await?;
    prototype.call(request).await
}

impl<Response, Error> Clone for RetryLayer<Response, Error> {
    fn clone(&self) -> Self {
        Self { retry: self.retry.clone(), facts: self.facts.clone(), failed: self.failed.clone() }
    }
}

impl<S: Clone, Response, Error> Clone for RetryService<S, Response, Error> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), retry: self.retry.clone(), failed: self.failed.clone() }
    }
}

impl<Response, Error> fmt::Debug for RetryLayer<Response, Error> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RetryLayer").field("retry", &self.retry).finish_non_exhaustive()
    }
}

impl<S: fmt::Debug, Response, Error> fmt::Debug for RetryService<S, Response, Error> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RetryService")
            .field("inner", &self.inner)
            .field("retry", &self.retry)
            .finish_non_exhaustive()
    }
}
