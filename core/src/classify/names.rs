//! Class names, by language.

use super::{Host, Kind, Signals};

/// The kind of the most derived class that is known.
pub(super) fn kind(signals: &Signals<'_>) -> Option<Kind> {
    let failed_fetch = signals.message.as_deref().is_some_and(is_failed_fetch);
    signals.names.iter().find_map(|name| {
        let name = bare(name);
        everywhere(name).or_else(|| match signals.host {
            Host::Node | Host::Browser => javascript(name, failed_fetch),
            Host::Python => python(name),
            Host::Rust => rust(name),
        })
    })
}

/// `Timeout` of `requests.exceptions.Timeout`, `Elapsed` of `tokio::time::error::Elapsed`.
pub(crate) fn bare(name: &str) -> &str {
    name.rsplit(['.', ':']).next().unwrap_or(name)
}

/// The lists of the retry policy standards, and our own classes.
fn everywhere(name: &str) -> Option<Kind> {
    Some(match name {
        "ConnectionError" | "NetworkError" => Kind::Network,
        "TimeoutError" => Kind::Timeout,
        "ServiceUnavailableError" => Kind::Server,
        "RateLimitExceededError" | "RateLimitError" => Kind::RateLimit,
        "CircuitOpenError" | "CircuitBreakerError" => Kind::CircuitBreaker,
        "AuthenticationError" | "ValidationError" | "ResourceNotFoundError" | "BusinessLogicError" => {
            Kind::Client
        }
        "RetryExhaustedError" | "MaxRetriesExceeded" => Kind::Permanent,
        _ => return None,
    })
}

fn javascript(name: &str, failed_fetch: bool) -> Option<Kind> {
    Some(match name {
        "TypeError" if failed_fetch => Kind::Network,
        "TypeError" | "ReferenceError" | "SyntaxError" | "RangeError" | "EvalError" | "URIError"
        | "AssertionError" => Kind::Permanent,
        // The caller's own signal is told by `cancelled`; any other abort is somebody's time-out.
        "AbortError" | "ConnectTimeoutError" | "HeadersTimeoutError" | "BodyTimeoutError" => Kind::Timeout,
        "SocketError" | "FetchError" => Kind::Network,
        _ => return None,
    })
}

/// A failed fetch is a `TypeError` like any other; only the wording tells: Chrome, Firefox, Safari, Node, Deno.
fn is_failed_fetch(message: &str) -> bool {
    [
        "Failed to fetch",
        "NetworkError when attempting to fetch resource",
        "Load failed",
        "The network connection was lost",
        "The Internet connection appears to be offline",
        "The request timed out",
        "fetch failed",
        "error sending request",
        "network error",
        "terminated",
    ]
    .iter()
    .any(|start| message.starts_with(start))
}

/// A table for each library: one name may stand for different things, and the first table that knows it wins.
fn python(name: &str) -> Option<Kind> {
    builtin(name)
        .or_else(|| httpx(name))
        .or_else(|| aiohttp(name))
        .or_else(|| requests(name))
        .or_else(|| stores(name))
}

/// The language and its standard library. An `OSError` that is none of these is told by its number.
fn builtin(name: &str) -> Option<Kind> {
    Some(match name {
        "TypeError"
        | "NameError"
        | "AttributeError"
        | "AssertionError"
        | "ImportError"
        | "NotImplementedError"
        | "SyntaxError"
        | "FileNotFoundError"
        | "FileExistsError"
        | "PermissionError"
        | "IsADirectoryError"
        | "NotADirectoryError"
        | "SSLCertVerificationError"
        // Of concurrent.futures: somebody called the work off. That of asyncio is no failure at all and never comes here.
        | "CancelledError" => Kind::Permanent,
        "BlockingIOError" | "InterruptedError" => Kind::Transient,
        "SSLError" | "gaierror" | "herror" | "URLError" | "RemoteDisconnected" | "IncompleteRead"
        | "BadStatusLine" => Kind::Network,
        _ => return None,
    })
}

fn httpx(name: &str) -> Option<Kind> {
    Some(match name {
        "TimeoutException" | "ConnectTimeout" | "ReadTimeout" | "WriteTimeout" | "PoolTimeout" => {
            Kind::Timeout
        }
        "LocalProtocolError" | "UnsupportedProtocol" | "InvalidURL" | "TooManyRedirects" => Kind::Permanent,
        "TransportError"
        | "ConnectError"
        | "ReadError"
        | "WriteError"
        | "CloseError"
        | "ProxyError"
        | "RemoteProtocolError" => Kind::Network,
        _ => return None,
    })
}

fn aiohttp(name: &str) -> Option<Kind> {
    Some(match name {
        "ServerTimeoutError" | "ConnectionTimeoutError" | "SocketTimeoutError" => Kind::Timeout,
        "ClientConnectorCertificateError" => Kind::Permanent,
        "ClientConnectionError" | "ClientPayloadError" | "ServerDisconnectedError" => Kind::Network,
        _ => return None,
    })
}

/// requests, urllib3 under it, and botocore, which is built on the latter.
fn requests(name: &str) -> Option<Kind> {
    Some(match name {
        "Timeout" | "ConnectTimeoutError" | "ReadTimeoutError" => Kind::Timeout,
        "MissingSchema" | "InvalidSchema" | "InvalidHeader" | "InvalidProxyURL" | "LocationParseError" => {
            Kind::Permanent
        }
        "ChunkedEncodingError"
        | "ProtocolError"
        | "NewConnectionError"
        | "EndpointConnectionError"
        | "ConnectionClosedError"
        | "HTTPClientError" => Kind::Network,
        _ => return None,
    })
}

/// The DB-API and redis-py.
fn stores(name: &str) -> Option<Kind> {
    Some(match name {
        // A locked database as well as a lost server: both pass.
        "OperationalError" | "BusyLoadingError" | "TryAgainError" => Kind::Transient,
        "IntegrityError" | "ProgrammingError" | "DataError" | "NotSupportedError" => Kind::Permanent,
        _ => return None,
    })
}

fn rust(name: &str) -> Option<Kind> {
    // Of tokio's and tower's time-outs. Other errors tell a code.
    (name == "Elapsed").then_some(Kind::Timeout)
}
