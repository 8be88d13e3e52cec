//! How answers leave, and what is kept of them.

use crate::support::{
    Gate, Piece, Server, answer, coming, header, panicking, piece, pieces, post, problem, text,
};
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use http_body::{Body, Frame};
use http_body_util::BodyExt;
use once_again::http::IdempotencyLayer;
use once_again::storage::OpKind;
use once_again::testing::settle;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::mpsc::UnboundedSender;

/// A server whose first answer has the pieces that the test sends.
fn piecewise(layer: &IdempotencyLayer, media_type: &'static str) -> (Server, UnboundedSender<Piece>) {
    let (sender, mut response) = coming();
    response.headers_mut().insert("content-type", media_type.parse().unwrap());
    let response = Arc::new(Mutex::new(Some(response)));
    let server = Server::new(layer, move |run, _| {
        let response = response.lock().unwrap().take();
        async move { Ok(response.unwrap_or_else(|| answer(&run.to_string()))) }
    });
    (server, sender)
}

async fn next<B: Body<Data = Bytes, Error = io::Error> + Unpin>(body: &mut B) -> String {
    let frame = body.frame().await.unwrap().unwrap();
    String::from_utf8(frame.into_data().unwrap().to_vec()).unwrap()
}

/// Whether nothing comes, however long it is waited for.
async fn nothing<B: Body<Data = Bytes, Error = io::Error> + Unpin>(body: &mut B) -> bool {
    settle().await;
    std::future::poll_fn(|context| {
        std::task::Poll::Ready(std::pin::Pin::new(&mut *body).poll_frame(context).is_pending())
    })
    .await
}

#[tokio::test]
async fn an_answer_in_pieces_passes_while_it_is_written_but_its_end_waits_for_the_record() {
    let gate = Gate::new();
    let (server, pieces) = piecewise(&IdempotencyLayer::new().with_storage(gate.clone()), "text/plain");
    pieces.send(piece("one ")).unwrap();
    pieces.send(piece("two ")).unwrap();
    let mut body = server.try_ask(post("k")).await.unwrap().into_body();
    assert_eq!(next(&mut body).await, "one ");
    assert!(nothing(&mut body).await, "a piece leaves when there is another behind it");
    pieces.send(piece("three")).unwrap();
    assert_eq!(next(&mut body).await, "two ");

    gate.close(&[OpKind::Complete]);
    drop(pieces);
    assert!(nothing(&mut body).await, "a client that has seen the end never asks again");
    gate.open();
    assert_eq!(text(body).await, "three");
    assert_eq!(server.ask(post("k")).await.1, "one two three");
}

#[tokio::test]
async fn an_answer_in_one_piece_leaves_with_its_length_once_it_is_recorded() {
    let gate = Gate::new();
    let server = Server::counting(&IdempotencyLayer::new().with_storage(gate.clone()));
    gate.close(&[OpKind::Complete]);
    let asked = tokio::spawn({
        let server = server.clone();
        async move { server.try_ask(post("k")).await.unwrap() }
    });
    settle().await;
    assert!(!asked.is_finished());
    gate.open();
    let body = asked.await.unwrap().into_body();
    assert_eq!((body.size_hint().exact(), body.is_end_stream()), (Some(1), false));
    assert_eq!(text(body).await, "1");
}

#[tokio::test]
async fn an_answer_without_a_body_is_replayed_without_one() {
    let server = Server::new(&IdempotencyLayer::new(), async |_, _| {
        let mut empty = pieces([]);
        *empty.status_mut() = StatusCode::NO_CONTENT;
        Ok(empty)
    });
    for replay in ["false", "true"] {
        let (head, body) = server.ask(post("k")).await;
        assert_eq!((head.status, &*body), (StatusCode::NO_CONTENT, ""));
        assert_eq!(header(&head, "x-idempotency-replay"), Some(replay));
        assert_eq!(header(&head, "content-length"), None);
    }
}

#[tokio::test]
async fn every_byte_is_kept() {
    let bytes: Vec<u8> = (0..=u8::MAX).collect();
    let server = Server::new(&IdempotencyLayer::new(), {
        let bytes = bytes.clone();
        move |_, _| {
            let bytes = Bytes::from(bytes.clone());
            async move { Ok(pieces([Ok(Frame::data(bytes.slice(..7))), Ok(Frame::data(bytes.slice(7..)))])) }
        }
    });
    for _ in 0..2 {
        let body = server.try_ask(post("k")).await.unwrap().into_body();
        assert_eq!(body.collect().await.unwrap().to_bytes(), bytes);
    }
}

#[tokio::test]
async fn trailers_are_passed_on_and_not_recorded() {
    let server = Server::new(&IdempotencyLayer::new(), async |_, _| {
        let trailers = HeaderMap::from_iter([("x-sum".parse().unwrap(), "7".parse().unwrap())]);
        Ok(pieces([piece("body"), Ok(Frame::trailers(trailers))]))
    });
    let first = server.try_ask(post("k")).await.unwrap().into_body().collect().await.unwrap();
    assert_eq!(first.trailers().unwrap()["x-sum"], "7");
    assert_eq!(first.to_bytes(), "body");
    let again = server.try_ask(post("k")).await.unwrap().into_body().collect().await.unwrap();
    assert!(again.trailers().is_none());
    assert_eq!(again.to_bytes(), "body");
}

#[tokio::test]
async fn an_event_stream_passes_undelayed_and_is_recorded_without_its_body_when_it_is_over() {
    let layer = IdempotencyLayer::new().with_conflict_strategy(once_again::http::ConflictStrategy::Reject);
    let (server, events) = piecewise(&layer, "text/event-stream; charset=utf-8");
    let mut body = server.try_ask(post("k")).await.unwrap().into_body();
    events.send(piece("data: 1\n\n")).unwrap();
    assert_eq!(next(&mut body).await, "data: 1\n\n");
    assert_eq!(problem(&server.ask(post("k")).await.1), "in-progress");
    drop(events);
    assert_eq!(text(body).await, "");
    settle().await;
    let (head, body) = server.ask(post("k")).await;
    assert_eq!((head.status.as_u16(), &*problem(&body)), (409, "response-not-replayable"));
    assert_eq!(server.runs(), 1);
}

#[tokio::test]
async fn a_stream_that_its_client_leaves_is_over() {
    let (server, events) = piecewise(&IdempotencyLayer::new(), "text/event-stream");
    drop(server.try_ask(post("k")).await.unwrap());
    settle().await;
    assert!(events.is_closed(), "nobody reads it any more");
    assert_eq!(problem(&server.ask(post("k")).await.1), "response-not-replayable");
}

#[tokio::test]
async fn an_upgraded_connection_is_handed_over_and_recorded_as_one() {
    let upgrading = Server::new(&IdempotencyLayer::new(), async |_, _| {
        let mut answer = pieces([]);
        *answer.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        answer.headers_mut().insert("upgrade", "echo".parse().unwrap());
        answer.extensions_mut().insert("what the server upgrades by");
        Ok(answer)
    });
    let answer = upgrading.try_ask(post("k")).await.unwrap();
    assert_eq!(
        (answer.status(), &answer.headers()["upgrade"]),
        (StatusCode::SWITCHING_PROTOCOLS, &"echo".parse().unwrap())
    );
    assert_eq!(answer.extensions().get(), Some(&"what the server upgrades by"));
    drop(answer);
    settle().await;
    assert_eq!(problem(&upgrading.ask(post("k")).await.1), "response-not-replayable");
    assert_eq!(upgrading.runs(), 1);
}

#[tokio::test]
async fn an_answer_beyond_the_limit_passes_undelayed_and_is_not_replayable() {
    let (server, pieces) = piecewise(&IdempotencyLayer::new().with_max_body_bytes(5), "text/plain");
    let asked = tokio::spawn({
        let server = server.clone();
        async move { server.try_ask(post("k")).await.unwrap().into_body() }
    });
    pieces.send(piece("123")).unwrap();
    settle().await;
    assert!(!asked.is_finished());
    pieces.send(piece("456")).unwrap();
    let mut body = asked.await.unwrap();
    assert_eq!([next(&mut body).await, next(&mut body).await], ["123", "456"]);
    pieces.send(piece("7")).unwrap();
    assert_eq!(next(&mut body).await, "7");
    drop(pieces);
    assert_eq!(text(body).await, "");
    settle().await;
    assert_eq!(problem(&server.ask(post("k")).await.1), "response-not-replayable");

    let exact =
        Server::new(&IdempotencyLayer::new().with_max_body_bytes(5), async |_, _| Ok(answer("12345")));
    exact.ask(post("k")).await;
    assert_eq!(header(&exact.ask(post("k")).await.0, "idempotent-replayed"), Some("true"));
    let announced =
        Server::new(&IdempotencyLayer::new().with_max_body_bytes(5), async |_, _| Ok(answer("123456")));
    assert_eq!(announced.ask(post("k")).await.1, "123456");
    settle().await;
    assert_eq!(problem(&announced.ask(post("k")).await.1), "response-not-replayable");
}

#[tokio::test]
async fn a_body_that_fails_is_no_answer_and_the_request_may_run_again() {
    for limit in [100, 0] {
        let (server, parts) = piecewise(&IdempotencyLayer::new().with_max_body_bytes(limit), "text/plain");
        parts.send(piece("one")).unwrap();
        parts.send(Err(io::ErrorKind::BrokenPipe.into())).unwrap();
        let body = server.try_ask(post("k")).await.unwrap().into_body();
        assert_eq!(body.collect().await.map(|_| ()).unwrap_err().kind(), io::ErrorKind::BrokenPipe);
        settle().await;
        assert_eq!(server.ask(post("k")).await.1.get(..1), Some("2"), "limit {limit}");
    }
}

#[tokio::test]
async fn a_body_that_panics_does_not_end_as_if_it_were_whole_and_the_request_may_run_again() {
    for parts in [&[][..], &["one"], &["one", "two"]] {
        let server = Server::new(&IdempotencyLayer::new(), async move |run, _| {
            Ok(if run == 1 { panicking(parts) } else { answer("again") })
        });
        let asked = server.clone();
        let asked = tokio::spawn(async move { asked.try_ask(post("k")).await?.collect().await.map(drop) });
        assert!(asked.await.unwrap_err().is_panic(), "{parts:?}");
        assert_eq!(server.ask(post("k")).await.1, "again", "{parts:?}");
    }
}

#[tokio::test]
async fn a_client_that_goes_away_in_mid_answer_finds_all_of_it_later() {
    let (server, pieces) = piecewise(&IdempotencyLayer::new(), "text/plain");
    pieces.send(piece("one ")).unwrap();
    pieces.send(piece("two ")).unwrap();
    drop(server.try_ask(post("k")).await.unwrap());
    pieces.send(piece("three")).unwrap();
    drop(pieces);
    settle().await;
    assert_eq!(server.ask(post("k")).await.1, "one two three");
}

#[tokio::test(start_paused = true)]
async fn an_answer_whose_record_takes_too_long_leaves_marked_and_is_recorded_later() {
    let gate = Gate::new();
    let layer =
        IdempotencyLayer::new().with_storage(gate.clone()).with_complete_timeout(Duration::from_secs(3));
    let server = Server::counting(&layer);
    gate.close(&[OpKind::Complete]);
    let begun = tokio::time::Instant::now();
    let (head, body) = server.ask(post("k")).await;
    assert_eq!(begun.elapsed(), Duration::from_secs(3));
    assert_eq!((&*body, header(&head, "idempotency-completion")), ("1", Some("lost")));
    gate.open();
    assert_eq!(header(&server.ask(post("k")).await.0, "idempotent-replayed"), Some("true"));
}
