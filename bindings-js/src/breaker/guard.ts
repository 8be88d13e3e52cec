// One call through a breaker: ask, call, tell.

import { Attempt, type Operation } from "../attempt.js";
import type { Fallback } from "./fallback.js";
import type { Gate, Permit } from "./gate.js";
import type { BreakerCallOptions } from "./types.js";

/** What a breaker is made of. */
export interface Guards {
  readonly gate: Gate;
  readonly fallback: Fallback | undefined;
}

/** Whether a call that is admitted without asking needs nothing but to be made. */
export function isPlain({ gate, fallback }: Guards): boolean {
  return gate.closedEpoch !== 0 && !gate.timesCalls && fallback?.keep === undefined && gate.shared === undefined;
}

/** A call through a breaker that `isPlain`: core hears of it only if it fails, or if its success means something. */
export async function plainCall<T>(gate: Gate, operation: Operation<T>): Promise<T> {
  const epoch = gate.closedEpoch;
  let value: T;
  try {
    value = await operation(new Attempt(1));
  } catch (error) {
    gate.failed(epoch, error);
    throw error;
  }
  gate.succeeded(epoch);
  return value;
}

/**
 * Any call through a breaker. Not an async function: a rejection that is never thrown is several times cheaper, and an open
 * breaker rejects when the process has other troubles.
 */
export function guarded<T>(
  guards: Guards,
  call: () => T | PromiseLike<T>,
  options: BreakerCallOptions | undefined,
): Promise<T> {
  let permit: Permit | undefined | Promise<Permit | undefined>;
  try {
    permit = guards.gate.admitOrClaim();
  } catch (error) {
    return Promise.reject(error);
  }
  return permit instanceof Promise
    ? permit.then((granted) => decided(guards, granted, call, options))
    : decided(guards, permit, call, options);
}

function decided<T>(
  guards: Guards,
  permit: Permit | undefined,
  call: () => T | PromiseLike<T>,
  options: BreakerCallOptions | undefined,
): Promise<T> {
  if (permit !== undefined) return permitted(guards, permit, call, options);
  const { gate, fallback } = guards;
  const rejection = gate.rejection();
  return fallback === undefined
    ? Promise.reject(rejection)
    : // Whoever takes the call out of a queue wants to know if it cannot be made yet, so there it has no fallback.
      fallback.rejected(rejection, () => guarded({ gate, fallback: undefined }, call, options), options);
}

async function permitted<T>(
  { gate, fallback }: Guards,
  permit: Permit,
  call: () => T | PromiseLike<T>,
  options: BreakerCallOptions | undefined,
): Promise<T> {
  let value: T;
  try {
    value = await call();
  } catch (error) {
    gate.settle(permit, gate.outcomeOf(error, options?.signal));
    throw error;
  }
  gate.completed(permit);
  if (options?.key !== undefined) fallback?.keep?.(options.key, value);
  return value;
}
