//! Requests by script, through a service behind one `IdempotencyLayer`.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use once_again::ConfigError;
use once_again::http::{ConflictStrategy, IdempotencyLayer, MissingKey, On5xx, Profile};
use once_again::storage::{Applied, MemoryStore, OnOrphan, Store, StoreError, StoreOp};
use once_again::testing::{VirtualClock, settle};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};
use tower::{Layer, Service, ServiceExt, service_fn};

#[derive(Deserialize)]
struct Given {
    #[serde(default)]
    options: Map<String, Value>,
    #[serde(default)]
    store: Place,
    #[serde(default)]
    requests: Vec<Script>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Place {
    #[default]
    Own,
    Down,
    MaxRecords(u32),
}

#[derive(Clone, Deserialize)]
struct Script {
    r#as: String,
    /// Microseconds.
    #[serde(default)]
    after: u64,
    method: Option<String>,
    target: Option<String>,
    #[serde(default)]
    headers: Vec<(String, String)>,
    #[serde(default)]
    body: String,
    principal: Option<String>,
    remote: Option<String>,
    #[serde(default)]
    answer: Handler,
}

#[derive(Clone, Default, Deserialize)]
struct Handler {
    status: Option<u16>,
    #[serde(default)]
    headers: Vec<(String, String)>,
    #[serde(default)]
    body: Vec<String>,
    hex: Option<String>,
    #[serde(default)]
    throws: bool,
    #[serde(default)]
    pending: bool,
}

/// What a client sees of each request, in the form of a case's `expect`.
pub(crate) fn run(given: &Value) -> Option<Value> {
    let given: Given = serde_json::from_value(given.clone()).expect("an HTTP case");
    let named = |names: &[&str]| names.iter().filter(|name| given.options.contains_key(**name)).count();
    let in_fingerprint =
        given.options.get("fingerprint").is_some_and(|fields| fields.get("headers").is_some());
    if named(&["retention", "ttl", "ttl_ms"]) > 1 || named(&["fingerprint_headers"]) == 1 && in_fingerprint {
        return None; // each is one method here, however often it is called
    }
    let clock = VirtualClock::new().at(SystemTime::UNIX_EPOCH + Duration::from_secs(1_704_067_200));
    let layer = given
        .options
        .iter()
        .try_fold(IdempotencyLayer::new().with_conflict_strategy(ConflictStrategy::Reject), option)?
        .with_clock(clock.clone())
        .with_entropy(|| 0)
        .with_principal(|parts| parts.extensions.get::<Caller>()?.principal.clone())
        .with_remote(|parts| parts.extensions.get::<Caller>()?.remote.clone());
    let layer = match given.store {
        Place::Own => layer,
        Place::Down => layer.with_storage(Away),
        Place::MaxRecords(most) => {
            layer.with_storage(MemoryStore::builder().max_records(most).clock(clock.clone()).build().unwrap())
        }
    };
    let layer = match layer.checked() {
        Ok(layer) => layer,
        Err(ConfigError { field, .. }) => {
            // As the builder calls it.
            let field = if field == "key_header" { "header_name" } else { &field };
            return Some(json!({"error": {"field": field}}));
        }
    };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    Some(runtime.block_on(play(&layer, &clock, given.requests)))
}

async fn play(layer: &IdempotencyLayer, clock: &VirtualClock, requests: Vec<Script>) -> Value {
    let current = Arc::new(Mutex::new(Handler::default()));
    let ran = Arc::new(AtomicBool::new(false));
    let mut service = layer.layer(service_fn({
        let (current, ran) = (current.clone(), ran.clone());
        move |_| {
            ran.store(true, Ordering::SeqCst);
            answer(current.lock().unwrap().clone())
        }
    }));
    let mut seen = BTreeMap::new();
    for script in requests {
        clock.advance(Duration::from_micros(script.after));
        settle().await;
        current.lock().unwrap().clone_from(&script.answer);
        ran.store(false, Ordering::SeqCst);
        let pending = script.answer.pending;
        let name = script.r#as.clone();
        let answered = tokio::spawn(service.ready().await.unwrap().call(request(script)));
        if pending {
            settle().await;
            continue;
        }
        let response = answered.await.unwrap();
        let mut shown = shown(response.map(|response| response.map(BodyExt::boxed_unsync))).await;
        shown["ran"] = ran.load(Ordering::SeqCst).into();
        seen.insert(name, shown);
    }
    json!(seen)
}

/// What an authenticating layer, and the server, leave on a request.
#[derive(Clone)]
struct Caller {
    principal: Option<String>,
    remote: Option<String>,
}

fn request(script: Script) -> Request<Full<Bytes>> {
    let mut request = Request::new(Full::from(script.body));
    *request.method_mut() = script.method.as_deref().unwrap_or("POST").parse().unwrap();
    *request.uri_mut() = script.target.as_deref().unwrap_or("/orders").parse().unwrap();
    for (name, value) in &script.headers {
        request.headers_mut().append(header_name(name), header_value(value));
    }
    let remote = Some(script.remote.unwrap_or_else(|| "127.0.0.1".into()));
    request.extensions_mut().insert(Caller { principal: script.principal, remote });
    request
}

fn header_name(name: &str) -> HeaderName {
    name.parse().unwrap()
}

fn header_value(value: &str) -> HeaderValue {
    let bytes: Vec<u8> = value.chars().map(|c| u8::try_from(c).unwrap()).collect();
    HeaderValue::from_bytes(&bytes).unwrap()
}

type Body = UnsyncBoxBody<Bytes, Infallible>;

async fn answer(handler: Handler) -> io::Result<Response<Body>> {
    if handler.pending {
        std::future::pending::<()>().await;
    }
    if handler.throws {
        return Err(io::ErrorKind::Other.into());
    }
    let pieces: Vec<Bytes> = match handler.hex {
        Some(digits) => vec![unhex(&digits).into()],
        None => handler.body.into_iter().map(Bytes::from).collect(),
    };
    let frames = pieces.into_iter().map(|piece| Ok(http_body::Frame::data(piece)));
    let mut response = Response::new(StreamBody::new(futures_util::stream::iter(frames)).boxed_unsync());
    *response.status_mut() = StatusCode::from_u16(handler.status.unwrap_or(200)).unwrap();
    for (name, value) in &handler.headers {
        response.headers_mut().append(header_name(name), header_value(value));
    }
    Ok(response)
}

fn unhex(digits: &str) -> Vec<u8> {
    (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap()).collect()
}

async fn shown(response: io::Result<Response<UnsyncBoxBody<Bytes, Infallible>>>) -> Value {
    // What a framework makes of an error that nobody has handled.
    let Ok(response) = response else { return json!({"status": 500}) };
    let (head, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let mut headers: BTreeMap<&str, String> = BTreeMap::new();
    for (name, value) in &head.headers {
        let value: String = value.as_bytes().iter().map(|byte| char::from(*byte)).collect();
        headers
            .entry(name.as_str())
            .and_modify(|lines| *lines = format!("{lines}, {value}"))
            .or_insert(value);
    }
    let mut shown = json!({"status": head.status.as_u16(), "headers": headers});
    if headers.get("content-type").is_some_and(|media_type| media_type == "application/problem+json") {
        shown["problem"] = serde_json::from_slice(&body).unwrap();
    }
    match std::str::from_utf8(&body) {
        Ok(text) => shown["body"] = text.into(),
        Err(_) => shown["hex"] = once_again_core::hex::encode(&body).into(),
    }
    shown
}

/// One option of a case; `None` for one that no program of these types can say.
fn option(layer: IdempotencyLayer, (name, value): (&String, &Value)) -> Option<IdempotencyLayer> {
    let micros = |value: &Value| value.as_u64().map(Duration::from_micros);
    let seconds = || value.as_u64().map(Duration::from_secs);
    let bytes = || value.as_u64().and_then(|bytes| u32::try_from(bytes).ok());
    let list = |value: &Value| -> Option<Vec<String>> { serde_json::from_value(value.clone()).ok() };
    Some(match name.as_str() {
        "header_name" => layer.with_key_header(value.as_str()?),
        "methods" => {
            let methods: Option<Vec<Method>> = list(value)?.iter().map(|name| name.parse().ok()).collect();
            layer.with_methods(methods?)
        }
        "missing_key" => layer.with_missing_key(word(
            value,
            [("derive", MissingKey::Derive), ("pass", MissingKey::Pass), ("require", MissingKey::Require)],
        )?),
        "retention" => layer.with_ttl(micros(value)?),
        "ttl" => layer.with_ttl(seconds()?),
        "ttl_ms" => layer.with_ttl(Duration::from_millis(value.as_u64()?)),
        "derived_window" => layer.with_derived_window(micros(value)?),
        "lease" => layer.with_lease(micros(value)?),
        "conflict" => {
            let timeout = micros(value.get("wait")?)?;
            layer.with_conflict_strategy(ConflictStrategy::WaitForFirst { timeout })
        }
        "on_5xx" => layer.with_on_5xx(word(
            value,
            [
                ("retry", On5xx::Retry),
                ("keep", On5xx::Keep),
                ("forget", On5xx::Forget),
                ("unknown", On5xx::Unknown),
            ],
        )?),
        "on_orphan" => {
            layer.with_on_orphan(word(value, [("reexecute", OnOrphan::Reexecute), ("fail", OnOrphan::Fail)])?)
        }
        "profile" => layer.with_profile(word(
            value,
            [
                ("default", Profile::Default),
                ("stripe_v1", Profile::StripeV1),
                ("success_only", Profile::SuccessOnly),
                ("at_most_once", Profile::AtMostOnce),
            ],
        )?),
        "max_body_bytes" => layer.with_max_body_bytes(bytes()?),
        "max_request_bytes" => layer.with_max_request_bytes(bytes()?),
        "principal_cookies" => layer.with_principal_cookies(list(value)?.iter().map(String::as_str)),
        "include_body_in_fingerprint" => layer.with_body_in_fingerprint(value.as_bool()?),
        "fingerprint_headers" => layer.with_fingerprint_headers(list(value)?.iter().map(String::as_str)),
        "fingerprint" => value.as_object()?.iter().try_fold(layer, |layer, (part, value)| {
            let names = list(value)?;
            let names = names.iter().map(String::as_str);
            Some(match part.as_str() {
                "include" => layer.with_fingerprint_include(names),
                "exclude" => layer.with_fingerprint_exclude(names),
                "headers" => layer.with_fingerprint_headers(names),
                _ => return None,
            })
        })?,
        "expose_headers" => layer.with_expose_headers(value.as_bool()?),
        "fail_open" => layer.with_fail_open(value.as_bool()?),
        _ => return None,
    })
}

fn word<T: Copy, const N: usize>(value: &Value, words: [(&str, T); N]) -> Option<T> {
    words.into_iter().find(|(word, _)| value == word).map(|(_, meaning)| meaning)
}

/// A store that can never be reached.
struct Away;

impl Store for Away {
    fn apply(&self, _: StoreOp) -> Applied<'_> {
        Box::pin(std::future::ready(Err(StoreError::because("no route to the store"))))
    }
}
