//! Writes a configuration back in the names and units of the language that asks.

use super::fields::shown;
use super::spec::{KindSpec, RetrySpec};
use crate::backoff::Strategy;
use crate::jitter::JitterType;
use crate::spec::{Unit, Value};
use crate::time::Micros;

impl RetrySpec {
    /// The configuration as the host would have written it (`policy.effective`, `handler.config`): `baseDelay` in
    /// milliseconds for JavaScript, `initial_delay` in seconds for Python. Fields that are not set are left out, as are
    /// functions: only the host has them.
    #[must_use]
    pub fn to_value(&self, unit: Unit) -> Value {
        let mut out = Writer { unit, fields: Vec::new() };
        out.put("max_attempts", self.max_attempts, number);
        out.put("strategy", self.strategy, |strategy| text(Strategy::name(strategy)));
        out.time("base", self.base);
        out.put("multiplier", self.multiplier, millionths);
        out.time("max_delay", self.max_delay);
        out.put("schedule", self.schedule.as_deref(), |delays| times(delays, unit));
        out.put("jitter", self.jitter, |jitter| text(JitterType::name(jitter)));
        out.put("deviation", self.deviation, millionths);
        out.time("attempt_timeout", self.attempt_timeout);
        out.time("total_timeout", self.total_timeout);
        out.time("max_retry_after", self.max_retry_after);
        out.put("retry_on", self.retry_on.as_deref(), words);
        out.put("never_on", self.never_on.as_deref(), words);
        out.put("retry_statuses", self.retry_statuses.as_ref(), |list| {
            Value::List(list.iter().copied().map(number).collect())
        });
        out.put("per_kind", self.per_kind.as_ref(), |kinds| {
            Value::Map(kinds.iter().map(|(kind, spec)| (kind.name().into(), spec.to_value(unit))).collect())
        });
        out.put("name", self.name.as_deref(), text);
        out.put("type", self.r#type.as_deref(), text);
        out.put("tags", self.tags.as_ref(), |tags| {
            Value::Map(tags.iter().map(|(name, value)| (name.clone(), text(value))).collect())
        });
        out.put("enable_circuit_breaker", self.enable_circuit_breaker, Value::Bool);
        out.put("enable_dead_letter", self.enable_dead_letter, Value::Bool);
        out.put("enable_metrics", self.enable_metrics, Value::Bool);
        out.put("enable_logging", self.enable_logging, Value::Bool);
        out.put("log_level", self.log_level.as_deref(), text);
        out.put("log_messages", self.log_messages, Value::Bool);
        out.put("slot_count", self.slot_count, number);
        out.time("slot_width", self.slot_width);
        out.put("coordination_enabled", self.coordination_enabled, Value::Bool);
        out.put("require_coordination", self.require_coordination, Value::Bool);
        out.time("retention", self.retention);
        Value::Map(out.fields)
    }
}

impl KindSpec {
    fn to_value(&self, unit: Unit) -> Value {
        let mut out = Writer { unit, fields: Vec::new() };
        out.put("max_attempts", self.max_attempts, number);
        out.put("strategy", self.strategy, |strategy| text(Strategy::name(strategy)));
        out.time("base", self.base);
        out.put("multiplier", self.multiplier, millionths);
        out.time("max_delay", self.max_delay);
        out.put("schedule", self.schedule.as_deref(), |delays| times(delays, unit));
        Value::Map(out.fields)
    }
}

struct Writer {
    unit: Unit,
    fields: Vec<(String, Value)>,
}

impl Writer {
    fn put<T>(&mut self, field: &'static str, given: Option<T>, write: impl FnOnce(T) -> Value) {
        if let Some(given) = given {
            self.fields.push((shown(field, self.unit).into(), write(given)));
        }
    }

    fn time(&mut self, field: &'static str, given: Option<Micros>) {
        let unit = self.unit;
        self.put(field, given, |time| Value::Number(unit.of_micros(time)));
    }
}

fn text(text: &str) -> Value {
    Value::Text(text.into())
}

fn words(words: &[String]) -> Value {
    Value::List(words.iter().map(|word| text(word)).collect())
}

fn number(number: impl Into<f64>) -> Value {
    Value::Number(number.into())
}

#[expect(clippy::cast_precision_loss, reason = "at most 1 000 wholes")]
fn millionths(millionths: impl Into<u64>) -> Value {
    Value::Number(millionths.into() as f64 / 1e6)
}

fn times(delays: &[Micros], unit: Unit) -> Value {
    Value::List(delays.iter().map(|delay| Value::Number(unit.of_micros(*delay))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::retry::presets;

    fn written(spec: &RetrySpec, unit: Unit) -> String {
        crate::json::to_string(&spec.to_value(unit))
    }

    #[test]
    fn javascript_and_python_see_their_own_names_and_units() {
        assert_eq!(
            written(&presets::QUICK.spec(), Unit::Millis),
            r#"{"maxAttempts":3,"strategy":"exponential","baseDelay":500,"multiplier":2,"maxDelay":5000,"jitterType":"none"}"#
        );
        assert_eq!(
            written(&presets::SERVICE_AGGRESSIVE.spec(), Unit::Seconds),
            concat!(
                r#"{"max_attempts":5,"strategy":"exponential","initial_delay":0.05,"exponential_base":1.5,"max_delay":5,"#,
                r#""jitter":"deviation","jitter_factor":0.1,"slot_count":20,"slot_width":0.05,"#,
                r#""coordination_enabled":true,"idempotency_ttl":1800}"#
            )
        );
    }

    #[test]
    fn what_was_written_reads_back_equal() {
        let all = r#"{"maxAttempts": 4, "schedule": [1, 2.5], "baseDelay": 3, "maxDelay": 9, "jitter": "equal",
            "jitterMaxDeviation": 0.25, "attemptTimeout": 7, "timeout": 70, "maxRetryAfter": 0, "multiplier": 1.25,
            "retryableErrors": ["Timeout"], "permanentErrors": [], "retryableStatusCodes": [503],
            "perKind": {"Server": {"maxAttempts": 2, "baseDelay": 4}}, "operationName": "n", "operationType": "t",
            "tags": {"a": "b"}, "enableCircuitBreaker": false, "enableDeadLetter": true, "enableMetrics": true,
            "enableLogging": true, "logLevel": "debug", "logMessages": true, "slotCount": 2, "slotWidth": 5,
            "coordinationEnabled": true, "requireCoordination": false, "idempotencyTtl": 60}"#;
        let spec = RetrySpec::read(&crate::json::parse(all).unwrap(), Unit::Millis, "").unwrap();
        for unit in [Unit::Millis, Unit::Seconds, Unit::Micros] {
            assert_eq!(RetrySpec::read(&spec.to_value(unit), unit, ""), Ok(spec.clone()));
        }
    }
}
