// CircuitBreaker: keeps calls away from a dependency that fails.

import { runBounded } from "../attempt.js";
import { isCircuitBreakerError } from "../errors.js";
import { dispose } from "../machine.js";
import { observe } from "../observe.js";
import { fallbackOf } from "./fallback.js";
import { Gate, Outcomes, type Permit } from "./gate.js";
import { type Guards, guarded, isPlain, plainCall } from "./guard.js";
import { HealthCheck } from "./health.js";
import type {
  BreakerCallOptions,
  BreakerEvents,
  BreakerOptions,
  BreakerState,
  BreakerStats,
  Outcome,
  RateBreakerOptions,
  Settled,
} from "./types.js";

/** A call that may be kept from being made. Its signal fires when the caller cancels. */
export type GuardedOperation<T> = (context: { readonly signal: AbortSignal }) => T | PromiseLike<T>;

type Listener<E> = (event: E) => unknown;

/** The parts of a breaker, for those who compose with it. */
export let guardsOf: (breaker: CircuitBreaker) => Guards;

/**
 * Lets calls through while a dependency answers, rejects them at once while it does not, and lets a few probes find out
 * when it does again.
 *
 * ```ts
 * const breaker = new CircuitBreaker({ failureThreshold: 5, recoveryTimeout: 30_000 });
 * const answer = await breaker.execute(() => callTheService());
 * ```
 */
export class CircuitBreaker {
  readonly #guards: Guards;
  readonly #gate: Gate;
  readonly #listeners: { [E in keyof BreakerEvents]: Set<Listener<BreakerEvents[E]>> } = {
    stateChange: new Set(),
    fallback: new Set(),
  };
  /** To core the permits of one closed epoch are all alike; that each is settled once is kept here. */
  readonly #settled = new WeakSet<Permit>();

  static {
    guardsOf = (breaker) => breaker.#guards;
  }

  /**
   * @param options fields of the threshold shape (the default) or of the rate shape, never of both.
   * @throws ConfigError when a field is unknown or out of its range.
   */
  constructor(options: BreakerOptions = {}) {
    const gate = new Gate(options);
    const { name, clock, fallbackStrategy } = gate;
    const health = options.healthCheck === undefined ? undefined : new HealthCheck(gate, options.healthCheck.probe);
    gate.onChange = (change) => {
      if (change.to === "OPEN") health?.start();
      else health?.stop();
      this.#emit("stateChange", change);
    };
    this.#gate = gate;
    this.#guards = {
      gate,
      fallback: fallbackOf(fallbackStrategy, options, clock, (event) => this.#emit("fallback", { name, ...event })),
    };
  }

  /** A breaker of the rate shape: unless said otherwise it opens when half of at least 20 calls within 30 s failed. */
  static rate(options: RateBreakerOptions = {}): CircuitBreaker {
    return new CircuitBreaker({ ...options, preset: "rate" } as RateBreakerOptions);
  }

  /** Whether `error` is the rejection of a breaker, this one or another. */
  static isCircuitBreakerError(error: unknown): boolean {
    return isCircuitBreakerError(error);
  }

  /** The breaker's name in events and errors. */
  get name(): string {
    return this.#gate.name;
  }

  /** Where the breaker stands. Only calls move it: an open breaker whose wait is over is open until somebody calls. */
  get state(): BreakerState {
    return this.#gate.state;
  }

  /** Whether it rejects calls now, or did when it was last asked. */
  isOpen(): boolean {
    return this.state === "OPEN" || this.state === "FORCED_OPEN";
  }

  /** Whether `error` is the rejection of a breaker. */
  isCircuitBreakerError(error: unknown): boolean {
    return isCircuitBreakerError(error);
  }

  /** What it has counted. */
  stats(): BreakerStats {
    return this.#gate.stats();
  }

  /**
   * Makes a call if the breaker lets it through. Rejects with what the call rejects with; with `CircuitOpenError` when it
   * was not made, unless a `fallbackStrategy` has something better; with `signal.reason` when the caller's signal fired.
   */
  execute<T>(operation: GuardedOperation<T>, options?: BreakerCallOptions): Promise<T> {
    if (options === undefined && isPlain(this.#guards)) return plainCall(this.#gate, operation);
    const signal = options?.signal;
    if (signal?.aborted) return Promise.reject(signal.reason);
    const { clock } = this.#gate;
    return guarded(this.#guards, () => runBounded(operation, 1, { clock, signal }), options);
  }

  /**
   * The first half of a call made by other means: a permit, to be given back to `settle` when the call has ended.
   * @throws CircuitOpenError when the call must not be made.
   */
  admit(): Permit {
    const permit = this.#gate.admit();
    if (permit === undefined) throw this.#gate.rejection();
    return permit;
  }

  /** The second half: tells how the call of `permit` ended, and learns what became of that. */
  settle(permit: Permit, outcome: Outcome): Settled {
    if (this.#settled.has(permit) && permit.epoch === this.#gate.closedEpoch) return "duplicate";
    this.#settled.add(permit);
    return this.#gate.settle(permit, Outcomes[outcome]);
  }

  /** Calls `listener` at every event of this kind; what it throws is ignored. Answers how to stop. */
  on<E extends keyof BreakerEvents>(event: E, listener: Listener<BreakerEvents[E]>): () => void {
    this.#listeners[event].add(listener);
    return () => this.off(event, listener);
  }

  /** Stops calling `listener`. */
  off<E extends keyof BreakerEvents>(event: E, listener: Listener<BreakerEvents[E]>): void {
    this.#listeners[event].delete(listener);
  }

  /** Frees the breaker at once instead of with this object. Later calls reject; results of calls under way count nowhere. */
  close(): void {
    this.#gate.close();
  }

  [dispose](): void {
    this.close();
  }

  #emit<E extends keyof BreakerEvents>(event: E, value: BreakerEvents[E]): void {
    for (const listener of this.#listeners[event]) observe(listener, value);
  }
}
