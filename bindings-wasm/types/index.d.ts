import { F as FetchOptions, S as Store, C as Clock, a as StoreOp, b as StoreReply, d as dispose } from './driver.js';
export { A as AttemptContext, B as BackoffOptions, c as BreakerCallOptions, e as BreakerEvents, f as BreakerOptions, g as BreakerState, h as BreakerStats, j as CircuitBreaker, k as CircuitOpenError, l as CommonBreakerOptions, m as ConfigError, D as DeadLetterHandler, o as DuplicateCheck, E as ErrorCode, p as ErrorCodes, q as ErrorFacts, r as ErrorKind, s as ExecuteOptions, t as FallbackEvent, u as FallbackStrategy, w as FetchIdempotency, x as FingerprintOptions, G as GiveUpEvent, y as GiveUpReason, z as GuardedOperation, H as HeaderLines, I as IdempotencyManager, J as IdempotencyManagerOptions, K as IdempotencyRecord, L as IdempotencyStore, M as JitterType, N as JointStore, O as MemoryStore, P as MemoryStoreOptions, Q as MemoryStoreStats, R as OnceAgainError, T as Operation, U as Outcome, W as Permit, X as PolicyWishes, Y as Queued, Z as QueuedCall, _ as Random, $ as RateBreakerOptions, a0 as ReleaseMode, a1 as RetryConfig, a2 as RetryEvent, a3 as RetryExhaustedError, a4 as RetryHandler, a5 as RetryHooks, a6 as RetryOptions, a7 as RetryPolicy, a8 as RetryPolicyManager, a9 as RetryStrategy, aa as Settled, ab as SleepOptions, ac as StateChange, ad as StoredResponse, ae as SuccessEvent, af as ThresholdBreakerOptions, ag as TimeoutError, ah as Wrapped, ai as coreVersion, aj as fingerprint, ak as isCircuitBreakerError, al as simpleStore, am as wrap } from './driver.js';

/**
 * A `fetch` with the same arguments and answers. A write carries one idempotency key in all its attempts; without a key only
 * idempotent methods are repeated. The last answer is returned when attempts run out; a network failure rejects with
 * `RetryExhaustedError`, or with the platform's own error when it is not repeated.
 *
 * Made before `init()` has resolved, it loads the wasm itself, and a wrong option rejects the first call instead of throwing
 * here.
 */
declare function createFetch(options?: FetchOptions): typeof globalThis.fetch;

/**
 * Loads the wasm that lies beside this file, once; every later call gives the same promise. Classes made before it has
 * resolved throw `NOT_READY`.
 *
 * @param source where to take it from instead: a URL, a `Response`, its bytes, or a compiled module.
 */
declare function init(source?: string | URL | Response | BufferSource | WebAssembly.Module): Promise<void>;

/** Settings of an {@link IndexedDbStore}. */
interface IndexedDbStoreOptions {
    /** The database's name; stores of one name share their records. Default `once-again`. */
    readonly name?: string | undefined;
    /** How often expired records are swept, milliseconds; 0 never. Default 5 minutes. */
    readonly cleanupInterval?: number | undefined;
    /** Where databases come from. Default: the global `indexedDB`. */
    readonly indexedDB?: IDBFactory | undefined;
    /** Tabs of one browser share records by the wall clock they share. */
    readonly clock?: Clock | undefined;
}
/**
 * A store in IndexedDB. It waits for `init()` by itself. What the browser refuses (no space left, a private window without a
 * database) rejects with `STORE_UNAVAILABLE`.
 *
 * A browser may throw a site's data away when space runs low, unless `navigator.storage.persist()` was granted.
 */
declare class IndexedDbStore implements Store {
    #private;
    constructor(options?: IndexedDbStoreOptions);
    apply(op: StoreOp): Promise<StoreReply>;
    /** Stops sweeping and lets go of the database. */
    close(): Promise<void>;
    [dispose](): void;
}

export { Clock, FetchOptions, IndexedDbStore, Store, StoreOp, StoreReply, createFetch, dispose, init };
export type { IndexedDbStoreOptions };
