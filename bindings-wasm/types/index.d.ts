export { A as AttemptContext, B as BackoffOptions, a as BreakerCallOptions, b as BreakerEvents, c as BreakerOptions, d as BreakerState, e as BreakerStats, C as CircuitBreaker, f as CircuitOpenError, g as Clock, h as CommonBreakerOptions, j as ConfigError, D as DeadLetterHandler, E as ErrorCode, k as ErrorCodes, l as ErrorFacts, m as ErrorKind, o as ExecuteOptions, F as FallbackEvent, p as FallbackStrategy, q as FingerprintOptions, G as GiveUpEvent, r as GiveUpReason, s as GuardedOperation, H as HeaderLines, J as JitterType, O as OnceAgainError, t as Operation, u as Outcome, P as Permit, w as PolicyWishes, Q as Queued, x as QueuedCall, R as Random, y as RateBreakerOptions, z as RetryConfig, I as RetryEvent, K as RetryExhaustedError, L as RetryHandler, M as RetryHooks, N as RetryOptions, S as RetryPolicy, T as RetryPolicyManager, U as RetryStrategy, W as Settled, X as SleepOptions, Y as StateChange, Z as SuccessEvent, _ as ThresholdBreakerOptions, $ as TimeoutError, a0 as Wrapped, a1 as coreVersion, a2 as fingerprint, a3 as isCircuitBreakerError, a4 as wrap } from './driver.js';

/**
 * Loads the wasm that lies beside this file, once; every later call gives the same promise. Classes made before it has
 * resolved throw `NOT_READY`.
 *
 * @param source where to take it from instead: a URL, a `Response`, its bytes, or a compiled module.
 */
declare function init(source?: string | URL | Response | BufferSource | WebAssembly.Module): Promise<void>;

export { init };
