// What the clients of this process have done so far.

import { CircuitOpenError } from "../errors.js";
import type { IdempotencyStats } from "../idempotency/stats.js";
import type { ErrorKind } from "../retry/types.js";

/** Counts of operations that may have been retried. Rates and averages are 0 while there is nothing to divide. */
export interface RetryStats {
  readonly totalOperations: number;
  readonly successfulOperations: number;
  readonly failedOperations: number;
  readonly totalAttempts: number;
  /** From 0 to 1. */
  readonly successRate: number;
  readonly averageAttempts: number;
  /** Of operations, milliseconds. */
  readonly averageDuration: number;
  /** Before a retry, milliseconds. */
  readonly averageBackoff: number;
  /** Operations by the attempts they took. */
  readonly byAttempt: Readonly<Record<number, number>>;
  /** Failed attempts that were followed by another, and failed operations, by the kind of failure. */
  readonly byErrorType: Readonly<Partial<Record<ErrorKind, number>>>;
  /** Failed operations by the code of their error, the most frequent first, at most 10. */
  readonly mostCommonErrors: readonly { readonly error: string; readonly count: number }[];
  readonly circuitBreakerRejections: number;
}

const COMMON = 10;
/** Codes are few, but a caller may abort with errors of any code. */
const MOST_CODES = 1_000;

const rate = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);

function count<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

export class Stats {
  #succeeded = 0;
  #failed = 0;
  #rejected = 0;
  #attempts = 0;
  #duration = 0;
  #retries = 0;
  #waited = 0;
  readonly #byAttempt = new Map<number, number>();
  readonly #kinds = new Map<ErrorKind, number>();
  readonly #codes = new Map<string, number>();
  #keyed = 0;
  #duplicates = 0;
  #hits = 0;
  #processing = 0;
  #active = 0;

  /** A failed attempt is followed by another after `ms` milliseconds. */
  retried(kind: ErrorKind, ms: number): void {
    this.#retries++;
    this.#waited += ms;
    count(this.#kinds, kind);
  }

  /** An operation was given up. */
  gaveUp(kind: ErrorKind): void {
    count(this.#kinds, kind);
  }

  /** An operation has ended; without an `error` it succeeded. */
  ended(attempts: number, elapsed: number, error?: unknown): void {
    this.#attempts += attempts;
    this.#duration += elapsed;
    count(this.#byAttempt, attempts);
    if (error === undefined) {
      this.#succeeded++;
      return;
    }
    this.#failed++;
    if (error instanceof CircuitOpenError) this.#rejected++;
    const code = String((error as { code?: unknown } | null)?.code ?? "UNKNOWN");
    if (this.#codes.has(code) || this.#codes.size < MOST_CODES) count(this.#codes, code);
  }

  /** A keyed operation has begun. */
  began(): void {
    this.#active++;
  }

  /** A keyed operation has ended. */
  settled(elapsed: number, duplicate: boolean, hit: boolean): void {
    this.#active--;
    this.#keyed++;
    this.#processing += elapsed;
    if (duplicate) this.#duplicates++;
    if (hit) this.#hits++;
  }

  retries(): RetryStats {
    const totalOperations = this.#succeeded + this.#failed;
    const common = [...this.#codes].map(([error, times]) => ({ error, count: times }));
    return {
      totalOperations,
      successfulOperations: this.#succeeded,
      failedOperations: this.#failed,
      totalAttempts: this.#attempts,
      successRate: rate(this.#succeeded, totalOperations),
      averageAttempts: rate(this.#attempts, totalOperations),
      averageDuration: rate(this.#duration, totalOperations),
      averageBackoff: rate(this.#waited, this.#retries),
      byAttempt: Object.fromEntries(this.#byAttempt),
      byErrorType: Object.fromEntries(this.#kinds),
      mostCommonErrors: common.sort((a, b) => b.count - a.count).slice(0, COMMON),
      circuitBreakerRejections: this.#rejected,
    };
  }

  idempotency(): IdempotencyStats {
    return {
      totalOperations: this.#keyed,
      duplicates: this.#duplicates,
      duplicateRate: rate(this.#duplicates, this.#keyed),
      cacheHitRate: rate(this.#hits, this.#keyed),
      averageProcessingTime: rate(this.#processing, this.#keyed),
      active: this.#active,
    };
  }
}

/** Of all clients of this process. */
export const globalStats = new Stats();
