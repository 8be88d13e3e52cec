import { F as FetchOptions, S as Store, C as Clock, a as StoreOp, b as StoreReply, d as dispose } from './driver.js';
export { A as AttemptContext, B as BackoffOptions, c as BreakerCallOptions, e as BreakerEvents, f as BreakerNotice, g as BreakerOptions, h as BreakerPreset, j as BreakerSnapshot, k as BreakerState, l as BreakerStats, m as BudgetConfig, o as BudgetOption, p as BudgetOptions, q as BudgetPreset, r as BudgetRules, s as BudgetStats, t as CacheRetryConfig, u as CallOptions, w as CheckpointOptions, x as Checkpointed, y as CircuitBreaker, z as CircuitBreakerRegistry, D as CircuitBreakerRegistryOptions, E as CircuitOpenError, G as Codec, H as CommonBreakerOptions, I as ConfigError, J as DatabaseRetryConfig, K as DeadLetter, L as DeadLetterError, M as DeadLetterHandler, N as DeadLetterQueue, O as DeadLetterQueueOptions, P as DeadLetterQueueStats, Q as DeadLetterStore, R as DefaultCircuitBreakerConfig, T as DefaultRetryConfig, U as DuplicateCheck, W as ErrorCode, X as ErrorCodes, Y as ErrorFacts, Z as ErrorKind, _ as ErrorTypeCircuitBreaker, $ as ErrorTypeClient, a0 as ErrorTypeNetwork, a1 as ErrorTypePermanent, a2 as ErrorTypeRateLimit, a3 as ErrorTypeServer, a4 as ErrorTypeTimeout, a5 as ErrorTypeTransient, a6 as ErrorTypeUnknown, a7 as Eviction, a8 as ExecuteOptions, a9 as FallbackEvent, aa as FallbackStrategy, ab as FetchIdempotency, ac as FingerprintOptions, ad as GiveUpEvent, ae as GiveUpReason, af as GuardedOperation, ag as HTTPRetryConfig, ah as HeaderLines, ai as IdempotencyManager, aj as IdempotencyManagerOptions, ak as IdempotencyRecord, al as IdempotencyStore, am as Idempotent, an as IdempotentContext, ao as IdempotentOptions, ap as IdempotentResult, aq as Isolation, ar as JitterType, as as JitterTypeDecorrelated, at as JitterTypeDeviation, au as JitterTypeEqual, av as JitterTypeFull, aw as JitterTypeNone, ax as JointStore, ay as LogLevel, az as LogLine, aA as Logger, aB as MemoryDeadLetterStats, aC as MemoryDeadLetterStore, aD as MemoryStore, aE as MemoryStoreOptions, aF as MemoryStoreStats, aG as MutableRetryConfig, aH as OnceAgainError, aI as Operation, aJ as Outcome, aK as Permit, aL as PolicyWishes, aM as Queued, aN as QueuedCall, aO as Random, aP as RateBreakerOptions, aQ as RedriveContext, aR as RedriveHandler, aS as Rejection, aT as ReleaseMode, aU as RetryBudget, aV as RetryConfig, aW as RetryContext, aX as RetryEvent, aY as RetryExhaustedError, aZ as RetryHandler, a_ as RetryHooks, a$ as RetryManager, b0 as RetryManagerPool, b1 as RetryOptions, b2 as RetryPolicy, b3 as RetryPolicyManager, b4 as RetryStrategy, b5 as S3RetryConfig, b6 as Settled, b7 as SleepOptions, b8 as StateChange, b9 as StoredResponse, ba as StrategyCustom, bb as StrategyExponentialBackoff, bc as StrategyFibonacciBackoff, bd as StrategyFixedDelay, be as StrategyLinearBackoff, bf as SuccessEvent, bg as ThresholdBreakerOptions, bh as TimeoutError, bi as TraceOptions, bj as Variables, bk as Wrapped, bl as coreVersion, bm as fingerprint, bn as idempotent, bo as isCircuitBreakerError, bp as loadPolicies, bq as retryWithCheckpoint, br as simpleStore, bs as wrap } from './driver.js';

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
