// What both packages export.

export type { AttemptContext, Operation } from "./attempt.js";
export { coreVersion } from "./binding.js";
export { CircuitBreaker, type GuardedOperation } from "./breaker/breaker.js";
export type { Permit } from "./breaker/gate.js";
export type {
  BreakerCallOptions,
  BreakerEvents,
  BreakerOptions,
  BreakerState,
  BreakerStats,
  CommonBreakerOptions,
  FallbackEvent,
  FallbackStrategy,
  Outcome,
  Queued,
  QueuedCall,
  RateBreakerOptions,
  Settled,
  StateChange,
  ThresholdBreakerOptions,
} from "./breaker/types.js";
export type { Clock, Random, SleepOptions } from "./clock.js";
export {
  CircuitOpenError,
  ConfigError,
  type ErrorCode,
  ErrorCodes,
  type ErrorFacts,
  type GiveUpReason,
  isCircuitBreakerError,
  OnceAgainError,
  RetryExhaustedError,
  TimeoutError,
} from "./errors.js";
export { createFetch, type FetchIdempotency, type FetchOptions } from "./fetch/create.js";
export { type FingerprintOptions, fingerprint, type HeaderLines } from "./fingerprint.js";
export {
  type DuplicateCheck,
  IdempotencyManager,
  type IdempotencyManagerOptions,
  type IdempotencyRecord,
} from "./idempotency/manager.js";
export { dispose } from "./machine.js";
export { RetryHandler } from "./retry/handler.js";
export { RetryPolicyManager } from "./retry/policies.js";
export type {
  BackoffOptions,
  DeadLetterHandler,
  ErrorKind,
  ExecuteOptions,
  GiveUpEvent,
  JitterType,
  PolicyWishes,
  RetryConfig,
  RetryEvent,
  RetryHooks,
  RetryOptions,
  RetryPolicy,
  RetryStrategy,
  SuccessEvent,
} from "./retry/types.js";
export { MemoryStore, type MemoryStoreOptions, type MemoryStoreStats } from "./store/memory.js";
export { type IdempotencyStore, type StoredResponse, simpleStore } from "./store/simple.js";
export type { JointStore, ReleaseMode, Store, StoreOp, StoreReply } from "./store/store.js";
export { type Wrapped, wrap } from "./wrap.js";
