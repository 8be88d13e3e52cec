//! An answer is recorded while it leaves. Its last bytes wait for the record: a client that has seen them never asks again.

use super::answer::{AnswerBody, Part, Rest};
use super::body::joined;
use super::detached::{Panic, caught};
use super::guarded::{Guarded, ready};
use super::headers;
use super::service::{Caller, Thrown};
use bytes::Bytes;
use http::{Response, response};
use http_body::{Body, Frame};
use http_body_util::BodyExt;
use once_again_core::http::answer::is_stream;
use once_again_core::http::{Answer, Leaving, Seen};
use std::pin::Pin;
use tokio::sync::mpsc;

/// Records an answer and hands it to its caller, who may have gone.
pub(super) async fn capture<R, E>(guarded: &mut Guarded, response: Response<R>, caller: Caller<R, E>)
where
    R: Body<Data = Bytes>,
{
    let (mut head, body) = response.into_parts();
    let answer =
        Answer { status: head.status.as_u16(), headers: headers::lines(&head.headers), body: Seen::Kept };
    headers::set(&mut head.headers, &guarded.marks(&answer.headers));
    let mut out = Out::Waiting { head, length: body.size_hint().exact(), caller };
    let mut body = Box::pin(body);
    let limit = guarded.max_body_bytes();
    let read = if is_stream(answer.status, &answer.headers) {
        Ok(Read::Beyond(Seen::Stream))
    } else if body.size_hint().lower() > limit {
        Ok(Read::Beyond(Seen::TooLarge))
    } else {
        guarded.run.beside(caught(read(&mut body, limit, &mut out))).await
    };
    match read {
        Ok(Read::Whole { pieces, last }) => {
            let size = pieces.iter().map(Bytes::len).sum();
            let bytes = joined(pieces, size);
            let leaving = guarded.answered(&answer, &bytes).await;
            out.end(leaving, bytes, last);
        }
        Ok(Read::Failed(error)) => {
            guarded.not_answered().await;
            out.send(Part::Failed(error));
        }
        Err(panic) => {
            guarded.not_answered().await;
            out.panicked(panic);
        }
        Ok(Read::Beyond(seen)) => {
            let (rest, end) = Rest::new(body);
            out.send(Part::Rest(rest));
            drop(out);
            // It is over when the client has all of it or goes away, and failed if the service's own body did.
            if guarded.run.beside(end).await.is_ok() {
                guarded.not_answered().await;
            } else {
                guarded.answered(&Answer { body: seen, ..answer }, &[]).await;
            }
        }
    }
}

/// What came of reading an answer.
enum Read<E> {
    /// All of it, of which the last frames have not left.
    Whole { pieces: Vec<Bytes>, last: Vec<Frame<Bytes>> },
    /// More than is captured.
    Beyond(Seen),
    /// It broke off.
    Failed(E),
}

/// Captures a body while it passes: each piece leaves once there is another behind it.
async fn read<R, E>(body: &mut Pin<Box<R>>, limit: u64, out: &mut Out<R, E>) -> Read<R::Error>
where
    R: Body<Data = Bytes>,
{
    let (mut pieces, mut size, mut last) = (Vec::new(), 0, Vec::new());
    while let Some(frame) = body.frame().await {
        let frame = match frame {
            Ok(frame) => frame,
            Err(error) => return Read::Failed(error),
        };
        if let Some(data) = frame.data_ref() {
            last.drain(..).for_each(|frame| out.send(Part::Frame(frame)));
            size += data.len() as u64;
            if size > limit {
                out.send(Part::Frame(frame));
                return Read::Beyond(Seen::TooLarge);
            }
            pieces.push(data.clone());
        }
        last.push(frame);
    }
    Read::Whole { pieces, last }
}

/// An answer on its way.
enum Out<R: Body, E> {
    /// Nothing has left.
    Waiting {
        head: response::Parts,
        /// Of the body, where it is known.
        length: Option<u64>,
        caller: Caller<R, E>,
    },
    /// The head has, and some of the body.
    Leaving(mpsc::UnboundedSender<Part<R>>),
}

impl<R: Body, E> Out<R, E> {
    /// The head leaves, if it has not yet, and this part of the body.
    fn send(&mut self, part: Part<R>) {
        if let Self::Leaving(parts) = self {
            // The client may have gone.
            let _ = parts.send(part);
            return;
        }
        let (parts, receiver) = mpsc::unbounded_channel();
        let _ = parts.send(part);
        if let Self::Waiting { head, length, caller } = std::mem::replace(self, Self::Leaving(parts)) {
            let body = AnswerBody::captured(receiver, length);
            let _ = caller.send(Ok(Response::from_parts(head, body)));
        }
    }

    /// What is left of the answer leaves, or another in its place if nothing of it has.
    fn end(mut self, leaving: Leaving, bytes: Bytes, last: Vec<Frame<Bytes>>) {
        if let Self::Waiting { mut head, caller, length } = self {
            let headers = match leaving {
                Leaving::Own { headers } => headers,
                Leaving::Instead(other) => {
                    let _ = caller.send(Ok(ready(other)));
                    return;
                }
            };
            headers::set(&mut head.headers, &headers);
            if last.iter().all(Frame::is_data) {
                let _ = caller.send(Ok(Response::from_parts(head, AnswerBody::whole(bytes))));
                return;
            }
            self = Self::Waiting { head, caller, length };
        }
        for frame in last {
            self.send(Part::Frame(frame));
        }
        self.send(Part::End);
    }

    /// The service's body has panicked, and so does whoever reads the answer.
    fn panicked(self, panic: Panic) {
        if let Self::Waiting { caller, .. } = self {
            // The caller may have gone.
            let _ = caller.send(Err(Thrown::Panic(panic)));
        }
    }
}
