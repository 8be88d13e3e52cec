//! An API whose requests are deduplicated: `cargo run -p once-again --example api_deduplication --features axum`.
//!
//! Three things happen to a payment: its answer is lost and the client asks again, an impatient client asks while the first
//! request still runs, and somebody uses the key for another payment.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use axum::routing::post;
use axum::{Json, Router};
use http_body_util::BodyExt;
use once_again::http::{Claim, ConflictStrategy, IdempotencyConfig, IdempotencyLayer};
use once_again::storage::{MemoryConfig, MemoryStore};
use std::error::Error;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tower::ServiceExt;

static CHARGES: AtomicU32 = AtomicU32::new(0);

async fn charge(claim: Claim, Json(amount): Json<u32>) -> (StatusCode, String) {
    let number = CHARGES.fetch_add(1, Ordering::Relaxed) + 1;
    tokio::time::sleep(Duration::from_millis(50)).await;
    (StatusCode::CREATED, format!("charge {number} of {amount} for {}", claim.key().as_str()))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let config = IdempotencyConfig {
        key_prefix: "api".into(),
        conflict_strategy: ConflictStrategy::WaitForFirst { timeout: Duration::from_secs(5) },
        ..IdempotencyConfig::default()
    };
    let layer = IdempotencyLayer::from_config(config, MemoryStore::new(MemoryConfig::default()));
    let app = Router::new().route("/payments", post(charge)).layer(layer.checked()?);

    println!("first:     {}", ask(&app, "order-1", "5").await?);
    println!("repeated:  {}", ask(&app, "order-1", "5").await?);
    let (one, other) = tokio::try_join!(ask(&app, "order-2", "7"), ask(&app, "order-2", "7"))?;
    println!("at once:   {one}\n           {other}");
    println!("misused:   {}", ask(&app, "order-1", "500").await?);
    println!("in all:    {} charges", CHARGES.load(Ordering::Relaxed));
    Ok(())
}

async fn ask(app: &Router, key: &str, amount: &str) -> Result<String, Box<dyn Error>> {
    let request = Request::post("/payments")
        .header("content-type", "application/json")
        .header("idempotency-key", key)
        .body(Body::from(amount.to_owned()))?;
    let answer = app.clone().oneshot(request).await?;
    let replay = answer.headers().get("x-idempotency-replay").and_then(|value| value.to_str().ok());
    let head = format!("{}, replay {}", answer.status(), replay.unwrap_or("–"));
    let body = answer.into_body().collect().await?.to_bytes();
    Ok(format!("{head}: {}", String::from_utf8_lossy(&body)))
}
