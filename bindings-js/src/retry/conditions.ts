// The caller's own conditions: functions that may veto a retry that core would grant.

import { ConfigError } from "../errors.js";
import { checkAtOnce } from "../host.js";
import { isThenable } from "../thenable.js";

/** Whether a failure may be tried again, by the attempt that just failed. */
export type Condition = (error: unknown, attempt: number) => boolean;

const FIELD = "customConditions";
const EXPECTED = "functions that answer true or false at once";

/** Refuses what would agree to every retry without being read. What is no function, core refuses. */
export function refuseLateAnswers(conditions: unknown): void {
  if (!Array.isArray(conditions)) return;
  for (const condition of conditions) checkAtOnce(FIELD, condition, EXPECTED);
}

/**
 * Whether all agree, asked in order until one does not. One that throws ends the call with its own error, whose `cause` is
 * the failure it was asked about unless it has another.
 *
 * @throws ConfigError when one answers with a promise.
 */
export function allAgree(conditions: readonly Condition[], failure: unknown, attempt: number): boolean {
  try {
    return conditions.every((condition) => read(condition(failure, attempt)));
  } catch (thrown) {
    throw caused(thrown, failure);
  }
}

function read(answer: unknown): boolean {
  if (!isThenable(answer)) return Boolean(answer);
  // Nobody waits for it, and a rejection that nobody hears of ends a Node process.
  Promise.resolve(answer).catch(() => {});
  throw new ConfigError(FIELD, "a promise", EXPECTED);
}

function caused(thrown: unknown, failure: unknown): unknown {
  if (!(thrown instanceof Error) || thrown === failure || thrown.cause !== undefined) return thrown;
  try {
    Object.defineProperty(thrown, "cause", { value: failure, configurable: true, writable: true });
  } catch {
    // A frozen error stays as it is.
  }
  return thrown;
}
