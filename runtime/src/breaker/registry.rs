//! One breaker per dependency, made when it is first asked for, and never more than a bound: the names of dependencies come
//! from outside, host names for instance, so their number must not be theirs to choose.

use super::{Breaker, State};
use crate::config::{Fields, UNIT};
use crate::events;
use once_again_core::breaker::RegistryConfig;
use once_again_core::error::ConfigError;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

type Make = dyn Fn(&str) -> Result<Breaker, ConfigError> + Send + Sync;
type OnEvict = dyn Fn(&str, &Breaker) + Send + Sync;

/// Breakers by name. A clone is the same registry.
///
/// A full registry makes room by the breaker that was asked for longest ago, of those that are closed; only when none is
/// closed does another one go. Whoever holds a breaker keeps it.
///
/// ```
/// use once_again::Breaker;
/// use once_again::breaker::BreakerRegistry;
///
/// let breakers = BreakerRegistry::new(|host| Breaker::builder().name(host).failure_threshold(5).build());
/// let breaker = breakers.get("api.example.com")?;
/// # assert_eq!(breaker.name(), "api.example.com");
/// # Ok::<(), once_again::ConfigError>(())
/// ```
#[derive(Clone)]
pub struct BreakerRegistry {
    make: Arc<Make>,
    on_evict: Option<Arc<OnEvict>>,
    max_breakers: usize,
    kept: Arc<Mutex<Kept>>,
}

#[derive(Default)]
struct Kept {
    breakers: HashMap<Arc<str>, (Breaker, u64)>,
    /// Names by when they were last asked for.
    order: BTreeMap<u64, Arc<str>>,
    /// How often anything was asked for.
    asked: u64,
}

impl BreakerRegistry {
    /// Makes the breaker of each name with `make`, and keeps at most 1 000.
    pub fn new(make: impl Fn(&str) -> Result<Breaker, ConfigError> + Send + Sync + 'static) -> Self {
        let RegistryConfig { max_breakers } = RegistryConfig::default();
        Self {
            make: Arc::new(make),
            on_evict: None,
            max_breakers: max_breakers as usize,
            kept: Arc::default(),
        }
    }

    /// Keeps at most this many breakers: 1 to 1 000 000.
    pub fn max_breakers(mut self, most: u32) -> Result<Self, ConfigError> {
        let mut fields = Fields::default();
        fields.set("max_breakers", most);
        let config = RegistryConfig::read(&fields.into_value(), UNIT, "")?;
        self.max_breakers = config.max_breakers as usize;
        Ok(self)
    }

    /// Hears of every breaker that made room, with its name.
    #[must_use]
    pub fn on_evict(mut self, listener: impl Fn(&str, &Breaker) + Send + Sync + 'static) -> Self {
        self.on_evict = Some(Arc::new(listener));
        self
    }

    /// The breaker of this name, made if need be. The error is that of the function that makes it.
    pub fn get(&self, name: &str) -> Result<Breaker, ConfigError> {
        if let Some(breaker) = self.lock().touch(name) {
            return Ok(breaker);
        }
        // Without the lock: how a breaker is made is the caller's business.
        let made = (self.make)(name)?;
        let mut kept = self.lock();
        if let Some(breaker) = kept.touch(name) {
            return Ok(breaker);
        }
        let evicted = if kept.breakers.len() < self.max_breakers { None } else { kept.make_room() };
        kept.insert(name.into(), made.clone());
        drop(kept);
        if let Some((name, breaker)) = evicted {
            self.evicted(&name, &breaker);
        }
        Ok(made)
    }

    /// The breaker of this name, if there is one. Asking does not count.
    #[must_use]
    pub fn peek(&self, name: &str) -> Option<Breaker> {
        self.lock().breakers.get(name).map(|(breaker, _)| breaker.clone())
    }

    /// Forgets a breaker, which goes on working for those who hold it.
    #[expect(clippy::must_use_candidate, reason = "to forget it is enough")]
    pub fn remove(&self, name: &str) -> Option<Breaker> {
        self.lock().remove(name)
    }

    /// All of them, the one that was asked for longest ago first.
    #[must_use]
    pub fn breakers(&self) -> Vec<Breaker> {
        let kept = self.lock();
        kept.order.values().map(|name| kept.breakers[name].0.clone()).collect()
    }

    fn evicted(&self, name: &str, breaker: &Breaker) {
        match &self.on_evict {
            Some(listener) => listener(name, breaker),
            None if breaker.state() != State::Closed => events::breaker_forgotten(name, breaker.state()),
            None => {}
        }
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    /// The breaker of this name, which is now the one asked for last.
    fn touch(&mut self, name: &str) -> Option<Breaker> {
        let (breaker, last) = self.breakers.get_mut(name)?;
        let name = self.order.remove(last)?;
        self.asked += 1;
        *last = self.asked;
        self.order.insert(self.asked, name);
        Some(breaker.clone())
    }

    fn insert(&mut self, name: Arc<str>, breaker: Breaker) {
        self.asked += 1;
        self.order.insert(self.asked, name.clone());
        self.breakers.insert(name, (breaker, self.asked));
    }

    fn remove(&mut self, name: &str) -> Option<Breaker> {
        let (breaker, last) = self.breakers.remove(name)?;
        self.order.remove(&last);
        Some(breaker)
    }

    /// Takes out the breaker that is missed least, as [`RegistryConfig`] says.
    fn make_room(&mut self) -> Option<(Arc<str>, Breaker)> {
        let closed = |name: &&Arc<str>| self.breakers[*name].0.state() == State::Closed;
        let name = self.order.values().find(closed).or(self.order.values().next())?.clone();
        let breaker = self.remove(&name)?;
        Some((name, breaker))
    }
}

impl fmt::Debug for BreakerRegistry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.breakers()).finish()
    }
}
