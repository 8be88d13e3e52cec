import { F as FetchOptions } from './driver.js';
export { A as AttemptContext, B as BackoffOptions, a as BreakerCallOptions, b as BreakerEvents, c as BreakerOptions, d as BreakerState, e as BreakerStats, C as CircuitBreaker, f as CircuitOpenError, g as Clock, h as CommonBreakerOptions, j as ConfigError, D as DeadLetterHandler, k as DuplicateCheck, E as ErrorCode, l as ErrorCodes, m as ErrorFacts, o as ErrorKind, p as ExecuteOptions, q as FallbackEvent, r as FallbackStrategy, s as FetchIdempotency, t as FingerprintOptions, G as GiveUpEvent, u as GiveUpReason, w as GuardedOperation, H as HeaderLines, I as IdempotencyManager, x as IdempotencyManagerOptions, y as IdempotencyRecord, z as IdempotencyStore, J as JitterType, K as JointStore, M as MemoryStore, L as MemoryStoreOptions, N as MemoryStoreStats, O as OnceAgainError, P as Operation, Q as Outcome, R as Permit, S as PolicyWishes, T as Queued, U as QueuedCall, W as Random, X as RateBreakerOptions, Y as ReleaseMode, Z as RetryConfig, _ as RetryEvent, $ as RetryExhaustedError, a0 as RetryHandler, a1 as RetryHooks, a2 as RetryOptions, a3 as RetryPolicy, a4 as RetryPolicyManager, a5 as RetryStrategy, a6 as Settled, a7 as SleepOptions, a8 as StateChange, a9 as Store, aa as StoreOp, ab as StoreReply, ac as StoredResponse, ad as SuccessEvent, ae as ThresholdBreakerOptions, af as TimeoutError, ag as Wrapped, ah as coreVersion, ai as dispose, aj as fingerprint, ak as isCircuitBreakerError, al as simpleStore, am as wrap } from './driver.js';

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
