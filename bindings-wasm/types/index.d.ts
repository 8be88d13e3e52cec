import { F as FetchOptions, S as Store, C as Clock, a as StoreOp, b as StoreReply, d as dispose } from './driver.js';
export { A as AttemptContext, B as BackoffOptions, c as BreakerCallOptions, e as BreakerEvents, f as BreakerOptions, g as BreakerState, h as BreakerStats, j as BudgetConfig, k as BudgetOption, l as BudgetOptions, m as BudgetPreset, o as BudgetRules, p as BudgetStats, q as CacheRetryConfig, r as CallOptions, s as CheckpointOptions, t as Checkpointed, u as CircuitBreaker, w as CircuitOpenError, x as Codec, y as CommonBreakerOptions, z as ConfigError, D as DatabaseRetryConfig, E as DeadLetter, G as DeadLetterError, H as DeadLetterHandler, I as DeadLetterQueue, J as DeadLetterQueueOptions, K as DeadLetterQueueStats, L as DeadLetterStore, M as DefaultRetryConfig, N as DuplicateCheck, O as ErrorCode, P as ErrorCodes, Q as ErrorFacts, R as ErrorKind, T as ErrorTypeCircuitBreaker, U as ErrorTypeClient, W as ErrorTypeNetwork, X as ErrorTypePermanent, Y as ErrorTypeRateLimit, Z as ErrorTypeServer, _ as ErrorTypeTimeout, $ as ErrorTypeTransient, a0 as ErrorTypeUnknown, a1 as ExecuteOptions, a2 as FallbackEvent, a3 as FallbackStrategy, a4 as FetchIdempotency, a5 as FingerprintOptions, a6 as GiveUpEvent, a7 as GiveUpReason, a8 as GuardedOperation, a9 as HTTPRetryConfig, aa as HeaderLines, ab as IdempotencyManager, ac as IdempotencyManagerOptions, ad as IdempotencyRecord, ae as IdempotencyStore, af as Idempotent, ag as IdempotentContext, ah as IdempotentOptions, ai as IdempotentResult, aj as JitterType, ak as JitterTypeDecorrelated, al as JitterTypeDeviation, am as JitterTypeEqual, an as JitterTypeFull, ao as JitterTypeNone, ap as JointStore, aq as LogLevel, ar as LogLine, as as Logger, at as MemoryDeadLetterStats, au as MemoryDeadLetterStore, av as MemoryStore, aw as MemoryStoreOptions, ax as MemoryStoreStats, ay as MutableRetryConfig, az as OnceAgainError, aA as Operation, aB as Outcome, aC as Permit, aD as PolicyWishes, aE as Queued, aF as QueuedCall, aG as Random, aH as RateBreakerOptions, aI as RedriveContext, aJ as RedriveHandler, aK as ReleaseMode, aL as RetryBudget, aM as RetryConfig, aN as RetryContext, aO as RetryEvent, aP as RetryExhaustedError, aQ as RetryHandler, aR as RetryHooks, aS as RetryManager, aT as RetryManagerPool, aU as RetryOptions, aV as RetryPolicy, aW as RetryPolicyManager, aX as RetryStrategy, aY as S3RetryConfig, aZ as Settled, a_ as SleepOptions, a$ as StateChange, b0 as StoredResponse, b1 as StrategyCustom, b2 as StrategyExponentialBackoff, b3 as StrategyFibonacciBackoff, b4 as StrategyFixedDelay, b5 as StrategyLinearBackoff, b6 as SuccessEvent, b7 as ThresholdBreakerOptions, b8 as TimeoutError, b9 as TraceOptions, ba as Variables, bb as Wrapped, bc as coreVersion, bd as fingerprint, be as idempotent, bf as isCircuitBreakerError, bg as loadPolicies, bh as retryWithCheckpoint, bi as simpleStore, bj as wrap } from './driver.js';

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
