//! Tells a handler that it must stop.

use std::fmt;
use tokio::sync::watch;

/// Fires when the claim of a request cannot be kept any longer, or its handler's time is up. A clone is the same signal.
#[derive(Clone)]
pub struct Signal(watch::Receiver<bool>);

impl Signal {
    /// Whether it has fired.
    #[must_use]
    pub fn has_fired(&self) -> bool {
        *self.0.borrow()
    }

    /// Ready once it has fired; never, if the request ends before.
    pub async fn fired(&mut self) {
        if self.0.wait_for(|fired| *fired).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

impl fmt::Debug for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signal").field("has_fired", &self.has_fired()).finish()
    }
}

/// The other end of a [`Signal`].
pub(super) struct Trigger(watch::Sender<bool>);

impl Trigger {
    pub(super) fn fire(&self) {
        self.0.send_replace(true);
    }

    pub(super) fn signal(&self) -> Signal {
        Signal(self.0.subscribe())
    }
}

impl Default for Trigger {
    fn default() -> Self {
        Self(watch::Sender::new(false))
    }
}
