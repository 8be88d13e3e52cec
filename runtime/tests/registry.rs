//! Many breakers, by name.

use once_again::Breaker;
use once_again::breaker::{BreakerRegistry, State};
use std::sync::{Arc, Mutex};

type Evicted = Arc<Mutex<Vec<(String, State)>>>;

/// Two places; every breaker opens at its first failure.
fn small() -> (BreakerRegistry, Evicted) {
    let evicted = Evicted::default();
    let write = evicted.clone();
    let registry = BreakerRegistry::new(|name| Breaker::builder().name(name).failure_threshold(1).build())
        .max_breakers(2)
        .unwrap()
        .on_evict(move |name, breaker| write.lock().unwrap().push((name.into(), breaker.state())));
    (registry, evicted)
}

fn names(registry: &BreakerRegistry) -> Vec<String> {
    registry.breakers().iter().map(|breaker| breaker.name().to_owned()).collect()
}

#[test]
fn one_name_is_one_breaker() {
    let (registry, _) = small();
    registry.get("a").unwrap().try_acquire().unwrap().failure();
    assert!(registry.clone().get("a").unwrap().is_open());
    assert!(!registry.get("b").unwrap().is_open());
    assert!(registry.peek("c").is_none());
}

#[test]
fn the_one_asked_for_longest_ago_makes_room() {
    let (registry, evicted) = small();
    for name in ["a", "b", "a", "c"] {
        registry.get(name).unwrap();
    }
    assert_eq!(names(&registry), ["a", "c"]);
    assert_eq!(*evicted.lock().unwrap(), [("b".into(), State::Closed)]);
}

#[test]
fn an_open_one_stays_while_a_closed_one_can_go() {
    let (registry, evicted) = small();
    let open = registry.get("a").unwrap();
    open.try_acquire().unwrap().failure();
    for name in ["b", "c"] {
        registry.get(name).unwrap().try_acquire().unwrap().success();
    }
    assert_eq!(names(&registry), ["a", "c"]);
    registry.get("c").unwrap().try_acquire().unwrap().failure();
    registry.get("d").unwrap();
    assert_eq!(*evicted.lock().unwrap(), [("b".into(), State::Closed), ("a".into(), State::Open)]);
    assert!(open.is_open(), "who holds it keeps it");
    assert_eq!(registry.remove("d").unwrap().name(), "d");
    assert_eq!(names(&registry), ["c"]);
}

#[test]
fn a_breaker_that_cannot_be_made_is_an_error_each_time() {
    let registry = BreakerRegistry::new(|_| Breaker::builder().failure_threshold(0).build());
    for _ in 0..2 {
        assert_eq!(registry.get("a").unwrap_err().field, "failure_threshold");
    }
    let error = registry.max_breakers(0).unwrap_err();
    assert_eq!(error.to_string(), "max_breakers: got 0, expected a whole number from 1 to 1000000");
}

#[test]
fn ten_thousand_names_from_outside_fill_no_memory() {
    let registry = BreakerRegistry::new(|name| Breaker::builder().name(name).build());
    for n in 0..10_000 {
        registry.get(&format!("host-{n}")).unwrap();
    }
    let kept = names(&registry);
    assert_eq!((kept.len(), &*kept[0], &*kept[999]), (1_000, "host-9000", "host-9999"));
}
