//! What is read of a request, and what its handler gets.

use crate::support::{Server, answer, header, post_of, problem, text};
use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Full};
use once_again::http::{IdempotencyKey, IdempotencyLayer, MissingKey};

fn echoing(layer: &IdempotencyLayer) -> Server {
    Server::new(layer, async |_, request| Ok(answer(&text(request.into_body()).await)))
}

fn unkeyed(body: &str) -> Request<Full<Bytes>> {
    Request::post("/orders").header("x-user", "ada").body(Full::from(body.to_owned())).unwrap()
}

#[tokio::test]
async fn the_handler_gets_the_body_as_it_was_sent() {
    let server = echoing(&IdempotencyLayer::new());
    for (key, body) in [("none", ""), ("json", "{}"), ("text", "not json"), ("bytes", "\u{0}\u{1}")] {
        assert_eq!(server.ask(post_of(key, body)).await.1, body);
    }
}

#[tokio::test]
async fn an_encoded_body_is_compared_as_what_it_says_and_handed_over_as_it_was_sent() {
    // `zlib.brotliCompressSync("{}")` of Node.js.
    const BROTLI: &[u8] = b"\x8B\x00\x80{}\x03";
    let layer = IdempotencyLayer::new();
    let server = Server::new(&layer, async |_, request| {
        let body = request.into_body().collect().await.unwrap().to_bytes();
        Ok(answer(&format!("{body:?}")))
    });
    let encoded = |key| {
        let mut request = post_of(key, "").map(|_| Full::from(BROTLI));
        request.headers_mut().insert("content-encoding", "br".parse().unwrap());
        request
    };
    let first = server.ask(encoded("k")).await.1;
    assert_eq!(first, format!("{:?}", Bytes::from_static(BROTLI)));
    assert_eq!(server.ask(post_of("k", "{ }")).await.1, first);
    assert_eq!(problem(&server.ask(post_of("k", "[]")).await.1), "key-reused");

    // Two bytes are more than one, however they are written.
    let server = echoing(&layer.with_max_request_bytes(1));
    assert_eq!(server.ask(encoded("bomb")).await.0.status.as_u16(), 413);
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_refused_under_a_key_and_passes_without_one() {
    let layer = IdempotencyLayer::new().with_max_request_bytes(4).with_remote(|_| Some("192.0.2.1".into()));
    let server = echoing(&layer);
    let (head, body) = server.ask(post_of("k", "12345")).await;
    assert_eq!((head.status.as_u16(), &*problem(&body)), (413, "about:blank"));
    assert_eq!(server.runs(), 0);
    for _ in 0..2 {
        let (head, body) = server.ask(unkeyed("12345")).await;
        assert_eq!((&*body, header(&head, "x-idempotency-replay")), ("12345", None));
    }
    assert_eq!(server.ask(post_of("k", "1234")).await.1, "1234");
}

#[tokio::test]
async fn a_request_without_a_key_is_guarded_where_something_tells_callers_apart() {
    let nobody = Server::counting(&IdempotencyLayer::new());
    assert_eq!(nobody.ask(unkeyed("a")).await.1, "1");
    assert_eq!(nobody.ask(unkeyed("a")).await.1, "2");

    let remote = IdempotencyLayer::new()
        .with_remote(|parts| parts.headers.get("x-user").map(|user| user.to_str().unwrap().into()));
    let known = Server::counting(&remote);
    assert_eq!(known.ask(unkeyed("a")).await.1, "1");
    let (again, body) = known.ask(unkeyed("a")).await;
    assert_eq!((&*body, header(&again, "idempotent-replayed")), ("1", Some("true")));
    assert!(header(&again, "x-idempotency-key").unwrap().starts_with("derived:"));
    assert_eq!(known.ask(unkeyed("b")).await.1, "2");
}

#[tokio::test]
async fn callers_that_are_known_have_keys_of_their_own() {
    let layer = IdempotencyLayer::new()
        .with_principal(|parts| parts.headers.get("x-user").map(|user| user.to_str().unwrap().into()));
    let server = Server::counting(&layer);
    let of = |user: &str| {
        let mut request = post_of("k", "{}");
        request.headers_mut().insert("x-user", user.parse().unwrap());
        request
    };
    assert_eq!(server.ask(of("ada")).await.1, "1");
    assert_eq!(server.ask(of("bob")).await.1, "2");
    assert_eq!(server.ask(of("ada")).await.1, "1");
}

#[tokio::test]
async fn two_lines_of_one_key_are_no_key() {
    let server = Server::counting(&IdempotencyLayer::new());
    let mut request = post_of("one", "{}");
    request.headers_mut().append("idempotency-key", "two".parse().unwrap());
    let (head, body) = server.ask(request).await;
    assert_eq!((head.status.as_u16(), &*problem(&body)), (400, "key-invalid"));
}

#[tokio::test]
async fn a_body_that_does_not_count_is_not_read_before_the_handler_reads_it() {
    let layer = IdempotencyLayer::new().with_body_in_fingerprint(false).with_max_request_bytes(1);
    let server = echoing(&layer);
    assert_eq!(server.ask(post_of("k", "longer than the limit")).await.1, "longer than the limit");
    assert_eq!(server.ask(post_of("k", "another")).await.1, "longer than the limit");
}

#[tokio::test]
async fn what_passes_is_left_alone() {
    let server =
        Server::new(&IdempotencyLayer::new().with_missing_key(MissingKey::Pass), async |_, request| {
            Ok(answer(&format!("{:?}", request.extensions().get::<IdempotencyKey>())))
        });
    let get = Request::get("/orders").header("idempotency-key", "").body(Full::default()).unwrap();
    for request in [get, unkeyed("a")] {
        let (head, body) = server.ask(request).await;
        assert_eq!((&*body, header(&head, "x-idempotency-replay")), ("None", None));
    }
}
