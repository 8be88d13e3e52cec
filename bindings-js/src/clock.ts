// Time and chance come in from outside, here as in core: every class takes a clock and a random of the caller's.

import { onAbort } from "./abort.js";
import { isShared, LONGEST_TIMER, sharedTimer } from "./deadlines.js";

/** How a sleep treats the process around it. */
export interface SleepOptions {
  /** Let the process end although this sleep is not over. Node only; elsewhere without effect. */
  readonly unref?: boolean;
}

/** Where a class gets its time from. */
export interface Clock {
  /** A monotonic clock in milliseconds, fractions allowed, with any origin. */
  now(): number;
  /** Milliseconds since the Unix epoch. */
  wallNow(): number;
  /** Resolves after at least `ms` milliseconds; rejects with `signal.reason` as soon as the signal fires. */
  sleep(ms: number, signal?: AbortSignal, options?: SleepOptions): Promise<void>;
  /** Calls `ring` once after at least `ms` milliseconds; answers how to call it off. Default: by way of `sleep`. */
  timer?(ms: number, ring: () => void, options?: SleepOptions): () => void;
}

/** A source of chance like `Math.random`: 0 ≤ random() < 1. */
export type Random = () => number;

const now = (): number => performance.now();

/** A timer that will most likely ring. */
function soleTimer(ms: number, ring: () => void, options?: SleepOptions): () => void {
  const due = now() + ms;
  let id: ReturnType<typeof setTimeout>;
  const arm = (left: number): void => {
    id = setTimeout(check, Math.min(Math.ceil(left), LONGEST_TIMER));
    // Browsers, whose pages end anyway, give a number.
    if (options?.unref === true) (id as { unref?(): void }).unref?.();
  };
  // A platform timer counts from the start of the event loop's turn, so after a long turn it rings too early.
  const check = (): void => {
    const left = due - now();
    if (left > 0) arm(left);
    else ring();
  };
  arm(ms);
  return () => clearTimeout(id);
}

/** A timer that will most likely be called off. */
function timer(ms: number, ring: () => void, options?: SleepOptions): () => void {
  return isShared(ms) ? sharedTimer(now, ms, ring, options?.unref !== true) : soleTimer(ms, ring, options);
}

function sleep(ms: number, signal?: AbortSignal, options?: SleepOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const callOff = soleTimer(
      ms,
      () => {
        forget?.();
        resolve();
      },
      options,
    );
    const forget =
      signal &&
      onAbort(signal, () => {
        forget?.();
        callOff();
        reject(signal.reason);
      });
  });
}

/** The clock of the platform. */
export const systemClock: Clock = Object.freeze({
  now,
  wallNow: () => Date.now(),
  sleep,
  timer,
});

/** Calls `ring` after `ms` milliseconds of `clock`; answers how to call it off. */
export function after(clock: Clock, ms: number, ring: () => void, options?: SleepOptions): () => void {
  if (clock.timer !== undefined) return clock.timer(ms, ring, options);
  const stop = new AbortController();
  // Called off: the sleep ends by rejecting, and nobody waits for it any more.
  clock.sleep(ms, stop.signal, options).then(ring, () => {});
  return () => stop.abort();
}
