//! The body of a request: read where core asks for it, and given to the handler whole.

use bytes::{Bytes, BytesMut};
use http_body::{Body, Frame, SizeHint};
use http_body_util::{BodyExt, LengthLimitError};
use pin_project_lite::pin_project;
use std::collections::VecDeque;
use std::error::Error;
use std::pin::Pin;
use std::task::{Context, Poll};

pin_project! {
    /// The body that a service behind an [`IdempotencyLayer`](super::IdempotencyLayer) gets: the request's own, or what was
    /// read of it.
    #[derive(Debug)]
    pub struct RequestBody<B> {
        read: VecDeque<Bytes>,
        #[pin]
        rest: Rest<B>,
    }
}

pin_project! {
    #[project = RestProjection]
    #[derive(Debug)]
    enum Rest<B> {
        Untouched { #[pin] body: B },
        Begun { body: Pin<Box<B>> },
        Nothing,
    }
}

impl<B> RequestBody<B> {
    pub(super) const fn untouched(body: B) -> Self {
        Self { read: VecDeque::new(), rest: Rest::Untouched { body } }
    }

    pub(super) fn whole(bytes: Bytes) -> Self {
        let read = if bytes.is_empty() { VecDeque::new() } else { VecDeque::from([bytes]) };
        Self { read, rest: Rest::Nothing }
    }

    /// How many bytes are still here.
    fn read_bytes(&self) -> u64 {
        self.read.iter().map(|bytes| bytes.len() as u64).sum()
    }
}

impl<B: Body<Data = Bytes>> Body for RequestBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let this = self.project();
        if let Some(bytes) = this.read.pop_front() {
            return Poll::Ready(Some(Ok(Frame::data(bytes))));
        }
        match this.rest.project() {
            RestProjection::Untouched { body } => body.poll_frame(context),
            RestProjection::Begun { body } => body.as_mut().poll_frame(context),
            RestProjection::Nothing => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.read.is_empty()
            && match &self.rest {
                Rest::Untouched { body } => body.is_end_stream(),
                Rest::Begun { body } => body.is_end_stream(),
                Rest::Nothing => true,
            }
    }

    fn size_hint(&self) -> SizeHint {
        let read = self.read_bytes();
        let rest = match &self.rest {
            Rest::Untouched { body } => body.size_hint(),
            Rest::Begun { body } => body.size_hint(),
            Rest::Nothing => SizeHint::with_exact(0),
        };
        let mut hint = SizeHint::new();
        hint.set_lower(read.saturating_add(rest.lower()));
        if let Some(upper) = rest.upper() {
            hint.set_upper(read.saturating_add(upper));
        }
        hint
    }
}

/// What came of reading a body.
pub(super) enum Reading<B> {
    /// All of it.
    Whole(Bytes),
    /// There is more of it than may be held; what was read is put back.
    TooLarge(RequestBody<B>),
    /// Another layer reads no more of it: whatever follows, it will not be the whole.
    Limited,
    /// It broke off.
    Broken,
}

/// Reads a body to its end, or to `limit` bytes.
pub(super) async fn read<B>(body: B, limit: u64) -> Reading<B>
where
    B: Body<Data = Bytes>,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    if body.size_hint().lower() > limit {
        return Reading::TooLarge(RequestBody::untouched(body));
    }
    let mut body = Box::pin(body);
    let (mut read, mut size) = (VecDeque::new(), 0);
    while let Some(frame) = body.frame().await {
        match frame.map(Frame::into_data) {
            Ok(Ok(bytes)) => {
                size += bytes.len();
                read.push_back(bytes);
                if size as u64 > limit {
                    return Reading::TooLarge(RequestBody { read, rest: Rest::Begun { body } });
                }
            }
            // Trailers of a request say nothing that is compared, and handlers hardly ever see them.
            Ok(Err(_trailers)) => {}
            Err(error) => return if is_limit(&*error.into()) { Reading::Limited } else { Reading::Broken },
        }
    }
    Reading::Whole(joined(read, size))
}

/// Whether an outer layer's limit ended the body.
fn is_limit(error: &(dyn Error + 'static)) -> bool {
    let mut error = Some(error);
    while let Some(current) = error {
        if current.is::<LengthLimitError>() {
            return true;
        }
        error = current.source();
    }
    false
}

/// One piece stays the piece it is.
pub(super) fn joined(pieces: impl IntoIterator<Item = Bytes>, size: usize) -> Bytes {
    let mut pieces = pieces.into_iter();
    let Some(first) = pieces.next() else { return Bytes::new() };
    if first.len() == size {
        return first;
    }
    let mut whole = BytesMut::with_capacity(size);
    whole.extend_from_slice(&first);
    pieces.for_each(|piece| whole.extend_from_slice(&piece));
    whole.freeze()
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::Limited;

    /// A body in pieces, which breaks off at a piece that is no text.
    struct Pieces(VecDeque<&'static [u8]>);

    impl Body for Pieces {
        type Data = Bytes;
        type Error = std::io::Error;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
            Poll::Ready(self.0.pop_front().map(|piece| match piece {
                b"\xFF" => Err(std::io::ErrorKind::ConnectionReset.into()),
                piece => Ok(Frame::data(Bytes::from_static(piece))),
            }))
        }
    }

    fn pieces<const N: usize>(pieces: [&'static str; N]) -> Pieces {
        Pieces(pieces.map(str::as_bytes).into())
    }

    async fn text<B: Body<Data = Bytes, Error: std::fmt::Debug>>(body: B) -> Bytes {
        body.collect().await.unwrap().to_bytes()
    }

    #[tokio::test]
    async fn a_body_in_pieces_is_read_whole_up_to_the_limit() {
        let Reading::Whole(bytes) = read(pieces(["ab", "", "cde"]), 5).await else { panic!() };
        assert_eq!(bytes, "abcde");
        let body = RequestBody::<Pieces>::whole(bytes);
        assert_eq!((body.size_hint().exact(), body.is_end_stream()), (Some(5), false));
        assert_eq!(text(body).await, "abcde");
        assert!(RequestBody::<Pieces>::whole(Bytes::new()).is_end_stream());
    }

    #[tokio::test]
    async fn what_was_read_of_a_body_beyond_the_limit_is_not_lost() {
        let Reading::TooLarge(body) = read(pieces(["ab", "cd", "ef"]), 3).await else { panic!() };
        assert_eq!(body.size_hint().lower(), 4);
        assert_eq!(text(body).await, "abcdef");
    }

    #[tokio::test]
    async fn a_body_that_says_that_it_is_too_long_is_not_read_at_all() {
        let long = http_body_util::Full::new(Bytes::from_static(b"abcdef"));
        let Reading::TooLarge(body) = read(long, 5).await else { panic!() };
        assert!(matches!(body.rest, Rest::Untouched { .. }));
        assert_eq!(text(body).await, "abcdef");
    }

    #[tokio::test]
    async fn a_body_that_breaks_off_is_told_from_one_that_another_layer_limits() {
        let broken = Pieces([&b"ab"[..], b"\xFF"].into());
        assert!(matches!(read(broken, 5).await, Reading::Broken));
        let limited = Limited::new(pieces(["ab", "cd"]), 3);
        assert!(matches!(read(limited, 5).await, Reading::Limited));
    }
}
