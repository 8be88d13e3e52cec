//! New credentials after a 401: fetched once, for every call that waits for them.

use http::header::HeaderValue;
use reqwest::Url;
use std::collections::HashMap;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::Mutex;

/// What is asked for new credentials answers, in the end.
pub(super) type Refreshed = Pin<Box<dyn Future<Output = Option<HeaderValue>> + Send>>;

/// Fetches credentials.
pub(super) struct Refresh {
    fetch: Box<dyn Fn(Url) -> Refreshed + Send + Sync>,
    /// Held while credentials are fetched: calls that come meanwhile wait for the same.
    latest: Mutex<Latest>,
    /// How often they were fetched.
    fetched: AtomicU64,
}

/// The latest of each origin, and which fetch they came of. Credentials of one never go to another.
type Latest = HashMap<String, (u64, HeaderValue)>;

/// Of so many origins the latest credentials are remembered, for calls that are under way.
const REMEMBERED: usize = 1_000;

/// What was known when a request was sent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known(u64);

impl Refresh {
    pub(super) fn new(fetch: impl Fn(Url) -> Refreshed + Send + Sync + 'static) -> Self {
        Self { fetch: Box::new(fetch), latest: Mutex::default(), fetched: AtomicU64::new(0) }
    }

    /// To be asked before a request is sent.
    pub(super) fn known(&self) -> Known {
        Known(self.fetched.load(Ordering::Acquire))
    }

    /// Credentials newer than what was known then: those another call has fetched meanwhile, or else fetched now.
    pub(super) async fn newer(&self, known: Known, url: &Url) -> Option<HeaderValue> {
        let origin = url.origin().ascii_serialization();
        let mut latest = self.latest.lock().await;
        if let Some((at, credentials)) = latest.get(&origin)
            && *at > known.0
        {
            return Some(credentials.clone());
        }
        let credentials = (self.fetch)(url.clone()).await?;
        if latest.len() >= REMEMBERED {
            latest.clear();
        }
        let fetched = self.fetched.fetch_add(1, Ordering::AcqRel) + 1;
        latest.insert(origin, (fetched, credentials.clone()));
        Some(credentials)
    }
}
