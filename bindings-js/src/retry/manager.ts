// RetryManager and RetryManagerPool: the advanced retry's surface over the same handler.

import type { Operation } from "../attempt.js";
import { core } from "../binding.js";
import { CircuitBreaker } from "../breaker/breaker.js";
import { ConfigError } from "../errors.js";
import { fieldsOf } from "../host.js";
import { dispose } from "../machine.js";
import { readAnswer } from "../spec.js";
import { type Wrapped, wrap } from "../wrap.js";
import { RetryHandler, withPlan } from "./handler.js";
import type { Logger } from "./log.js";
import { Plan } from "./plan.js";
import type { ExecuteOptions, RetryConfig, RetryOptions } from "./types.js";

/** What fills the configuration of a manager. */
const DEFAULT = "default.config";

/**
 * A `RetryHandler` made as the advanced retry makes it: configuration, breaker, logger.
 *
 * ```ts
 * const manager = new RetryManager(HTTPRetryConfig(), breaker, console);
 * const page = await manager.execute(({ signal }) => fetch(url, { signal }));
 * ```
 */
export class RetryManager extends RetryHandler {
  readonly #wrapped: Wrapped | undefined;

  /**
   * @param config fields of a policy, or a preset's name; what is not given is as in `DefaultRetryConfig()`.
   * @param breaker asked and told once per attempt, unless `enableCircuitBreaker` is false.
   * @throws ConfigError when a field is unknown or out of its range.
   */
  constructor(config: RetryOptions | string = {}, breaker?: CircuitBreaker | null, logger?: Logger | null) {
    super(withPlan(config instanceof Plan ? config : planFor(config, logger)));
    if (breaker == null) return;
    if (!(breaker instanceof CircuitBreaker)) throw new ConfigError("breaker", typeof breaker, "a CircuitBreaker");
    if (this.config.enableCircuitBreaker !== false) this.#wrapped = wrap(this, breaker);
  }

  override execute<T>(operation: Operation<T>, options?: ExecuteOptions): Promise<T> {
    return this.#wrapped === undefined ? super.execute(operation, options) : this.#wrapped.execute(operation, options);
  }
}

function planFor(config: RetryOptions | string, logger: Logger | null | undefined): Plan {
  const given = typeof config === "string" ? named(config) : config;
  return new Plan(logger == null ? given : { ...given, logger }, DEFAULT);
}

function named(preset: string): RetryOptions {
  return readAnswer<{ readonly config: RetryConfig }>(core.retryComplete(JSON.stringify(preset), DEFAULT)).config;
}

/** What core starts a pool's manager from. */
interface Start {
  /** Fills what nobody says. */
  readonly preset: string;
  /** Where the preset does not say it. */
  readonly operationType?: string;
  /** How many managers a pool holds. */
  readonly mostManagers: number;
}

const startOf = (operationType: string): Start => JSON.parse(core.retryOperation(operationType)) as Start;

/**
 * One manager for each type of operation: `database`, `http`, `s3` and `cache` have policies of their own, every other name
 * gets `default`.
 *
 * ```ts
 * const pool = new RetryManagerPool(console);
 * const rows = await pool.getManager("database").execute(() => db.query(sql));
 * ```
 */
export class RetryManagerPool {
  readonly #shared: RetryOptions;
  readonly #managers = new Map<string, RetryManager>();
  readonly #most = startOf("default").mostManagers;
  #closed = false;

  /**
   * @param logger where every manager writes.
   * @param shared what all managers have beside their own policy: hooks, a `deadLetterStore`, a `clock`; fields of a policy
   * take the place of their own.
   * @throws ConfigError when a field is unknown or out of its range.
   */
  constructor(logger?: Logger | null, shared: RetryOptions = {}) {
    const fields = fieldsOf(shared, "shared");
    this.#shared = logger == null ? fields : { ...fields, logger };
    // A wrong field is found here, not with the first call.
    this.#make("default").close();
  }

  /**
   * The manager for this type of operation, the same one every time. The pool holds at most 1 000; beyond that a manager is
   * made anew for each call.
   *
   * @throws ConfigError when the pool was closed.
   */
  getManager(operationType: string): RetryManager {
    if (this.#closed) throw new ConfigError("pool", "a pool that was closed", "an open one");
    if (typeof operationType !== "string") throw new ConfigError("operationType", typeof operationType, "a string");
    let manager = this.#managers.get(operationType);
    if (manager === undefined) {
      manager = this.#make(operationType);
      if (this.#managers.size < this.#most) this.#managers.set(operationType, manager);
    }
    return manager;
  }

  /** How many managers it holds. */
  get size(): number {
    return this.#managers.size;
  }

  /** Closes every manager it holds. */
  close(): void {
    this.#closed = true;
    for (const manager of this.#managers.values()) manager.close();
    this.#managers.clear();
  }

  [dispose](): void {
    this.close();
  }

  #make(operationType: string): RetryManager {
    const { preset, mostManagers: _, ...own } = startOf(operationType);
    return new RetryManager(withPlan(new Plan({ ...own, ...this.#shared }, preset)));
  }
}
