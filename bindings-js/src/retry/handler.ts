// RetryHandler: runs an operation until it succeeds or its policy says that it is enough.

import type { Operation } from "../attempt.js";
import { dispose } from "../machine.js";
import { execute } from "./execute.js";
import { Plan } from "./plan.js";
import type { ExecuteOptions, RetryConfig, RetryOptions } from "./types.js";

/** The plan of a handler, for those who compose with it. */
export let planOf: (handler: RetryHandler) => Plan;

/** What a handler of this plan is made of; only the driver makes plans. */
export const withPlan = (plan: Plan): RetryOptions => plan as unknown as RetryOptions;

/**
 * Retries an operation under one policy. Any number of calls may run under it at once; each has a state of its own.
 *
 * ```ts
 * const handler = new RetryHandler(RetryPolicyManager.forModule("qwallet"));
 * const paid = await handler.execute(({ signal }) => pay(order, { signal }), { name: "pay" });
 * ```
 */
export class RetryHandler {
  readonly #plan: Plan;

  static {
    planOf = (handler) => handler.#plan;
  }

  /**
   * @param policy a policy of `RetryPolicyManager`, fields of one (what is not given is as in STANDARD), or a preset's name.
   * @throws ConfigError when a field is unknown or out of its range.
   */
  constructor(policy: RetryOptions | string = {}) {
    this.#plan = policy instanceof Plan ? policy : new Plan(policy);
  }

  /** The policy in force, complete, times in milliseconds. */
  get config(): RetryConfig {
    return this.#plan.config;
  }

  /** What is accepted in the policy but has no effect. */
  get warnings(): readonly string[] {
    return this.#plan.warnings;
  }

  /** The same as `warnings`: a policy that is not valid never became a handler. */
  validate(): readonly string[] {
    return this.#plan.warnings;
  }

  /**
   * Runs `operation` until it succeeds.
   *
   * Rejects with `RetryExhaustedError` when attempts or time are used up, with the failure itself when it is not one to
   * retry, and with `signal.reason` when the caller's signal fired.
   */
  execute<T>(operation: Operation<T>, options?: ExecuteOptions): Promise<T> {
    return execute(this.#plan, operation, options);
  }

  /** Frees the policy at once instead of with the handler. Calls under way fail with what they failed last. */
  close(): void {
    this.#plan.close();
  }

  [dispose](): void {
    this.close();
  }
}
