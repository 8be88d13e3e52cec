//! Orders that are created once for each key: `cargo run -p once-again-example-axum`.
//!
//! ```sh
//! curl -si localhost:3000/api/orders -H 'Idempotency-Key: order-1' --json '{"product_id": "prod-456", "quantity": 2}'
//! ```
//!
//! Sent twice, it gives the same order twice; the second answer says `x-idempotency-replay: true`. `PORT` is another port than
//! 3000. `REDIS_URL` keeps the records in Redis, so that several of these processes serve the same orders.

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use once_again::http::{ConflictStrategy, IdempotencyKey, IdempotencyLayer, days};
use once_again::storage::RedisStore;
use serde::{Deserialize, Serialize};
use std::env;
use std::error::Error;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

#[derive(Deserialize)]
struct CreateOrder {
    product_id: String,
    quantity: u32,
}

#[derive(Clone, Serialize)]
struct Order {
    number: usize,
    key: String,
    product_id: String,
    quantity: u32,
}

/// What a database would hold.
type Orders = Arc<Mutex<Vec<Order>>>;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let port = env::var("PORT").unwrap_or_else(|_| "3000".into()).parse()?;
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    println!("listening on {}", listener.local_addr()?);
    let app = app(layer()?);
    // The addresses of callers tell apart requests that bring no key.
    axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>())
        .with_graceful_shutdown(async { drop(tokio::signal::ctrl_c().await) })
        .await?;
    Ok(())
}

fn layer() -> Result<IdempotencyLayer, Box<dyn Error>> {
    let layer = IdempotencyLayer::new()
        .with_key_header("Idempotency-Key")
        .with_ttl(days(1))
        .with_conflict_strategy(ConflictStrategy::WaitForFirst { timeout: Duration::from_secs(30) });
    Ok(match env::var_os("REDIS_URL") {
        Some(_) => layer.with_storage(RedisStore::from_env()?),
        None => layer, // a memory store of its own: one process, and gone with it
    })
}

fn app(layer: IdempotencyLayer) -> Router {
    Router::new()
        .route("/api/orders", post(create_order))
        .layer(layer)
        .route("/api/orders", get(list_orders))
        .with_state(Orders::default())
}

/// Runs once for each key.
async fn create_order(
    State(orders): State<Orders>,
    IdempotencyKey(key): IdempotencyKey,
    Json(CreateOrder { product_id, quantity }): Json<CreateOrder>,
) -> (StatusCode, Json<Order>) {
    let mut orders = orders.lock().unwrap_or_else(PoisonError::into_inner);
    let order = Order { number: orders.len() + 1, key, product_id, quantity };
    orders.push(order.clone());
    (StatusCode::CREATED, Json(order))
}

async fn list_orders(State(orders): State<Orders>) -> Json<Vec<Order>> {
    Json(orders.lock().unwrap_or_else(PoisonError::into_inner).clone())
}
