import { F as FetchOptions, S as Store, C as Clock, a as StoreOp, b as StoreReply, d as dispose } from './driver.js';
export { A as AttemptContext, B as BackoffOptions, c as BreakerCallOptions, e as BreakerEvents, f as BreakerOptions, g as BreakerState, h as BreakerStats, j as CacheRetryConfig, k as CallOptions, l as CheckpointOptions, m as Checkpointed, o as CircuitBreaker, p as CircuitOpenError, q as Codec, r as CommonBreakerOptions, s as ConfigError, D as DatabaseRetryConfig, t as DeadLetter, u as DeadLetterError, w as DeadLetterHandler, x as DeadLetterQueue, y as DeadLetterQueueOptions, z as DeadLetterQueueStats, E as DeadLetterStore, G as DefaultRetryConfig, H as DuplicateCheck, I as ErrorCode, J as ErrorCodes, K as ErrorFacts, L as ErrorKind, M as ErrorTypeCircuitBreaker, N as ErrorTypeClient, O as ErrorTypeNetwork, P as ErrorTypePermanent, Q as ErrorTypeRateLimit, R as ErrorTypeServer, T as ErrorTypeTimeout, U as ErrorTypeTransient, W as ErrorTypeUnknown, X as ExecuteOptions, Y as FallbackEvent, Z as FallbackStrategy, _ as FetchIdempotency, $ as FingerprintOptions, a0 as GiveUpEvent, a1 as GiveUpReason, a2 as GuardedOperation, a3 as HTTPRetryConfig, a4 as HeaderLines, a5 as IdempotencyManager, a6 as IdempotencyManagerOptions, a7 as IdempotencyRecord, a8 as IdempotencyStore, a9 as Idempotent, aa as IdempotentContext, ab as IdempotentOptions, ac as IdempotentResult, ad as JitterType, ae as JitterTypeDecorrelated, af as JitterTypeDeviation, ag as JitterTypeEqual, ah as JitterTypeFull, ai as JitterTypeNone, aj as JointStore, ak as LogLevel, al as LogLine, am as Logger, an as MemoryDeadLetterStats, ao as MemoryDeadLetterStore, ap as MemoryStore, aq as MemoryStoreOptions, ar as MemoryStoreStats, as as MutableRetryConfig, at as OnceAgainError, au as Operation, av as Outcome, aw as Permit, ax as PolicyWishes, ay as Queued, az as QueuedCall, aA as Random, aB as RateBreakerOptions, aC as RedriveContext, aD as RedriveHandler, aE as ReleaseMode, aF as RetryConfig, aG as RetryContext, aH as RetryEvent, aI as RetryExhaustedError, aJ as RetryHandler, aK as RetryHooks, aL as RetryManager, aM as RetryManagerPool, aN as RetryOptions, aO as RetryPolicy, aP as RetryPolicyManager, aQ as RetryStrategy, aR as S3RetryConfig, aS as Settled, aT as SleepOptions, aU as StateChange, aV as StoredResponse, aW as StrategyCustom, aX as StrategyExponentialBackoff, aY as StrategyFibonacciBackoff, aZ as StrategyFixedDelay, a_ as StrategyLinearBackoff, a$ as SuccessEvent, b0 as ThresholdBreakerOptions, b1 as TimeoutError, b2 as TraceOptions, b3 as Variables, b4 as Wrapped, b5 as coreVersion, b6 as fingerprint, b7 as idempotent, b8 as isCircuitBreakerError, b9 as loadPolicies, ba as retryWithCheckpoint, bb as simpleStore, bc as wrap } from './driver.js';

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
