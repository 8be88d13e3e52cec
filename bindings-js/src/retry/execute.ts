// A call that may be tried again. The path of a first attempt that succeeds asks core nothing and allocates next to
// nothing; everything that costs begins with the first failure, or with a limit, a signal or a hook.

import { Attempt, type Operation } from "../attempt.js";
import { Call } from "./call.js";
import type { Plan } from "./plan.js";
import type { ExecuteOptions } from "./types.js";

const NO_OPTIONS: ExecuteOptions = Object.freeze({});

/** Runs `operation` under `plan`. */
export function execute<T>(plan: Plan, operation: Operation<T>, options?: ExecuteOptions): Promise<T> {
  return options === undefined && plan.unwatched
    ? unwatched(plan, operation)
    : watched(new Call(plan, operation, options ?? NO_OPTIONS, plan.clock.now(), 0));
}

async function unwatched<T>(plan: Plan, operation: Operation<T>): Promise<T> {
  const start = plan.clock.now();
  plan.budget?.began();
  try {
    return await operation(new Attempt(1));
  } catch (failure) {
    return persist(new Call(plan, operation, NO_OPTIONS, start, 1), failure);
  }
}

/** Runs a call that has made no attempt yet. */
export async function watched<T>(call: Call<T>): Promise<T> {
  call.throwIfCancelled();
  call.begin();
  let value: T;
  try {
    value = await call.attempt();
  } catch (failure) {
    return persist(call, failure);
  }
  call.succeeded();
  return value;
}

/** Goes on after a first failure, until an attempt succeeds or core says that it is enough. */
export async function persist<T>(call: Call<T>, failure: unknown): Promise<T> {
  let last = failure;
  for (;;) {
    await call.failed(last);
    let value: T;
    try {
      value = await call.attempt();
    } catch (next) {
      last = next;
      continue;
    }
    call.succeeded();
    return value;
  }
}
