//! Which requests are guarded, under which key, and who may have the answer.

use super::config::HttpConfig;
use super::headers::{Header, values};
use super::problem::{self, Problem};
use super::spec::MissingKey;
use crate::fingerprint::{Alg, Fingerprint, Options, Parts, Refused};
use crate::hex;
use crate::idempotency::key::{self, Key, digest};
use crate::idempotency::record::RecordKey;
use serde::Serialize;

/// A request but for its body, as the host saw it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestHead {
    /// The method.
    pub method: String,
    /// Path and query as on the request line, before any mounting or rewriting.
    pub target: String,
    /// Every line of the [wanted headers](HttpConfig::wanted_headers), duplicates not joined; others may be left out.
    pub headers: Vec<Header>,
    /// Who the caller is, when the application knows: what its `principal` function answers, or the user an earlier
    /// verifying middleware left. Empty is the same as unknown.
    pub principal: Option<String>,
    /// The address of the peer; empty where the host does not know it. Then a request without a key, credentials or
    /// cookies passes, since one caller could not be told from another.
    pub remote: String,
}

/// What to do with a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "examined", rename_all = "camelCase")]
pub enum Examined {
    /// It is none of ours: run the handler.
    Pass,
    /// Read the body, then ask again.
    NeedBody,
    /// Answer with this problem.
    Refuse {
        /// The answer.
        problem: Problem,
    },
    /// Run it under a record.
    Guard(Guarded),
}

/// A request that runs under a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Guarded {
    /// What the record is filed under.
    pub key: RecordKey,
    /// The key as answers show it: the client's own, or `derived:` and 16 hexadecimal digits.
    pub shown_key: String,
    /// What the request asks for.
    pub fingerprint: Fingerprint,
    /// A digest of the caller's credentials, when they and nothing better say who asks.
    #[serde(serialize_with = "hex::optional")]
    pub caller: Option<[u8; 32]>,
    /// Whether the request brought no key of its own.
    pub derived: bool,
}

/// The scope of derived keys: no principal is called this, so no client's key ever meets one.
const DERIVED: &str = "\0derived";

impl HttpConfig {
    /// Examines a request; one whose method is not [guarded](Self::guards) passes.
    ///
    /// `body` is `None` while it has not been read. It is asked for only where it counts, so a host may ask without it
    /// first: a malformed key then costs no reading, and a request that passes is never buffered. A body that counts and
    /// is longer than [`max_request_bytes`](Self::max_request_bytes), or says in `Content-Length` that it will be, is too
    /// large; then the bytes after the limit may be missing from `body`.
    #[must_use]
    pub fn examine(&self, head: &RequestHead, body: Option<&[u8]>) -> Examined {
        if !self.guards(&head.method) {
            return Examined::Pass;
        }
        let lines: Vec<&str> = values(&head.headers, self.header_name()).collect();
        if lines.is_empty() {
            return match self.missing_key() {
                MissingKey::Derive => self.under_derived_key(head, body),
                MissingKey::Pass => Examined::Pass,
                MissingKey::Require => Examined::Refuse { problem: problem::key_missing(self.header_name()) },
            };
        }
        match key::parse(&lines) {
            Ok(key) => self.under_client_key(head, &key, body),
            Err(error) => Examined::Refuse { problem: problem::key_invalid(self.header_name(), &error) },
        }
    }

    /// What to do with a request whose body counts, but is longer than is compared: under a client's key it
    /// is refused; without one nobody asked for anything, and it passes.
    #[must_use]
    pub fn examine_too_large(&self, head: &RequestHead) -> Examined {
        if values(&head.headers, self.header_name()).next().is_none() {
            return Examined::Pass;
        }
        Examined::Refuse { problem: problem::body_too_large() }
    }

    /// The key belongs to its principal. Without one the key is shared, and the record remembers the credentials.
    fn under_client_key(&self, head: &RequestHead, key: &Key, body: Option<&[u8]>) -> Examined {
        let fingerprint = match body {
            _ if !self.include_body() => Ok(self.fingerprint_without_body(head)),
            _ if self.too_large(head, body) => return self.examine_too_large(head),
            Some(body) => self.fingerprint(head, body),
            None => return Examined::NeedBody,
        };
        let Ok(fingerprint) = fingerprint else {
            return Examined::Refuse { problem: problem::no_fingerprint() };
        };
        let principal = principal(head);
        let record = key::record_key(self.key_prefix(), principal.unwrap_or(""), key.as_str());
        Examined::Guard(Guarded {
            key: record,
            shown_key: key.as_str().into(),
            fingerprint,
            caller: if principal.is_some() { None } else { self.credentials(head, &record) },
            derived: false,
        })
    }

    /// Everything that could tell two requests apart is in the key, also what does not count under a client's key: a
    /// spurious difference only costs deduplication, a missed one would hand somebody the answer of another.
    fn under_derived_key(&self, head: &RequestHead, body: Option<&[u8]>) -> Examined {
        // Nothing tells this caller from others, so none of them may be answered with what another one got.
        let known = principal(head).is_some()
            || !head.remote.is_empty()
            || ["authorization", "cookie"].iter().any(|name| values(&head.headers, name).next().is_some());
        if !known {
            return Examined::Pass;
        }
        if self.too_large(head, body) {
            return self.examine_too_large(head);
        }
        let Some(body) = body else { return Examined::NeedBody };
        let everything =
            self.with_parts(head, |parts| Fingerprint::of_bytes(parts, body, &Options::default()));
        // Whoever asked for nothing is not refused for what cannot be compared.
        let Ok(fingerprint) = everything else { return Examined::Pass };
        let text = fingerprint.to_string();
        let mut parts: Vec<&[u8]> = vec![text.as_bytes()];
        match principal(head) {
            Some(principal) => parts.extend([&b"principal"[..], principal.as_bytes()]),
            None => parts.extend(tagged(head, "authorization")),
        }
        parts.extend(tagged(head, "cookie"));
        parts.extend([&b"remote"[..], head.remote.as_bytes()]);
        let key = hex::encode(&digest(&parts));
        Examined::Guard(Guarded {
            key: key::record_key(self.key_prefix(), DERIVED, &key),
            shown_key: format!("derived:{}", &key[..16]),
            fingerprint,
            caller: None,
            derived: true,
        })
    }

    /// Whether the body, or else what is announced of it, is longer than is compared.
    fn too_large(&self, head: &RequestHead, body: Option<&[u8]>) -> bool {
        let announced =
            || values(&head.headers, "content-length").find_map(|length| length.trim().parse().ok());
        let length = body.map(|body| body.len() as u64).or_else(announced);
        length.is_some_and(|length| length > self.max_request_bytes())
    }

    /// What the request asks for, as far as it counts.
    ///
    /// The bytes of a multipart body say nothing, since its boundary is drawn anew for every request. Where fields are
    /// declared to count, a host that has parsed the form gives it as JSON, and those fields are compared.
    fn fingerprint(&self, head: &RequestHead, body: &[u8]) -> Result<Fingerprint, Refused> {
        self.with_parts(head, |parts| match Fingerprint::of_bytes(parts, body, self.counted()) {
            Err(Refused::Multipart) if self.declares_fields() => {
                let of_fields = Fingerprint::of_json(parts, body, self.counted());
                if of_fields.alg() == Alg::Jcs { Ok(of_fields) } else { Err(Refused::Multipart) }
            }
            other => other,
        })
    }

    fn fingerprint_without_body(&self, head: &RequestHead) -> Fingerprint {
        let options = Options { include_body: false, ..Options::default() };
        self.with_parts(head, |parts| Fingerprint::of_json(parts, b"", &options))
    }

    fn with_parts<T>(&self, head: &RequestHead, use_them: impl FnOnce(&Parts<'_>) -> T) -> T {
        let (path, query) = match head.target.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (head.target.as_str(), None),
        };
        let headers: Vec<(&str, &str)> = self
            .fingerprint_headers()
            .iter()
            .flat_map(|name| values(&head.headers, name).map(|value| (name.as_str(), value)))
            .collect();
        use_them(&Parts {
            method: Some(&head.method),
            path: Some(path),
            query,
            media_type: values(&head.headers, "content-type").next(),
            headers: &headers,
        })
    }

    /// A digest of what the caller proves itself with: `Authorization`, and the cookies that say who calls. Salted with
    /// the record's key, so that digests of one credential cannot be matched across records.
    fn credentials(&self, head: &RequestHead, record: &RecordKey) -> Option<[u8; 32]> {
        let mut parts: Vec<&[u8]> = vec![&record.0];
        parts.extend(tagged(head, "authorization"));
        let cookies: Vec<(&str, &str)> = values(&head.headers, "cookie").flat_map(cookies).collect();
        for wanted in self.principal_cookies() {
            let found = cookies.iter().filter(|(name, _)| name == wanted);
            parts.extend(found.flat_map(|(name, value)| [b"cookie", name.as_bytes(), value.as_bytes()]));
        }
        (parts.len() > 1).then(|| digest(&parts))
    }
}

/// Every line of a header behind its name: what follows a name is then never read as one.
fn tagged<'a>(head: &'a RequestHead, name: &'static str) -> impl Iterator<Item = &'a [u8]> {
    values(&head.headers, name).flat_map(move |value| [name.as_bytes(), value.as_bytes()])
}

/// Who the caller is, when the application knows.
fn principal(head: &RequestHead) -> Option<&str> {
    head.principal.as_deref().filter(|principal| !principal.is_empty())
}

/// The cookies of one `Cookie` line.
fn cookies(line: &str) -> impl Iterator<Item = (&str, &str)> {
    line.split(';').filter_map(|pair| pair.trim().split_once('='))
}

/// The media type of a message without its parameters, in lower case; empty when none is given.
pub(super) fn media_type(headers: &[Header]) -> String {
    let value = values(headers, "content-type").next().unwrap_or("");
    value.split(';').next().unwrap_or("").trim().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json;
    use crate::spec::Unit;
    use proptest::prelude::*;

    fn config(options: &str) -> HttpConfig {
        HttpConfig::read(&json::parse(options.as_bytes()).unwrap(), Unit::Millis, "").unwrap()
    }

    fn head(headers: &[(&str, &str)]) -> RequestHead {
        RequestHead {
            method: "POST".into(),
            target: "/orders?x=1".into(),
            headers: headers.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
            principal: None,
            remote: "192.0.2.1".into(),
        }
    }

    fn guarded(config: &HttpConfig, head: &RequestHead, body: &[u8]) -> Guarded {
        match config.examine(head, Some(body)) {
            Examined::Guard(guarded) => guarded,
            other => panic!("not guarded: {other:?}"),
        }
    }

    const BODY: &[u8] = br#"{"amount":1}"#;

    #[test]
    fn a_principal_owns_its_keys_and_leaves_no_caller_in_the_record() {
        let config = config("{}");
        let signed = head(&[("Idempotency-Key", "k"), ("Authorization", "Bearer 1")]);
        let alice =
            guarded(&config, &RequestHead { principal: Some("alice".into()), ..signed.clone() }, BODY);
        let bob = guarded(&config, &RequestHead { principal: Some("bob".into()), ..signed.clone() }, BODY);
        assert_ne!(alice.key, bob.key);
        assert_eq!((alice.caller, bob.caller), (None, None));
        assert_eq!(alice.key, key::record_key("", "alice", "k"));
        let nobody =
            guarded(&config, &RequestHead { principal: Some(String::new()), ..signed.clone() }, BODY);
        assert_eq!(nobody, guarded(&config, &signed, BODY));
    }

    #[test]
    fn without_a_principal_the_credentials_stand_in_the_record() {
        let config = config(r#"{"principalCookies": ["sid"]}"#);
        let caller = |headers: &[(&str, &str)]| {
            let mut headers = headers.to_vec();
            headers.push(("Idempotency-Key", "k"));
            guarded(&config, &head(&headers), BODY).caller
        };
        let token = caller(&[("Authorization", "Bearer 1")]);
        assert!(token.is_some());
        assert_eq!(caller(&[("AUTHORIZATION", "Bearer 1"), ("Cookie", "theme=dark; lang=en")]), token);
        assert_ne!(caller(&[("Authorization", "Bearer 2")]), token);
        assert_ne!(caller(&[("Authorization", "Bearer 1"), ("Cookie", "sid=7")]), token);
        assert_eq!(caller(&[("Cookie", "theme=dark;sid=7")]), caller(&[("cookie", "sid=7; theme=light")]));
        assert_ne!(caller(&[("Cookie", "sid=7")]), caller(&[("Cookie", "sid=8")]));
        assert_eq!(caller(&[("Cookie", "theme=dark; sid")]), None);
    }

    #[test]
    fn one_credential_has_another_digest_in_every_record() {
        let config = config("{}");
        let with =
            |key| guarded(&config, &head(&[("Idempotency-Key", key), ("Authorization", "Bearer 1")]), BODY);
        assert_ne!(with("k").caller, with("l").caller);
    }

    #[test]
    fn a_derived_key_tells_apart_whatever_may_differ() {
        let config = config("{}");
        let base = head(&[("Content-Type", "application/json")]);
        let same = guarded(&config, &base, BODY);
        assert!(same.derived && same.caller.is_none());
        assert_eq!(same, guarded(&config, &base.clone(), br#"{ "amount": 1.0 }"#));

        let with = |name: &str, value: &str| {
            let mut head = base.clone();
            head.headers.push((name.into(), value.into()));
            head
        };
        let others = [
            RequestHead { method: "PUT".into(), ..base.clone() },
            RequestHead { target: "/orders?x=2".into(), ..base.clone() },
            RequestHead { target: "/orders".into(), ..base.clone() },
            RequestHead { remote: "192.0.2.2".into(), ..base.clone() },
            RequestHead { principal: Some("alice".into()), ..base.clone() },
            with("Authorization", "Bearer 1"),
            with("Cookie", "theme=dark"),
            with("Cookie", "theme=light"),
        ];
        let mut keys: Vec<RecordKey> = others.iter().map(|head| guarded(&config, head, BODY).key).collect();
        keys.push(guarded(&config, &base, br#"{"amount":2}"#).key);
        keys.push(same.key);
        keys.sort();
        keys.dedup();
        assert_eq!(keys.len(), others.len() + 2);
    }

    #[test]
    fn a_derived_key_is_shown_as_16_digits_and_no_client_key_can_be_it() {
        let config = config(r#"{"keyPrefix": "api"}"#);
        let derived = guarded(&config, &head(&[]), BODY);
        let text = derived.fingerprint.to_string();
        let secret = hex::encode(&digest(&[text.as_bytes(), b"remote", b"192.0.2.1"]));
        assert_eq!(derived.shown_key, format!("derived:{}", &secret[..16]));
        for claim in [&derived.shown_key, &secret] {
            let claimed = guarded(&config, &head(&[("Idempotency-Key", claim)]), BODY);
            assert_eq!(claimed.key, key::record_key("api", "", claim));
            assert_ne!(claimed.key, derived.key);
        }
    }

    #[test]
    fn the_body_is_asked_for_only_where_it_counts() {
        let keyed = head(&[("Idempotency-Key", "k")]);
        assert_eq!(config("{}").examine(&keyed, None), Examined::NeedBody);
        assert_eq!(config("{}").examine(&head(&[]), None), Examined::NeedBody);
        assert_eq!(config(r#"{"missingKey": "pass"}"#).examine(&head(&[]), None), Examined::Pass);
        let bodiless = config(r#"{"includeBodyInFingerprint": false}"#);
        assert!(matches!(bodiless.examine(&keyed, None), Examined::Guard(_)));
        assert_eq!(bodiless.examine(&head(&[]), None), Examined::NeedBody);
        assert!(matches!(
            config("{}").examine(&head(&[("Idempotency-Key", "")]), None),
            Examined::Refuse { .. }
        ));
        let get = RequestHead { method: "GET".into(), ..keyed };
        assert_eq!(config("{}").examine(&get, None), Examined::Pass);
    }

    #[test]
    fn callers_that_nothing_tells_apart_never_share_a_derived_key() {
        let config = config("{}");
        let nobody = RequestHead { remote: String::new(), ..head(&[]) };
        assert_eq!(config.examine(&nobody, None), Examined::Pass);
        assert_eq!(config.examine(&nobody, Some(BODY)), Examined::Pass);
        for somebody in [
            RequestHead { principal: Some("alice".into()), ..nobody.clone() },
            RequestHead { headers: vec![("Cookie".into(), "sid=7".into())], ..nobody.clone() },
            RequestHead { headers: vec![("authorization".into(), "Bearer 1".into())], ..nobody.clone() },
            RequestHead { remote: "192.0.2.1".into(), ..nobody.clone() },
        ] {
            assert!(guarded(&config, &somebody, BODY).derived);
        }
        let keyed = RequestHead { remote: String::new(), ..head(&[("Idempotency-Key", "k")]) };
        assert!(!guarded(&config, &keyed, BODY).derived);
    }

    #[test]
    fn a_body_that_is_too_large_to_compare_is_refused_only_under_a_key() {
        let refused = Examined::Refuse { problem: problem::body_too_large() };
        assert_eq!(config("{}").examine_too_large(&head(&[("idempotency-key", "k")])), refused);
        assert_eq!(config("{}").examine_too_large(&head(&[])), Examined::Pass);

        let small = config(r#"{"maxRequestBytes": 12}"#);
        let keyed = head(&[("Idempotency-Key", "k")]);
        assert!(matches!(small.examine(&keyed, Some(BODY)), Examined::Guard(_)));
        assert_eq!(small.examine(&keyed, Some(b"1234567890123")), refused);
        assert_eq!(small.examine(&head(&[]), Some(b"1234567890123")), Examined::Pass);
        for (announced, keyed, unkeyed) in [
            ("12", Examined::NeedBody, Examined::NeedBody),
            ("13", refused.clone(), Examined::Pass),
            ("18446744073709551616", Examined::NeedBody, Examined::NeedBody),
        ] {
            let length = ("Content-Length", announced);
            assert_eq!(small.examine(&head(&[("Idempotency-Key", "k"), length]), None), keyed);
            assert_eq!(small.examine(&head(&[length]), None), unkeyed);
        }
        let bodiless = config(r#"{"maxRequestBytes": 0, "includeBodyInFingerprint": false}"#);
        assert!(matches!(bodiless.examine(&keyed, None), Examined::Guard(_)));

        assert_eq!((problem::body_too_large().status, problem::body_unreadable().status), (413, 400));
    }

    #[test]
    fn a_fingerprint_without_the_body_equals_none_with_one() {
        let bodiless = config(r#"{"includeBodyInFingerprint": false}"#);
        let keyed = head(&[("Idempotency-Key", "k")]);
        let without = guarded(&bodiless, &keyed, BODY).fingerprint;
        assert_eq!(without, guarded(&bodiless, &keyed, b"other").fingerprint);
        for body in [BODY, b""] {
            assert_ne!(guarded(&config("{}"), &keyed, body).fingerprint, without);
        }
    }

    #[test]
    fn a_multipart_body_counts_only_by_declared_fields() {
        let form = ("Content-Type", "multipart/form-data; boundary=x");
        let keyed = head(&[("Idempotency-Key", "k"), form]);
        let raw = b"--x\r\nContent-Disposition: form-data; name=\"amount\"\r\n\r\n1\r\n--x--\r\n";
        let refused = Examined::Refuse { problem: problem::no_fingerprint() };
        assert_eq!(config("{}").examine(&keyed, Some(raw)), refused);
        assert_eq!(config("{}").examine(&keyed, Some(BODY)), refused);
        assert_eq!(config("{}").examine(&head(&[form]), Some(raw)), Examined::Pass);

        let declared = config(r#"{"fingerprint": {"include": ["/amount"]}}"#);
        assert_eq!(declared.examine(&keyed, Some(raw)), refused);
        let fields = guarded(&declared, &keyed, br#"{"amount":"1","csrf":"a"}"#);
        assert_eq!(fields, guarded(&declared, &keyed, br#"{"csrf":"b","amount":"1"}"#));
        assert_ne!(fields, guarded(&declared, &keyed, br#"{"amount":"2"}"#));
    }

    #[test]
    fn a_head_comes_in_and_a_verdict_goes_out_as_json() {
        let text = r#"{"method":"POST","target":"/a","headers":[["idempotency-key","k"]],"remote":"::1"}"#;
        let head: RequestHead = json::read(text).unwrap();
        let config = config(r#"{"includeBodyInFingerprint": false}"#);
        let Examined::Guard(Guarded { key, fingerprint, .. }) = config.examine(&head, None) else { panic!() };
        assert_eq!(
            json::to_string(&config.examine(&head, None)),
            format!(
                r#"{{"examined":"guard","key":"{key}","shownKey":"k","fingerprint":"{fingerprint}","caller":null,"derived":false}}"#
            )
        );
        assert_eq!(json::to_string(&Examined::Pass), r#"{"examined":"pass"}"#);
        assert_eq!(json::to_string(&Examined::NeedBody), r#"{"examined":"needBody"}"#);
        let refusal = config
            .examine(&RequestHead { headers: vec![("idempotency-key".into(), "\"\"".into())], ..head }, None);
        assert!(
            json::to_string(&refusal)
                .starts_with(r#"{"examined":"refuse","problem":{"status":400,"headers":[["Content-Type","#)
        );
    }

    proptest! {
        #[test]
        fn no_request_makes_it_panic(
            method in prop_oneof![Just("POST".to_owned()), any::<String>()],
            target in any::<String>(),
            headers in prop::collection::vec((prop_oneof![
                Just("idempotency-key".to_owned()), Just("cookie".to_owned()), Just("content-type".to_owned()), any::<String>(),
            ], any::<String>()), 0..5),
            principal in any::<Option<String>>(),
            body in any::<Option<Vec<u8>>>(),
        ) {
            let head = RequestHead { method, target, headers, principal, remote: String::new() };
            let examined = config(r#"{"principalCookies": ["sid"]}"#).examine(&head, body.as_deref());
            if let Examined::Guard(guarded) = examined {
                prop_assert!(super::super::headers::carriable("X-Idempotency-Key", &guarded.shown_key));
            }
        }
    }
}
