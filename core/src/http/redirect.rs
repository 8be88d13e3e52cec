//! Redirects of a client that sends in somebody's name: which are followed, and what goes along.
//!
//! Methods and bodies are as the fetch standard has them (HTTP-redirect fetch), which says how RFC 9110, 15.4 is to be read.
//! Headers are not: it takes only `Authorization` and the like away from another origin, and who asks stands in headers that
//! no platform knows.

use super::origin;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// As many as the fetch standard follows.
const MOST: u32 = 20;

/// What a request is, and nothing of who asks. So are `content-…` and `accept-…`.
const ANONYMOUS: [&str; 5] = ["accept", "traceparent", "tracestate", "transfer-encoding", "user-agent"];

/// An answer that names another place.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Redirect<'a> {
    /// The answer's status.
    pub status: u16,
    /// The method of the request that was answered, in capitals.
    pub method: Cow<'a, str>,
    /// The address that was asked, absolute and with an ASCII host, as URL libraries write it.
    pub from: Cow<'a, str>,
    /// Its `Location`, resolved against `from`, in the same form; `None` if that is no URL.
    pub to: Option<Cow<'a, str>>,
    /// How many redirects this attempt has followed before.
    pub followed: u32,
    /// The header that carries the idempotency key.
    pub key_header: Cow<'a, str>,
    /// The names of the request's headers, in whatever case; one may stand there more than once.
    pub headers: Vec<Cow<'a, str>>,
}

/// What becomes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Redirected<'a> {
    /// Its status is no redirect's: the answer is the caller's.
    Answer,
    /// The next request, to where it points.
    Follow(Follow<'a>),
    /// It cannot be followed, and this is why. The same request would come to the same end.
    Broken(&'static str),
}

/// What the next request takes along.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Follow<'a> {
    /// Its method.
    pub method: Cow<'a, str>,
    /// Whether it has the same body; otherwise none.
    pub body: bool,
    /// Those of the given names that go along; every other header stays behind. Of what a platform writes itself, `Host` say,
    /// the next request has its own.
    pub headers: Vec<Cow<'a, str>>,
}

/// Whether an answer with a `Location` is followed, and how.
///
/// 303, and 301 and 302 of a POST, point to something that is read: a GET (a HEAD stays one) without body and key. After every
/// other one the same request is made in another place: a write has its key there too, since every attempt comes by again,
/// and where its body goes its key is no secret. To another origin go no other headers than those that say nothing of who
/// asks.
#[must_use]
pub fn redirect(given: Redirect<'_>) -> Redirected<'_> {
    let Redirect { status, method, from, to, followed, key_header, headers } = given;
    let reads = match status {
        301 | 302 => method == "POST",
        303 => true,
        307 | 308 => false,
        _ => return Redirected::Answer,
    };
    let Some(to) = to else { return Redirected::Broken("the redirect's location is no URL") };
    if let Some(why) = refusal(&to) {
        return Redirected::Broken(why);
    }
    if followed >= MOST {
        return Redirected::Broken("redirect count exceeded");
    }
    let there = origin(&to);
    let elsewhere = there.is_none() || there != origin(&from);
    let goes = |name: &Cow<'_, str>| {
        let name = name.to_ascii_lowercase();
        if name == key_header.to_ascii_lowercase() {
            return !reads;
        }
        !(reads && is_of_body(&name)) && (!elsewhere || is_anonymous(&name))
    };
    Redirected::Follow(Follow {
        method: if reads && method != "HEAD" { "GET".into() } else { method },
        body: !reads,
        headers: headers.into_iter().filter(goes).collect(),
    })
}

/// Why nobody goes there.
fn refusal(to: &str) -> Option<&'static str> {
    let Some((scheme, rest)) = to.split_once("://") else { return Some("the redirect leads out of HTTP") };
    if !["http", "https"].iter().any(|http| scheme.eq_ignore_ascii_case(http)) {
        return Some("the redirect leads out of HTTP");
    }
    // Somebody else's words would be sent as the client's own (RFC 9110, 4.2.4).
    let authority = rest.split(['/', '\\', '?', '#']).next().unwrap_or_default();
    authority.contains('@').then_some("the redirect's location holds credentials")
}

/// Whether a header with this name, in lower case, says nothing of who asks: these alone go to another origin.
#[must_use]
pub fn is_anonymous(name: &str) -> bool {
    ANONYMOUS.contains(&name) || name.starts_with("content-") || name.starts_with("accept-")
}

/// `Expect: 100-continue` is about a body too (RFC 9110, 10.1.1).
fn is_of_body(name: &str) -> bool {
    name.starts_with("content-") || name == "transfer-encoding" || name == "expect"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(status: u16, method: &'static str, to: Option<&'static str>) -> Redirect<'static> {
        let headers = ["Authorization", "Idempotency-Key", "Content-Type", "ACCEPT"];
        Redirect {
            status,
            method: method.into(),
            from: "https://a.example/orders".into(),
            to: to.map(Into::into),
            followed: 0,
            key_header: "idempotency-key".into(),
            headers: headers.map(Into::into).into(),
        }
    }

    #[test]
    fn a_head_stays_one_whatever_redirects_it() {
        for status in [301, 302, 303, 307, 308] {
            let Redirected::Follow(follow) = redirect(from(status, "HEAD", Some("https://a.example/")))
            else {
                panic!("{status}")
            };
            assert_eq!(follow.method, "HEAD", "{status}");
        }
    }

    #[test]
    fn headers_are_known_in_any_case_and_answered_as_they_were_written() {
        let Redirected::Follow(there) = redirect(from(308, "PUT", Some("https://b.example/"))) else {
            panic!()
        };
        assert_eq!(there.headers, ["Idempotency-Key", "Content-Type", "ACCEPT"]);
        let Redirected::Follow(read) = redirect(from(303, "PUT", Some("https://A.example:443/x"))) else {
            panic!()
        };
        assert_eq!(read.headers, ["Authorization", "ACCEPT"]);
    }

    #[test]
    fn where_nobody_knows_an_origin_it_is_another_one() {
        let mut given = from(307, "POST", Some("https://bücher.example/"));
        given.from = "https://bücher.example/".into();
        let Redirected::Follow(follow) = redirect(given) else { panic!() };
        assert_eq!(follow.headers, ["Idempotency-Key", "Content-Type", "ACCEPT"]);
    }

    #[test]
    fn what_no_client_follows_says_why() {
        for to in
            ["mailto:a@b.example", "ftp://a.example/", "javascript://a.example/%0Aalert(1)", "/relative", ""]
        {
            let expected = Redirected::Broken("the redirect leads out of HTTP");
            assert_eq!(redirect(from(307, "POST", Some(to))), expected, "{to}");
        }
        for to in ["https://me:secret@a.example/", "https://me@a.example", "http://@a.example\\x"] {
            let expected = Redirected::Broken("the redirect's location holds credentials");
            assert_eq!(redirect(from(302, "GET", Some(to))), expected, "{to}");
        }
        assert!(matches!(
            redirect(from(301, "GET", Some("https://a.example/@me?a@b"))),
            Redirected::Follow(_)
        ));
        assert_eq!(redirect(from(301, "GET", None)), Redirected::Broken("the redirect's location is no URL"));
    }

    #[test]
    fn an_answer_that_is_no_redirect_is_the_callers_wherever_it_points() {
        for status in [200, 201, 300, 304, 305, 306, 309, 400] {
            assert_eq!(redirect(from(status, "POST", None)), Redirected::Answer, "{status}");
        }
    }
}
