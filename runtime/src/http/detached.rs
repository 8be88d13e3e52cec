//! Work that goes on when nobody waits for it any more.

use std::any::Any;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::pin;
use std::task::Poll;
use tokio::sync::oneshot;

/// What a panic carries.
pub(super) type Panic = Box<dyn Any + Send>;

/// Runs `work` in a task of its own, inside the span of its caller, and answers what it hands to its sender. Dropping the
/// answer does not stop the work.
pub(super) async fn detached<T, F>(work: impl FnOnce(oneshot::Sender<T>) -> F) -> T
where
    T: Send + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    let (sender, receiver) = oneshot::channel();
    let task = tokio::spawn(in_current_span(work(sender)));
    match receiver.await {
        Ok(answer) => answer,
        // It went without an answer. A panic, of a store for instance, is this caller's too.
        Err(_) => match task.await.map_err(tokio::task::JoinError::try_into_panic) {
            Err(Ok(panic)) => resume_unwind(panic),
            // The runtime is shutting down, and drops this future next.
            Ok(()) | Err(Err(_)) => std::future::pending().await,
        },
    }
}

#[cfg(feature = "tracing")]
fn in_current_span<F: Future>(work: F) -> impl Future<Output = F::Output> {
    tracing::Instrument::in_current_span(work)
}

#[cfg(not(feature = "tracing"))]
fn in_current_span<F: Future>(work: F) -> F {
    work
}

/// A future whose panic is an answer.
pub(super) async fn caught<T>(work: impl Future<Output = T>) -> Result<T, Panic> {
    let mut work = pin!(work);
    poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context))) {
        Ok(Poll::Pending) => Poll::Pending,
        Ok(Poll::Ready(answer)) => Poll::Ready(Ok(answer)),
        Err(panic) => Poll::Ready(Err(panic)),
    })
    .await
}
