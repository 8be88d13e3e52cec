import { F as FetchOptions, S as Store, C as Clock, b as StoreOp, c as StoreReply, d as dispose } from './driver.js';
export { A as AttemptContext, B as BackoffOptions, e as BreakerCallOptions, f as BreakerEvents, g as BreakerLine, h as BreakerNotice, j as BreakerOptions, k as BreakerPreset, l as BreakerSnapshot, o as BreakerState, p as BreakerStats, q as BudgetConfig, r as BudgetOption, s as BudgetOptions, t as BudgetPreset, u as BudgetRules, w as BudgetStats, x as CacheRetryConfig, y as CallOptions, z as CheckpointOptions, D as Checkpointed, E as CircuitBreaker, G as CircuitBreakerRegistry, H as CircuitBreakerRegistryOptions, I as CircuitOpenError, J as Codec, K as CommonBreakerOptions, L as ConfigError, N as DatabaseRetryConfig, O as DeadLetter, P as DeadLetterError, Q as DeadLetterHandler, R as DeadLetterQueue, T as DeadLetterQueueOptions, U as DeadLetterQueueStats, W as DeadLetterStore, X as DefaultCircuitBreakerConfig, Y as DefaultRetryConfig, Z as Detachment, _ as DuplicateCheck, $ as ErrorCode, a0 as ErrorCodes, a1 as ErrorFacts, a2 as ErrorKind, a3 as ErrorTypeCircuitBreaker, a4 as ErrorTypeClient, a5 as ErrorTypeNetwork, a6 as ErrorTypePermanent, a7 as ErrorTypeRateLimit, a8 as ErrorTypeServer, a9 as ErrorTypeTimeout, aa as ErrorTypeTransient, ab as ErrorTypeUnknown, ac as Eviction, ad as ExecuteOptions, ae as FallbackEvent, af as FallbackStrategy, ag as FetchIdempotency, ah as FingerprintOptions, ai as GiveUpEvent, aj as GiveUpReason, ak as GuardedOperation, al as HTTPRetryConfig, am as HeaderLines, an as IdempotencyManager, ao as IdempotencyManagerOptions, ap as IdempotencyRecord, aq as IdempotencyStore, ar as Idempotent, as as IdempotentContext, at as IdempotentOptions, au as IdempotentResult, av as Isolation, aw as JitterType, ax as JitterTypeDecorrelated, ay as JitterTypeDeviation, az as JitterTypeEqual, aA as JitterTypeFull, aB as JitterTypeNone, aC as JointStore, aD as LogLevel, aE as LogLine, aF as Logger, aG as MemoryDeadLetterStats, aH as MemoryDeadLetterStore, aI as MemoryStore, aJ as MemoryStoreOptions, aK as MemoryStoreStats, aL as MutableRetryConfig, aM as OnceAgainError, aN as Operation, aO as Outcome, aP as Permit, aQ as PolicyWishes, aR as Queued, aS as QueuedCall, aT as Random, aU as RateBreakerOptions, aV as RedriveContext, aW as RedriveHandler, aX as Rejection, aY as ReleaseMode, aZ as RetryBudget, a_ as RetryConfig, a$ as RetryContext, b0 as RetryEvent, b1 as RetryExhaustedError, b2 as RetryHandler, b3 as RetryHooks, b4 as RetryManager, b5 as RetryManagerPool, b6 as RetryOptions, b7 as RetryPolicy, b8 as RetryPolicyManager, b9 as RetryStrategy, ba as S3RetryConfig, bb as ScriptStore, bc as Settled, bd as SleepOptions, be as StateChange, bf as StoredResponse, bg as StrategyCustom, bh as StrategyExponentialBackoff, bi as StrategyFibonacciBackoff, bj as StrategyFixedDelay, bk as StrategyLinearBackoff, bl as SuccessEvent, bm as ThresholdBreakerOptions, bn as TimeoutError, bo as TraceOptions, bp as Variables, bq as Wrapped, br as coreVersion, bs as fingerprint, bt as idempotent, bu as isCircuitBreakerError, bv as loadPolicies, bw as retryWithCheckpoint, bx as simpleStore, by as wrap } from './driver.js';

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
