//! How a call is let through: at once, or for a probe of a shared breaker once its store has granted it.

use super::handle::Core;
use super::shared::Claim;
use super::{Breaker, BreakerEvent, CircuitOpenError, Permit};
use crate::time::duration;
use once_again_core::breaker::shared::Asked;
use once_again_core::breaker::{self, Admission, Decision};
use once_again_core::time::Tick;
use std::sync::atomic::Ordering;
use std::time::Instant;

impl Core {
    /// May a call be made, by somebody who can wait for the store of a shared breaker?
    fn admit(&mut self, now: Tick) -> Asked {
        match &mut self.link {
            Some(link) => link.admit(&mut self.breaker, now),
            None => Asked::Answer(self.breaker.admit(now)),
        }
    }

    /// May a call be made, by somebody who cannot?
    fn admit_now(&mut self, now: Tick) -> Admission {
        match &mut self.link {
            Some(link) => link.admit_now(&mut self.breaker, now),
            None => self.breaker.admit(now),
        }
    }
}

impl Breaker {
    /// The right to make one call, for those who make it themselves. Tell the permit how it ended.
    ///
    /// Answers at once. Where a [shared](super::BreakerBuilder::shared) breaker's store must grant a probe, it is asked in the
    /// background, and a later caller makes the probe.
    pub fn try_acquire(&self) -> Result<Permit, CircuitOpenError> {
        let since = self.since();
        if let Some(permit) = self.unasked(since) {
            return Ok(permit);
        }
        let now = self.tick(since.unwrap_or_else(|| self.0.clock.now()));
        let mut core = self.lock();
        let admission = core.admit_now(now);
        self.changed(core, admission.change);
        self.tend(now);
        self.decided(admission.decision, since)
    }

    /// [`try_acquire`](Self::try_acquire) that waits where a [shared](super::BreakerBuilder::shared) breaker's store must grant a
    /// probe: 250 ms at most, then this process decides alone. Nothing else waits. Dropped, it gives the probe back.
    pub async fn acquire(&self) -> Result<Permit, CircuitOpenError> {
        match self.ask() {
            Ok(answer) => answer,
            Err(claim) => claim.await,
        }
    }

    /// The answer, or the claim that brings it.
    fn ask(&self) -> Result<Result<Permit, CircuitOpenError>, Claim> {
        let since = self.since();
        if let Some(permit) = self.unasked(since) {
            return Ok(Ok(permit));
        }
        let now = self.tick(since.unwrap_or_else(|| self.0.clock.now()));
        let mut core = self.lock();
        match core.admit(now) {
            Asked::Answer(Admission { decision, change }) => {
                self.changed(core, change);
                self.tend(now);
                Ok(self.decided(decision, since))
            }
            Asked::Claim(request, change) => {
                self.changed(core, change);
                self.tend(now);
                Err(self.claim(request))
            }
        }
    }

    /// When a call begins, where a slow call is worse than a fast one.
    pub(super) fn since(&self) -> Option<Instant> {
        self.0.times_calls.then(|| self.0.clock.now())
    }

    /// A closed breaker's permit, for which core need not be asked.
    fn unasked(&self, since: Option<Instant>) -> Option<Permit> {
        let epoch = self.0.hint.load(Ordering::Acquire) >> 1;
        if epoch == 0 {
            return None;
        }
        if self.0.shared.is_some() {
            self.tend(self.now());
        }
        Some(Permit::new(self.clone(), breaker::Permit::call(epoch), since))
    }

    pub(super) fn decided(
        &self,
        decision: Decision,
        since: Option<Instant>,
    ) -> Result<Permit, CircuitOpenError> {
        match decision {
            Decision::Permit(permit) => Ok(Permit::new(self.clone(), permit, since)),
            Decision::Rejected { state, retry_after } => {
                let retry_after = duration(retry_after);
                self.tell(|name| BreakerEvent::Rejected { name, state, retry_after });
                Err(CircuitOpenError { name: self.0.name.clone(), state, retry_after })
            }
        }
    }
}
