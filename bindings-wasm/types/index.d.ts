import { F as FetchOptions, S as Store, C as Clock, b as StoreOp, c as StoreReply, d as dispose } from './driver.js';
export { A as AttemptContext, B as BackoffOptions, e as BreakerCallOptions, f as BreakerEvents, g as BreakerNotice, h as BreakerOptions, j as BreakerPreset, k as BreakerSnapshot, l as BreakerState, o as BreakerStats, p as BudgetConfig, q as BudgetOption, r as BudgetOptions, s as BudgetPreset, t as BudgetRules, u as BudgetStats, w as CacheRetryConfig, x as CallOptions, y as CheckpointOptions, z as Checkpointed, D as CircuitBreaker, E as CircuitBreakerRegistry, G as CircuitBreakerRegistryOptions, H as CircuitOpenError, I as Codec, J as CommonBreakerOptions, K as ConfigError, L as DatabaseRetryConfig, N as DeadLetter, O as DeadLetterError, P as DeadLetterHandler, Q as DeadLetterQueue, R as DeadLetterQueueOptions, T as DeadLetterQueueStats, U as DeadLetterStore, W as DefaultCircuitBreakerConfig, X as DefaultRetryConfig, Y as DuplicateCheck, Z as ErrorCode, _ as ErrorCodes, $ as ErrorFacts, a0 as ErrorKind, a1 as ErrorTypeCircuitBreaker, a2 as ErrorTypeClient, a3 as ErrorTypeNetwork, a4 as ErrorTypePermanent, a5 as ErrorTypeRateLimit, a6 as ErrorTypeServer, a7 as ErrorTypeTimeout, a8 as ErrorTypeTransient, a9 as ErrorTypeUnknown, aa as Eviction, ab as ExecuteOptions, ac as FallbackEvent, ad as FallbackStrategy, ae as FetchIdempotency, af as FingerprintOptions, ag as GiveUpEvent, ah as GiveUpReason, ai as GuardedOperation, aj as HTTPRetryConfig, ak as HeaderLines, al as IdempotencyManager, am as IdempotencyManagerOptions, an as IdempotencyRecord, ao as IdempotencyStore, ap as Idempotent, aq as IdempotentContext, ar as IdempotentOptions, as as IdempotentResult, at as Isolation, au as JitterType, av as JitterTypeDecorrelated, aw as JitterTypeDeviation, ax as JitterTypeEqual, ay as JitterTypeFull, az as JitterTypeNone, aA as JointStore, aB as LogLevel, aC as LogLine, aD as Logger, aE as MemoryDeadLetterStats, aF as MemoryDeadLetterStore, aG as MemoryStore, aH as MemoryStoreOptions, aI as MemoryStoreStats, aJ as MutableRetryConfig, aK as OnceAgainError, aL as Operation, aM as Outcome, aN as Permit, aO as PolicyWishes, aP as Queued, aQ as QueuedCall, aR as Random, aS as RateBreakerOptions, aT as RedriveContext, aU as RedriveHandler, aV as Rejection, aW as ReleaseMode, aX as RetryBudget, aY as RetryConfig, aZ as RetryContext, a_ as RetryEvent, a$ as RetryExhaustedError, b0 as RetryHandler, b1 as RetryHooks, b2 as RetryManager, b3 as RetryManagerPool, b4 as RetryOptions, b5 as RetryPolicy, b6 as RetryPolicyManager, b7 as RetryStrategy, b8 as S3RetryConfig, b9 as Settled, ba as SleepOptions, bb as StateChange, bc as StoredResponse, bd as StrategyCustom, be as StrategyExponentialBackoff, bf as StrategyFibonacciBackoff, bg as StrategyFixedDelay, bh as StrategyLinearBackoff, bi as SuccessEvent, bj as ThresholdBreakerOptions, bk as TimeoutError, bl as TraceOptions, bm as Variables, bn as Wrapped, bo as coreVersion, bp as fingerprint, bq as idempotent, br as isCircuitBreakerError, bs as loadPolicies, bt as retryWithCheckpoint, bu as simpleStore, bv as wrap } from './driver.js';

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
