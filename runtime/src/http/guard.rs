//! What stands in front of a service: core's configuration, and what it needs from outside.

use super::headers;
use crate::clock::Clock;
use crate::entropy::{self, Entropy};
use crate::idempotency::{Counters, Host};
use crate::storage::{Owner, Store};
use crate::time::duration;
use http::request::Parts;
use once_again_core::http::{Guarded, HttpConfig, RequestHead};
use once_again_core::idempotency::machine;
use once_again_core::time::Tick;
use std::sync::Arc;

/// Reads something off a request's head.
pub(super) type Reader = dyn Fn(&Parts) -> Option<String> + Send + Sync;

/// One configured guard, for the life of the server.
pub(super) struct Guard {
    pub(super) config: HttpConfig,
    pub(super) store: Arc<dyn Store>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) entropy: Arc<dyn Entropy>,
    pub(super) principal: Option<Arc<Reader>>,
    pub(super) remote: Option<Arc<Reader>>,
    pub(super) counters: Arc<Counters>,
}

impl Guard {
    pub(super) fn host(&self) -> Host {
        Host {
            store: self.store.clone(),
            clock: self.clock.clone(),
            entropy: self.entropy.clone(),
            handler_timeout: self.config.handler_timeout().map(duration),
            counters: self.counters.clone(),
        }
    }

    /// The run of a request that is guarded.
    pub(super) fn claim(&self, found: &Guarded) -> machine::Run {
        machine::Run::new(
            self.config.run_config(),
            found.key,
            found.fingerprint,
            found.caller,
            Owner(entropy::secret()),
            found.derived,
            Tick::ZERO,
        )
    }

    /// A request's head, as far as core asks for it.
    pub(super) fn head(&self, parts: &Parts) -> RequestHead {
        let mut lines = Vec::new();
        for name in self.config.wanted_headers() {
            for value in parts.headers.get_all(name) {
                lines.push((name.clone(), headers::text(value)));
            }
        }
        RequestHead {
            method: parts.method.as_str().into(),
            target: target(parts),
            headers: lines,
            principal: self.principal.as_ref().and_then(|principal| principal(parts)),
            remote: self
                .remote
                .as_ref()
                .map_or_else(|| peer(parts), |remote| remote(parts))
                .unwrap_or_default(),
        }
    }
}

/// Path and query as on the request line. A nested router of axum sees a shorter path than the client sent.
fn target(parts: &Parts) -> String {
    #[cfg(feature = "axum")]
    let uri = parts.extensions.get::<axum::extract::OriginalUri>().map_or(&parts.uri, |original| &original.0);
    #[cfg(not(feature = "axum"))]
    let uri = &parts.uri;
    uri.path_and_query().map_or_else(|| uri.path().into(), |target| target.as_str().into())
}

#[cfg(feature = "axum")]
fn peer(parts: &Parts) -> Option<String> {
    use axum::extract::ConnectInfo;
    use std::net::SocketAddr;
    parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(address)| address.ip().to_string())
}

#[cfg(not(feature = "axum"))]
fn peer(_: &Parts) -> Option<String> {
    None
}
