//! `RedisStore` on a real Redis and on a real Cluster.

use crate::samples::begin;
use crate::servers::server;
use crate::wire::Wire;
use crate::{clock, compare, corner, many, race, round_trips, some_histories};
use once_again::storage::{RedisStore, Store};
use once_again::{Code, storage};
use redis::AsyncConnectionConfig;
use redis::aio::{ConnectionManager, ConnectionManagerConfig, MultiplexedConnection};
use redis::cluster::ClusterClient;
use redis::cluster_async::ClusterConnection;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

/// This machine may have much else to do.
const PATIENCE: Option<Duration> = Some(Duration::from_secs(30));

async fn manager(url: &str) -> ConnectionManager {
    let config = ConnectionManagerConfig::new().set_response_timeout(PATIENCE);
    redis::Client::open(url).unwrap().get_connection_manager_with_config(config).await.unwrap()
}

async fn connection(url: &str) -> MultiplexedConnection {
    let config = AsyncConnectionConfig::new().set_response_timeout(PATIENCE);
    let client = redis::Client::open(url).unwrap();
    client.get_multiplexed_async_connection_with_config(&config).await.unwrap()
}

async fn cluster(url: &str) -> ClusterConnection {
    let client = ClusterClient::builder([url]).response_timeout(Duration::from_secs(30)).build().unwrap();
    client.get_async_connection().await.unwrap()
}

fn store<C: storage::RedisConnection>(connection: C) -> RedisStore<C> {
    RedisStore::builder(connection).prefix(&corner()).build().unwrap()
}

#[tokio::test]
async fn redis_is_the_memory_store() {
    let Some(server) = server("redis") else { return };
    let connection = manager(&server).await;
    for history in some_histories(64) {
        let clock = clock();
        let store = RedisStore::builder(connection.clone()).prefix(&corner()).clock(clock.clone());
        compare(&history, &clock, &store.build().unwrap()).await;
    }
}

#[tokio::test]
async fn a_cluster_is_the_memory_store() {
    let Some(server) = server("cluster") else { return };
    let connection = cluster(&server).await;
    for history in some_histories(32) {
        let clock = clock();
        let store = RedisStore::builder(connection.clone()).prefix(&corner()).clock(clock.clone());
        compare(&history, &clock, &store.build().unwrap()).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_thousand_tasks_with_one_key_one_runs() {
    let Some(server) = server("redis") else { return };
    race(Arc::new(store(connection(&server).await))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_thousand_tasks_in_a_cluster_one_runs() {
    let Some(server) = server("cluster") else { return };
    race(Arc::new(store(cluster(&server).await))).await;
}

#[tokio::test]
async fn many_operations_go_at_once_wherever_their_keys_live() {
    let Some(one) = server("redis") else { return };
    many(&store(manager(&one).await)).await;
    let Some(several) = server("cluster") else { return };
    many(&store(cluster(&several).await)).await;
}

#[tokio::test]
async fn a_first_run_is_two_round_trips_and_a_replay_one() {
    let Some(server) = server("redis") else { return };
    let wire = Wire::to(server.replace("redis://", "")).await;
    let store = store(manager(&format!("redis://127.0.0.1:{}", wire.port)).await);
    assert_eq!(round_trips(&store, &wire).await, [2, 1]);
}

#[tokio::test]
async fn a_check_names_the_settings_that_endanger_records() {
    let Some(server) = server("redis") else { return };
    let warnings = store(manager(&server).await).check().await.unwrap();
    let expected = "Redis forgets its latest records when it restarts: appendonly is no, set it to yes";
    assert_eq!(warnings, [expected]);
}

#[tokio::test]
async fn a_server_that_is_away_is_an_error_with_its_source() {
    let client = redis::Client::open("redis://127.0.0.1:1").unwrap();
    let patience = ConnectionManagerConfig::new().set_number_of_retries(0);
    let store = RedisStore::new(client.get_connection_manager_lazy(patience).unwrap());
    let error = store.apply(begin(1)).await.unwrap_err();
    assert_eq!(error.code(), Code::StoreUnavailable);
    assert_eq!(error.to_string(), "the store did not do what it was asked");
    assert!(error.source().unwrap().to_string().contains("refused"), "{:?}", error.source());
}

#[tokio::test]
async fn a_prefix_out_of_range_is_named() {
    let Some(server) = server("redis") else { return };
    let error = RedisStore::builder(manager(&server).await).prefix("").build().unwrap_err();
    assert_eq!(error.to_string(), "prefix: got \"\", expected text of 1 to 200 bytes");
}
