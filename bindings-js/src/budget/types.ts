// What a user writes and reads about retry budgets. Aliases, ranges and defaults are core's.

import type { Clock } from "../clock.js";
import type { ErrorKind } from "../retry/types.js";

/**
 * A budget by name: `default` and `finagle` (one retry for five calls, and ten a second), `grpc` (a token for each failure,
 * nothing retried at or under half), `aws` (500 tokens, five for a retry, ten after a time-out).
 */
export type BudgetPreset = "default" | "grpc" | "aws" | "finagle";

/** The rules of a budget; what is not given is as in `preset`. Two names of one field are refused. */
export interface BudgetRules {
  /** Default `default`. */
  readonly preset?: BudgetPreset | undefined;
  /** The name in statistics. Default `default`. */
  readonly name?: string | undefined;
  /** The most tokens there are, and how many there are at first: 1 to 1 000 000. Default 100. Also `maxTokens`. */
  readonly capacity?: number | undefined;
  readonly maxTokens?: number | undefined;
  /** Tokens that a call deposits, 0 to 1 000. Default 0.2: one retry for five calls. Also `tokenRatio`. */
  readonly ratio?: number | undefined;
  readonly tokenRatio?: number | undefined;
  /** Tokens that come by themselves each second, 0 to 1 000 000. Default 10. */
  readonly reservePerSecond?: number | undefined;
  /** Which calls deposit: each when it begins (default), or each that succeeds. */
  readonly depositOn?: "attempt" | "success" | undefined;
  /** What withdraws: each retry (default), or each failure that could be retried. */
  readonly withdrawOn?: "retry" | "failure" | undefined;
  /** Tokens that a withdrawal takes, above 0 to 1 000, at most `capacity`. Default 1. */
  readonly cost?: number | undefined;
  /** Other costs for single kinds of failure, 0 to 1 000. */
  readonly costPerKind?: Readonly<Partial<Record<ErrorKind, number>>> | undefined;
  /** The share of `capacity` at or under which nothing is retried, 0 to below 1. Default 0. */
  readonly gate?: number | undefined;
  /** Whether a call that succeeds after a retry gets back what that cost, instead of depositing. Default `false`. */
  readonly refundOnSuccess?: boolean | undefined;
}

/** All a `RetryBudget` can be made of. */
export interface BudgetOptions extends BudgetRules {
  /** What the reserve goes by. Default: the platform's clock. */
  readonly clock?: Clock | undefined;
}

/** The rules in force: every default filled in, each field under one name. */
export type BudgetConfig = Required<Omit<BudgetRules, "preset" | "name" | "maxTokens" | "tokenRatio">> & {
  readonly name?: string;
};

/** What a budget has counted. */
export interface BudgetStats {
  /** Tokens there are now, to the millionth. */
  readonly tokens: number;
  /** The most tokens there can be. */
  readonly capacity: number;
  /** Calls that deposited. */
  readonly deposits: number;
  /** Retries that were allowed. */
  readonly retries: number;
  /** Retries that were refused. */
  readonly refused: number;
  /** Retries that gave their tokens back, because they never started. */
  readonly returned: number;
}
