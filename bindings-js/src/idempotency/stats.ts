// What was done under keys, counted where runs are made, and told to whoever watches.

import { checkFunctions } from "../host.js";
import { observe } from "../observe.js";

/** Counts of operations that carried an idempotency key. Rates and averages are 0 while there is nothing to divide. */
export interface IdempotencyStats {
  /** Operations that have ended, however they did. */
  readonly totalOperations: number;
  /** Operations that had been begun before: answered from a record, or refused as theirs had no answer to give. */
  readonly duplicates: number;
  /** Of all operations, from 0 to 1. */
  readonly duplicateRate: number;
  /** Operations that were answered from a record, a client's own or the service's, of all: from 0 to 1. */
  readonly cacheHitRate: number;
  /** From the claim to the answer, waits included: milliseconds. */
  readonly averageProcessingTime: number;
  /** Operations under way. */
  readonly active: number;
}

/** Counts of what a middleware, a handler or an idempotent function has guarded, or could not. */
export interface GuardStats extends IdempotencyStats {
  /**
   * Operations that ran without a record, because the store was away or full and the configuration lets them. A repetition
   * runs again.
   */
  readonly unprotected: number;
  /** Operations whose answer left before, or without, the confirmation that it is recorded. A repetition may run again. */
  readonly lostCompletions: number;
}

/** What guards, and counts. */
export interface Counted {
  /** What was guarded so far, since this was made. */
  stats(): GuardStats;
}

/** What {@link GuardObservers} hear of an operation. */
export interface GuardEvent {
  /** Of a request: the key as its client sent it, or `derived:` and a digest. Of a function: as in an `IdempotentResult`. */
  readonly key: string;
  /** `store unavailable` or `store full`; of a completion `not confirmed in time`, `not confirmed` or `claim lost`. */
  readonly reason: string;
}

/** Who hears of operations that a record does not guard. They only watch: what they throw or reject with changes nothing. */
export interface GuardObservers {
  /** An operation runs without a record, because the store is away or full and the configuration lets it. */
  readonly onUnprotected?: ((event: GuardEvent) => unknown) | undefined;
  /** An answer that is to be kept leaves, and its record is not confirmed; over HTTP with `Idempotency-Completion: lost`. */
  readonly onLostCompletion?: ((event: GuardEvent) => unknown) | undefined;
}

/** Where operations are counted. Times are milliseconds. */
export class Counters {
  readonly #observers: GuardObservers;
  #begun = 0;
  #ended = 0;
  #duplicates = 0;
  #hits = 0;
  #processing = 0;
  #unprotected = 0;
  #lost = 0;

  constructor({ onUnprotected, onLostCompletion }: GuardObservers) {
    checkFunctions({ onUnprotected, onLostCompletion });
    this.#observers = { onUnprotected, onLostCompletion };
  }

  began(): void {
    this.#begun++;
  }

  ended(elapsed: number): void {
    this.#ended++;
    this.#processing += elapsed;
  }

  /** A record, or a refusal, takes the operation's place; core says whether it had been begun before. */
  instead(isReplay: boolean, isDuplicate: boolean | undefined): void {
    if (isDuplicate === true) this.#duplicates++;
    if (isReplay) this.#hits++;
  }

  unprotected(key: string, reason = ""): void {
    this.#unprotected++;
    const { onUnprotected } = this.#observers;
    if (onUnprotected != null) observe(onUnprotected, { key, reason });
  }

  completionLost(key: string, reason: string): void {
    this.#lost++;
    const { onLostCompletion } = this.#observers;
    if (onLostCompletion != null) observe(onLostCompletion, { key, reason });
  }

  stats(): GuardStats {
    const total = this.#ended;
    const rate = (part: number): number => (total === 0 ? 0 : part / total);
    return {
      totalOperations: total,
      duplicates: this.#duplicates,
      duplicateRate: rate(this.#duplicates),
      cacheHitRate: rate(this.#hits),
      averageProcessingTime: rate(this.#processing),
      active: this.#begun - total,
      unprotected: this.#unprotected,
      lostCompletions: this.#lost,
    };
  }
}
