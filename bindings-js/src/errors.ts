// One base class for everything this package throws. What an error means (status, retryable, what to do) comes from core's
// table, which crosses once when the binding is loaded.

import { systemClock } from "./clock.js";

/** The public names of all errors. The first nine are those of the Q ecosystem. */
export const ErrorCodes = Object.freeze({
  QLOCK_AUTH_FAIL: "QLOCK_AUTH_FAIL",
  QONSENT_DENIED: "QONSENT_DENIED",
  SQUID_IDENTITY_INVALID: "SQUID_IDENTITY_INVALID",
  SERVICE_UNAVAILABLE: "SERVICE_UNAVAILABLE",
  RATE_LIMIT_EXCEEDED: "RATE_LIMIT_EXCEEDED",
  TIMEOUT_ERROR: "TIMEOUT_ERROR",
  CIRCUIT_BREAKER_OPEN: "CIRCUIT_BREAKER_OPEN",
  INSUFFICIENT_FUNDS: "INSUFFICIENT_FUNDS",
  DEPENDENCY_MISSING: "DEPENDENCY_MISSING",
  RETRY_EXHAUSTED: "RETRY_EXHAUSTED",
  IDEMPOTENCY_KEY_INVALID: "IDEMPOTENCY_KEY_INVALID",
  IDEMPOTENCY_KEY_REUSED: "IDEMPOTENCY_KEY_REUSED",
  IDEMPOTENCY_IN_PROGRESS: "IDEMPOTENCY_IN_PROGRESS",
  IDEMPOTENCY_OUTCOME_UNKNOWN: "IDEMPOTENCY_OUTCOME_UNKNOWN",
  IDEMPOTENCY_NOT_REPLAYABLE: "IDEMPOTENCY_NOT_REPLAYABLE",
  STORE_UNAVAILABLE: "STORE_UNAVAILABLE",
  STORE_FULL: "STORE_FULL",
  CANCELLED: "CANCELLED",
  CONFIG_INVALID: "CONFIG_INVALID",
  NOT_READY: "NOT_READY",
  REQUEST_REFUSED: "REQUEST_REFUSED",
});

/** The name of an error: stable, and the same in every language. */
export type ErrorCode = keyof typeof ErrorCodes;

interface Meaning {
  readonly statusCode: number;
  readonly retryable: boolean;
  readonly suggestedActions: readonly string[];
}

// The one error that must be readable before core is there.
const beforeCore: Meaning = {
  statusCode: 500,
  retryable: false,
  suggestedActions: ["Await init() once before using synchronous classes."],
};

let meanings = new Map<string, Meaning>();

/** Takes core's error table. */
export function learnErrors(table: string): void {
  meanings = new Map(Object.entries(JSON.parse(table) as Record<string, Meaning>));
}

/** What may be said about an error beside its code and message. */
export interface ErrorFacts {
  /** The error behind this one. */
  readonly cause?: unknown;
  /** More, by name. Never holds keys, bodies or secrets. */
  readonly details?: Readonly<Record<string, unknown>> | undefined;
  /** The request this is about. */
  readonly requestId?: string | undefined;
  /** When it happened, milliseconds since the Unix epoch; now by default. */
  readonly at?: number;
}

/** The base class of every error this package makes, in the shape of the Q ecosystem's `QError`. */
export class OnceAgainError extends Error {
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, unknown>> | undefined;
  readonly requestId: string | undefined;
  readonly #at: number;

  constructor(code: ErrorCode, message: string, facts?: ErrorFacts) {
    super(message, facts !== undefined && "cause" in facts ? { cause: facts.cause } : undefined);
    this.code = code;
    this.details = facts?.details;
    this.requestId = facts?.requestId;
    this.#at = facts?.at ?? systemClock.wallNow();
  }

  /** The HTTP status this error stands for. */
  get statusCode(): number {
    return (meanings.get(this.code) ?? beforeCore).statusCode;
  }

  /** Whether the same call may succeed later. */
  get retryable(): boolean {
    return (meanings.get(this.code) ?? beforeCore).retryable;
  }

  /** What a developer who reads this error can do about it. */
  get suggestedActions(): readonly string[] {
    return (meanings.get(this.code) ?? beforeCore).suggestedActions;
  }

  /** When it happened, as RFC 3339 in UTC. */
  get timestamp(): string {
    return new Date(this.#at).toISOString();
  }

  /** The error as plain data, for a log or an answer; without its cause. */
  toJSON(): Record<string, unknown> {
    const { name, code, message, statusCode, retryable, suggestedActions, timestamp, requestId, details } = this;
    return { name, code, message, statusCode, retryable, suggestedActions, timestamp, requestId, details };
  }
}

// Names live on the prototypes: an own property would cost every rejection a write.
function named(errorClass: { prototype: Error }, name: string): void {
  Object.defineProperty(errorClass.prototype, "name", { value: name, configurable: true, writable: true });
}
named(OnceAgainError, "OnceAgainError");

/** A configuration that never became a policy, breaker or store. */
export class ConfigError extends OnceAgainError {
  /** The field as it was written, with its path. */
  readonly field: string;
  /** What was given, rendered short. */
  readonly value: string;
  /** What is allowed, with unit and range. */
  readonly expected: string;

  constructor(field: string, value: string, expected: string) {
    super("CONFIG_INVALID", `${field}: got ${value}, expected ${expected}`, { details: { field, value, expected } });
    this.field = field;
    this.value = value;
    this.expected = expected;
  }
}
named(ConfigError, "ConfigError");

/** An attempt, or a whole call, took longer than its limit. */
export class TimeoutError extends OnceAgainError {
  /** The limit that was passed, milliseconds. */
  readonly limit: number;

  constructor(message: string, limit: number, at?: number) {
    super("TIMEOUT_ERROR", message, at === undefined ? undefined : { at });
    this.limit = limit;
  }
}
named(TimeoutError, "TimeoutError");

/** Why a call that was retried came to its end. */
export type GiveUpReason = "EXHAUSTED" | "DEADLINE" | "RETRY_AFTER_TOO_LONG" | "KIND_LIMIT" | "BUDGET";

const reasons: Record<GiveUpReason, string> = {
  EXHAUSTED: "every attempt failed",
  DEADLINE: "the total time-out came before another attempt could",
  RETRY_AFTER_TOO_LONG: "the service asked for a longer wait than maxRetryAfter allows",
  KIND_LIMIT: "this kind of error has used up its attempts",
  BUDGET: "the retry budget is used up",
};

/** A call that was given up: every attempt failed, or none could follow in time. `cause` is the last failure. */
export class RetryExhaustedError extends OnceAgainError {
  /** How many attempts were made. */
  readonly attempts: number;
  /** What each attempt failed with, oldest first; of very long calls the last 1 000. */
  readonly errors: readonly unknown[];
  /** How long the call took, milliseconds. */
  readonly elapsed: number;
  readonly reason: GiveUpReason;

  constructor(reason: GiveUpReason, attempts: number, errors: readonly unknown[], elapsed: number, name?: string) {
    const times = attempts === 1 ? "1 attempt" : `${attempts} attempts`;
    const operation = name === undefined ? "" : `${name}: `;
    super("RETRY_EXHAUSTED", `${operation}given up after ${times}: ${reasons[reason]}`, {
      cause: errors[errors.length - 1],
      details: { reason, attempts, elapsed },
    });
    this.attempts = attempts;
    this.errors = errors;
    this.elapsed = elapsed;
    this.reason = reason;
  }
}
named(RetryExhaustedError, "RetryExhaustedError");

/** A circuit breaker let no call through. */
export class CircuitOpenError extends OnceAgainError {
  /** How long until the breaker may let a call through, milliseconds. */
  readonly retryAfter: number;
  /** The state that rejected the call. */
  readonly state: string;
  /** The breaker's name. */
  readonly breaker: string;

  constructor(breaker: string, state: string, retryAfter: number, at: number) {
    super("CIRCUIT_BREAKER_OPEN", `circuit breaker ${breaker} is ${state}`, { at });
    this.breaker = breaker;
    this.state = state;
    this.retryAfter = retryAfter;
  }
}
named(CircuitOpenError, "CircuitOpenError");

/** Whether a breaker rejected the call; true also for an error of another copy of this package. */
export function isCircuitBreakerError(error: unknown): error is CircuitOpenError {
  return error instanceof Error && (error as { code?: unknown }).code === "CIRCUIT_BREAKER_OPEN";
}
