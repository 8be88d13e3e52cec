//! The mailbox: 64 numbers one thread shares with its JavaScript, so that a hot call needs no argument.
//!
//! The driver writes, calls, and reads; it runs no user code in between, so no call ever finds another's numbers.

use once_again_core::draw::Draw;
use once_again_core::spec::Unit;
use once_again_core::time::{Micros, Tick, Timestamp};
use std::cell::Cell;

/// How many numbers a mailbox holds.
pub const WORDS: usize = 64;

/// The numbers, as both sides see them.
pub type Mailbox = [Cell<f64>; WORDS];

macro_rules! layout {
    ($($(#[$doc:meta])* $constant:ident = $word:literal, $name:literal;)*) => {
        $($(#[$doc])* pub const $constant: usize = $word;)*

        /// The layout as JSON, for the test that compares it with the driver's `mailbox.ts`.
        pub const LAYOUT: &str = concat!("{", $("\"", $name, "\":", $word, ",",)* "\"words\":64}");
    };
}

layout! {
    /// In: the machine that is asked.
    HANDLE = 0, "handle";
    /// In: the monotonic clock, milliseconds.
    NOW = 1, "now";
    /// In: one draw, 0 ≤ draw < 1.
    DRAW = 2, "draw";
    /// Out: 1 when the machine was closed, and nothing else was answered.
    GONE = 3, "gone";

    /// Out: when a shared breaker has something to send, milliseconds; infinite when it never has.
    WAKE = 4, "wake";
    /// Out: 1 when the store of a shared breaker answers again, 0 when it ceases to, -1 when neither is new.
    ATTACHED = 5, "attached";
    /// In: 1 when the caller can wait for the store.
    WAITS = 6, "waits";

    /// In: the verdict on the failure, as bits.
    VERDICT = 8, "verdict";
    /// In: the wait the failure asked for, milliseconds; negative for none.
    RETRY_AFTER = 9, "retryAfter";
    /// In: the delay the caller's own backoff computed, milliseconds; negative for none.
    CUSTOM_DELAY = 10, "customDelay";
    /// In and out: six numbers, the state of one call. A call that has not failed yet is when it began in
    /// microseconds, and five zeroes.
    CALL = 11, "call";
    /// Out: 0 to try again after `DELAY`, else the number of the reason to stop.
    STEP = 17, "step";
    /// Out: how long to sleep, milliseconds.
    DELAY = 18, "delay";
    /// Out: 1 when the call becomes a dead letter, should it end with this failure.
    LETTER = 19, "letter";
    /// In and out: what the call took from its budget, millionths of a token; 0 for nothing.
    HELD = 20, "held";
    /// In: how many calls deposited since the budget was last asked.
    DEPOSITS = 21, "deposits";
    /// In: the retry slot the next attempt starts in.
    SLOT = 22, "slot";

    /// In: how the call ended.
    OUTCOME = 24, "outcome";
    /// In: how long it took, milliseconds.
    DURATION = 25, "duration";
    /// In for settle, out for admit: three numbers, the permit of one call.
    PERMIT = 26, "permit";
    /// Out: 1 when the call may go ahead, 2 when the store of a shared breaker must say.
    ADMITTED = 29, "admitted";
    /// Out: the state of the breaker.
    STATE = 30, "state";
    /// Out: the time until the breaker may admit again, milliseconds.
    WAIT = 31, "wait";
    /// Out: the state this event left, -1 when it changed nothing.
    CHANGED_FROM = 32, "changedFrom";
    /// Out: while this epoch lasts the breaker is closed and admits without being asked; 0 means ask.
    CLOSED_EPOCH = 33, "closedEpoch";
    /// Out: 1 when a success in `CLOSED_EPOCH` would change nothing.
    QUIET = 34, "quiet";
    /// Out: what became of a settled permit.
    SETTLED = 35, "settled";
    /// In: how many successes the driver kept back.
    KEPT = 36, "kept";
    /// Out: 1 when a breaker that only watches would have opened.
    WOULD_OPEN = 37, "wouldOpen";
    /// In: what an operator wants of the breaker.
    MODE = 38, "mode";
    /// In: when each of the successes ended, milliseconds; to the end of the mailbox.
    TIMES = 39, "times";
}

/// The clock reading in `NOW`.
pub(crate) fn now(mail: &Mailbox) -> Tick {
    tick(mail[NOW].get())
}

/// The draw in `DRAW`, from JavaScript's 0 ≤ d < 1.
pub(crate) fn draw(mail: &Mailbox) -> Draw {
    drawn(mail[DRAW].get())
}

/// A draw of JavaScript's: 0 ≤ d < 1.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates, and NaN is 0")]
pub(crate) fn drawn(draw: f64) -> Draw {
    Draw((draw * 4_294_967_296.0) as u32)
}

/// A reading of the monotonic clock; what is no time is the origin.
pub(crate) fn tick(millis: f64) -> Tick {
    Tick::new(Unit::Millis.to_micros(millis).unwrap_or(Micros::ZERO).get())
}

/// A reading of the wall clock, milliseconds since the Unix epoch; what is no time is the origin.
#[must_use]
pub fn timestamp(millis: f64) -> Timestamp {
    Timestamp::new(Unit::Millis.to_micros(millis).unwrap_or(Micros::ZERO).get())
}

/// A moment on the monotonic clock as JavaScript has it.
pub(crate) fn tick_millis(at: Tick) -> f64 {
    millis(at.since(Tick::ZERO))
}

/// A moment on the wall clock as JavaScript has it.
pub(crate) fn wall_millis(at: Timestamp) -> f64 {
    millis(at.since(Timestamp::ZERO))
}

/// A span of time; none when negative or no number.
pub(crate) fn span(millis: f64) -> Option<Micros> {
    Unit::Millis.to_micros(millis)
}

/// A span of time as JavaScript has it.
pub(crate) fn millis(span: Micros) -> f64 {
    Unit::Millis.of_micros(span)
}

/// Where machines are asked; a machine that was closed meanwhile answers `GONE` and nothing else.
pub(crate) fn answer(mail: &Mailbox, found: Option<()>) {
    mail[GONE].set(f64::from(u8::from(found.is_none())));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draw_covers_all_of_its_32_bits() {
        let mail: Mailbox = [const { Cell::new(0.0) }; WORDS];
        for (given, taken) in
            [(0.0, 0), (0.5, 1 << 31), (1.0 - f64::EPSILON, u32::MAX), (1.0, u32::MAX), (f64::NAN, 0)]
        {
            mail[DRAW].set(given);
            assert_eq!(draw(&mail), Draw(taken), "{given}");
        }
    }

    #[test]
    fn times_are_rounded_to_microseconds_and_nonsense_is_the_origin() {
        assert_eq!(tick(0.1 + 0.2), Tick::new(300));
        assert_eq!(tick(-5.0), Tick::ZERO);
        assert_eq!(tick(f64::NAN), Tick::ZERO);
        assert_eq!(span(-1.0), None);
        assert_eq!(span(1.5), Some(Micros::new(1_500)));
    }
}
