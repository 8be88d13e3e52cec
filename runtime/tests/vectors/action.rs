//! Calls of a function that runs once, one after another, through `IdempotentExecutor`.

use once_again::action::{
    IdempotencyConfig, IdempotencyError, IdempotencyInput, IdempotencyKeyStrategy, IdempotentExecutor, Level,
};
use once_again::storage::MemoryStore;
use once_again::testing::VirtualClock;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::cell::Cell;
use std::sync::Mutex;
use std::time::Duration;

#[derive(Deserialize)]
struct Given {
    options: Value,
    calls: Vec<Call>,
}

#[derive(Clone, Deserialize)]
struct Call {
    input: Value,
    key: Option<String>,
    #[serde(default)]
    answer: Value,
    throws: Option<String>,
    #[serde(default)]
    at: u64,
}

/// What a call is about, with the key that its caller gave.
#[derive(Clone)]
struct About(Value, Option<String>);

impl Serialize for About {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl IdempotencyInput for About {
    fn idempotency_key(&self) -> Option<String> {
        self.1.clone()
    }
}

/// The options as a program of this package writes them; `None` for what its types do not let it write.
fn config(options: &Value) -> Option<(String, IdempotencyConfig)> {
    let options = options.as_object()?;
    let level = match options.get("level").and_then(Value::as_str) {
        None | Some("action") => Level::Action,
        Some("request") => Level::Request,
        Some("workflow") => Level::Workflow,
        Some("transaction") => Level::Transaction,
        Some(_) => return None,
    };
    let mut config = IdempotencyConfig::for_level(level);
    let mut name = String::new();
    let mut strategy = None;
    for (field, value) in options {
        match (field.as_str(), value) {
            ("name", Value::String(text)) => name.clone_from(text),
            ("level", _) => {}
            ("key_strategy", Value::Object(parts)) => {
                let part = |name: &str| parts["hybrid"].get(name).is_none_or(|part| part == true);
                let (user_key_prefix, content_suffix) = (part("user_key_prefix"), part("content_suffix"));
                strategy = Some(IdempotencyKeyStrategy::Hybrid { user_key_prefix, content_suffix });
            }
            ("key_strategy", Value::String(word)) => {
                strategy = Some(match word.as_str() {
                    "client" => IdempotencyKeyStrategy::Client,
                    "content" => IdempotencyKeyStrategy::Content,
                    "hybrid" => config.key_strategy,
                    _ => return None,
                });
            }
            ("exclude", Value::Array(_)) => config.exclude = serde_json::from_value(value.clone()).ok()?,
            ("include", Value::Array(_)) => config.include = serde_json::from_value(value.clone()).ok()?,
            ("keep_errors", Value::Bool(keep)) => config.keep_errors = *keep,
            ("enabled", Value::Bool(enabled)) => config.enabled = *enabled,
            ("profile", Value::String(word)) => config.at_most_once = word == "at_most_once",
            ("key_prefix", Value::String(text)) => config.key_prefix.clone_from(text),
            ("ttl", Value::Number(_)) => config.deduplication_window = Duration::from_secs(value.as_u64()?),
            ("result_caching", Value::Bool(enabled)) => config.result_caching.enabled = *enabled,
            ("result_caching", Value::Object(fields)) if fields.keys().eq(["max_bytes"]) => {
                config.result_caching.max_bytes = fields["max_bytes"].as_u64()?;
            }
            _ => return None,
        }
    }
    config.key_strategy = strategy.unwrap_or(config.key_strategy);
    Some((name, config))
}

pub(crate) fn calls(given: &Value) -> Option<Value> {
    let Given { options, mut calls } = serde_json::from_value(given.clone()).expect("a case");
    if calls.is_empty() {
        // Here a configuration is read when it is first used.
        calls.push(Call { input: Value::Null, key: None, answer: Value::Null, throws: None, at: 0 });
    }
    let (name, mut config) = config(&options)?;
    // A strategy that is not stated is the caller's key alone, or the content; here it is always stated.
    let unstated = options.get("key_strategy").is_none();
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime
        .block_on(async {
            let clock = VirtualClock::new();
            let store = MemoryStore::builder().clock(clock.clone()).build().expect("a store");
            let executor = IdempotentExecutor::new(store).clock(clock.clone());
            let mut seen = Vec::new();
            let now = Cell::new(0);
            for call in calls {
                clock.advance(Duration::from_micros(call.at.saturating_sub(now.replace(call.at))));
                if unstated {
                    config.key_strategy = match call.key {
                        Some(_) => IdempotencyKeyStrategy::Client,
                        None => IdempotencyKeyStrategy::Content,
                    };
                }
                let ran = Mutex::new(false);
                let work = |_: About| async {
                    *ran.lock().unwrap() = true;
                    call.throws.clone().map_or_else(|| Ok(call.answer.clone()), Err)
                };
                let about = About(call.input.clone(), call.key.clone());
                let came = executor.function(&name, work).config(config.clone()).call(about).await;
                let ran = *ran.lock().unwrap();
                seen.push(match came {
                    Ok(done) => {
                        let (replay, key) = (done.is_replay(), done.key().to_string());
                        json!({"ran": ran, "output": done.output, "replay": replay, "key": key})
                    }
                    Err(IdempotencyError::Config(error)) => return json!({"error": {"field": error.field}}),
                    Err(IdempotencyError::Action(error)) => json!({"ran": ran, "threw": error}),
                    Err(IdempotencyError::Replayed(error)) => json!({"ran": ran, "threw": error.message}),
                    Err(error) => json!({"ran": ran, "error": error.code().map(once_again::Code::name)}),
                });
            }
            json!({ "calls": seen })
        })
        .into()
}
