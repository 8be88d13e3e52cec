import { F as FetchOptions, S as Store, C as Clock, b as StoreOp, c as StoreReply, d as dispose } from './driver.js';
export { A as AttemptContext, B as BackoffOptions, e as BreakerCallOptions, f as BreakerChoice, g as BreakerEvents, h as BreakerLine, j as BreakerNotice, k as BreakerOptions, l as BreakerPreset, o as BreakerSnapshot, p as BreakerState, q as BreakerStats, r as BudgetConfig, s as BudgetOption, t as BudgetOptions, u as BudgetPreset, w as BudgetRules, x as BudgetStats, y as CacheRetryConfig, z as CallOptions, D as CheckpointOptions, E as Checkpointed, G as CircuitBreaker, H as CircuitBreakerRegistry, I as CircuitBreakerRegistryOptions, J as CircuitOpenError, K as Codec, L as CommonBreakerOptions, N as ConfigError, O as DatabaseRetryConfig, P as DeadLetter, Q as DeadLetterError, R as DeadLetterHandler, T as DeadLetterQueue, U as DeadLetterQueueOptions, W as DeadLetterQueueStats, X as DeadLetterStore, Y as DefaultCircuitBreakerConfig, Z as DefaultRetryConfig, _ as Detachment, $ as DuplicateCheck, a0 as ErrorCode, a1 as ErrorCodes, a2 as ErrorFacts, a3 as ErrorKind, a4 as ErrorTypeCircuitBreaker, a5 as ErrorTypeClient, a6 as ErrorTypeNetwork, a7 as ErrorTypePermanent, a8 as ErrorTypeRateLimit, a9 as ErrorTypeServer, aa as ErrorTypeTimeout, ab as ErrorTypeTransient, ac as ErrorTypeUnknown, ad as Eviction, ae as ExecuteOptions, af as FallbackEvent, ag as FallbackStrategy, ah as FetchIdempotency, ai as FingerprintOptions, aj as GiveUpEvent, ak as GiveUpReason, al as GuardedOperation, am as HTTPRetryConfig, an as HeaderLines, ao as IdempotencyManager, ap as IdempotencyManagerOptions, aq as IdempotencyRecord, ar as IdempotencyStore, as as Idempotent, at as IdempotentContext, au as IdempotentOptions, av as IdempotentResult, aw as Isolation, ax as JitterType, ay as JitterTypeDecorrelated, az as JitterTypeDeviation, aA as JitterTypeEqual, aB as JitterTypeFull, aC as JitterTypeNone, aD as JointStore, aE as LogLevel, aF as LogLine, aG as Logger, aH as MemoryDeadLetterStats, aI as MemoryDeadLetterStore, aJ as MemoryStore, aK as MemoryStoreOptions, aL as MemoryStoreStats, aM as MutableRetryConfig, aN as OnceAgainError, aO as Operation, aP as Outcome, aQ as Permit, aR as PolicyWishes, aS as Queued, aT as QueuedCall, aU as Random, aV as RateBreakerOptions, aW as RedriveContext, aX as RedriveHandler, aY as RefreshAuth, aZ as Rejection, a_ as ReleaseMode, a$ as RetryBudget, b0 as RetryConfig, b1 as RetryContext, b2 as RetryEvent, b3 as RetryExhaustedError, b4 as RetryHandler, b5 as RetryHooks, b6 as RetryManager, b7 as RetryManagerPool, b8 as RetryOptions, b9 as RetryPolicy, ba as RetryPolicyManager, bb as RetryStrategy, bc as S3RetryConfig, bd as ScriptStore, be as Settled, bf as SleepOptions, bg as StateChange, bh as StoredResponse, bi as StrategyCustom, bj as StrategyExponentialBackoff, bk as StrategyFibonacciBackoff, bl as StrategyFixedDelay, bm as StrategyLinearBackoff, bn as SuccessEvent, bo as ThresholdBreakerOptions, bp as TimeoutError, bq as TraceOptions, br as Variables, bs as Wrapped, bt as coreVersion, bu as fingerprint, bv as idempotent, bw as isCircuitBreakerError, bx as loadPolicies, by as retryWithCheckpoint, bz as simpleStore, bA as wrap } from './driver.js';

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
