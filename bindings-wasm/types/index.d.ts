import { F as FetchOptions, S as Store, C as Clock, a as StoreOp, b as StoreReply, d as dispose } from './driver.js';
export { A as AttemptContext, B as BackoffOptions, c as BreakerCallOptions, e as BreakerEvents, f as BreakerOptions, g as BreakerState, h as BreakerStats, j as CacheRetryConfig, k as CheckpointOptions, l as Checkpointed, m as CircuitBreaker, o as CircuitOpenError, p as CommonBreakerOptions, q as ConfigError, D as DatabaseRetryConfig, r as DeadLetter, s as DeadLetterError, t as DeadLetterHandler, u as DeadLetterQueue, w as DeadLetterQueueOptions, x as DeadLetterQueueStats, y as DeadLetterStore, z as DefaultRetryConfig, E as DuplicateCheck, G as ErrorCode, H as ErrorCodes, I as ErrorFacts, J as ErrorKind, K as ErrorTypeCircuitBreaker, L as ErrorTypeClient, M as ErrorTypeNetwork, N as ErrorTypePermanent, O as ErrorTypeRateLimit, P as ErrorTypeServer, Q as ErrorTypeTimeout, R as ErrorTypeTransient, T as ErrorTypeUnknown, U as ExecuteOptions, W as FallbackEvent, X as FallbackStrategy, Y as FetchIdempotency, Z as FingerprintOptions, _ as GiveUpEvent, $ as GiveUpReason, a0 as GuardedOperation, a1 as HTTPRetryConfig, a2 as HeaderLines, a3 as IdempotencyManager, a4 as IdempotencyManagerOptions, a5 as IdempotencyRecord, a6 as IdempotencyStore, a7 as JitterType, a8 as JitterTypeDecorrelated, a9 as JitterTypeDeviation, aa as JitterTypeEqual, ab as JitterTypeFull, ac as JitterTypeNone, ad as JointStore, ae as LogLevel, af as LogLine, ag as Logger, ah as MemoryDeadLetterStats, ai as MemoryDeadLetterStore, aj as MemoryStore, ak as MemoryStoreOptions, al as MemoryStoreStats, am as MutableRetryConfig, an as OnceAgainError, ao as Operation, ap as Outcome, aq as Permit, ar as PolicyWishes, as as Queued, at as QueuedCall, au as Random, av as RateBreakerOptions, aw as RedriveContext, ax as RedriveHandler, ay as ReleaseMode, az as RetryConfig, aA as RetryEvent, aB as RetryExhaustedError, aC as RetryHandler, aD as RetryHooks, aE as RetryManager, aF as RetryManagerPool, aG as RetryOptions, aH as RetryPolicy, aI as RetryPolicyManager, aJ as RetryStrategy, aK as S3RetryConfig, aL as Settled, aM as SleepOptions, aN as StateChange, aO as StoredResponse, aP as StrategyCustom, aQ as StrategyExponentialBackoff, aR as StrategyFibonacciBackoff, aS as StrategyFixedDelay, aT as StrategyLinearBackoff, aU as SuccessEvent, aV as ThresholdBreakerOptions, aW as TimeoutError, aX as TraceOptions, aY as Variables, aZ as Wrapped, a_ as coreVersion, a$ as fingerprint, b0 as isCircuitBreakerError, b1 as loadPolicies, b2 as retryWithCheckpoint, b3 as simpleStore, b4 as wrap } from './driver.js';

/**
 * A `fetch` with the same arguments and answers. A write carries one idempotency key in all its attempts; without a key only
 * idempotent methods are repeated. The last answer is returned when attempts run out; a network failure rejects with
 * `RetryExhaustedError`, or with the platform's own error when it is not repeated.
 *
 * Made before `init()` has resolved, it loads the wasm itself, and a wrong option rejects the first call instead of throwing
 * here.
 */
declare function createFetch(options?: FetchOptions): typeof globalThis.fetch;

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

/**
 * Loads the wasm that lies beside this file, once; every later call gives the same promise. Classes made before it has
 * resolved throw `NOT_READY`.
 *
 * @param source where to take it from instead: a URL, a `Response`, its bytes, or a compiled module.
 */
declare function init(source?: string | URL | Response | BufferSource | WebAssembly.Module): Promise<void>;

export { Clock, FetchOptions, IndexedDbStore, Store, StoreOp, StoreReply, createFetch, dispose, init };
export type { IndexedDbStoreOptions };
