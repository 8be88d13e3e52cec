export { A as AttemptContext, B as BackoffOptions, a as BreakerCallOptions, b as BreakerEvents, c as BreakerOptions, d as BreakerState, e as BreakerStats, C as CircuitBreaker, f as CircuitOpenError, g as Clock, h as CommonBreakerOptions, j as ConfigError, D as DeadLetterHandler, E as ErrorCode, k as ErrorCodes, l as ErrorFacts, m as ErrorKind, o as ExecuteOptions, F as FallbackEvent, p as FallbackStrategy, G as GiveUpEvent, q as GiveUpReason, r as GuardedOperation, J as JitterType, O as OnceAgainError, s as Operation, t as Outcome, P as Permit, Q as Queued, u as QueuedCall, R as Random, w as RateBreakerOptions, x as RetryConfig, y as RetryEvent, z as RetryExhaustedError, H as RetryHandler, I as RetryHooks, K as RetryOptions, L as RetryPolicy, M as RetryPolicyManager, N as RetryStrategy, S as Settled, T as SleepOptions, U as StateChange, W as SuccessEvent, X as ThresholdBreakerOptions, Y as TimeoutError, Z as Wrapped, _ as coreVersion, $ as isCircuitBreakerError, a0 as wrap } from './driver.js';

/**
 * Loads the wasm that lies beside this file, once; every later call gives the same promise. Classes made before it has
 * resolved throw `NOT_READY`.
 *
 * @param source where to take it from instead: a URL, a `Response`, its bytes, or a compiled module.
 */
declare function init(source?: string | URL | Response | BufferSource | WebAssembly.Module): Promise<void>;

export { init };
