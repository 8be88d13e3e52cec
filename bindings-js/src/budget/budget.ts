// RetryBudget: tokens that many calls share, so that their retries never become a storm.

import type { Clock } from "../clock.js";
import { dispose } from "../machine.js";
import { Account } from "./account.js";
import type { BudgetConfig, BudgetOptions, BudgetPreset, BudgetStats } from "./types.js";

/** The account of a budget, for those who draw on it. */
export let accountOf: (budget: RetryBudget) => Account;

/**
 * Limits the retries of many calls together: calls deposit, retries withdraw, and without tokens there is no retry.
 *
 * A dependency that is down sees at most (1 + `ratio`) · calls + `reservePerSecond` · seconds + `capacity` requests, however
 * many attempts the policies allow. Give one object to every handler that calls the same dependency:
 *
 * ```ts
 * const budget = new RetryBudget({ ratio: 0.1 });
 * const reads = new RetryHandler({ ...RetryPolicyManager.AGGRESSIVE, budget });
 * const writes = new RetryHandler({ ...RetryPolicyManager.STANDARD, budget });
 * ```
 *
 * A retry that is refused ends its call with a `RetryExhaustedError` whose `reason` is `BUDGET`.
 */
export class RetryBudget {
  readonly #account: Account;

  static {
    accountOf = (budget) => budget.#account;
  }

  /**
   * @param rules rules, or the name of a preset; what is not given is as in the preset `default`.
   * @param path what stands before a field's name in an error.
   * @throws ConfigError when a field is unknown or out of its range.
   */
  constructor(rules: BudgetOptions | BudgetPreset = "default", path = "") {
    this.#account = new Account(rules, path);
  }

  /** The name in statistics. */
  get name(): string {
    return this.#account.name;
  }

  /** The rules in force, complete. */
  get config(): BudgetConfig {
    return this.#account.config;
  }

  /** Tokens there are now, to the millionth. */
  get tokens(): number {
    return this.stats().tokens;
  }

  /** Tokens and counts. */
  stats(): BudgetStats {
    return this.#account.stats();
  }

  /** Frees the budget at once instead of when it is collected. It then refuses nothing any more. */
  close(): void {
    this.#account.close();
  }

  [dispose](): void {
    this.close();
  }
}

/**
 * What the option `budget` takes: a budget to share; rules, or the name of a preset, for one of the policy's own; `true` for
 * the default; `false` for none.
 */
export type BudgetOption = RetryBudget | BudgetOptions | BudgetPreset | boolean;

/** The budget that the option means; one that it makes goes by `clock` unless the rules say otherwise. */
export function budgetOf(option: BudgetOption | null | undefined, clock: Clock | undefined): RetryBudget | undefined {
  if (option instanceof RetryBudget) return option;
  if (option === undefined || option === null || option === false) return undefined;
  const rules = option === true ? {} : option;
  return new RetryBudget(typeof rules === "object" ? { clock, ...rules } : rules, "budget.");
}
