//! What a failure means to a policy: its kind, and whether it may be tried again at all.

use super::policy::RetryPolicy;
use crate::classify::{HttpSignals, Kind, Signals, bare, classify};

/// A retry that is granted once per call, whatever else the policy says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum Once {
    /// As often as the policy allows.
    #[default]
    No = 0,
    /// After a 421: on another connection.
    NewConnection = 1,
    /// After a 401: with new credentials and the same key, at once and without using up an attempt.
    NewCredentials = 2,
}

/// What a policy thinks of a failure. A pure function of policy and signals, so a driver may keep it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// What kind of failure it was.
    pub kind: Kind,
    /// Whether it may be retried, as far as the failure itself goes.
    pub retry: bool,
    /// Whether it uses up no attempt: the first request with this key is still running, so nothing failed.
    pub free: bool,
    /// Whether the retry is granted only once.
    pub once: Once,
}

impl Verdict {
    /// Whether a breaker should count the failure: it says something about the service, and not about one request. A
    /// request that is still running, or that only lacks new credentials, found a service that is well.
    #[must_use]
    pub const fn speaks_against_service(self) -> bool {
        !self.free && self.kind.speaks_against_service()
    }

    /// The verdict in one number: bits 0–3 the kind, 4 retry, 5 free, 6–7 once, and in bit 8 what follows from them,
    /// [`speaks_against_service`](Self::speaks_against_service).
    #[must_use]
    pub const fn to_bits(self) -> u32 {
        self.kind as u32
            | (self.retry as u32) << 4
            | (self.free as u32) << 5
            | (self.once as u32) << 6
            | (self.speaks_against_service() as u32) << 8
    }

    /// The verdict of [`to_bits`](Self::to_bits). Bits that mean nothing give kind Unknown, or no grant.
    #[must_use]
    pub const fn from_bits(bits: u32) -> Self {
        Self {
            kind: match Kind::from_number((bits & 0b1111) as u8) {
                Some(kind) => kind,
                None => Kind::Unknown,
            },
            retry: bits & 1 << 4 != 0,
            free: bits & 1 << 5 != 0,
            once: match bits >> 6 & 0b11 {
                1 => Once::NewConnection,
                2 => Once::NewCredentials,
                _ => Once::No,
            },
        }
    }
}

/// Which failures a policy retries, once its lists were read.
#[derive(Clone, Debug)]
pub(super) struct Rules {
    only: Option<List>,
    statuses: Option<Vec<u16>>,
    never: List,
}

impl Rules {
    pub(super) fn new(only: Option<&[String]>, statuses: Option<&[u16]>, never: &[String]) -> Self {
        Self { only: only.map(List::new), statuses: statuses.map(Into::into), never: List::new(never) }
    }

    /// Once a list is given, only what the lists name is retried.
    fn retries(&self, kind: Kind, signals: &Signals<'_>) -> bool {
        if self.only.is_none() && self.statuses.is_none() {
            return kind.retried_by_default();
        }
        let by_name = self.only.as_ref().is_some_and(|list| list.has(kind, signals));
        let by_status =
            signals.status.is_some_and(|s| self.statuses.as_ref().is_some_and(|list| list.contains(&s)));
        by_name || by_status
    }
}

/// Kinds, codes and class names.
#[derive(Clone, Debug)]
struct List(Vec<String>);

impl List {
    fn new(words: &[String]) -> Self {
        Self(words.into())
    }

    fn has(&self, kind: Kind, signals: &Signals<'_>) -> bool {
        self.0.iter().any(|word| Kind::from_name(word) == Some(kind)) || self.names(signals)
    }

    /// Whether it names this failure itself and not its kind. A class name without its module matches that class of any
    /// module.
    fn names(&self, signals: &Signals<'_>) -> bool {
        self.0.iter().any(|word| {
            signals.code.as_deref() == Some(word)
                || signals.names.iter().any(|name| name == word || bare(name) == word)
        })
    }
}

impl RetryPolicy {
    /// Whether this failure may be retried, and as what.
    ///
    /// Order: cancellation · what HTTP forbids (a replayed answer is final; a request that is neither idempotent by its
    /// method nor carries a key is not sent twice) · `never_on` (of a 401 with new credentials only its name or code, not
    /// its kind) · an answer that says the first request is still running ·
    /// `retry_on` and `retry_statuses`, which replace the default · the table of kinds. Custom conditions are the
    /// driver's to ask afterwards: they can only veto.
    #[must_use]
    pub fn judge(&self, signals: &Signals<'_>) -> Verdict {
        let kind = classify(signals);
        let verdict = Verdict { kind, retry: false, free: false, once: Once::No };
        let http = signals.http.as_ref();
        let forbidden = http.is_some_and(|http| http.replayed || !http.may_repeat());
        // A 401 with other credentials is another request: that no client's failure is tried again does not speak of it.
        let refresh = signals.status == Some(401) && http.is_some_and(|http| http.can_refresh);
        let never = &self.rules().never;
        let never = if refresh { never.names(signals) } else { never.has(kind, signals) };
        if signals.cancelled || forbidden || never {
            return verdict;
        }
        let in_progress = signals.status == Some(409) && http.is_some_and(HttpSignals::in_progress)
            || signals.code.as_deref() == Some("IDEMPOTENCY_IN_PROGRESS");
        if in_progress {
            return Verdict { retry: true, free: true, ..verdict };
        }
        if refresh {
            return Verdict { retry: true, free: true, once: Once::NewCredentials, ..verdict };
        }
        if signals.status != Some(421) {
            return Verdict { retry: self.rules().retries(kind, signals), ..verdict };
        }
        let tried = http.is_some_and(|http| http.new_connection);
        Verdict { retry: !tried && self.rules().retries(kind, signals), once: Once::NewConnection, ..verdict }
    }
}

#[cfg(test)]
mod tests {
    use super::super::RetrySpec;
    use super::*;
    use crate::classify::Host;

    fn policy(spec: RetrySpec) -> RetryPolicy {
        spec.try_into().unwrap()
    }

    fn words(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).into()).collect()
    }

    fn kind(kind: &'static str) -> Signals<'static> {
        Signals { kind: Some(kind.into()), ..Signals::new(Host::Node) }
    }

    fn answer(method: &'static str, has_key: bool, status: Option<u16>) -> Signals<'static> {
        let http = HttpSignals { method: method.into(), has_key, ..HttpSignals::default() };
        Signals { status, http: Some(http), ..Signals::new(Host::Node) }
    }

    fn with(
        mut signals: Signals<'static>,
        change: impl FnOnce(&mut HttpSignals<'static>),
    ) -> Signals<'static> {
        signals.http.as_mut().map(change);
        signals
    }

    #[test]
    fn a_verdict_survives_its_number() {
        for kind in Kind::ALL {
            for once in [Once::No, Once::NewConnection, Once::NewCredentials] {
                let verdict = Verdict { kind, retry: kind == Kind::Server, free: kind != Kind::Server, once };
                assert_eq!(Verdict::from_bits(verdict.to_bits()), verdict);
            }
        }
        assert_eq!(Verdict::from_bits(0).kind, Kind::Unknown);
        assert!(!Verdict::from_bits(0).retry);
    }

    #[test]
    fn only_what_a_service_does_to_everybody_speaks_against_it() {
        let standard = policy(RetrySpec::default());
        let counts = |status| standard.judge(&answer("POST", true, status)).speaks_against_service();
        for status in [None, Some(408), Some(429), Some(500), Some(503), Some(504)] {
            assert!(counts(status), "{status:?}");
        }
        for status in [400, 401, 403, 404, 409, 422, 501, 505] {
            assert!(!counts(Some(status)), "{status}");
        }
        let running =
            with(answer("POST", true, Some(409)), |http| http.problem_type = Some("in-progress".into()));
        assert!(!standard.judge(&running).speaks_against_service());
        assert_eq!(standard.judge(&answer("GET", false, Some(503))).to_bits() >> 8, 1);
    }

    #[test]
    fn six_kinds_are_retried_by_default() {
        let standard = policy(RetrySpec::default());
        let retried: Vec<_> =
            Kind::NAMES.iter().filter(|name| standard.judge(&kind(name)).retry).copied().collect();
        assert_eq!(retried, ["Transient", "Timeout", "RateLimit", "Network", "Server", "Unknown"]);
    }

    #[test]
    fn a_list_replaces_the_default_and_never_on_beats_every_list() {
        let listed = policy(RetrySpec {
            retry_on: Some(words(&["ErrorTypeTimeout", "ECONNRESET", "app.Flaky", "Server"])),
            never_on: Some(words(&["SERVICE_UNAVAILABLE"])),
            ..RetrySpec::default()
        });
        assert!(listed.judge(&kind("Timeout")).retry);
        assert!(!listed.judge(&kind("Transient")).retry);
        let by_code = |code: &'static str| Signals { code: Some(code.into()), ..Signals::new(Host::Node) };
        assert!(listed.judge(&by_code("ECONNRESET")).retry);
        assert!(!listed.judge(&by_code("ECONNREFUSED")).retry);
        assert!(!listed.judge(&by_code("SERVICE_UNAVAILABLE")).retry, "a Server, but named by never_on");
        let by_name = |name: &'static str| Signals { names: vec![name.into()], ..Signals::new(Host::Python) };
        assert!(listed.judge(&by_name("app.Flaky")).retry);
        assert!(!listed.judge(&by_name("other.Flaky")).retry);
    }

    #[test]
    fn a_class_without_its_module_matches_any_module() {
        let listed = policy(RetrySpec { retry_on: Some(words(&["Flaky"])), ..RetrySpec::default() });
        let own = Signals { names: vec!["app.Own".into(), "app.Flaky".into()], ..Signals::new(Host::Python) };
        assert!(listed.judge(&own).retry, "a subclass is what its base is");
    }

    #[test]
    fn a_list_of_statuses_alone_is_all_that_is_retried() {
        let listed = policy(RetrySpec { retry_statuses: Some(vec![503, 404]), ..RetrySpec::default() });
        assert!(listed.judge(&answer("GET", false, Some(503))).retry);
        assert!(listed.judge(&answer("GET", false, Some(404))).retry);
        assert!(!listed.judge(&answer("GET", false, Some(500))).retry);
        assert!(!listed.judge(&kind("Network")).retry);
    }

    #[test]
    fn a_request_is_sent_twice_only_when_that_cannot_do_the_work_twice() {
        let standard = policy(RetrySpec::default());
        for method in ["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"] {
            assert!(standard.judge(&answer(method, false, Some(503))).retry, "{method}");
        }
        for method in ["POST", "PATCH", "get"] {
            assert!(!standard.judge(&answer(method, false, Some(503))).retry, "{method}");
            assert!(!standard.judge(&answer(method, false, None)).retry, "{method} without an answer");
            assert!(standard.judge(&answer(method, true, Some(503))).retry, "{method} with a key");
        }
    }

    #[test]
    fn a_replayed_answer_is_final() {
        let replayed = with(answer("POST", true, Some(503)), |http| http.replayed = true);
        assert!(!policy(RetrySpec::default()).judge(&replayed).retry);
    }

    #[test]
    fn a_conflict_is_retried_only_while_the_first_request_runs_and_costs_nothing() {
        let standard = policy(RetrySpec { retry_statuses: Some(vec![503]), ..RetrySpec::default() });
        assert!(!standard.judge(&answer("POST", true, Some(409))).retry);
        for uri in ["in-progress", "https://example.com/problems/in-progress", "urn:problem:in-progress"] {
            let running = with(answer("POST", true, Some(409)), |http| http.problem_type = Some(uri.into()));
            let verdict = standard.judge(&running);
            assert!(verdict.retry && verdict.free && verdict.kind == Kind::Transient, "{uri}");
        }
        let other = with(answer("POST", true, Some(409)), |http| {
            http.problem_type = Some("outcome-unknown".into());
        });
        assert!(!standard.judge(&other).retry);
    }

    #[test]
    fn a_misdirected_request_and_a_refreshed_login_are_retried_once() {
        let standard = policy(RetrySpec::default());
        let misdirected = standard.judge(&answer("GET", false, Some(421)));
        assert!(misdirected.retry && !misdirected.free && misdirected.once == Once::NewConnection);
        let tried = with(answer("GET", false, Some(421)), |http| http.new_connection = true);
        assert!(!standard.judge(&tried).retry, "the platform has done so already");
        assert!(!standard.judge(&answer("GET", false, Some(401))).retry);
        let refreshed =
            standard.judge(&with(answer("GET", false, Some(401)), |http| http.can_refresh = true));
        assert!(refreshed.retry && refreshed.free && refreshed.once == Once::NewCredentials);
    }

    #[test]
    fn a_kind_that_is_never_retried_may_still_get_new_credentials() {
        let refused = with(answer("GET", false, Some(401)), |http| http.can_refresh = true);
        for preset in ["http", "default", "default.config"] {
            let verdict = policy(super::super::presets::named(preset).unwrap()).judge(&refused);
            assert!(verdict.retry && verdict.once == Once::NewCredentials, "{preset}");
        }
        let never = policy(RetrySpec { never_on: Some(words(&["LOCKED_OUT"])), ..RetrySpec::default() });
        assert!(!never.judge(&Signals { code: Some("LOCKED_OUT".into()), ..refused }).retry);
    }

    #[test]
    fn a_cancelled_call_is_never_retried_even_if_a_list_says_so() {
        let listed =
            policy(RetrySpec { retry_on: Some(words(&["Transient", "Permanent"])), ..RetrySpec::default() });
        assert!(!listed.judge(&Signals { cancelled: true, ..kind("Transient") }).retry);
    }

    #[test]
    fn an_open_breaker_is_retried_only_when_asked_for() {
        assert!(!policy(RetrySpec::default()).judge(&kind("CircuitBreaker")).retry);
        let asked = policy(RetrySpec { retry_on: Some(words(&["CircuitBreaker"])), ..RetrySpec::default() });
        assert!(asked.judge(&kind("CircuitBreaker")).retry);
    }
}
