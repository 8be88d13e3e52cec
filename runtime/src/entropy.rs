//! Randomness comes in from outside as well: one uniform draw for each failure.

/// Where jitter gets its draws from. [`ThreadRng`] unless you say otherwise; any `Fn() -> u32` is one too.
pub trait Entropy: Send + Sync + 'static {
    /// One number, uniform over all of `u32`.
    fn draw(&self) -> u32;
}

impl<F: Fn() -> u32 + Send + Sync + 'static> Entropy for F {
    fn draw(&self) -> u32 {
        self()
    }
}

/// A generator for each thread: fast, and good enough to spread callers. Not for keys.
#[derive(Clone, Copy, Debug, Default)]
pub struct ThreadRng;

impl Entropy for ThreadRng {
    fn draw(&self) -> u32 {
        fastrand::u32(..)
    }
}
