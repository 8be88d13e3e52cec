// The mailbox: 64 numbers shared with core, one per thread, so that a hot call needs no argument and no allocation.
//
// The protocol, in every function that uses it: evaluate everything first (clock and random may be the user's functions),
// then write, call, read. No user code, no await and no allocation in between; so one mailbox serves all calls of a thread.

import { core } from "./binding.js";

/** What each number means; the same layout is defined in `rust/src/mailbox.rs`, and a test compares the two. */
export const Word = {
  /** In: the machine that is asked. */
  handle: 0,
  /** In: the monotonic clock, milliseconds. */
  now: 1,
  /** In: one draw, 0 ≤ draw < 1. */
  draw: 2,
  /** Out: 1 when the machine was closed, and nothing else was answered. */
  gone: 3,

  /** Out: when a shared breaker has something to send, milliseconds; infinite when it never has. */
  wake: 4,
  /** Out: 1 when the store of a shared breaker answers again, 0 when it ceases to, -1 when neither is new. */
  attached: 5,
  /** In: 1 when the caller can wait for the store. */
  waits: 6,

  /** In: the verdict on the failure, as `retryJudge` gave it. */
  verdict: 8,
  /** In: the wait the failure asked for, milliseconds; -1 for none. */
  retryAfter: 9,
  /** In: the delay the caller's own backoff computed, milliseconds; -1 for none. */
  customDelay: 10,
  /** In and out: six numbers, the state of one call. One that has not failed yet is its start in µs, and five zeroes. */
  call: 11,
  /** Out: 0 to try again after `delay`, else why the call ends (`Stop`). */
  step: 17,
  /** Out: how long to sleep, milliseconds. */
  delay: 18,
  /** Out: 1 when the call becomes a dead letter, should it end with this failure. */
  letter: 19,
  /** In and out: what the call took from its budget, millionths of a token; 0 for nothing. */
  held: 20,
  /** In: how many calls deposited since the budget was last asked. */
  deposits: 21,
  /** In: the retry slot the next attempt starts in. */
  slot: 22,

  /** In: how the call ended (`Outcome`). */
  outcome: 24,
  /** In: how long it took, milliseconds. */
  duration: 25,
  /** In for settle, out for admit: three numbers, the permit of one call. */
  permit: 26,
  /** Out: 1 when the call may go ahead, 2 when the store of a shared breaker must say. */
  admitted: 29,
  /** Out: the state of the breaker (`State`). */
  state: 30,
  /** Out: the time until the breaker may admit again, milliseconds. */
  wait: 31,
  /** Out: the state this event left, -1 when it changed nothing. */
  changedFrom: 32,
  /** Out: while this epoch lasts the breaker is closed and admits without being asked; 0 means ask. */
  closedEpoch: 33,
  /** Out: 1 when a success in `closedEpoch` would change nothing. */
  quiet: 34,
  /** Out: what became of a settled permit (`Settled`). */
  settled: 35,
  /** In: how many successes the driver kept back. */
  kept: 36,
  /** Out: 1 when a breaker that only watches would have opened. */
  wouldOpen: 37,
  /** In: what an operator wants of the breaker (`Mode`). */
  mode: 38,
  /** In: when each of the successes ended, milliseconds; to the end of the mailbox. */
  times: 39,
} as const;

let words = new Float64Array(0);

/** The mailbox, taken anew when wasm memory grew under it. Take it before writing and again before reading. */
export function mailbox(): Float64Array {
  if (words.length === 0) words = core.mailbox() as Float64Array<ArrayBuffer>;
  return words;
}
