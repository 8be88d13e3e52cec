//! The connections of the crate `redis`, seen as one: each runs a script by its SHA-1, byte for byte.

use super::super::dialect::Answered;
use super::super::{Answer, StoreError};
use once_again_core::store::{Cell, Command};
use redis::aio::{ConnectionLike, ConnectionManager, MultiplexedConnection};
use redis::cluster_async::ClusterConnection;
use redis::cluster_routing::{MultipleNodeRoutingInfo, RoutingInfo, SingleNodeRoutingInfo};
use redis::{Cmd, ErrorKind, RedisError, RedisResult, Script, ServerErrorKind, Value, cmd};
use std::collections::BTreeMap;
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

type Sent<'a> = Pin<Box<dyn Future<Output = RedisResult<Value>> + Send + 'a>>;

/// A connection that a [`RedisStore`](super::RedisStore) can use: a `ConnectionManager`, a `MultiplexedConnection`, or a
/// `ClusterConnection` of the crate `redis`.
pub trait RedisConnection: Link {}

impl RedisConnection for ConnectionManager {}
impl RedisConnection for MultiplexedConnection {}
impl RedisConnection for ClusterConnection {}

/// What is used of one.
pub trait Link: Clone + Send + Sync + 'static {
    /// Sends a command to where its key lives, or to `node`.
    fn send<'a>(&'a self, command: Cmd, node: Option<&'a Node>) -> Sent<'a>;

    /// Every server that holds keys of its own: a Cluster's primaries. `None` stands for the only one.
    fn primaries(&self) -> Answer<'_, Vec<Option<Node>>> {
        Box::pin(std::future::ready(Ok(vec![None])))
    }
}

/// One server of a Cluster.
#[derive(Clone, Debug)]
pub struct Node {
    host: String,
    port: u16,
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

macro_rules! one_server {
    ($connection:ty) => {
        impl Link for $connection {
            fn send<'a>(&'a self, command: Cmd, _node: Option<&'a Node>) -> Sent<'a> {
                let mut connection = self.clone();
                Box::pin(async move { connection.req_packed_command(&command).await?.extract_error() })
            }
        }
    };
}

one_server!(ConnectionManager);
one_server!(MultiplexedConnection);

impl Link for ClusterConnection {
    fn send<'a>(&'a self, command: Cmd, node: Option<&'a Node>) -> Sent<'a> {
        let mut connection = self.clone();
        Box::pin(async move {
            let value = match node {
                None => connection.req_packed_command(&command).await,
                Some(Node { host, port }) => {
                    let address = SingleNodeRoutingInfo::ByAddress { host: host.clone(), port: *port };
                    connection.route_command(command, RoutingInfo::SingleNode(address)).await
                }
            };
            value?.extract_error()
        })
    }

    fn primaries(&self) -> Answer<'_, Vec<Option<Node>>> {
        let mut connection = self.clone();
        Box::pin(async move {
            let all = RoutingInfo::MultiNode((MultipleNodeRoutingInfo::AllMasters, None));
            let answers =
                connection.route_command(cmd("PING"), all).await.map_err(StoreError::unavailable)?;
            let answers = answers.into_map_iter();
            let answers = answers.map_err(|_| StoreError::because("the Cluster did not tell its nodes"))?;
            Ok(answers.filter_map(|(address, _)| Some(Some(node(&address)?))).collect())
        })
    }
}

fn node(address: &Value) -> Option<Node> {
    let address = match address {
        Value::BulkString(bytes) => std::str::from_utf8(bytes).ok()?,
        Value::SimpleString(text) => text,
        _ => return None,
    };
    let (host, port) = address.rsplit_once(':')?;
    Some(Node { host: host.into(), port: port.parse().ok()? })
}

/// A connection and the digests of the scripts that went over it.
pub(crate) struct Scripts<C> {
    pub(crate) connection: C,
    digests: Digests,
}

impl<C: Link> Scripts<C> {
    pub(crate) fn new(connection: C) -> Self {
        Self { connection, digests: Digests::default() }
    }

    /// Runs a script where its key lives, or on `node`: one round trip, two when the server does not know the script yet.
    pub(crate) async fn run(&self, command: &Command, keys: usize, node: Option<&Node>) -> Answered {
        let known = call("EVALSHA", &self.digests.of(&command.text), command, keys);
        let answer = match self.connection.send(known, node).await {
            // After a restart or a failover; the server keeps what it is given here.
            Err(error) if is_unknown(&error) => {
                self.connection.send(call("EVAL", &command.text, command, keys), node).await
            }
            answer => answer,
        };
        cells(answer.map_err(StoreError::unavailable)?)
    }
}

/// The SHA-1 of each script, which is core's own text and never changes.
#[derive(Default)]
pub(super) struct Digests(Mutex<BTreeMap<usize, Arc<str>>>);

impl Digests {
    pub(super) fn of(&self, script: &str) -> Arc<str> {
        let mut digests = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let place = script.as_ptr().addr();
        digests.entry(place).or_insert_with(|| Script::new(script).get_hash().into()).clone()
    }
}

pub(super) fn is_unknown(error: &RedisError) -> bool {
    error.kind() == ErrorKind::Server(ServerErrorKind::NoScript)
}

pub(super) fn call(how: &str, script: &str, Command { args, .. }: &Command, keys: usize) -> Cmd {
    let mut call = cmd(how);
    call.arg(script).arg(keys);
    for arg in args {
        match arg {
            Cell::Null => call.arg(""),
            Cell::Int(number) => call.arg(*number),
            Cell::Text(text) => call.arg(text),
            Cell::Bytes(bytes) => call.arg(&bytes[..]),
        };
    }
    call
}

/// A script's answer: a list, whose texts are bytes.
pub(super) fn cells(answer: Value) -> Answered {
    let Value::Array(values) = answer else {
        return Err(StoreError::because("Redis answered something else than a script's list"));
    };
    values.into_iter().map(cell).collect::<Result<_, _>>().map(Some)
}

fn cell(value: Value) -> Result<Cell, StoreError> {
    Ok(match value {
        Value::Nil => Cell::Null,
        Value::Int(number) => Cell::Int(number),
        Value::BulkString(bytes) => Cell::Bytes(bytes),
        Value::SimpleString(text) => Cell::Text(text),
        _ => return Err(StoreError::because("Redis answered a value that no script of ours answers")),
    })
}
