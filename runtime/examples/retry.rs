//! A flaky service, called until it answers: `cargo run -p once-again --example retry`.

use once_again::retry::JitterType;
use once_again::{Facts, Kind, Retry, RetryPolicy};
use std::error::Error;
use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

#[derive(Debug)]
enum ShopError {
    SoldOut,
    Busy { retry_after: Duration },
    Http(u16),
}

impl fmt::Display for ShopError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SoldOut => f.write_str("sold out"),
            Self::Busy { retry_after } => write!(f, "busy, come back in {retry_after:?}"),
            Self::Http(status) => write!(f, "HTTP {status}"),
        }
    }
}

impl Error for ShopError {}

/// What each error means. Everything else about retrying is the policy's.
fn facts(error: &ShopError) -> Facts {
    match error {
        ShopError::SoldOut => Kind::Permanent.into(),
        ShopError::Busy { retry_after } => Facts::from(Kind::RateLimit).retry_after(*retry_after),
        ShopError::Http(status) => Facts::new().status(*status),
    }
}

static REQUESTS: AtomicU32 = AtomicU32::new(0);

#[expect(clippy::unused_async, reason = "stands for a request over the network")]
async fn order(article: &str) -> Result<String, ShopError> {
    match (article, REQUESTS.fetch_add(1, Ordering::Relaxed)) {
        ("unicorn", _) => Err(ShopError::SoldOut),
        (_, 0) => Err(ShopError::Http(503)),
        (_, 1) => Err(ShopError::Busy { retry_after: Duration::from_millis(400) }),
        _ => Ok(format!("one {article}, on its way")),
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let policy = RetryPolicy::builder()
        .max_attempts(5)
        .base_delay(Duration::from_millis(100))
        .jitter(JitterType::Full)
        .attempt_timeout(Duration::from_secs(2))
        .total_timeout(Duration::from_secs(10))
        .build()?;
    let retry = Retry::new(policy).name("order").classify(facts).on_retry(|retrying| {
        println!("attempt {} failed: {}; next in {:?}", retrying.attempt, retrying.failure, retrying.delay);
    });

    println!("{}", retry.run(|_attempt| order("lamp")).await?);

    // An error that no retry can help comes out as it went in.
    let error = retry.run(|_attempt| order("unicorn")).await.expect_err("unicorns are sold out");
    println!("{error} after {} attempt", error.attempts());
    Ok(())
}
