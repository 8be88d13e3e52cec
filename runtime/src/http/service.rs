//! A service whose requests run once.

use super::answer::AnswerBody;
use super::body::{Reading, RequestBody, read};
use super::capture::capture;
use super::claim::Claim;
use super::detached::{Panic, caught, detached};
use super::encoding::decoded;
use super::guard::Guard;
use super::guarded::{Guarded, ready};
use crate::idempotency::{Beginning, IdempotencyKey, Run};
use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use once_again_core::http::{self as core, Answer, Examined, Ready, problem};
use std::error::Error;
use std::future::poll_fn;
use std::panic::resume_unwind;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::sync::oneshot;
use tower_service::Service;

/// What [`IdempotencyLayer`](super::IdempotencyLayer) makes of a service.
#[derive(Clone)]
pub struct IdempotencyService<S> {
    inner: S,
    guard: Arc<Guard>,
}

/// One request. Dropped before its end, the handler still runs to its own.
pub type IdempotencyFuture<R, E> = Pin<Box<dyn Future<Output = Result<Response<AnswerBody<R>>, E>> + Send>>;

/// Who waits for an answer, or hears that there is none.
pub(super) type Caller<R, E> = oneshot::Sender<Result<Response<AnswerBody<R>>, Thrown<E>>>;

/// How a handler ends that does not answer.
pub(super) enum Thrown<E> {
    Error(E),
    Panic(Panic),
}

impl<S> IdempotencyService<S> {
    pub(super) const fn new(inner: S, guard: Arc<Guard>) -> Self {
        Self { inner, guard }
    }
}

impl<S, B, R> Service<Request<B>> for IdempotencyService<S>
where
    S: Service<Request<RequestBody<B>>, Response = Response<R>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Send + 'static,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
    R: Body<Data = Bytes> + Send + 'static,
    R::Error: Send,
{
    type Response = Response<AnswerBody<R>>;
    type Error = S::Error;
    type Future = IdempotencyFuture<R, S::Error>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        // The one that was made ready answers; a clone of it need not be.
        let clone = self.inner.clone();
        let inner = std::mem::replace(&mut self.inner, clone);
        Box::pin(serve(self.guard.clone(), inner, request))
    }
}

async fn serve<S, B, R>(
    guard: Arc<Guard>,
    mut inner: S,
    request: Request<B>,
) -> Result<Response<AnswerBody<R>>, S::Error>
where
    S: Service<Request<RequestBody<B>>, Response = Response<R>> + Send + 'static,
    S::Future: Send,
    S::Error: Send + 'static,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
    R: Body<Data = Bytes> + Send + 'static,
    R::Error: Send,
{
    let (guarded, request) = match examine(&guard, request).await {
        Looked::Pass(request) => return Ok(inner.call(request).await?.map(AnswerBody::untouched)),
        Looked::Refuse(answer) => return Ok(ready(answer)),
        Looked::Guard(guarded, request) => (guarded, request),
    };
    match detached(|caller| run(guard, guarded, inner, request, caller)).await {
        Ok(response) => Ok(response),
        Err(Thrown::Error(error)) => Err(error),
        Err(Thrown::Panic(panic)) => resume_unwind(panic),
    }
}

/// What is to be done with a request.
enum Looked<B> {
    Pass(Request<RequestBody<B>>),
    Refuse(Ready),
    Guard(core::Guarded, Request<RequestBody<B>>),
}

/// Asks core about a request, whose body is read if it asks for that.
async fn examine<B>(guard: &Guard, request: Request<B>) -> Looked<B>
where
    B: Body<Data = Bytes>,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    if !guard.config.guards(request.method().as_str()) {
        return Looked::Pass(request.map(RequestBody::untouched));
    }
    let (parts, body) = request.into_parts();
    let head = guard.head(&parts);
    let (examined, body) = match guard.config.examine(&head, None) {
        Examined::NeedBody => match read(body, guard.config.max_request_bytes()).await {
            Reading::Whole(bytes) => {
                let seen = decoded(&bytes, &parts.headers, guard.config.max_request_bytes());
                (guard.config.examine(&head, Some(&seen)), RequestBody::whole(bytes))
            }
            Reading::TooLarge(body) => (guard.config.examine_too_large(&head), body),
            Reading::Limited => return Looked::Refuse(problem::body_too_large().into()),
            Reading::Broken => return Looked::Refuse(problem::body_unreadable().into()),
        },
        examined => (examined, RequestBody::untouched(body)),
    };
    let request = Request::from_parts(parts, body);
    match examined {
        Examined::Guard(guarded) => Looked::Guard(guarded, request),
        Examined::Refuse { problem } => Looked::Refuse(problem.into()),
        // A body that was read is not asked for again.
        Examined::Pass | Examined::NeedBody => Looked::Pass(request),
    }
}

/// `None` when the caller has gone: nobody waits for somebody else's run any more.
async fn while_awaited<T, R: Body, E>(work: impl Future<Output = T>, caller: &mut Caller<R, E>) -> Option<T> {
    let mut work = pin!(work);
    poll_fn(|context| match work.as_mut().poll(context) {
        Poll::Ready(done) => Poll::Ready(Some(done)),
        Poll::Pending => caller.poll_closed(context).map(|()| None),
    })
    .await
}

/// The life of one guarded request, whether its caller waits or not.
async fn run<S, B, R>(
    guard: Arc<Guard>,
    guarded: core::Guarded,
    mut inner: S,
    mut request: Request<RequestBody<B>>,
    mut caller: Caller<R, S::Error>,
) where
    S: Service<Request<RequestBody<B>>, Response = Response<R>>,
    R: Body<Data = Bytes>,
{
    let shown_key = guarded.shown_key.clone();
    let mut run = Run::new(guard.host(), guard.claim(&guarded));
    let Some(beginning) = while_awaited(run.begin(), &mut caller).await else {
        drop((request, inner));
        return run.abandon().await;
    };
    let instead = match &beginning {
        Beginning::Replay(replay) => Some(guard.config.ready(replay, &shown_key)),
        Beginning::Refuse(refusal) => Some(Ready::from(refusal)),
        Beginning::Execute { .. } | Beginning::Unprotected => None,
    };
    if let Some(other) = instead {
        // The caller may have gone.
        let _ = caller.send(Ok(ready(other)));
        // The store may be away for long: what it still owes must not keep requests in memory.
        drop((request, inner));
        return run.wind_down().await;
    }
    let key = IdempotencyKey(shown_key.clone());
    request.extensions_mut().insert(key.clone());
    let protected = if let Beginning::Execute { epoch, attempt, .. } = beginning {
        let (handle, outcomes) = (run.handle(), guard.clone());
        let completion =
            move |answer: &Answer, body: &[u8]| handle.completion(&outcomes.config.outcome(answer, body));
        let completion = Arc::new(completion);
        request.extensions_mut().insert(Claim { key, attempt, epoch, signal: run.signal(), completion });
        true
    } else {
        false
    };
    let mut guarded = Guarded { guard, shown_key, run, protected };
    match guarded.run.beside(caught(async { inner.call(request).await })).await {
        Ok(Ok(response)) => capture(&mut guarded, response, caller).await,
        Ok(Err(error)) => guarded.thrown(Thrown::Error(error), caller).await,
        Err(panic) => guarded.thrown(Thrown::Panic(panic), caller).await,
    }
    guarded.run.wind_down().await;
}
