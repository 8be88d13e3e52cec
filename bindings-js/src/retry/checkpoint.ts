// retryWithCheckpoint: a function that goes on, after a failure, from where it had saved its state.

import type { AttemptContext } from "../attempt.js";
import { ConfigError } from "../errors.js";
import { checkFunction, checkFunctions, fieldsOf, refuseUnknown, shown } from "../host.js";
import { planOf, RetryHandler, withPlan } from "./handler.js";
import { kindOfError } from "./kinds.js";
import { Plan } from "./plan.js";
import { Story } from "./story.js";
import type { ExecuteOptions, RetryOptions } from "./types.js";

/** How a function is retried from its checkpoint. */
export interface CheckpointOptions<A extends readonly unknown[], T, S> {
  /** A policy's fields or a preset's name; what is not given is as in `kernel`: 3 attempts, 1 s to 30 s, no jitter. */
  readonly config?: RetryOptions | string | undefined;
  /** Called with the call's own arguments before every retry. When it fails, so does the attempt. */
  readonly checkpointLoader?: ((...args: A) => S | PromiseLike<S>) | undefined;
  /** Called with the call's arguments and its result, after success. When it fails, that is logged and counted. */
  readonly checkpointSaver?: ((...args: [...A, T]) => unknown) | undefined;
  /** Whether the state is loaded before the first attempt too. Default `false`. */
  readonly resume?: boolean | undefined;
}

type AnyFunction = (...args: never[]) => unknown;

/** What the two forms have in common. */
interface AnyOptions {
  readonly config?: RetryOptions | string | undefined;
  readonly checkpointLoader?: AnyFunction | undefined;
  readonly checkpointSaver?: AnyFunction | undefined;
  readonly resume?: boolean | undefined;
}

/** A function that is retried from its checkpoint. */
export interface Checkpointed<A extends readonly unknown[], T> {
  (...args: A): Promise<T>;
  /** The same function under a signal, a name, or whatever else may be said about one call. */
  with(options: ExecuteOptions): (...args: A) => Promise<T>;
  /** How many results could not be saved. */
  readonly failedSaves: number;
}

/**
 * Retries `fn` from its checkpoint. It is called with the call's arguments, the state that was loaded (undefined on a first
 * attempt, unless `resume`), and `{ attempt, signal }`.
 *
 * ```ts
 * const run = retryWithCheckpoint(async (taskId, checkpointState) => work(taskId, checkpointState), {
 *   config: { maxAttempts: 5, initialDelay: 2_000 },
 *   checkpointLoader: (taskId) => db.getCheckpoint(taskId),
 *   checkpointSaver: (taskId, result) => db.saveCheckpoint(taskId, result),
 * });
 * await run("task-1");
 * ```
 *
 * @throws ConfigError when a field of `config` is unknown or out of its range, or a loader or saver is no function.
 */
export function retryWithCheckpoint<Arg, T, S = unknown>(
  fn: (arg: Arg, checkpointState: S | undefined, context: AttemptContext) => T | PromiseLike<T>,
  options?: CheckpointOptions<[arg: Arg], T, S>,
): Checkpointed<[arg: Arg], T>;
/** A function of any number of arguments; which they are may have to be said: `retryWithCheckpoint<[string, number], T>(…)`. */
export function retryWithCheckpoint<A extends readonly unknown[], T, S = unknown>(
  fn: (...args: [...A, checkpointState: S | undefined, context: AttemptContext]) => T | PromiseLike<T>,
  options?: CheckpointOptions<A, T, S>,
): Checkpointed<A, T>;
export function retryWithCheckpoint(fn: AnyFunction, options: AnyOptions = {}): Checkpointed<never[], unknown> {
  const {
    config = {},
    checkpointLoader: load,
    checkpointSaver: save,
    resume = false,
    ...rest
  } = fieldsOf(options, "options");
  refuseUnknown(rest, ["config", "checkpointLoader", "checkpointSaver", "resume"]);
  checkFunction("fn", fn);
  checkFunctions({ checkpointLoader: load, checkpointSaver: save });
  if (resume && load == null) throw new ConfigError("resume", shown(resume), "a checkpointLoader beside it");
  const handler = new RetryHandler(withPlan(new Plan(config, "kernel")));
  let failedSaves = 0;

  async function run(args: never[], callOptions: ExecuteOptions | undefined): Promise<unknown> {
    let attempts = 1;
    const result = await handler.execute(async (context) => {
      attempts = context.attempt;
      let state: unknown;
      if (load !== undefined && (resume || attempts > 1)) {
        state = await load(...args);
        // The attempt may have ended while its state was loaded: then nobody waits for it, and its work must not begin.
        context.signal.throwIfAborted();
      }
      return fn(...([...args, state, context] as never[]));
    }, callOptions);
    if (save === undefined) return result;
    try {
      await save(...args, result as never);
    } catch (failure) {
      failedSaves++;
      const plan = planOf(handler);
      const story = new Story(plan, callOptions?.name ?? plan.name, callOptions ?? {});
      story.report("checkpoint_not_saved", attempts, failure, kindOfError(failure));
    }
    return result;
  }

  return Object.defineProperties((...args: never[]) => run(args, undefined), {
    name: { value: fn.name, configurable: true },
    with: {
      value:
        (callOptions: ExecuteOptions) =>
        (...args: never[]) =>
          run(args, callOptions),
    },
    failedSaves: { get: () => failedSaves },
  }) as Checkpointed<never[], unknown>;
}
