//! A wire with a counter: how often a client speaks and then waits for its server.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Stands between a client and the server at `address`, such as `127.0.0.1:6379`.
pub(crate) struct Wire {
    /// Where the client is to connect.
    pub(crate) port: u16,
    turns: Arc<AtomicU32>,
}

impl Wire {
    pub(crate) async fn to(address: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let turns = Arc::new(AtomicU32::new(0));
        let counter = turns.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(carry(
                    client,
                    TcpStream::connect(address.clone()).await.unwrap(),
                    counter.clone(),
                ));
            }
        });
        Self { port, turns }
    }

    /// Round trips since the last look.
    pub(crate) fn round_trips(&self) -> u32 {
        self.turns.swap(0, Ordering::Relaxed)
    }

    /// Waits until nobody speaks any more: beside its first operation a store asks its server how it is set up.
    pub(crate) async fn fall_silent(&self) {
        loop {
            tokio::time::sleep(Duration::from_millis(100)).await;
            if self.round_trips() == 0 {
                return;
            }
        }
    }
}

async fn carry(client: TcpStream, server: TcpStream, turns: Arc<AtomicU32>) {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let asked = Arc::new(AtomicBool::new(false));
    let answered = asked.clone();
    let back = async move {
        let mut bytes = [0; 1 << 14];
        while let Ok(length @ 1..) = from_server.read(&mut bytes).await {
            answered.store(false, Ordering::SeqCst);
            to_client.write_all(&bytes[..length]).await.unwrap();
        }
    };
    let there = async move {
        let mut bytes = [0; 1 << 14];
        while let Ok(length @ 1..) = from_client.read(&mut bytes).await {
            if !asked.swap(true, Ordering::SeqCst) {
                turns.fetch_add(1, Ordering::Relaxed);
            }
            to_server.write_all(&bytes[..length]).await.unwrap();
        }
    };
    tokio::join!(there, back);
}
