//! The layer and the extractors in axum.

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Request, StatusCode};
use axum::response::Response;
use axum::routing::post;
use axum::{Json, Router};
use http_body_util::BodyExt;
use once_again::http::{Claim, ConflictStrategy, IdempotencyKey, IdempotencyLayer, days};
use once_again::storage::MemoryStore;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tower::ServiceExt;

async fn ask(app: &Router, request: Request<Body>) -> (StatusCode, String) {
    let answer: Response = app.clone().oneshot(request).await.unwrap();
    let status = answer.status();
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

fn request(path: &str, key: &str) -> Request<Body> {
    let request =
        Request::post(path).header("idempotency-key", key).header("content-type", "application/json");
    request.body(Body::from("7")).unwrap()
}

/// The request level of nebula-idempotency, as its document has it.
#[tokio::test]
async fn orders_are_created_once_for_each_key() {
    static CREATED: AtomicU32 = AtomicU32::new(0);

    async fn create_order(
        IdempotencyKey(key): IdempotencyKey,
        Json(product): Json<u32>,
    ) -> Result<Json<(u32, String, u32)>, StatusCode> {
        let number = CREATED.fetch_add(1, Ordering::SeqCst) + 1;
        Ok(Json((number, key, product)))
    }

    let storage_backend = MemoryStore::default();
    let app = Router::new()
        .route("/api/orders", post(create_order))
        .route("/api/payments", post(create_order))
        .layer(
            IdempotencyLayer::new()
                .with_key_header("Idempotency-Key")
                .with_storage(storage_backend)
                .with_ttl(days(1))
                .with_conflict_strategy(ConflictStrategy::WaitForFirst { timeout: Duration::from_secs(30) }),
        );
    for _ in 0..3 {
        let (status, body) = ask(&app, request("/api/orders", "unique-key-123")).await;
        assert_eq!((status, &*body), (StatusCode::OK, r#"[1,"unique-key-123",7]"#));
    }
    assert_eq!(ask(&app, request("/api/orders", "another")).await.1, r#"[2,"another",7]"#);
    // Another route is another request; the store is one.
    assert_eq!(ask(&app, request("/api/payments", "another")).await.0, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn a_nested_router_sees_the_path_that_the_client_sent() {
    let layer = IdempotencyLayer::new();
    let nested = || Router::new().route("/pay", post(async || "paid")).layer(layer.clone());
    let app = Router::new().nest("/one", nested()).nest("/other", nested());
    assert_eq!(ask(&app, request("/one/pay", "k")).await.0, StatusCode::OK);
    assert_eq!(ask(&app, request("/one/pay", "k")).await.0, StatusCode::OK);
    assert_eq!(ask(&app, request("/other/pay", "k")).await.0, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn a_request_without_a_key_is_told_by_its_address() {
    let runs = Arc::new(AtomicU32::new(0));
    let app = Router::new()
        .route(
            "/",
            post(async move |IdempotencyKey(key): IdempotencyKey| {
                format!("{} {}", runs.fetch_add(1, Ordering::SeqCst) + 1, &key[..8])
            }),
        )
        .layer(IdempotencyLayer::new());
    let from = |address: &str| {
        let mut request = Request::post("/").body(Body::empty()).unwrap();
        let address: SocketAddr = address.parse().unwrap();
        request.extensions_mut().insert(ConnectInfo(address));
        request
    };
    assert_eq!(ask(&app, from("192.0.2.1:1000")).await.1, "1 derived:");
    assert_eq!(ask(&app, from("192.0.2.1:2000")).await.1, "1 derived:");
    assert_eq!(ask(&app, from("192.0.2.2:1000")).await.1, "2 derived:");
}

#[tokio::test]
async fn extractors_say_what_is_missing() {
    let app = Router::new()
        .route("/key", post(async |IdempotencyKey(key): IdempotencyKey| key))
        .route("/maybe", post(async |key: Option<IdempotencyKey>| key.map_or("none".into(), |key| key.0)))
        .route("/claim", post(async |_: Claim| "claimed"))
        .route("/maybe-claim", post(async |claim: Option<Claim>| claim.is_some().to_string()));
    let without = |path: &str| Request::post(path).body(Body::empty()).unwrap();
    assert_eq!(ask(&app, request("/key", "\"quoted\"")).await.1, "quoted");
    let (status, body) = ask(&app, without("/key")).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(body.contains(r#""type":"key-missing""#));
    assert!(ask(&app, request("/key", "a, b")).await.1.contains(r#""type":"key-invalid""#));
    assert_eq!(ask(&app, without("/maybe")).await.1, "none");
    assert_eq!(ask(&app, request("/maybe", "k")).await.1, "k");
    assert_eq!(ask(&app, request("/maybe", "a, b")).await.0, StatusCode::BAD_REQUEST);
    assert_eq!(ask(&app, request("/claim", "k")).await.0, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(ask(&app, request("/maybe-claim", "k")).await.1, "false");
    let guarded = app.layer(IdempotencyLayer::new());
    assert_eq!(ask(&guarded, request("/claim", "k1")).await.1, "claimed");
    assert_eq!(ask(&guarded, request("/maybe-claim", "k2")).await.1, "true");
}
