//! Many answers at once.

use super::{Answer, StoreError};
use std::future::poll_fn;
use std::task::Poll;

/// Waits for all of `answers`, in one task; fails with the first that fails.
pub(super) async fn all<T>(mut answers: Vec<Answer<'_, T>>) -> Result<Vec<T>, StoreError> {
    let mut replies: Vec<Option<T>> = answers.iter().map(|_| None).collect();
    poll_fn(|context| {
        for (answer, reply) in answers.iter_mut().zip(&mut replies).filter(|(_, reply)| reply.is_none()) {
            match answer.as_mut().poll(context) {
                Poll::Ready(Ok(answered)) => *reply = Some(answered),
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => {}
            }
        }
        if replies.iter().all(Option::is_some) { Poll::Ready(Ok(())) } else { Poll::Pending }
    })
    .await?;
    Ok(replies.into_iter().flatten().collect())
}
