//! Stable codes and error numbers, by whose they are.

use super::{Host, Kind};
use crate::error::Code;

/// The kind a stable code stands for. Codes are compared exactly: they are identifiers, not words.
pub(super) fn kind(host: Host, code: &str) -> Option<Kind> {
    Code::from_name(code)
        .map(ours)
        .or_else(|| if host == Host::Rust { rust(code) } else { None })
        .or_else(|| system(code))
        .or_else(|| javascript(code))
        .or_else(|| service(code))
        .or_else(|| database(code))
}

/// Codes of the one table in [`crate::error`]: those of the Q ecosystem and our own.
const fn ours(code: Code) -> Kind {
    match code {
        Code::ServiceUnavailable | Code::StoreUnavailable | Code::StoreFull => Kind::Server,
        Code::RateLimitExceeded => Kind::RateLimit,
        Code::TimeoutError => Kind::Timeout,
        Code::CircuitBreakerOpen => Kind::CircuitBreaker,
        Code::IdempotencyInProgress => Kind::Transient,
        Code::RetryExhausted | Code::Cancelled | Code::ConfigInvalid | Code::NotReady => Kind::Permanent,
        Code::QlockAuthFail
        | Code::QonsentDenied
        | Code::SquidIdentityInvalid
        | Code::InsufficientFunds
        | Code::DependencyMissing
        | Code::IdempotencyKeyInvalid
        | Code::IdempotencyKeyReused
        | Code::IdempotencyOutcomeUnknown
        | Code::IdempotencyNotReplayable
        | Code::RequestRefused => Kind::Client,
    }
}

/// errno by name: what Node puts into `code` and Python into `errno.errorcode`.
fn system(code: &str) -> Option<Kind> {
    Some(match code {
        "ECONNRESET" | "ECONNREFUSED" | "ECONNABORTED" | "EPIPE" | "ENOTFOUND" | "EAI_AGAIN"
        | "EAI_NONAME" | "EAI_FAIL" | "EAI_NODATA" | "ENETUNREACH" | "ENETDOWN" | "ENETRESET"
        | "EHOSTUNREACH" | "EHOSTDOWN" | "ENOTCONN" | "ESHUTDOWN" | "EADDRNOTAVAIL" | "EPROTO" => {
            Kind::Network
        }
        "ETIMEDOUT" | "ESOCKETTIMEDOUT" => Kind::Timeout,
        "EAGAIN" | "EWOULDBLOCK" | "EINTR" | "EBUSY" | "EMFILE" | "ENFILE" | "ENOBUFS" | "ENOMEM" => {
            Kind::Transient
        }
        "ENOENT" | "EACCES" | "EPERM" | "EEXIST" | "ENOTDIR" | "EISDIR" | "ENOTEMPTY" | "EINVAL"
        | "EBADF" | "EROFS" | "ENAMETOOLONG" | "ENOSYS" | "ENOTSUP" => Kind::Permanent,
        _ => return None,
    })
}

/// Node's own codes, undici's and axios'. `UND_ERR_RESPONSE_STATUS_CODE` is missing on purpose: its status says more.
fn javascript(code: &str) -> Option<Kind> {
    Some(match code {
        "UND_ERR_CONNECT_TIMEOUT"
        | "UND_ERR_HEADERS_TIMEOUT"
        | "UND_ERR_BODY_TIMEOUT"
        | "UND_ERR_ABORTED"
        | "ABORT_ERR"
        | "ERR_HTTP_REQUEST_TIMEOUT" => Kind::Timeout,
        "UND_ERR_SOCKET"
        | "UND_ERR_INFO"
        | "UND_ERR_PRX_TLS"
        | "UND_ERR_RES_CONTENT_LENGTH_MISMATCH"
        | "ERR_NETWORK"
        | "ERR_STREAM_PREMATURE_CLOSE"
        | "ERR_SOCKET_CLOSED"
        | "ERR_HTTP2_STREAM_ERROR"
        | "ERR_HTTP2_SESSION_ERROR"
        | "ERR_HTTP2_GOAWAY_SESSION"
        | "ConnectionRefused"
        | "ConnectionClosed"
        | "FailedToOpenSocket" => Kind::Network,
        "UND_ERR_INVALID_ARG"
        | "UND_ERR_INVALID_RETURN_VALUE"
        | "UND_ERR_NOT_SUPPORTED"
        | "UND_ERR_REQ_CONTENT_LENGTH_MISMATCH"
        | "UND_ERR_HEADERS_OVERFLOW"
        | "UND_ERR_BPL_MISSING_UPSTREAM"
        | "UND_ERR_DESTROYED"
        | "UND_ERR_CLOSED"
        | "ERR_CANCELED"
        | "ERR_ASSERTION"
        | "ERR_INVALID_URL"
        | "ERR_INVALID_ARG_TYPE"
        | "ERR_INVALID_ARG_VALUE"
        | "ERR_INVALID_PROTOCOL"
        | "ERR_TLS_CERT_ALTNAME_INVALID"
        | "CERT_HAS_EXPIRED"
        | "CERT_NOT_YET_VALID"
        | "DEPTH_ZERO_SELF_SIGNED_CERT"
        | "SELF_SIGNED_CERT_IN_CHAIN"
        | "UNABLE_TO_VERIFY_LEAF_SIGNATURE"
        | "UNABLE_TO_GET_ISSUER_CERT_LOCALLY" => Kind::Permanent,
        _ => return None,
    })
}

/// Codes of AWS services and of gRPC, which clients in several languages hand through unchanged.
fn service(code: &str) -> Option<Kind> {
    Some(match code {
        "Throttling"
        | "ThrottlingException"
        | "ThrottledException"
        | "RequestThrottled"
        | "RequestLimitExceeded"
        | "TooManyRequestsException"
        | "ProvisionedThroughputExceededException"
        | "BandwidthLimitExceeded"
        | "SlowDown"
        | "RESOURCE_EXHAUSTED" => Kind::RateLimit,
        "RequestTimeout" | "RequestTimeoutException" | "DEADLINE_EXCEEDED" => Kind::Timeout,
        "ServiceUnavailable"
        | "ServiceUnavailableException"
        | "InternalError"
        | "InternalServerError"
        | "InternalFailure"
        | "UNAVAILABLE" => Kind::Server,
        "TransactionInProgressException" => Kind::Transient,
        "AccessDenied"
        | "AccessDeniedException"
        | "ValidationException"
        | "UNAUTHENTICATED"
        | "PERMISSION_DENIED"
        | "INVALID_ARGUMENT"
        | "NOT_FOUND"
        | "ALREADY_EXISTS"
        | "FAILED_PRECONDITION" => Kind::Client,
        "UNIMPLEMENTED" | "DATA_LOSS" => Kind::Permanent,
        _ => return None,
    })
}

/// SQLSTATEs (five characters, by class where a class is of one mind) and `SQLite`'s result names.
fn database(code: &str) -> Option<Kind> {
    if let Some(rest) = code.strip_prefix("SQLITE_") {
        return match rest.split('_').next() {
            Some("BUSY" | "LOCKED" | "INTERRUPT") => Some(Kind::Transient),
            Some("CONSTRAINT" | "MISMATCH" | "MISUSE" | "RANGE" | "READONLY" | "CORRUPT" | "NOTADB") => {
                Some(Kind::Permanent)
            }
            _ => None,
        };
    }
    let is_state = code.len() == 5 && code.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase());
    let has_digit = code.bytes().any(|b| b.is_ascii_digit());
    if !is_state || !has_digit {
        return None;
    }
    match (code, code.get(..2)?) {
        // Serialization failure, deadlock, lock not available: the transaction as a whole may simply run again.
        // Shutting down, starting up. Class 53: out of connections or memory.
        ("40001" | "40P01" | "55P03" | "57P01" | "57P02" | "57P03", _) | (_, "53") => Some(Kind::Transient),
        // A statement time-out cancels the query.
        ("57014", _) => Some(Kind::Timeout),
        (_, "08") => Some(Kind::Network),
        // Bad data, broken constraint, wrong password, wrong statement.
        (_, "22" | "23" | "28" | "42") => Some(Kind::Permanent),
        _ => None,
    }
}

/// Variants of `std::io::ErrorKind`, and the words the runtime uses for what reqwest and hyper only tell by `is_…`.
fn rust(code: &str) -> Option<Kind> {
    Some(match code {
        "ConnectionRefused" | "ConnectionReset" | "ConnectionAborted" | "NotConnected" | "BrokenPipe"
        | "HostUnreachable" | "NetworkUnreachable" | "NetworkDown" | "AddrNotAvailable" | "UnexpectedEof"
        | "WriteZero" | "connect" | "request" | "body" | "canceled" | "closed" | "incomplete_message" => {
            Kind::Network
        }
        "TimedOut" | "timeout" => Kind::Timeout,
        "Interrupted" | "WouldBlock" | "ResourceBusy" | "Deadlock" | "OutOfMemory" => Kind::Transient,
        "NotFound" | "PermissionDenied" | "AlreadyExists" | "InvalidInput" | "InvalidData"
        | "Unsupported" | "IsADirectory" | "NotADirectory" | "DirectoryNotEmpty" | "ReadOnlyFilesystem"
        | "InvalidFilename" | "builder" | "redirect" | "decode" => Kind::Permanent,
        _ => return None,
    })
}

/// errno by number, for errors that carry nothing else: Linux, then macOS, then Windows sockets.
///
/// The systems disagree on numbers above 34. The macOS numbers taken here mean STREAMS and cluster errors on Linux,
/// which no network call reports.
pub(super) const fn kind_of_errno(errno: i32) -> Option<Kind> {
    Some(match errno {
        // Address not available, network or host down or unreachable, connection reset, refused or aborted, not
        // connected, shut down, protocol error; EPIPE is 32 everywhere.
        32 | 71 | 99..=104 | 107 | 108 | 111..=113
        | 49..=54 | 57 | 58 | 61 | 64 | 65
        | 10_049..=10_054 | 10_057 | 10_058 | 10_061 | 10_064 | 10_065 | 11_001 | 11_002
        // Negative numbers are getaddrinfo's: no such name, temporary failure.
        | -5..=-2 => Kind::Network,
        110 | 60 | 10_060 => Kind::Timeout,
        // EINTR, EAGAIN, ENOMEM, EBUSY, ENFILE, EMFILE, and EAGAIN of macOS.
        4 | 11 | 12 | 16 | 23 | 24 | 35 | 10_035 | 10_055 => Kind::Transient,
        // EPERM, ENOENT, EBADF, EACCES, EEXIST, ENOTDIR, EISDIR, EINVAL, EROFS.
        1 | 2 | 9 | 13 | 17 | 20..=22 | 30 => Kind::Permanent,
        _ => return None,
    })
}
