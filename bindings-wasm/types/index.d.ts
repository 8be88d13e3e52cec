import { F as FetchOptions } from './driver.js';
export { A as AttemptContext, B as BackoffOptions, a as BreakerCallOptions, b as BreakerEvents, c as BreakerOptions, d as BreakerState, e as BreakerStats, C as CacheRetryConfig, f as CheckpointOptions, g as Checkpointed, h as CircuitBreaker, j as CircuitOpenError, k as Clock, l as CommonBreakerOptions, m as ConfigError, D as DatabaseRetryConfig, o as DeadLetter, p as DeadLetterError, q as DeadLetterHandler, r as DeadLetterQueue, s as DeadLetterQueueOptions, t as DeadLetterQueueStats, u as DeadLetterStore, w as DefaultRetryConfig, x as DuplicateCheck, E as ErrorCode, y as ErrorCodes, z as ErrorFacts, G as ErrorKind, H as ErrorTypeCircuitBreaker, I as ErrorTypeClient, J as ErrorTypeNetwork, K as ErrorTypePermanent, L as ErrorTypeRateLimit, M as ErrorTypeServer, N as ErrorTypeTimeout, O as ErrorTypeTransient, P as ErrorTypeUnknown, Q as ExecuteOptions, R as FallbackEvent, S as FallbackStrategy, T as FetchIdempotency, U as FingerprintOptions, W as GiveUpEvent, X as GiveUpReason, Y as GuardedOperation, Z as HTTPRetryConfig, _ as HeaderLines, $ as IdempotencyManager, a0 as IdempotencyManagerOptions, a1 as IdempotencyRecord, a2 as IdempotencyStore, a3 as JitterType, a4 as JitterTypeDecorrelated, a5 as JitterTypeDeviation, a6 as JitterTypeEqual, a7 as JitterTypeFull, a8 as JitterTypeNone, a9 as JointStore, aa as LogLevel, ab as LogLine, ac as Logger, ad as MemoryDeadLetterStats, ae as MemoryDeadLetterStore, af as MemoryStore, ag as MemoryStoreOptions, ah as MemoryStoreStats, ai as MutableRetryConfig, aj as OnceAgainError, ak as Operation, al as Outcome, am as Permit, an as PolicyWishes, ao as Queued, ap as QueuedCall, aq as Random, ar as RateBreakerOptions, as as RedriveContext, at as RedriveHandler, au as ReleaseMode, av as RetryConfig, aw as RetryEvent, ax as RetryExhaustedError, ay as RetryHandler, az as RetryHooks, aA as RetryManager, aB as RetryManagerPool, aC as RetryOptions, aD as RetryPolicy, aE as RetryPolicyManager, aF as RetryStrategy, aG as S3RetryConfig, aH as Settled, aI as SleepOptions, aJ as StateChange, aK as Store, aL as StoreOp, aM as StoreReply, aN as StoredResponse, aO as StrategyCustom, aP as StrategyExponentialBackoff, aQ as StrategyFibonacciBackoff, aR as StrategyFixedDelay, aS as StrategyLinearBackoff, aT as SuccessEvent, aU as ThresholdBreakerOptions, aV as TimeoutError, aW as TraceOptions, aX as Variables, aY as Wrapped, aZ as coreVersion, a_ as dispose, a$ as fingerprint, b0 as isCircuitBreakerError, b1 as loadPolicies, b2 as retryWithCheckpoint, b3 as simpleStore, b4 as wrap } from './driver.js';

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

export { FetchOptions, createFetch, init };
