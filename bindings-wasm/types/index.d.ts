export { A as AttemptContext, B as BackoffOptions, a as BreakerCallOptions, b as BreakerEvents, c as BreakerOptions, d as BreakerState, e as BreakerStats, C as CircuitBreaker, f as CircuitOpenError, g as Clock, h as CommonBreakerOptions, j as ConfigError, D as DeadLetterHandler, E as ErrorCode, k as ErrorCodes, l as ErrorFacts, m as ErrorKind, o as ExecuteOptions, F as FallbackEvent, p as FallbackStrategy, q as FingerprintOptions, G as GiveUpEvent, r as GiveUpReason, s as GuardedOperation, H as HeaderLines, J as JitterType, O as OnceAgainError, t as Operation, u as Outcome, P as Permit, Q as Queued, w as QueuedCall, R as Random, x as RateBreakerOptions, y as RetryConfig, z as RetryEvent, I as RetryExhaustedError, K as RetryHandler, L as RetryHooks, M as RetryOptions, N as RetryPolicy, S as RetryPolicyManager, T as RetryStrategy, U as Settled, W as SleepOptions, X as StateChange, Y as SuccessEvent, Z as ThresholdBreakerOptions, _ as TimeoutError, $ as Wrapped, a0 as coreVersion, a1 as fingerprint, a2 as isCircuitBreakerError, a3 as wrap } from './driver.js';

/**
 * Loads the wasm that lies beside this file, once; every later call gives the same promise. Classes made before it has
 * resolved throw `NOT_READY`.
 *
 * @param source where to take it from instead: a URL, a `Response`, its bytes, or a compiled module.
 */
declare function init(source?: string | URL | Response | BufferSource | WebAssembly.Module): Promise<void>;

export { init };
