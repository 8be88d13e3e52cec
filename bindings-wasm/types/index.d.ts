import { F as FetchOptions, S as Store, C as Clock, b as StoreOp, c as StoreReply, d as dispose } from './driver.js';
export { A as AttemptContext, B as BackoffOptions, e as BreakerCallOptions, f as BreakerEvents, g as BreakerLine, h as BreakerNotice, j as BreakerOptions, k as BreakerPreset, l as BreakerSnapshot, o as BreakerState, p as BreakerStats, q as BudgetConfig, r as BudgetOption, s as BudgetOptions, t as BudgetPreset, u as BudgetRules, w as BudgetStats, x as CacheRetryConfig, y as CallOptions, z as CheckpointOptions, D as Checkpointed, E as CircuitBreaker, G as CircuitBreakerRegistry, H as CircuitBreakerRegistryOptions, I as CircuitOpenError, J as Codec, K as CommonBreakerOptions, L as ConfigError, N as DatabaseRetryConfig, O as DeadLetter, P as DeadLetterError, Q as DeadLetterHandler, R as DeadLetterQueue, T as DeadLetterQueueOptions, U as DeadLetterQueueStats, W as DeadLetterStore, X as DefaultCircuitBreakerConfig, Y as DefaultRetryConfig, Z as DuplicateCheck, _ as ErrorCode, $ as ErrorCodes, a0 as ErrorFacts, a1 as ErrorKind, a2 as ErrorTypeCircuitBreaker, a3 as ErrorTypeClient, a4 as ErrorTypeNetwork, a5 as ErrorTypePermanent, a6 as ErrorTypeRateLimit, a7 as ErrorTypeServer, a8 as ErrorTypeTimeout, a9 as ErrorTypeTransient, aa as ErrorTypeUnknown, ab as Eviction, ac as ExecuteOptions, ad as FallbackEvent, ae as FallbackStrategy, af as FetchIdempotency, ag as FingerprintOptions, ah as GiveUpEvent, ai as GiveUpReason, aj as GuardedOperation, ak as HTTPRetryConfig, al as HeaderLines, am as IdempotencyManager, an as IdempotencyManagerOptions, ao as IdempotencyRecord, ap as IdempotencyStore, aq as Idempotent, ar as IdempotentContext, as as IdempotentOptions, at as IdempotentResult, au as Isolation, av as JitterType, aw as JitterTypeDecorrelated, ax as JitterTypeDeviation, ay as JitterTypeEqual, az as JitterTypeFull, aA as JitterTypeNone, aB as JointStore, aC as LogLevel, aD as LogLine, aE as Logger, aF as MemoryDeadLetterStats, aG as MemoryDeadLetterStore, aH as MemoryStore, aI as MemoryStoreOptions, aJ as MemoryStoreStats, aK as MutableRetryConfig, aL as OnceAgainError, aM as Operation, aN as Outcome, aO as Permit, aP as PolicyWishes, aQ as Queued, aR as QueuedCall, aS as Random, aT as RateBreakerOptions, aU as RedriveContext, aV as RedriveHandler, aW as Rejection, aX as ReleaseMode, aY as RetryBudget, aZ as RetryConfig, a_ as RetryContext, a$ as RetryEvent, b0 as RetryExhaustedError, b1 as RetryHandler, b2 as RetryHooks, b3 as RetryManager, b4 as RetryManagerPool, b5 as RetryOptions, b6 as RetryPolicy, b7 as RetryPolicyManager, b8 as RetryStrategy, b9 as S3RetryConfig, ba as Settled, bb as SleepOptions, bc as StateChange, bd as StoredResponse, be as StrategyCustom, bf as StrategyExponentialBackoff, bg as StrategyFibonacciBackoff, bh as StrategyFixedDelay, bi as StrategyLinearBackoff, bj as SuccessEvent, bk as ThresholdBreakerOptions, bl as TimeoutError, bm as TraceOptions, bn as Variables, bo as Wrapped, bp as coreVersion, bq as fingerprint, br as idempotent, bs as isCircuitBreakerError, bt as loadPolicies, bu as retryWithCheckpoint, bv as simpleStore, bw as wrap } from './driver.js';

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
