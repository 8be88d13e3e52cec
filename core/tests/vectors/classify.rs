//! What kind of failure it was, and when the server asked to be called again.

use std::borrow::Cow;

use once_again_core::classify::{Host, HttpSignals, Signals, answer as refused, retry_after};
use once_again_core::error::Code;
use once_again_core::time::{Micros, Timestamp};
use serde_json::{Value, json};

use super::retry;

fn text(from: &Value, field: &str) -> Option<Cow<'static, str>> {
    from[field].as_str().map(|text| text.to_owned().into())
}

/// The facts of a case, as `host` would hand them over.
pub(crate) fn signals(given: &Value, host: Host) -> Signals<'static> {
    let names = given["names"].as_array().into_iter().flatten();
    Signals {
        kind: text(given, "kind"),
        code: text(given, "code"),
        names: names.filter_map(|name| name.as_str().map(|name| name.to_owned().into())).collect(),
        message: text(given, "message"),
        errno: given["errno"].as_i64().map(|errno| errno.try_into().expect("an errno")),
        status: given["status"].as_u64().map(|status| status.try_into().expect("a status")),
        ..Signals::new(host)
    }
}

pub(crate) fn hints(headers: &Value) -> retry_after::Hints<'_> {
    let lines = headers.as_object().into_iter().flatten();
    retry_after::Hints::of(lines.filter_map(|(name, value)| Some((name.as_str(), value.as_str()?))))
}

/// A failure as each of `hosts` reports it. All must say the same.
pub(crate) fn kind(given: &Value, hosts: &[Host]) -> Value {
    let answers: Vec<_> = hosts.iter().map(|host| retry::judged(&signals(given, *host))).collect();
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{given}: {answers:?}");
    answers[0].clone()
}

pub(crate) fn http(given: &Value) -> Value {
    let flag = |name: &str| given[name] == true;
    let http = HttpSignals {
        method: text(given, "method").expect("a method"),
        has_key: flag("has_key"),
        replayed: flag("replayed"),
        can_refresh: flag("can_refresh"),
        new_connection: flag("new_connection"),
        problem_type: text(given, "problem_type"),
    };
    retry::judged(&Signals { http: Some(http), ..signals(given, Host::Node) })
}

pub(crate) fn answer(given: &Value) -> Value {
    let named = refused::name(&refused::Refused {
        status: given["status"].as_u64().map(|status| status.try_into().expect("a status")),
        timed_out: given["timed_out"] == true,
        problem_type: text(given, "problem_type"),
        code: text(given, "code"),
        replayed: given["replayed"] == true,
    });
    json!({ "code": named.code.name(), "retryable": named.retryable })
}

pub(crate) fn wait(given: &Value) -> Value {
    let now = Timestamp::new(given["now"].as_u64().expect("a time"));
    json!({ "wait": retry_after::read(&hints(&given["headers"]), now).map(Micros::get) })
}

pub(crate) fn error(given: &Value) -> Value {
    let code = given["code"].as_str().and_then(Code::from_name).expect("a code");
    json!({ "number": code as u16, "status": code.status(), "retryable": code.retryable() })
}
