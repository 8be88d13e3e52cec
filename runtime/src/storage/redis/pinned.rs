//! One Redis over connections that each do one thing at a time: `WAIT` speaks of what its own connection has written, and
//! holds up whatever comes behind it.

use super::super::StoreError;
use super::super::dialect::Answered;
use super::connection::{Digests, call, cells, is_unknown};
use once_again_core::store::Command;
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, RedisResult, Value, cmd, pipe};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;

/// So many connections at most.
const ROOM: usize = 64;
/// How long the replicas have to confirm a write. A primary whose replicas are gone is told from a slow one by then, and the
/// caller hears of it within the two seconds that a store has.
const CONFIRMED_WITHIN: Duration = Duration::from_secs(1);
/// An answer takes no longer, a confirmation included.
const ANSWERED_WITHIN: Duration = Duration::from_secs(2);

pub(super) struct Pinned {
    client: Client,
    idle: Mutex<Vec<MultiplexedConnection>>,
    room: Semaphore,
    digests: Digests,
}

impl Pinned {
    pub(super) fn open(url: &str) -> Result<Self, StoreError> {
        let client = Client::open(url).map_err(StoreError::unavailable)?;
        let (idle, room) = (Mutex::default(), Semaphore::new(ROOM));
        Ok(Self { client, idle, room, digests: Digests::default() })
    }

    /// Host, port and database: what tells it from others, for every process and without a password.
    pub(super) fn name(&self) -> String {
        let info = self.client.get_connection_info();
        format!("{}/{}", info.addr(), info.redis_settings().db())
    }

    pub(super) async fn info(&self) -> Result<String, StoreError> {
        let mut connection = self.connection().await.map_err(StoreError::unavailable)?;
        let info = cmd("INFO").query_async(&mut connection).await.map_err(StoreError::unavailable)?;
        self.idle().push(connection);
        Ok(info)
    }

    /// Runs a script and waits for so many replicas to confirm it: one round trip, two when the server does not know the
    /// script yet.
    pub(super) async fn run(&self, command: &Command, keys: usize, confirmations: u32) -> Answered {
        let _place = self.room.acquire().await.map_err(StoreError::unavailable)?;
        let sent = self.send(command, keys, confirmations).await;
        // Where one connection is broken, those that lie idle are likely to be, too.
        let (answer, confirmed) =
            sent.inspect_err(|_| self.idle().clear()).map_err(StoreError::unavailable)?;
        if confirmed < i64::from(confirmations) {
            return Err(StoreError::because("too few replicas have confirmed the write"));
        }
        cells(answer)
    }

    async fn send(&self, command: &Command, keys: usize, confirmations: u32) -> RedisResult<(Value, i64)> {
        let mut connection = self.connection().await?;
        let known = self.digests.of(&command.text);
        let sent = match both(&mut connection, "EVALSHA", &known, command, keys, confirmations).await {
            Err(error) if is_unknown(&error) => {
                both(&mut connection, "EVAL", &command.text, command, keys, confirmations).await
            }
            sent => sent,
        };
        if sent.is_ok() {
            self.idle().push(connection);
        }
        sent
    }

    async fn connection(&self) -> RedisResult<MultiplexedConnection> {
        let idle = self.idle().pop();
        if let Some(connection) = idle {
            return Ok(connection);
        }
        let limit = Some(ANSWERED_WITHIN);
        let patience = AsyncConnectionConfig::new().set_connection_timeout(limit).set_response_timeout(limit);
        self.client.get_multiplexed_async_connection_with_config(&patience).await
    }

    fn idle(&self) -> MutexGuard<'_, Vec<MultiplexedConnection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The script, and `WAIT` right behind it on the same connection.
async fn both(
    connection: &mut MultiplexedConnection,
    how: &str,
    script: &str,
    command: &Command,
    keys: usize,
    confirmations: u32,
) -> RedisResult<(Value, i64)> {
    let script = call(how, script, command, keys);
    if confirmations == 0 {
        return Ok((script.query_async(connection).await?, 0));
    }
    let mut wait = cmd("WAIT");
    wait.arg(confirmations).arg(u64::try_from(CONFIRMED_WITHIN.as_millis()).unwrap_or(u64::MAX));
    pipe().add_command(script).add_command(wait).query_async(connection).await
}
