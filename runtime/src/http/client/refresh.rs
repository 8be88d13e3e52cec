//! New credentials after a 401: fetched once, for every call that waits for them.

use http::header::HeaderValue;
use reqwest::Url;
use std::collections::HashMap;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// What is asked for new credentials answers, in the end.
pub(super) type Refreshed = Pin<Box<dyn Future<Output = Option<HeaderValue>> + Send>>;

/// Fetches credentials.
pub(super) struct Refresh {
    fetch: Box<dyn Fn(Url) -> Refreshed + Send + Sync>,
    /// Credentials of one origin never go to another, and one that is slow to give them holds up no other.
    origins: Mutex<HashMap<String, Arc<Origin>>>,
}

/// More origins than this are remembered only while calls to them are under way.
const REMEMBERED: usize = 1_000;

#[derive(Default)]
struct Origin {
    /// What the latest fetch has given, if anything. Held while credentials are fetched: calls that come meanwhile wait for
    /// the same.
    latest: tokio::sync::Mutex<Option<HeaderValue>>,
    /// How often they were fetched.
    fetched: AtomicU64,
}

/// What was known when a request was sent.
pub(super) struct Known {
    origin: Arc<Origin>,
    fetched: u64,
}

impl Refresh {
    pub(super) fn new(fetch: impl Fn(Url) -> Refreshed + Send + Sync + 'static) -> Self {
        Self { fetch: Box::new(fetch), origins: Mutex::default() }
    }

    /// To be asked before a request is sent.
    pub(super) fn known(&self, url: &Url) -> Known {
        let name = url.origin().ascii_serialization();
        let mut origins = self.origins.lock().unwrap_or_else(PoisonError::into_inner);
        if origins.len() >= REMEMBERED && !origins.contains_key(&name) {
            origins.retain(|_, origin| Arc::strong_count(origin) > 1);
        }
        let origin = origins.entry(name).or_default().clone();
        let fetched = origin.fetched.load(Ordering::Acquire);
        Known { origin, fetched }
    }

    /// Credentials newer than what was known then: what another call has fetched meanwhile, or else what is fetched now.
    /// `None` is shared too: whoever asked at the same time is not told anything else.
    pub(super) async fn newer(&self, Known { origin, fetched }: Known, url: &Url) -> Option<HeaderValue> {
        let mut latest = origin.latest.lock().await;
        if origin.fetched.load(Ordering::Acquire) > fetched {
            return latest.clone();
        }
        latest.clone_from(&(self.fetch)(url.clone()).await);
        origin.fetched.fetch_add(1, Ordering::AcqRel);
        latest.clone()
    }
}
