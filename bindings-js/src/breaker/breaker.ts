// CircuitBreaker: keeps calls away from a dependency that fails.

import { runBounded } from "../attempt.js";
import { core } from "../binding.js";
import { ConfigError, isCircuitBreakerError } from "../errors.js";
import { fieldsOf as checkedFields, checkOneOf, shown } from "../host.js";
import { dispose } from "../machine.js";
import type { Logger } from "../retry/log.js";
import type { Listener } from "./events.js";
import { fallbackOf } from "./fallback.js";
import { Gate, Outcomes, type Permit } from "./gate.js";
import { type Guards, guarded, isPlain, plainCall } from "./guard.js";
import { HealthCheck } from "./health.js";
import { type BreakerLine, writeTo } from "./log.js";
import { Isolation } from "./manual.js";
import type {
  BreakerCallOptions,
  BreakerEvents,
  BreakerOptions,
  BreakerPreset,
  BreakerSnapshot,
  BreakerState,
  BreakerStats,
  Outcome,
  RateBreakerOptions,
  Settled,
} from "./types.js";

/** A call that may be kept from being made. Its signal fires when the caller cancels. */
export type GuardedOperation<T> = (context: { readonly signal: AbortSignal }) => T | PromiseLike<T>;

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
  readonly #health: HealthCheck | undefined;
  /** To core the permits of one closed epoch are all alike; that each is settled once is kept here. */
  readonly #settled = new WeakSet<Permit>();

  static {
    guardsOf = (breaker) => breaker.#guards;
  }

  /**
   * @param options fields of the threshold shape (the default) or of the rate shape, never of both; or a preset's name.
   * @param logger gets a line for each change of state. Default: nobody.
   * @throws ConfigError when a field is unknown or out of its range.
   */
  constructor(options: BreakerOptions | BreakerPreset = {}, logger?: Logger<BreakerLine> | null) {
    const given = fieldsOf(options);
    const gate = new Gate(given);
    const { name, listeners } = gate;
    if (logger != null) writeTo(logger, listeners, gate.clock);
    const health = given.healthCheck == null ? undefined : new HealthCheck(gate, given.healthCheck.probe);
    gate.onChange = (change) => {
      if (change.to === "OPEN") health?.start();
      else health?.stop();
    };
    this.#gate = gate;
    this.#health = health;
    this.#guards = {
      gate,
      fallback: fallbackOf(gate, given, (event) => listeners.tell("fallback", () => ({ name, ...event }))),
    };
  }

  /** A breaker of the rate shape: unless said otherwise it opens when half of at least 20 calls within 30 s failed. */
  static rate(options: RateBreakerOptions = {}, logger?: Logger<BreakerLine> | null): CircuitBreaker {
    return new CircuitBreaker({ ...options, preset: "rate" }, logger);
  }

  /**
   * A breaker with the defaults of another library, or of one of our shapes; `options` take the place of its own fields.
   * @throws ConfigError when the preset is unknown, or a field is not of its shape.
   */
  static preset(
    preset: BreakerPreset,
    options: BreakerOptions = {},
    logger?: Logger<BreakerLine> | null,
  ): CircuitBreaker {
    return new CircuitBreaker({ ...options, preset } as RateBreakerOptions, logger);
  }

  /**
   * A breaker that goes on where another one, of an earlier process as a rule, stopped: as open, for as long, with the same
   * calls in its window. Who held it open by hand is forgotten, and probes are made anew.
   *
   * @param snapshot what `snapshot()` answered, perhaps by way of JSON.
   * @param options fields, or a preset's name, as for the constructor.
   * @throws ConfigError when the options are refused, or the snapshot was written by no version this one reads.
   */
  static restore(
    snapshot: BreakerSnapshot,
    options: BreakerOptions | BreakerPreset = {},
    logger?: Logger<BreakerLine> | null,
  ): CircuitBreaker {
    const given = fieldsOf(options);
    const breaker = new CircuitBreaker(given, logger);
    breaker.#gate.restore(snapshot, given);
    if (breaker.state === "OPEN") breaker.#health?.start();
    return breaker;
  }

  /**
   * Breakers in the text format of Prometheus: `circuit_breaker_state{name,state}`,
   * `circuit_breaker_transitions_total{name,from,to}` and `circuit_breaker_rejections_total{name}`. Those of one name are
   * added up; those that were closed are left out.
   */
  static toPrometheus(breakers: Iterable<CircuitBreaker>): string {
    return core.breakerMetrics(JSON.stringify(Array.from(breakers, (one) => [one.name, one.#gate.handle])));
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

  /** Whether its state is shared now: it has a store, which has answered the last request. */
  get attached(): boolean {
    return this.#gate.shared?.attached === true;
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

  /** This breaker in the text format of Prometheus. */
  toPrometheus(): string {
    return CircuitBreaker.toPrometheus([this]);
  }

  /** What is worth keeping of it, as plain data, for `CircuitBreaker.restore`. Times in it are relative to now. */
  snapshot(): BreakerSnapshot {
    return this.#gate.snapshot();
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

  /** A function that makes its calls through this breaker, with the same arguments and the same `this`. */
  wrap<A extends unknown[], T, This = unknown>(
    operation: (this: This, ...args: A) => T,
  ): (this: This, ...args: A) => Promise<Awaited<T>> {
    const breaker = this;
    return function (...args) {
      return breaker.execute(() => operation.apply(this, args) as Awaited<T>);
    };
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

  /**
   * The second half: tells how the call of `permit` ended, and learns what became of that.
   * @throws ConfigError when `permit` is not what `admit` answers, or there is no such outcome; then nothing is settled.
   */
  settle(permit: Permit, outcome: Outcome): Settled {
    checkSettlement(permit, outcome);
    if (this.#settled.has(permit) && permit.epoch === this.#gate.closedEpoch) return "duplicate";
    this.#settled.add(permit);
    return this.#gate.settle(permit, Outcomes[outcome]);
  }

  /**
   * Holds the breaker open, whatever happens, until the answer is released: by hand, or by `using` at the end of a block.
   * Whoever else isolates it meanwhile holds it too; after the last release it is closed, with nothing remembered.
   */
  isolate(): Isolation {
    return new Isolation(this.#gate);
  }

  /** Turns the breaker off: every call passes, nothing is recorded. */
  disable(): void {
    this.#gate.setMode("disabled");
  }

  /** Turns the breaker into an observer: every call passes, and `wouldOpen` tells when it would have opened. */
  monitor(): void {
    this.#gate.setMode("metricsOnly");
  }

  /** Turns the breaker on again after `disable` or `monitor`: closed, with nothing remembered. */
  enable(): void {
    this.#gate.setMode("normal");
  }

  /**
   * Begins anew, whatever it was: on, closed, with nothing remembered. Results of calls under way count nowhere. Only an
   * isolation stays, until it is released.
   */
  reset(): void {
    this.#gate.reset();
  }

  /**
   * Tells how a health check of your own went. A good one lets the next caller of an open breaker through as a probe at once,
   * a bad one changes nothing.
   */
  health(ok: boolean): void {
    this.#gate.throwIfClosed();
    this.#gate.health(ok);
  }

  /**
   * Calls `listener` at every event of this kind; what it throws is ignored. Answers how to stop.
   * @throws ConfigError when there is no such event, or `listener` is no function.
   */
  on<E extends keyof BreakerEvents>(event: E, listener: Listener<BreakerEvents[E]>): () => void {
    this.#gate.listeners.add(event, listener);
    return () => this.off(event, listener);
  }

  /** Stops calling `listener`. */
  off<E extends keyof BreakerEvents>(event: E, listener: Listener<BreakerEvents[E]>): void {
    this.#gate.listeners.delete(event, listener);
  }

  /**
   * Frees the breaker at once instead of with this object, and ends its health check. Later calls reject; results of calls
   * under way count nowhere.
   */
  close(): void {
    this.#health?.stop();
    this.#gate.close();
  }

  [dispose](): void {
    this.close();
  }
}

/** A preset's name stands for a breaker that is given nothing else. */
function fieldsOf(options: BreakerOptions | BreakerPreset): BreakerOptions {
  return typeof options === "string" ? ({ preset: options } as BreakerOptions) : checkedFields(options, "options");
}

function checkSettlement(permit: unknown, outcome: unknown): void {
  if (typeof permit !== "object" || permit === null) {
    throw new ConfigError("permit", shown(permit), "what admit() answered");
  }
  checkOneOf("outcome", outcome, Object.keys(Outcomes));
}
