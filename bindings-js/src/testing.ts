// Time and failures for tests: a clock that only moves when told to, or whose sleeps are over at once.

import { onAbort } from "./abort.js";
import type { Clock } from "./clock.js";

export { type MockFailure, type MockStore, mockStore } from "./store/mock.js";

/** A clock that a test moves. */
export interface VirtualClock extends Clock {
  /** Moves time on by `ms` milliseconds, waking every sleep on the way at its own time. */
  advance(ms: number): Promise<void>;
  /** How many sleeps are waiting. */
  readonly sleeping: number;
}

interface Sleeper {
  readonly due: number;
  readonly wake: () => void;
}

/** Lets everything run that is not waiting for time. */
async function settle(): Promise<void> {
  await new Promise<void>((resolve) => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => {
      channel.port1.close();
      resolve();
    };
    channel.port2.postMessage(undefined);
  });
}

/**
 * A clock that stands still until `advance` moves it.
 *
 * @param start where `now()` and `wallNow()` begin, milliseconds. Default 0 for both.
 */
export function virtualClock(start: { now?: number; wallNow?: number } = {}): VirtualClock {
  const origin = start.now ?? 0;
  const wall = start.wallNow ?? 0;
  let now = origin;
  const sleepers = new Set<Sleeper>();

  function next(until: number): Sleeper | undefined {
    let first: Sleeper | undefined;
    for (const sleeper of sleepers) {
      if (sleeper.due <= until && (first === undefined || sleeper.due < first.due)) first = sleeper;
    }
    return first;
  }

  return {
    now: () => now,
    wallNow: () => wall + (now - origin),
    sleep(ms, signal) {
      return new Promise((resolve, reject) => {
        if (signal?.aborted) {
          reject(signal.reason);
          return;
        }
        const sleeper: Sleeper = {
          due: now + ms,
          wake() {
            sleepers.delete(sleeper);
            forget?.();
            resolve();
          },
        };
        const forget =
          signal &&
          onAbort(signal, () => {
            forget?.();
            sleepers.delete(sleeper);
            reject(signal.reason);
          });
        sleepers.add(sleeper);
      });
    },
    async advance(ms) {
      const until = now + ms;
      await settle();
      for (let sleeper = next(until); sleeper !== undefined; sleeper = next(until)) {
        now = Math.max(now, sleeper.due);
        sleeper.wake();
        await settle();
      }
      now = Math.max(now, until);
    },
    get sleeping() {
      return sleepers.size;
    },
  };
}

/** A clock whose sleeps are over at once; its time moves on by what was slept. `slept` lists every sleep, milliseconds. */
export function noSleep(start: { now?: number; wallNow?: number } = {}): Clock & { readonly slept: readonly number[] } {
  const origin = start.now ?? 0;
  const wall = start.wallNow ?? 0;
  let now = origin;
  const slept: number[] = [];
  return {
    now: () => now,
    wallNow: () => wall + (now - origin),
    async sleep(ms, signal) {
      signal?.throwIfAborted();
      slept.push(ms);
      now += ms;
    },
    // Time passes only in sleeps, and those are over before any limit is looked at.
    timer: () => () => {},
    slept,
  };
}

/**
 * `operation`, but its first calls fail with `errors`, one after the other.
 *
 * ```ts
 * const flaky = injectErrors(() => "done", [new Error("first"), new Error("second")]);
 * ```
 */
export function injectErrors<A extends unknown[], T>(
  operation: (...args: A) => T | PromiseLike<T>,
  errors: Iterable<unknown>,
): (...args: A) => Promise<T> {
  const left = [...errors];
  return async (...args) => {
    if (left.length > 0) throw left.shift();
    return operation(...args);
  };
}
