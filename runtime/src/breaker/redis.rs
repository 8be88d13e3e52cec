//! Shared breakers over the crate `redis`.

use super::{ScriptReply, ScriptStore};
use redis::aio::ConnectionLike;
use redis::{ErrorKind, Script, ServerErrorKind, cmd};
use std::fmt;

/// Redis as the store of [shared](super::BreakerBuilder::shared) breakers, over your own connection: a `ConnectionManager`
/// (feature `connection-manager` of the crate `redis`), a `MultiplexedConnection`, or a connection to a Cluster.
///
/// A `ConnectionManager` connects again by itself, which a breaker that is to be attached again needs. A clone is the same
/// connection; one is enough for all breakers of a process.
///
/// ```no_run
/// use once_again::Breaker;
/// use once_again::breaker::RedisScripts;
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let redis = redis::Client::open("redis://127.0.0.1/")?.get_connection_manager().await?;
/// let breaker = Breaker::builder().name("ledger").shared(RedisScripts::new(redis)).build()?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct RedisScripts<C> {
    connection: C,
}

impl<C> RedisScripts<C> {
    /// Over this connection, of which each request uses a clone.
    pub const fn new(connection: C) -> Self {
        Self { connection }
    }
}

impl<C: ConnectionLike + Clone + Send + Sync + 'static> ScriptStore for RedisScripts<C> {
    fn run(&self, script: &'static str, keys: Vec<String>, args: Vec<String>) -> ScriptReply {
        let mut connection = self.connection.clone();
        Box::pin(async move {
            let hash = Script::new(script);
            let call = |how: &str, what: &str| {
                let mut command = cmd(how);
                command.arg(what).arg(keys.len()).arg(&keys).arg(&args);
                command
            };
            match call("EVALSHA", hash.get_hash()).query_async(&mut connection).await {
                // After a restart or a failover; the server keeps what it is given here.
                Err(error) if error.kind() == ErrorKind::Server(ServerErrorKind::NoScript) => {
                    Ok(call("EVAL", script).query_async(&mut connection).await?)
                }
                answer => Ok(answer?),
            }
        })
    }
}

impl<C> fmt::Debug for RedisScripts<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisScripts").finish_non_exhaustive()
    }
}
