//! The body of an answer on its way out.

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use std::fmt;
use std::panic::resume_unwind;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::sync::{mpsc, oneshot};

pin_project! {
    /// The body of an answer that comes through an [`IdempotencyLayer`](super::IdempotencyLayer): the service's own, one that is
    /// captured while it passes, or one that takes its place.
    pub struct AnswerBody<R> where R: Body {
        #[pin]
        kind: Kind<R>,
    }
}

pin_project! {
    #[project = KindProjection]
    enum Kind<R> where R: Body {
        Untouched { #[pin] body: R },
        Whole { bytes: Option<Bytes> },
        Captured {
            parts: mpsc::UnboundedReceiver<Part<R>>,
            rest: Option<Rest<R>>,
            ended: bool,
            // How much of a body of known length is still to come.
            left: Option<u64>,
        },
    }
}

/// A piece of an answer that is captured.
pub(super) enum Part<R: Body> {
    /// The next frame.
    Frame(Frame<Bytes>),
    /// All that follows is not captured any more.
    Rest(Rest<R>),
    /// The service's body failed.
    Failed(R::Error),
    /// It was all.
    End,
}

/// A body that goes straight to the client.
pub(super) struct Rest<R> {
    body: Pin<Box<R>>,
    /// Dropped when the body is over, or nobody wants it any more.
    ended: Option<oneshot::Sender<Failed>>,
}

/// The service's own body ended in an error.
pub(super) struct Failed;

impl<R> Rest<R> {
    /// Beside it what hears of its end.
    pub(super) fn new(body: Pin<Box<R>>) -> (Self, oneshot::Receiver<Failed>) {
        let (ended, end) = oneshot::channel();
        (Self { body, ended: Some(ended) }, end)
    }
}

impl<R: Body> AnswerBody<R> {
    pub(super) const fn untouched(body: R) -> Self {
        Self { kind: Kind::Untouched { body } }
    }

    pub(super) fn whole(bytes: Bytes) -> Self {
        Self { kind: Kind::Whole { bytes: (!bytes.is_empty()).then_some(bytes) } }
    }

    /// A body whose parts come one by one; `length` is that of the whole, where it is known.
    pub(super) const fn captured(parts: mpsc::UnboundedReceiver<Part<R>>, length: Option<u64>) -> Self {
        Self { kind: Kind::Captured { parts, rest: None, ended: false, left: length } }
    }
}

impl<R: Body<Data = Bytes>> Body for AnswerBody<R> {
    type Data = Bytes;
    type Error = R::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, R::Error>>> {
        let frame = match self.project().kind.project() {
            KindProjection::Untouched { body } => ready!(body.poll_frame(context)),
            KindProjection::Whole { bytes } => bytes.take().map(|bytes| Ok(Frame::data(bytes))),
            KindProjection::Captured { parts, rest, ended, left } => {
                if *ended {
                    return Poll::Ready(None);
                }
                let frame = ready!(poll_captured(parts, rest, context));
                *ended = !matches!(frame, Some(Ok(_)));
                if let (Some(left), Some(Ok(frame))) = (left, &frame) {
                    *left = left.saturating_sub(frame.data_ref().map_or(0, |data| data.len() as u64));
                }
                frame
            }
        };
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        match &self.kind {
            Kind::Untouched { body } => body.is_end_stream(),
            Kind::Whole { bytes } => bytes.is_none(),
            Kind::Captured { ended, .. } => *ended,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.kind {
            Kind::Untouched { body } => body.size_hint(),
            Kind::Whole { bytes } => SizeHint::with_exact(bytes.as_ref().map_or(0, |b| b.len() as u64)),
            Kind::Captured { left, .. } => left.map_or_else(SizeHint::new, SizeHint::with_exact),
        }
    }
}

fn poll_captured<R: Body<Data = Bytes>>(
    parts: &mut mpsc::UnboundedReceiver<Part<R>>,
    rest: &mut Option<Rest<R>>,
    context: &mut Context<'_>,
) -> Poll<Option<Result<Frame<Bytes>, R::Error>>> {
    if rest.is_none() {
        match ready!(parts.poll_recv(context)) {
            // Whoever captures it has panicked, or the runtime is shutting down. An end would be taken for that of the answer.
            None => resume_unwind(Box::new("an answer broke off with the task that captured it")),
            Some(Part::End) => return Poll::Ready(None),
            Some(Part::Frame(frame)) => return Poll::Ready(Some(Ok(frame))),
            Some(Part::Failed(error)) => return Poll::Ready(Some(Err(error))),
            Some(Part::Rest(passed)) => *rest = Some(passed),
        }
    }
    let Some(Rest { body, ended }) = rest else { return Poll::Ready(None) };
    let frame = ready!(body.as_mut().poll_frame(context));
    match &frame {
        None => drop(ended.take()),
        Some(Err(_)) => {
            if let Some(ended) = ended.take() {
                // Nobody listens once the runtime goes down.
                let _ = ended.send(Failed);
            }
        }
        Some(Ok(_)) => {}
    }
    Poll::Ready(frame)
}

/// An empty body, for frameworks that have to make one.
impl<R: Body> Default for AnswerBody<R> {
    fn default() -> Self {
        Self::whole(Bytes::new())
    }
}

impl<R: Body> fmt::Debug for AnswerBody<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match &self.kind {
            Kind::Untouched { .. } => "untouched",
            Kind::Whole { .. } => "whole",
            Kind::Captured { .. } => "captured",
        };
        f.debug_tuple("AnswerBody").field(&kind).finish()
    }
}
