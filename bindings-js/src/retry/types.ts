// What a user writes and reads about retries. Times are milliseconds. Aliases, ranges and defaults are core's.

import type { BudgetOption } from "../budget/budget.js";
import type { Clock, Random } from "../clock.js";
import type { DeadLetterStore } from "../dead_letter/memory.js";
import type { DeadLetterQueue } from "../dead_letter/queue.js";
import type { GiveUpReason } from "../errors.js";
import type { Condition } from "./conditions.js";
import type { Logger, LogLevel } from "./log.js";
import type { TraceOptions } from "./trace.js";

/** The nine kinds of failure. */
export type ErrorKind =
  | "Transient"
  | "Permanent"
  | "Timeout"
  | "RateLimit"
  | "CircuitBreaker"
  | "Network"
  | "Server"
  | "Client"
  | "Unknown";

/** How the delay grows: base · multiplierⁿ, base · (1 + multiplier · n), base · 1, 1, 2, 3, 5…, or as listed or computed. */
export type RetryStrategy = "fixed" | "exponential" | "linear" | "fibonacci" | "schedule" | "custom";

/** How a delay d is spread: not; 0 to d; d/2 to d; base to 3 · the previous; d ± a fraction. */
export type JitterType = "none" | "full" | "equal" | "decorrelated" | "deviation";

/** How the delay before a retry grows, for a policy or for one kind of failure. */
export interface BackoffOptions {
  /** All attempts, the first included: 1 (never retry) to 10 000 000. */
  readonly maxAttempts?: number | undefined;
  /** Default `exponential`; a `schedule` or `customBackoff` alone says which is meant. */
  readonly strategy?: RetryStrategy | undefined;
  /** The first delay, milliseconds: 0 to 365 days, at most `maxDelay`. Also `initialDelay`. */
  readonly baseDelay?: number | undefined;
  readonly initialDelay?: number | undefined;
  /** Exponential: 1 to 1 000; linear: 0 to 1 000. Also `backoffMultiplier`. */
  readonly multiplier?: number | undefined;
  readonly backoffMultiplier?: number | undefined;
  /** The cap of every computed delay, milliseconds: 0 to 365 days. */
  readonly maxDelay?: number | undefined;
  /** The delays of strategy `schedule`, milliseconds: 1 to 1 000 of them, the last repeats. */
  readonly schedule?: readonly number[] | undefined;
}

/** A retry policy as plain data; what is not given is as in STANDARD. Two names of one field are refused. */
export interface RetryPolicy extends BackoffOptions {
  /** `true` is `full`, `false` is `none`. Default `full`. Also `jitterType`. */
  readonly jitter?: boolean | JitterType | undefined;
  readonly jitterType?: JitterType | undefined;
  /** The fraction of jitter `deviation`, 0 to 1; default 0.1. Without effect beside another jitter. */
  readonly jitterMaxDeviation?: number | undefined;
  /** The limit of each attempt, milliseconds above 0. The attempt's signal fires, and it fails with a `TimeoutError`. */
  readonly attemptTimeout?: number | undefined;
  /** The limit of the whole call, waits included, milliseconds above 0. Also `totalTimeout`. */
  readonly timeout?: number | undefined;
  readonly totalTimeout?: number | undefined;
  /** The longest `Retry-After` that is waited for, milliseconds; a longer one ends the call. Default 60 000. */
  readonly maxRetryAfter?: number | undefined;
  /** Kinds, codes or class names; once this or `retryableStatusCodes` is given, only what they list is retried. */
  readonly retryableErrors?: readonly string[] | undefined;
  /** Kinds, codes or class names that are never retried, whatever else says so. */
  readonly permanentErrors?: readonly string[] | undefined;
  /** HTTP statuses that are retried, 100 to 599. */
  readonly retryableStatusCodes?: readonly number[] | undefined;
  /** Limits and backoffs for single kinds; a number is `maxAttempts`. */
  readonly perKind?: Readonly<Partial<Record<ErrorKind, number | BackoffOptions>>> | undefined;
  /** The operation's name in errors, hooks and dead letters. Default `default`. */
  readonly operationName?: string | undefined;
  /** The operation's type. Default `unknown`. */
  readonly operationType?: string | undefined;
  /** Labels, handed on to dead letters. */
  readonly tags?: Readonly<Record<string, string>> | undefined;
  /** Whether a `RetryManager` uses the breaker it was given. Default `true`. */
  readonly enableCircuitBreaker?: boolean | undefined;
  /** Whether calls given up become dead letters, where somebody takes them. Default `true`. */
  readonly enableDeadLetter?: boolean | undefined;
  /** Reserved: no effect yet. */
  readonly enableMetrics?: boolean | undefined;
  /** Whether the `logger`, when there is one, is written to. Default `true`. */
  readonly enableLogging?: boolean | undefined;
  /** The least that is logged. Default `info`: retries, their success, and calls given up; `debug` is each attempt. */
  readonly logLevel?: LogLevel | undefined;
  /** Whether log lines hold the errors' own messages, which may hold anything. Default `false`: kind and code. */
  readonly logMessages?: boolean | undefined;
  /** Distributed retry slots: how many, 1 to 10 000 (default 10), and how wide, milliseconds (default 100). */
  readonly slotCount?: number | undefined;
  readonly slotWidth?: number | undefined;
  /**
   * Whether retries are spread over slots: behind its backoff a retry waits k · `slotWidth`, where k follows from the tag
   * `service`, the operation's name and the `instance`. Default `false`.
   */
  readonly coordinationEnabled?: boolean | undefined;
  /** Whether slots without a coordinator are an error. There is none yet, so `true` is refused beside `coordinationEnabled`. */
  readonly requireCoordination?: boolean | undefined;
  /** The window of the idempotency key that the call carries, milliseconds. */
  readonly idempotencyTtl?: number | undefined;
}

/** A policy with every default filled in, each field under one name. */
export type RetryConfig = Omit<
  RetryPolicy,
  "initialDelay" | "backoffMultiplier" | "jitter" | "totalTimeout" | "maxAttempts" | "strategy" | "baseDelay"
> & {
  readonly maxAttempts: number;
  readonly strategy: RetryStrategy;
  readonly baseDelay: number;
  readonly multiplier: number;
  readonly maxDelay: number;
  readonly jitterType: JitterType;
  readonly maxRetryAfter: number;
};

/** A retry about to happen. */
export interface RetryEvent {
  readonly name: string;
  /** The attempt that just failed, from 1. */
  readonly attempt: number;
  /** How long until the next one, milliseconds. */
  readonly delay: number;
  readonly error: unknown;
  /** What kind of failure it was. */
  readonly kind: ErrorKind;
}

/** A call that came to its end without success. */
export interface GiveUpEvent {
  readonly name: string;
  readonly attempts: number;
  /** Milliseconds since the call began. */
  readonly elapsed: number;
  /** The last failure. */
  readonly error: unknown;
  /** What kind of failure it was. */
  readonly kind: ErrorKind;
  readonly reason: GiveUpReason | "NOT_RETRYABLE";
}

/** A call that succeeded. */
export interface SuccessEvent {
  readonly name: string;
  readonly attempts: number;
  /** Milliseconds since the call began. */
  readonly elapsed: number;
}

/**
 * Called when a call is given up: the operation's name, its last failure, its attempts, and the policy's tags with the
 * `metadata` of the call.
 */
export type DeadLetterHandler = (
  operationName: string,
  error: unknown,
  attempts: number,
  metadata: Readonly<Record<string, unknown>>,
) => unknown;

/** What the host does for a policy. Observers change nothing: what they throw is ignored. */
export interface RetryHooks {
  readonly onRetry?: ((event: RetryEvent) => unknown) | undefined;
  readonly onGiveUp?: ((event: GiveUpEvent) => unknown) | undefined;
  readonly onSuccess?: ((event: SuccessEvent) => unknown) | undefined;
  /**
   * Asked about a failure that would be retried, with the attempt that just failed. All must agree, at once and not with a
   * promise; they can only veto. One that throws ends the call with its error, whose `cause` is the failure.
   */
  readonly customConditions?: readonly Condition[] | undefined;
  /**
   * The delay before the next attempt in milliseconds, from the attempt that just failed and `baseDelay`. It is capped and
   * jittered like any other.
   */
  readonly customBackoff?: ((attempt: number, baseDelay: number) => number) | undefined;
  /**
   * Called once for each call given up, also after a failure that is not retried; not for a cancelled call or one that a
   * breaker rejected.
   */
  readonly deadLetterHandler?: DeadLetterHandler | undefined;
}

/** All a `RetryHandler` can be made of. */
export interface RetryOptions extends RetryPolicy, RetryHooks {
  /** Default: the platform's. */
  readonly clock?: Clock | undefined;
  /** Default: `Math.random`. */
  readonly random?: Random | undefined;
  /** Takes log lines in the form of the retry policy standards. Default: nobody, and nothing is logged. */
  readonly logger?: Logger | undefined;
  /** Keeps calls that were given up. A store by itself is put behind a `DeadLetterQueue`. */
  readonly deadLetterStore?: DeadLetterQueue | DeadLetterStore | undefined;
  /** What this policy's retries are paid from; give one `RetryBudget` to all that call one dependency. Default: no budget. */
  readonly budget?: BudgetOption | undefined;
  /** Who this process is among its like, for its retry slot. Default: a name drawn once for the process. */
  readonly instance?: string | undefined;
}

/** What may be said about a client's calls, to choose their policy by. */
export interface PolicyWishes {
  /** A policy or preset of one's own wins over everything; its hooks come along. */
  readonly retryPolicy?: RetryOptions | string | undefined;
  readonly criticality?: "CRITICAL" | "HIGH" | "MEDIUM" | "LOW" | undefined;
  /** A module of the Q ecosystem. */
  readonly module?: string | undefined;
  readonly realTime?: boolean | undefined;
  /** Somebody waits: the whole call ends within 10 s. */
  readonly userFacing?: boolean | undefined;
}

/** What may be said about one call. */
export interface ExecuteOptions extends TraceOptions {
  /** Ends the call, a sleep as well as a running attempt; the call rejects with `signal.reason`. */
  readonly signal?: AbortSignal | undefined;
  /** The operation's name, for errors and hooks. Default: the policy's `operationName`. */
  readonly name?: string | undefined;
  /** Lets the process end although this call is not over. Default: a call in progress holds the process. */
  readonly unref?: boolean | undefined;
  /** The idempotency key that the operation carries; a dead letter is sent again under it. */
  readonly key?: string | undefined;
  /** What the operation needs to be run again, as JSON can hold it; kept in a dead letter. */
  readonly payload?: unknown;
  /** What else a dead letter should say, beside the policy's tags. */
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
}
