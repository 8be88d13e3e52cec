//! A dependency that goes down and comes back, behind a breaker: `cargo run -p once-again --example breaker`.

use once_again::breaker::BreakerEvent;
use once_again::testing::VirtualClock;
use once_again::{Breaker, CallError};
use std::error::Error;
use std::io;
use std::time::Duration;

/// Down from second 10 to second 50.
#[expect(clippy::unused_async, reason = "stands for a request over the network")]
async fn charge(second: u64) -> io::Result<()> {
    if (10..50).contains(&second) { Err(io::ErrorKind::ConnectionRefused.into()) } else { Ok(()) }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    // A minute of virtual time, so that nobody waits for this example.
    let clock = VirtualClock::new();
    let breaker = Breaker::builder()
        .name("payments")
        .failure_threshold(3)
        .recovery_timeout(Duration::from_secs(15))
        .clock(clock.clone())
        .on_event(|event| {
            if let BreakerEvent::StateChange { from, to, .. } = event {
                println!("        {} → {}", from.name(), to.name());
            }
        })
        .build()?;

    let (mut charged, mut failed, mut spared) = (0, 0, 0);
    for second in 0..90 {
        match breaker.call(|| charge(second)).await {
            Ok(()) => charged += 1,
            Err(CallError::Failed(error)) => {
                failed += 1;
                println!("{second:>4} s  {error}");
            }
            // The dependency hears nothing of these, and the caller knows at once when to come back.
            Err(CallError::Open(open)) => {
                spared += 1;
                if spared % 10 == 1 {
                    println!("{second:>4} s  {open}");
                }
            }
        }
        clock.advance(Duration::from_secs(1));
    }
    println!("charged {charged}, failed {failed}, not even tried {spared}");
    Ok(())
}
