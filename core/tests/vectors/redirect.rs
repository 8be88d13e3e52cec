//! One attempt of a client whose answers lead elsewhere.

use once_again_core::http::{Redirect, Redirected, redirect};
use serde_json::{Value, json};

pub(crate) fn run(given: &Value) -> Value {
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let (mut method, mut url) = (text(&given["method"]), text(&given["url"]));
    let mut headers: Vec<String> = given["headers"].as_array().expect("headers").iter().map(text).collect();
    let mut body = ["POST", "PUT", "PATCH"].contains(&&*method);
    let times = given["times"].as_u64().unwrap_or(1);
    let answers = (0..times).flat_map(|_| given["redirects"].as_array().expect("redirects"));
    let mut requests = 1;
    for answer in answers {
        let (status, to) = (answer["status"].as_u64().expect("a status"), text(&answer["location"]));
        let led = redirect(Redirect {
            status: status.try_into().expect("a status"),
            method: method.into(),
            from: url.into(),
            to: Some(to.clone().into()),
            followed: requests - 1,
            key_header: "Idempotency-Key".into(),
            headers: headers.into_iter().map(Into::into).collect(),
        });
        let next = match led {
            Redirected::Answer => return json!({ "requests": requests, "ended": status }),
            Redirected::Broken(_) => return json!({ "requests": requests, "ended": "broken" }),
            Redirected::Follow(next) => next,
        };
        requests += 1;
        body = body && next.body;
        (method, url) = (next.method.into_owned(), to);
        headers = next.headers.into_iter().map(Into::into).collect();
    }
    json!({ "requests": requests, "ended": 200, "method": method, "body": body, "headers": headers })
}
