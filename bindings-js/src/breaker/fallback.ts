// What a rejected call gets instead of its error: the caller's answer, an old value, or a place in a queue.

import type { Clock } from "../clock.js";
import type { CircuitOpenError } from "../errors.js";
import { newId } from "../id.js";
import type { CacheLimits, Gate } from "./gate.js";
import type { BreakerCallOptions, BreakerOptions, FallbackEvent, Queued } from "./types.js";

/** Something that can stand in for a rejected call. */
export interface Fallback {
  /** What the caller gets, whatever its type; rejects with `error` when there is nothing better. */
  // biome-ignore lint/suspicious/noExplicitAny: the caller's answer stands in for the operation's own, of any type.
  rejected(error: CircuitOpenError, run: () => Promise<unknown>, options: BreakerCallOptions | undefined): Promise<any>;
  /** Keeps the value of a call that succeeded; absent where nothing is kept. */
  keep?(key: string, value: unknown): void;
}

type Tell = (event: Omit<FallbackEvent, "name">) => void;

/** The caller's own function answers. */
function answered(answer: (error: CircuitOpenError) => unknown, tell: Tell): Fallback {
  return {
    async rejected(error, _run, options) {
      tell({ strategy: "FALLBACK", stale: false, key: options?.key });
      return answer(error);
    },
  };
}

/** The last good value of the same key. */
function cached({ values: most, age }: CacheLimits, clock: Clock, tell: Tell): Fallback {
  const values = new Map<string, { readonly value: unknown; readonly since: number }>();
  return {
    keep(key, value) {
      values.delete(key);
      if (values.size >= most) values.delete(values.keys().next().value as string);
      values.set(key, { value, since: clock.now() });
    },
    async rejected(error, _run, options) {
      const key = options?.key;
      const kept = key === undefined ? undefined : values.get(key);
      if (kept === undefined || clock.now() - kept.since > age) throw error;
      tell({ strategy: "CACHE", stale: true, key });
      return kept.value;
    },
  };
}

/** The caller's queue takes the call. */
function queued(queue: NonNullable<BreakerOptions["queue"]>, tell: Tell): Fallback {
  return {
    async rejected(_error, run, options): Promise<Queued> {
      const id = newId();
      await queue({ id, key: options?.key, run });
      tell({ strategy: "QUEUE", stale: false, key: options?.key });
      return { queued: true, id };
    },
  };
}

/** The fallback of a valid configuration; undefined where a rejected call gets its error. */
export function fallbackOf(
  { fallbackStrategy, cache, clock }: Gate,
  { fallback, queue }: BreakerOptions,
  tell: Tell,
): Fallback | undefined {
  // Core has refused a strategy without its function, so each has what it needs.
  if (fallbackStrategy === "FALLBACK" && fallback !== undefined) return answered(fallback, tell);
  if (cache !== null) return cached(cache, clock, tell);
  if (fallbackStrategy === "QUEUE" && queue !== undefined) return queued(queue, tell);
  return undefined;
}
