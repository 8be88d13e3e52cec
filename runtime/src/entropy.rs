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

/// 16 bytes that nobody can guess, from the operating system: for keys and owners.
///
/// # Panics
///
/// Where the operating system has none to give, nothing that must be secret can be made.
pub(crate) fn secret() -> [u8; 16] {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

/// A generator for each thread: fast, and good enough to spread callers. Not for keys.
#[derive(Clone, Copy, Debug, Default)]
pub struct ThreadRng;

impl Entropy for ThreadRng {
    fn draw(&self) -> u32 {
        fastrand::u32(..)
    }
}
