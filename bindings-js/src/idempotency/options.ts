// What a user writes and reads about idempotent functions. Ranges and defaults are core's.

import type { Clock, Random } from "../clock.js";
import type { IdempotencyStore } from "../store/simple.js";
import type { Store } from "../store/store.js";
import type { Codec } from "./result.js";
import type { Counted, GuardObservers } from "./stats.js";

/** What `isSafeToRetry` and `mergeResults` are told besides. */
export interface RetryContext<Args extends unknown[] = unknown[]> {
  /** The arguments of the call that found a finished run. */
  readonly args: Args;
}

/** Options of {@link idempotent}. Durations are milliseconds, except `ttl`, which is seconds. */
export interface IdempotentOptions<Args extends unknown[], T> extends GuardObservers {
  /** The scope of the keys, the same in every language that shares the store: 1 to 255 characters. */
  readonly name: string;
  /** Where records live. Default: a `MemoryStore` of its own, which guards this process only. */
  readonly store?: Store | IdempotencyStore | undefined;
  /** The key of a call: 1 to 255 visible ASCII characters. Without it, or where it answers nothing, the arguments count. */
  readonly key?: ((...args: Args) => string | number | null | undefined) | undefined;
  /** What a call is about, as JSON. Default: its one argument, or the list of them. */
  readonly input?: ((...args: Args) => unknown) | undefined;
  /** JSON Pointers to what alone counts of that. */
  readonly include?: readonly string[] | undefined;
  /** JSON Pointers to what does not count of that, a timestamp for instance. */
  readonly exclude?: readonly string[] | undefined;
  /** `client`: the caller's key. `content`: the arguments. `hybrid`: both, so one key with other arguments is another key. */
  readonly keyStrategy?: "client" | "content" | "hybrid" | object | undefined;
  /** How long a result is kept, seconds. Default: what the level says. */
  readonly ttl?: number | undefined;
  /** The same in milliseconds. */
  readonly ttlMs?: number | undefined;
  /** Sets the default of `ttl`: `action` 1 hour (default), `request` 24 hours, `workflow` 7 days, `transaction` 30 days. */
  readonly level?: "action" | "request" | "workflow" | "transaction" | undefined;
  /** A call whose key is in use: waits 30 s for the result (`wait`, default; `returnPrevious` is the same), or is rejected. */
  readonly conflict?:
    | "wait"
    | "waitForCompletion"
    | "returnPrevious"
    | "reject"
    | { readonly wait: number }
    | undefined;
  /** How long a silent owner keeps its claim. Default 20 000; renewed while the function runs. */
  readonly lease?: number | false | undefined;
  /** Default a third of the lease. */
  readonly renewEvery?: number | undefined;
  /** How long a claim is renewed at the most. Default 600 000. */
  readonly maxRun?: number | undefined;
  /** A claim whose owner fell silent: run again (`reexecute`, default) or refuse for good (`fail`). */
  readonly onOrphan?: "reexecute" | "fail" | undefined;
  /** How many times in a record's life a silent owner may be replaced. Default 5. */
  readonly maxTakeovers?: number | undefined;
  /** `at_most_once`: what is not known to have ended well never runs again. */
  readonly profile?: "default" | "at_most_once" | undefined;
  /** Whether what the function throws is kept and thrown again. Default false: the next call runs it again. */
  readonly keepErrors?: boolean | undefined;
  /** Results larger than `maxBytes` (1 MiB), or all with `false`, are recorded as done and cannot be replayed. */
  readonly resultCaching?:
    | boolean
    | { readonly enabled?: boolean; readonly maxBytes?: number; readonly ttl?: number }
    | undefined;
  /** For results that JSON would not return equal. */
  readonly codec?: Codec<T> | undefined;
  /**
   * Asked on every duplicate of a finished call: true runs it again and gives both results to `mergeResults`. Default: never.
   * (nebula-idempotency's `is_safe_to_retry`.)
   */
  readonly isSafeToRetry?:
    | ((input: unknown, previous: T, context: RetryContext<Args>) => boolean | PromiseLike<boolean>)
    | undefined;
  /**
   * What the caller gets of two results; the recorded one stands. Default: the current one. Asked too when another run of
   * the call finished first; without it, that one's result is what this caller gets.
   */
  readonly mergeResults?: ((previous: T, current: T, context: RetryContext<Args>) => T | PromiseLike<T>) | undefined;
  /** Appends an `IdempotentContext` to the function's arguments. */
  readonly withContext?: boolean | undefined;
  /** After this long the context's signal fires. Default: never. */
  readonly handlerTimeout?: number | undefined;
  /** Whether calls run without a record while the store is away. Default false: STORE_UNAVAILABLE. */
  readonly failOpen?: boolean | undefined;
  /** How long one store operation may take. Default 2 000. */
  readonly storeTimeout?: number | undefined;
  /** How long a result waits for its record to be confirmed. Default 5 000. */
  readonly completeTimeout?: number | undefined;
  /** A namespace for keys in a store that several applications share. */
  readonly keyPrefix?: string | undefined;
  /** `false` runs every call. */
  readonly enabled?: boolean | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
}

/** What a call came to. */
export interface IdempotentResult<T> {
  readonly output: T;
  /** The function did not run: this is what it returned to an earlier call. */
  readonly isReplay: boolean;
  /** Whether the store has confirmed the record. */
  readonly confirmed: boolean;
  /** The digest the record is filed under, 64 hexadecimal digits. */
  readonly key: string;
}

/** What may be said about one call. */
export interface CallOptions {
  /** The key of this call, before what the `key` option would answer. */
  readonly key?: string | undefined;
  /** Ends the call, which then rejects with `signal.reason`. Work under way is told by its own signal, and recorded. */
  readonly signal?: AbortSignal | undefined;
}

/** A function that runs once. */
export interface Idempotent<Args extends unknown[], T> extends Counted {
  (...args: Args): Promise<T>;
  /** The same, and whether it was a replay. */
  execute(...args: Args): Promise<IdempotentResult<T>>;
  /** The same function, with something said about its next call. */
  with(call: CallOptions): Idempotent<Args, T>;
}
