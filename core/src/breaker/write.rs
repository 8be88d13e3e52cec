//! Writes a configuration back in the names and units of the language that asks, in the shape it fits.

use super::config::ONE;
use super::spec::{Abandoned, BreakerSpec, FallbackStrategy, HalfOpenSpec, OpenWaitSpec, Pass, WindowSpec};
use crate::spec::{Unit, Value};
use crate::time::Micros;

impl BreakerSpec {
    /// The configuration as the host would have written it: `failureThreshold` and milliseconds for JavaScript,
    /// `failure_threshold` and seconds for Python. Rules that are off are left out where that means the same, as are
    /// functions: only the host has them. What is read from it is this configuration.
    #[must_use]
    pub fn to_value(&self, unit: Unit) -> Value {
        let mut out = Writer { unit, fields: Vec::new() };
        out.put("name", self.name.as_deref().map(text));
        match self.threshold_window() {
            Some((failures, window)) => {
                out.put("failure_threshold", Some(number(failures)));
                out.time("recovery_timeout", Some(self.open_wait.base));
                out.time("monitoring_window", Some(window));
                out.put("half_open_max_calls", Some(number(self.half_open.calls)));
            }
            None => self.write_rate(&mut out),
        }
        out.put("consecutive_failures", self.consecutive_failures.map(number));
        out.time("probe_lease", self.probe_lease);
        out.time("half_open_max_wait", self.half_open_max_wait);
        if self.abandoned == Abandoned::Ignored {
            out.put("abandoned", Some(text("ignored")));
        }
        out.put("fallback_strategy", Some(text(FallbackStrategy::name(self.fallback_strategy))));
        Value::Map(out.fields)
    }

    /// The threshold and the window of a breaker that the threshold shape can say all about.
    fn threshold_window(&self) -> Option<(u32, Micros)> {
        let WindowSpec::Time(window) = self.window else { return None };
        let Self { open_wait, half_open, .. } = *self;
        let plain = BreakerSpec {
            name: self.name.clone(),
            window: self.window,
            failures_in_window: self.failures_in_window,
            consecutive_failures: self.consecutive_failures,
            open_wait: OpenWaitSpec { base: open_wait.base, ..Self::threshold().open_wait },
            half_open: HalfOpenSpec { calls: half_open.calls, ..Self::threshold().half_open },
            probe_lease: self.probe_lease,
            half_open_max_wait: self.half_open_max_wait,
            abandoned: self.abandoned,
            fallback_strategy: self.fallback_strategy,
            health_check: self.health_check,
            ..Self::threshold()
        };
        self.failures_in_window.filter(|_| plain == *self).map(|failures| (failures, window))
    }

    fn write_rate(&self, out: &mut Writer) {
        let unit = out.unit;
        out.put(
            "window",
            Some(match self.window {
                WindowSpec::Time(window) => time(window, unit),
                WindowSpec::Count(calls) => Value::Map(vec![("count".into(), number(calls))]),
                WindowSpec::None => text("none"),
            }),
        );
        out.put("failure_rate", Some(self.failure_rate.map_or(Value::Bool(false), share)));
        out.put("minimum_calls", self.minimum_calls.map(number));
        out.put(
            "minimum_failures",
            Some(number(self.minimum_failures)).filter(|_| self.minimum_failures > 0),
        );
        out.put("failures_in_window", self.failures_in_window.map(number));
        if let Some(duration) = self.slow_call_duration {
            out.time("slow_call_duration", Some(duration));
            out.put("slow_call_rate", Some(share(self.slow_call_rate)));
            out.put("slow_minimum_calls", self.slow_minimum_calls.map(number));
        }
        let mut wait = Writer { unit, fields: Vec::new() };
        wait.time("base", Some(self.open_wait.base));
        wait.put("factor", Some(share(self.open_wait.factor)).filter(|_| self.open_wait.factor > ONE));
        wait.time("max", self.open_wait.max);
        wait.put("jitter", Some(share(self.open_wait.jitter)));
        out.put("open_wait", Some(Value::Map(wait.fields)));

        let HalfOpenSpec { calls, max_concurrent, pass, early } = self.half_open;
        let mut half_open = Writer { unit, fields: Vec::new() };
        half_open.put("calls", Some(number(calls)));
        half_open.put("max_concurrent", max_concurrent.map(number));
        match pass {
            Some(Pass::FailureRateBelow(rate)) => half_open.put("failure_rate", Some(share(rate))),
            Some(Pass::Successes(least)) => half_open.put("min_successes", Some(number(least))),
            None => {}
        }
        half_open.put("early", Some(Value::Bool(false)).filter(|_| !early));
        out.put("half_open", Some(Value::Map(half_open.fields)));
    }
}

struct Writer {
    unit: Unit,
    fields: Vec<(String, Value)>,
}

impl Writer {
    fn put(&mut self, field: &str, value: Option<Value>) {
        if let Some(value) = value {
            self.fields.push((shown(field, self.unit), value));
        }
    }

    fn time(&mut self, field: &str, value: Option<Micros>) {
        let unit = self.unit;
        self.put(field, value.map(|span| time(span, unit)));
    }
}

/// A field in the style of the language that writes durations in `unit`.
fn shown(field: &str, unit: Unit) -> String {
    if !matches!(unit, Unit::Millis) {
        return field.into();
    }
    let mut words = field.split('_');
    let mut camel: String = words.next().unwrap_or_default().into();
    for word in words {
        camel.push_str(&word[..1].to_ascii_uppercase());
        camel.push_str(&word[1..]);
    }
    camel
}

fn text(text: &str) -> Value {
    Value::Text(text.into())
}

fn number(number: u32) -> Value {
    Value::Number(number.into())
}

fn share(millionths: u32) -> Value {
    Value::Number(f64::from(millionths) / 1e6)
}

fn time(span: Micros, unit: Unit) -> Value {
    Value::Number(unit.of_micros(span))
}

#[cfg(test)]
mod tests {
    use super::super::presets;
    use super::*;
    use crate::json;

    #[test]
    fn a_breaker_given_nothing_is_five_fields_of_the_q_ecosystem() {
        let written = |unit| json::to_string(&BreakerSpec::default().to_value(unit));
        assert_eq!(
            written(Unit::Millis),
            r#"{"failureThreshold":5,"recoveryTimeout":30000,"monitoringWindow":60000,"halfOpenMaxCalls":3,"fallbackStrategy":"REJECT"}"#
        );
        assert_eq!(
            written(Unit::Seconds),
            r#"{"failure_threshold":5,"recovery_timeout":30,"monitoring_window":60,"half_open_max_calls":3,"fallback_strategy":"REJECT"}"#
        );
    }

    #[test]
    fn a_library_is_written_in_the_rate_shape() {
        assert_eq!(
            json::to_string(&presets::gobreaker().to_value(Unit::Millis)),
            concat!(
                r#"{"window":"none","failureRate":false,"openWait":{"base":60000,"jitter":0},"#,
                r#""halfOpen":{"calls":1},"consecutiveFailures":6,"fallbackStrategy":"REJECT"}"#
            )
        );
        assert_eq!(
            json::to_string(&presets::resilience4j().to_value(Unit::Seconds)),
            concat!(
                r#"{"window":{"count":100},"failure_rate":0.5,"minimum_calls":100,"slow_call_duration":60,"#,
                r#""slow_call_rate":1,"open_wait":{"base":60,"jitter":0},"half_open":{"calls":10},"#,
                r#""fallback_strategy":"REJECT"}"#
            )
        );
    }

    #[test]
    fn what_was_written_reads_back_equal() {
        let everything = BreakerSpec {
            name: Some("ledger".into()),
            minimum_failures: 3,
            failures_in_window: Some(9),
            consecutive_failures: Some(4),
            slow_call_duration: Some(Micros::from_millis(1_500)),
            slow_call_rate: 250_000,
            slow_minimum_calls: Some(7),
            open_wait: OpenWaitSpec {
                base: Micros::from_secs(2),
                factor: 1_500_000,
                max: Some(Micros::from_secs(20)),
                jitter: 333_333,
            },
            half_open: HalfOpenSpec {
                calls: 6,
                max_concurrent: Some(2),
                pass: Some(Pass::FailureRateBelow(400_000)),
                early: false,
            },
            probe_lease: Some(Micros::from_secs(9)),
            half_open_max_wait: Some(Micros::from_secs(90)),
            abandoned: Abandoned::Ignored,
            fallback_strategy: FallbackStrategy::Cache,
            ..BreakerSpec::rate()
        };
        let least = HalfOpenSpec { pass: Some(Pass::Successes(2)), ..BreakerSpec::rate().half_open };
        let mut specs = vec![everything, BreakerSpec { half_open: least, ..BreakerSpec::threshold() }];
        specs.extend(presets::NAMES.iter().map(|name| presets::named(name).unwrap()));
        for spec in specs {
            for unit in [Unit::Micros, Unit::Millis, Unit::Seconds] {
                assert_eq!(BreakerSpec::read(&spec.to_value(unit), unit, "").as_ref(), Ok(&spec), "{unit:?}");
            }
        }
    }
}
