// What both packages export.

export type { AttemptContext, Operation } from "./attempt.js";
export { coreVersion } from "./binding.js";
export { CircuitBreaker, type GuardedOperation } from "./breaker/breaker.js";
export { DefaultCircuitBreakerConfig } from "./breaker/config.js";
export type { Permit } from "./breaker/gate.js";
export type { BreakerLine } from "./breaker/log.js";
export type { Isolation } from "./breaker/manual.js";
export {
  CircuitBreakerRegistry,
  type CircuitBreakerRegistryOptions,
  type Eviction,
} from "./breaker/registry.js";
export type { ScriptStore } from "./breaker/shared.js";
export type {
  BreakerCallOptions,
  BreakerEvents,
  BreakerNotice,
  BreakerOptions,
  BreakerPreset,
  BreakerSnapshot,
  BreakerState,
  BreakerStats,
  CommonBreakerOptions,
  Detachment,
  FallbackEvent,
  FallbackStrategy,
  Outcome,
  Queued,
  QueuedCall,
  RateBreakerOptions,
  Rejection,
  Settled,
  StateChange,
  ThresholdBreakerOptions,
} from "./breaker/types.js";
export { type BudgetOption, RetryBudget } from "./budget/budget.js";
export type { BudgetConfig, BudgetOptions, BudgetPreset, BudgetRules, BudgetStats } from "./budget/types.js";
export type { Clock, Random, SleepOptions } from "./clock.js";
export type { DeadLetter, DeadLetterError } from "./dead_letter/letter.js";
export { type DeadLetterStore, type MemoryDeadLetterStats, MemoryDeadLetterStore } from "./dead_letter/memory.js";
export {
  DeadLetterQueue,
  type DeadLetterQueueOptions,
  type DeadLetterQueueStats,
  type RedriveContext,
  type RedriveHandler,
} from "./dead_letter/queue.js";
export type { HttpResponse } from "./ecosystem/body.js";
export { IdempotentHttpClient } from "./ecosystem/client.js";
export { HttpError, QError } from "./ecosystem/error.js";
export { ClientFactory } from "./ecosystem/factory.js";
export type { HttpAnswer, HttpClientOptions, Identity, RequestHeaders, RequestOptions } from "./ecosystem/options.js";
export type { RetryStats } from "./ecosystem/stats.js";
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
export type { BreakerChoice } from "./fetch/breakers.js";
export { createFetch, type FetchOptions } from "./fetch/create.js";
export type { RefreshAuth } from "./fetch/credentials.js";
export type { FetchIdempotency } from "./fetch/keys.js";
export { type FingerprintOptions, fingerprint, type HeaderLines } from "./fingerprint.js";
export type { IdempotentContext } from "./idempotency/context.js";
export { idempotent } from "./idempotency/idempotent.js";
export {
  type DuplicateCheck,
  IdempotencyManager,
  type IdempotencyManagerOptions,
  type IdempotencyRecord,
} from "./idempotency/manager.js";
export type {
  CallOptions,
  Idempotent,
  IdempotentOptions,
  IdempotentResult,
  RetryContext,
} from "./idempotency/options.js";
export type { Codec } from "./idempotency/result.js";
export type { Counted, GuardEvent, GuardObservers, GuardStats, IdempotencyStats } from "./idempotency/stats.js";
export { dispose } from "./machine.js";
export { type Checkpointed, type CheckpointOptions, retryWithCheckpoint } from "./retry/checkpoint.js";
export {
  CacheRetryConfig,
  DatabaseRetryConfig,
  DefaultRetryConfig,
  HTTPRetryConfig,
  type MutableRetryConfig,
  S3RetryConfig,
} from "./retry/configs.js";
export * from "./retry/constants.js";
export { RetryHandler } from "./retry/handler.js";
export type { Logger, LogLevel, LogLine } from "./retry/log.js";
export { RetryManager, RetryManagerPool } from "./retry/manager.js";
export { RetryPolicyManager } from "./retry/policies.js";
export { loadPolicies, type Variables } from "./retry/sources.js";
export type { TraceOptions } from "./retry/trace.js";
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
