// wrap: a retry around a breaker. The breaker is asked and told once per attempt.

import { Attempt, type Operation } from "./attempt.js";
import { CircuitBreaker, guardsOf } from "./breaker/breaker.js";
import { type Guards, guarded, isPlain } from "./breaker/guard.js";
import type { BreakerCallOptions } from "./breaker/types.js";
import { ConfigError } from "./errors.js";
import { Call } from "./retry/call.js";
import { persist, watched } from "./retry/execute.js";
import { planOf, RetryHandler } from "./retry/handler.js";
import type { Plan } from "./retry/plan.js";
import type { ExecuteOptions } from "./retry/types.js";

/** A retry and a breaker in one. */
export interface Wrapped {
  /** As `RetryHandler.execute`, each attempt through the breaker. An open breaker ends the call. */
  execute<T>(operation: Operation<T>, options?: ExecuteOptions): Promise<T>;
}

/**
 * Puts a breaker under a retry: every attempt asks the breaker first and tells it how it ended, so the breaker hears of each
 * failure, and opens in the middle of a call if need be.
 *
 * @param timeout the limit of each attempt in milliseconds, in place of the policy's `attemptTimeout`.
 */
export function wrap(handler: RetryHandler, breaker: CircuitBreaker, timeout?: number): Wrapped {
  if (!(handler instanceof RetryHandler)) throw new ConfigError("handler", typeof handler, "a RetryHandler");
  if (!(breaker instanceof CircuitBreaker)) throw new ConfigError("breaker", typeof breaker, "a CircuitBreaker");
  const plan = timeout === undefined ? planOf(handler) : planOf(handler).withAttemptTimeout(timeout);
  const guards = guardsOf(breaker);
  return {
    execute(operation, options) {
      return options === undefined && plan.unwatched && isPlain(guards)
        ? unwatched(plan, guards, operation)
        : watched(guardedCall(plan, guards, operation, options ?? {}, plan.clock.now(), 0));
    },
  };
}

/** A call whose breaker is told other things than its retry; without `guards` nothing guards it. */
export function executeGuarded<T>(
  plan: Plan,
  guards: Guards | undefined,
  operation: Operation<T>,
  options: ExecuteOptions,
  told: BreakerCallOptions,
): Promise<T> {
  const around = guards && ((attempt: () => T | PromiseLike<T>) => guarded(guards, attempt, told));
  return watched(new Call(plan, operation, options, plan.clock.now(), 0, around));
}

function guardedCall<T>(
  plan: Plan,
  guards: Guards,
  operation: Operation<T>,
  options: ExecuteOptions,
  start: number,
  attempts: number,
): Call<T> {
  return new Call(plan, operation, options, start, attempts, (attempt) => guarded(guards, attempt, options));
}

/** `plainCall` of the breaker and `unwatched` of the retry in one function: one await less for every call that succeeds. */
async function unwatched<T>(plan: Plan, guards: Guards, operation: Operation<T>): Promise<T> {
  const start = plan.clock.now();
  const { gate } = guards;
  const epoch = gate.closedEpoch;
  plan.budget?.began();
  let value: T;
  try {
    value = await operation(new Attempt(1));
  } catch (failure) {
    gate.failed(epoch, failure);
    return persist(guardedCall(plan, guards, operation, {}, start, 1), failure);
  }
  gate.succeeded(epoch);
  return value;
}
