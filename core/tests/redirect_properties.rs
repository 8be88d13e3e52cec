//! What holds of every redirect, wherever it leads and whatever it is asked with.

use once_again_core::http::{Redirect, Redirected, is_anonymous, origin, redirect};
use proptest::collection::vec;
use proptest::prelude::*;

fn urls() -> impl Strategy<Value = String> {
    let host = prop::sample::select(vec!["a.example", "b.example", "A.example", "[::1]", "me@a.example", ""]);
    let port = prop::sample::select(vec!["", ":443", ":80", ":8443", ":x"]);
    let scheme = prop::sample::select(vec!["https", "http", "HTTPS", "ftp", "javascript"]);
    let made = (scheme, host, port, "[ -~]{0,8}");
    prop_oneof![
        3 => made.prop_map(|(scheme, host, port, rest)| format!("{scheme}://{host}{port}/{rest}")),
        1 => any::<String>(),
    ]
}

fn headers() -> impl Strategy<Value = Vec<String>> {
    let known =
        ["Authorization", "Cookie", "X-Api-Key", "x-squid-id", "Accept", "Content-Type", "Idempotency-Key"];
    let name =
        prop_oneof![3 => prop::sample::select(known.to_vec()).prop_map(str::to_owned), 1 => any::<String>()];
    vec(name, 0..8)
}

fn method() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "QUERY"])
}

proptest! {
    #[test]
    fn nothing_that_says_who_asks_leaves_an_origin(
        status in 295_u16..400,
        method in method(),
        from in urls(),
        to in urls(),
        followed in 0_u32..25,
        headers in headers(),
    ) {
        let given = Redirect {
            status,
            method: method.into(),
            from: from.as_str().into(),
            to: Some(to.as_str().into()),
            followed,
            key_header: "idempotency-key".into(),
            headers: headers.iter().map(Into::into).collect(),
        };
        let Redirected::Follow(next) = redirect(given) else { return Ok(()) };
        prop_assert!(followed < 20 && [301, 302, 303, 307, 308].contains(&status));
        prop_assert!(to.to_ascii_lowercase().starts_with("http"));
        prop_assert!(next.method == method || next.method == "GET", "{} became {}", method, next.method);
        prop_assert!(next.body || (status != 307 && status != 308), "307 and 308 change nothing");
        prop_assert!(next.headers.iter().all(|name| headers.iter().any(|given| given == name)));
        let lower: Vec<String> = next.headers.iter().map(|name| name.to_ascii_lowercase()).collect();
        prop_assert!(next.body || !lower.iter().any(|name| name == "idempotency-key" || name == "content-type"));
        if origin(&from).is_none() || origin(&from) != origin(&to) {
            prop_assert!(lower.iter().all(|name| is_anonymous(name) || name == "idempotency-key"), "{:?}", lower);
        }
    }
}
