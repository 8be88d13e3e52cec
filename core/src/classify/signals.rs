//! What a host says about a failure, and the kind that follows from it.

use super::{HttpSignals, Kind, codes, http, names};
use serde::Serialize;
use std::borrow::Cow;

/// Who caught the error: the same name means different things in different languages (`TypeError`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Host {
    /// Node, Deno, Bun.
    Node,
    /// A browser page or worker.
    Browser,
    /// `CPython`.
    Python,
    /// Rust.
    Rust,
}

/// What a host can say about a failure. Everything but the host is optional.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signals<'a> {
    /// Who caught it.
    pub host: Host,
    /// The error's own `kind`; a valid one wins over everything.
    pub kind: Option<Cow<'a, str>>,
    /// A stable code: `ECONNRESET`, `UND_ERR_SOCKET`, `SERVICE_UNAVAILABLE`, an SQLSTATE, `io::ErrorKind`'s variant.
    pub code: Option<Cow<'a, str>>,
    /// The error's class names, most derived first; qualified ones (`requests.exceptions.Timeout`) are welcome.
    pub names: Vec<Cow<'a, str>>,
    /// The message of a `TypeError`, and of nothing else: browsers say only there that a fetch failed.
    pub message: Option<Cow<'a, str>>,
    /// The operating system's error number.
    pub errno: Option<i32>,
    /// The HTTP status.
    pub status: Option<u16>,
    /// The caller gave up: its signal fired, its task was cancelled.
    pub cancelled: bool,
    /// Present when the failed call was one HTTP request that would be sent again.
    pub http: Option<HttpSignals<'a>>,
}

impl Signals<'_> {
    /// No facts at all.
    #[must_use]
    pub const fn new(host: Host) -> Self {
        Self {
            host,
            kind: None,
            code: None,
            names: Vec::new(),
            message: None,
            errno: None,
            status: None,
            cancelled: false,
            http: None,
        }
    }
}

/// The kind of a failure.
#[must_use]
pub fn classify(signals: &Signals<'_>) -> Kind {
    signals
        .kind
        .as_deref()
        .and_then(Kind::from_name)
        .or_else(|| signals.cancelled.then_some(Kind::Permanent))
        .or_else(|| signals.code.as_deref().and_then(|code| codes::kind(signals.host, code)))
        .or_else(|| signals.status.and_then(|status| http::kind(status, signals.http.as_ref())))
        .or_else(|| names::kind(signals))
        .or_else(|| signals.errno.and_then(codes::kind_of_errno))
        .or_else(|| (signals.http.is_some() && signals.status.is_none()).then_some(Kind::Network))
        .unwrap_or(Kind::Unknown)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn by_code(host: Host, code: &'static str) -> Kind {
        classify(&Signals { code: Some(code.into()), ..Signals::new(host) })
    }

    fn by_names(host: Host, names: &[&'static str]) -> Kind {
        let names = names.iter().map(|name| Cow::Borrowed(*name)).collect();
        classify(&Signals { names, ..Signals::new(host) })
    }

    fn by_status(status: u16) -> Kind {
        classify(&Signals { status: Some(status), ..Signals::new(Host::Node) })
    }

    #[test]
    fn node_tells_by_code() {
        for code in ["ECONNRESET", "ECONNREFUSED", "EPIPE", "ENOTFOUND", "EAI_AGAIN", "UND_ERR_SOCKET"] {
            assert_eq!(by_code(Host::Node, code), Kind::Network, "{code}");
        }
        for code in
            ["ETIMEDOUT", "UND_ERR_CONNECT_TIMEOUT", "UND_ERR_HEADERS_TIMEOUT", "UND_ERR_BODY_TIMEOUT"]
        {
            assert_eq!(by_code(Host::Node, code), Kind::Timeout, "{code}");
        }
        assert_eq!(by_code(Host::Node, "UND_ERR_INVALID_ARG"), Kind::Permanent);
        assert_eq!(by_code(Host::Node, "CERT_HAS_EXPIRED"), Kind::Permanent);
        assert_eq!(by_code(Host::Node, "EWHATEVER"), Kind::Unknown);
    }

    #[test]
    fn codes_of_the_q_ecosystem_are_known_everywhere() {
        for (code, kind) in [
            ("QLOCK_AUTH_FAIL", Kind::Client),
            ("QONSENT_DENIED", Kind::Client),
            ("SQUID_IDENTITY_INVALID", Kind::Client),
            ("SERVICE_UNAVAILABLE", Kind::Server),
            ("RATE_LIMIT_EXCEEDED", Kind::RateLimit),
            ("TIMEOUT_ERROR", Kind::Timeout),
            ("CIRCUIT_BREAKER_OPEN", Kind::CircuitBreaker),
            ("INSUFFICIENT_FUNDS", Kind::Client),
            ("DEPENDENCY_MISSING", Kind::Client),
            ("IDEMPOTENCY_KEY_REUSED", Kind::Client),
            ("RETRY_EXHAUSTED", Kind::Permanent),
        ] {
            assert_eq!(by_code(Host::Python, code), kind, "{code}");
        }
    }

    #[test]
    fn programming_errors_are_permanent_in_their_own_language() {
        for name in [
            "TypeError",
            "NameError",
            "AttributeError",
            "AssertionError",
            "ImportError",
            "NotImplementedError",
        ] {
            assert_eq!(by_names(Host::Python, &[name, "Exception"]), Kind::Permanent, "{name}");
        }
        for name in ["ReferenceError", "SyntaxError", "RangeError", "TypeError"] {
            assert_eq!(by_names(Host::Node, &[name, "Error"]), Kind::Permanent, "{name}");
        }
        assert_eq!(by_names(Host::Python, &["ValueError"]), Kind::Unknown);
        assert_eq!(by_names(Host::Rust, &["TypeError"]), Kind::Unknown);
    }

    #[test]
    fn a_failed_fetch_is_a_type_error_that_only_its_wording_tells() {
        for message in [
            "Failed to fetch",
            "NetworkError when attempting to fetch resource.",
            "Load failed",
            "fetch failed",
        ] {
            let signals = Signals {
                names: vec!["TypeError".into()],
                message: Some(message.into()),
                ..Signals::new(Host::Browser)
            };
            assert_eq!(classify(&signals), Kind::Network, "{message}");
        }
        let bug = Signals {
            names: vec!["TypeError".into()],
            message: Some("x is not a function".into()),
            ..Signals::new(Host::Browser)
        };
        assert_eq!(classify(&bug), Kind::Permanent);
    }

    #[test]
    fn an_abort_is_a_timeout_unless_the_caller_cancelled() {
        assert_eq!(by_names(Host::Node, &["AbortError", "DOMException", "Error"]), Kind::Timeout);
        let cancelled =
            Signals { names: vec!["AbortError".into()], cancelled: true, ..Signals::new(Host::Node) };
        assert_eq!(classify(&cancelled), Kind::Permanent);
    }

    #[test]
    fn the_lists_of_the_retry_policy_standards_are_known() {
        assert_eq!(by_names(Host::Python, &["ServiceUnavailableError"]), Kind::Server);
        assert_eq!(by_names(Host::Python, &["RateLimitExceededError"]), Kind::RateLimit);
        for name in ["AuthenticationError", "ValidationError", "ResourceNotFoundError", "BusinessLogicError"]
        {
            assert_eq!(by_names(Host::Python, &[name]), Kind::Client, "{name}");
        }
    }

    #[test]
    fn the_most_derived_known_class_decides_and_modules_may_be_named() {
        let reset = ["ConnectionResetError", "ConnectionError", "OSError", "Exception"];
        assert_eq!(by_names(Host::Python, &reset), Kind::Network);
        let own = ["app.PaymentTimeout", "builtins.TimeoutError", "builtins.OSError"];
        assert_eq!(by_names(Host::Python, &own), Kind::Timeout);
        let aiohttp = [
            "aiohttp.client_exceptions.ServerTimeoutError",
            "aiohttp.client_exceptions.ClientConnectionError",
        ];
        assert_eq!(by_names(Host::Python, &aiohttp), Kind::Timeout);
        assert_eq!(by_names(Host::Rust, &["tokio::time::error::Elapsed"]), Kind::Timeout);
    }

    #[test]
    fn an_os_error_is_told_by_its_number() {
        let kind = |errno| {
            classify(&Signals {
                names: vec!["OSError".into()],
                errno: Some(errno),
                ..Signals::new(Host::Python)
            })
        };
        assert_eq!([kind(104), kind(111), kind(32), kind(54)], [Kind::Network; 4]);
        assert_eq!([kind(110), kind(60)], [Kind::Timeout; 2]);
        assert_eq!([kind(11), kind(24)], [Kind::Transient; 2]);
        assert_eq!([kind(2), kind(13)], [Kind::Permanent; 2]);
        assert_eq!(kind(9_999), Kind::Unknown);
    }

    #[test]
    fn rust_tells_by_error_kind() {
        assert_eq!(by_code(Host::Rust, "ConnectionReset"), Kind::Network);
        assert_eq!(by_code(Host::Rust, "TimedOut"), Kind::Timeout);
        assert_eq!(by_code(Host::Rust, "NotFound"), Kind::Permanent);
        assert_eq!(by_code(Host::Node, "NotFound"), Kind::Unknown);
    }

    #[test]
    fn databases_tell_by_sqlstate_or_result_name() {
        for (code, kind) in [
            ("40001", Kind::Transient),
            ("40P01", Kind::Transient),
            ("53300", Kind::Transient),
            ("57P01", Kind::Transient),
            ("57014", Kind::Timeout),
            ("08006", Kind::Network),
            ("23505", Kind::Permanent),
            ("42601", Kind::Permanent),
            ("SQLITE_BUSY", Kind::Transient),
            ("SQLITE_BUSY_SNAPSHOT", Kind::Transient),
            ("SQLITE_CONSTRAINT_UNIQUE", Kind::Permanent),
            ("SQLITE_IOERR", Kind::Unknown),
            ("HELLO", Kind::Unknown),
        ] {
            assert_eq!(by_code(Host::Node, code), kind, "{code}");
        }
    }

    #[test]
    fn statuses_have_kinds_and_success_has_none() {
        for (status, kind) in [
            (408, Kind::Timeout),
            (421, Kind::Transient),
            (425, Kind::Transient),
            (429, Kind::RateLimit),
            (400, Kind::Client),
            (401, Kind::Client),
            (409, Kind::Client),
            (500, Kind::Server),
            (502, Kind::Server),
            (503, Kind::Server),
            (504, Kind::Server),
            (501, Kind::Permanent),
            (505, Kind::Permanent),
            (200, Kind::Unknown),
            (302, Kind::Unknown),
            (999, Kind::Unknown),
        ] {
            assert_eq!(by_status(status), kind, "{status}");
        }
    }

    #[test]
    fn a_code_says_more_than_a_status_and_a_status_more_than_a_class() {
        let both = Signals {
            code: Some("RATE_LIMIT_EXCEEDED".into()),
            status: Some(503),
            ..Signals::new(Host::Node)
        };
        assert_eq!(classify(&both), Kind::RateLimit);
        let generic = Signals {
            code: Some("UND_ERR_RESPONSE_STATUS_CODE".into()),
            status: Some(429),
            ..Signals::new(Host::Node)
        };
        assert_eq!(classify(&generic), Kind::RateLimit);
        let named =
            Signals { names: vec!["TimeoutError".into()], status: Some(404), ..Signals::new(Host::Node) };
        assert_eq!(classify(&named), Kind::Client);
    }

    #[test]
    fn the_errors_own_kind_wins_over_everything_unless_it_is_no_kind() {
        let own = Signals { kind: Some("transient".into()), status: Some(404), ..Signals::new(Host::Node) };
        assert_eq!(classify(&own), Kind::Transient);
        let odd = Signals { kind: Some("purple".into()), status: Some(404), ..Signals::new(Host::Node) };
        assert_eq!(classify(&odd), Kind::Client);
    }

    #[test]
    fn a_request_without_an_answer_is_a_network_failure() {
        let http = Some(HttpSignals { method: "GET".into(), ..HttpSignals::default() });
        let silent = Signals { names: vec!["Error".into()], http, ..Signals::new(Host::Node) };
        assert_eq!(classify(&silent), Kind::Network);
    }

    #[test]
    fn signals_are_read_from_json() {
        let text = r#"{"host":"node","code":"ECONN\u0052ESET","names":["Error"],"status":null,
            "http":{"method":"POST","hasKey":true,"problemType":"urn:x:in-progress"}}"#;
        let signals: Signals<'_> = crate::json::read(text).unwrap();
        assert_eq!(classify(&signals), Kind::Network);
        assert!(signals.http.is_some_and(|http| http.has_key && http.in_progress()));
        assert!(crate::json::read::<Signals<'_>>(r#"{"host":"node","colour":"red"}"#).is_err());
    }
}
