//! Tells whoever does the work to stop.

use std::fmt;
use tokio::sync::watch;

/// Fires when the claim on a key cannot be kept any longer, or the time of whoever works under it is up. A clone is the same signal.
#[derive(Clone)]
pub struct Signal(watch::Receiver<bool>);

impl Signal {
    /// Whether it has fired.
    #[must_use]
    pub fn has_fired(&self) -> bool {
        *self.0.borrow()
    }

    /// Ready once it has fired; never, if the work ends before.
    pub async fn fired(&mut self) {
        if self.0.wait_for(|fired| *fired).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// One that never fires.
impl Default for Signal {
    fn default() -> Self {
        Trigger::default().signal()
    }
}

impl fmt::Debug for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signal").field("has_fired", &self.has_fired()).finish()
    }
}

/// The other end of a [`Signal`].
pub(crate) struct Trigger(watch::Sender<bool>);

impl Trigger {
    pub(crate) fn fire(&self) {
        self.0.send_replace(true);
    }

    pub(crate) fn signal(&self) -> Signal {
        Signal(self.0.subscribe())
    }
}

impl Default for Trigger {
    fn default() -> Self {
        Self(watch::Sender::new(false))
    }
}
