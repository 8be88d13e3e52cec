//! An action that runs once: `cargo run -p once-again --features derive --example action_idempotency`

use once_again::prelude::*;
use once_again::storage::MemoryStore;
use serde::{Deserialize, Serialize};
use std::io;
use std::time::Duration;

#[derive(Clone, Serialize, IdempotencyKey)]
struct Email {
    to: String,
    subject: String,
    /// When it is sent does not make it another mail.
    #[idempotency(exclude)]
    sent_at: u64,
    /// The caller's own key; without one, the content counts.
    #[idempotency(key)]
    message_id: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Receipt {
    sent: bool,
    text: String,
}

struct SendEmail;

impl IdempotentAction for SendEmail {
    type Input = Email;
    type Output = Receipt;
    type Error = io::Error;

    fn id(&self) -> &'static str {
        "send.email"
    }

    async fn execute(&self, email: &Email) -> io::Result<Receipt> {
        println!("sending {:?} to {}", email.subject, email.to);
        Ok(Receipt { sent: true, text: format!("sent to {}", email.to) })
    }

    fn idempotency_config(&self) -> IdempotencyConfig {
        IdempotencyConfig {
            deduplication_window: Duration::from_secs(24 * 3_600),
            conflict_behavior: ConflictBehavior::ReturnPrevious,
            ..IdempotencyConfig::default()
        }
    }

    /// A mail that was not sent may be tried again.
    async fn is_safe_to_retry(&self, _email: &Email, previous: &Receipt) -> io::Result<bool> {
        Ok(!previous.sent)
    }
}

/// The same in short: an async function.
#[once_again::idempotent(id = "greet")]
async fn greet(name: String) -> io::Result<String> {
    Ok(format!("hello {name}"))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let executor = IdempotentExecutor::new(MemoryStore::default());
    let email =
        |sent_at| Email { to: "a@example.com".into(), subject: "Hi".into(), sent_at, message_id: None };

    let first = executor.execute(&SendEmail, email(1)).await?;
    let again = executor.execute(&SendEmail, email(2)).await?;
    println!("first: replay {}, again: replay {}", first.is_replay(), again.is_replay());
    assert!(!first.is_replay() && again.is_replay());
    assert_eq!(first.output, again.output);

    executor.execute(&greet, "Ada".to_owned()).await?;
    assert!(executor.execute(&greet, "Ada".to_owned()).await?.is_replay());
    Ok(())
}
