//! Core's error table as the driver loads it.

use once_again_core::error::Code;
use once_again_core::json;
use serde::ser::{Serialize, Serializer};

struct Table;

#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
struct Meaning {
    status_code: u16,
    retryable: bool,
    suggested_actions: &'static [&'static str],
}

impl Serialize for Table {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(Code::ALL.iter().map(|code| {
            let meaning = Meaning {
                status_code: code.status(),
                retryable: code.retryable(),
                suggested_actions: code.suggested_actions(),
            };
            (code.name(), meaning)
        }))
    }
}

/// Every code with what it means, as JSON by name.
#[must_use]
pub fn table() -> String {
    json::to_string(&Table)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_table_says_what_core_says() {
        let table = super::table();
        let row = r#""TIMEOUT_ERROR":{"statusCode":504,"retryable":true,"suggestedActions":["Retry with the same idempotency key: the first try may have worked."]}"#;
        assert!(table.contains(row), "{table}");
    }
}
