// idempotent: a function that runs once for each key or each content, and answers what it answered then.

import { cancellable } from "../abort.js";
import { core } from "../binding.js";
import { systemClock } from "../clock.js";
import { ConfigError } from "../errors.js";
import { checkClock, checkFunction, checkFunctions, fieldsOf } from "../host.js";
import { Machine } from "../machine.js";
import { readAnswer, specText } from "../spec.js";
import { MemoryStore } from "../store/memory.js";
import { asStore } from "../store/simple.js";
import { type Ended, FunctionRun } from "./call.js";
import { type Claim, type ContextParts, contextOf, type IdempotentContext } from "./context.js";
import type { CallOptions, Idempotent, IdempotentOptions, IdempotentResult, RetryContext } from "./options.js";
import { errorText, readResult, resultText } from "./result.js";
import type { RunHost } from "./run.js";
import { Counters, type GuardStats } from "./stats.js";

type Work<Args extends unknown[], T> = (...args: Args) => T | PromiseLike<T>;

interface Opened {
  readonly handle: number;
  readonly name: string;
  readonly enabled: boolean;
  readonly handlerTimeout: number | null;
}

interface Claimed {
  readonly run: number;
  readonly key: string;
}

/**
 * Makes `work` run once. A later call with the same key, or (without a `key`) with equal arguments, resolves to what the
 * first one returned, in this process or in another one over the same store; two calls at once get one result.
 *
 * ```ts
 * const charge = idempotent(chargeCard, { name: "charge", store, key: (order) => order.id });
 * await charge(order);
 * await charge(order); // the same receipt, nothing charged
 * ```
 *
 * Rejects with IDEMPOTENCY_KEY_REUSED when the key came with other arguments, IDEMPOTENCY_IN_PROGRESS when another run of it
 * took longer than this call would wait, STORE_UNAVAILABLE when nobody can tell whether it has run.
 */
export function idempotent<Args extends unknown[], T>(
  work: Work<[...Args, IdempotentContext<T>], T>,
  options: IdempotentOptions<Args, T> & { readonly withContext: true },
): Idempotent<Args, T>;
export function idempotent<Args extends unknown[], T>(
  work: Work<Args, T>,
  options: IdempotentOptions<Args, T>,
): Idempotent<Args, T>;
export function idempotent<Args extends unknown[], T>(
  work: Work<never[], T>,
  options: IdempotentOptions<Args, T>,
): Idempotent<Args, T> {
  checkFunction("work", work);
  const action = new FunctionAction<Args, T>(work as Work<unknown[], T>, fieldsOf(options, "options"));
  const callable = (call: CallOptions): Idempotent<Args, T> => {
    const execute = function (this: unknown, ...args: Args): Promise<IdempotentResult<T>> {
      return action.execute(this, args, call);
    };
    const plain = async function (this: unknown, ...args: Args): Promise<T> {
      return (await action.execute(this, args, call)).output;
    };
    const stats = (): GuardStats => action.stats();
    return Object.assign(plain, { execute, with: callable, stats });
  };
  return Object.defineProperty(callable({}), "name", { value: work.name, configurable: true });
}

class FunctionAction<Args extends unknown[], T> {
  readonly #work: Work<unknown[], T>;
  readonly #options: IdempotentOptions<Args, T>;
  readonly #opened: Opened;
  readonly #machine: Machine;
  readonly #host: RunHost;
  #warned = false;

  constructor(work: Work<unknown[], T>, options: IdempotentOptions<Args, T>) {
    const { store, clock = systemClock, random = Math.random, key, input, isSafeToRetry, mergeResults } = options;
    checkFunctions({ key, input, isSafeToRetry, mergeResults, random });
    checkClock(clock);
    const counters = new Counters(options);
    if (options.codec !== undefined) checkCodec(options.codec);
    this.#work = work;
    this.#options = options;
    this.#opened = readAnswer<Opened>(core.actionOpen(specText(coreOptions(options))));
    this.#machine = new Machine(this, this.#opened.handle, core.actionClose);
    const own = store === undefined ? new MemoryStore({ clock }) : asStore(store, clock);
    this.#host = { store: own, clock, random, handlerTimeout: this.#opened.handlerTimeout, holds: true, counters };
  }

  stats(): GuardStats {
    return this.#host.counters.stats();
  }

  async execute(self: unknown, args: Args, call: CallOptions): Promise<IdempotentResult<T>> {
    const { signal } = call;
    signal?.throwIfAborted();
    const { run, key } = this.#claim(args, call);
    const make = (claim: Claim = {}): Promise<T> => this.#make(self, args, { run, key, signal, ...claim });
    const fresh = (output: T, confirmed: boolean): IdempotentResult<T> => ({ output, isReplay: false, confirmed, key });
    if (!this.#opened.enabled) {
      run.discard();
      return fresh(await make(), false);
    }

    const begun = await cancellable(Promise.resolve(run.begin()), signal, () => void run.abandon());
    switch (begun.action) {
      case "ended": {
        const previous = this.#read(begun);
        const again = await this.#again(args, previous, make);
        return again === undefined
          ? { output: previous, isReplay: true, confirmed: true, key }
          : fresh(again.output, true);
      }
      case "unprotected":
        return fresh(await cancellable(this.#unrecorded(run, make()), signal), false);
      case "execute": {
        // What happens to the record does not depend on whether anybody waits any longer.
        const done = this.#recorded(run, make(begun), args, signal);
        return cancellable(
          done.then(({ output, confirmed }) => fresh(output, confirmed)),
          signal,
        );
      }
    }
  }

  #claim(args: Args, call: CallOptions): { run: FunctionRun; key: string } {
    const { key = (): undefined => undefined } = this.#options;
    const given = call.key ?? key(...args);
    const owner = crypto.getRandomValues(new Uint8Array(16));
    const text = given === undefined || given === null ? undefined : String(given);
    const about = inputText(this.#about(args));
    const claim = core.actionClaim(this.#machine.handle, text, about, owner, this.#host.clock.now());
    const { run, key: recordKey } = readAnswer<Claimed>(claim);
    return { run: new FunctionRun(run, recordKey, this.#host), key: recordKey };
  }

  async #make(self: unknown, args: Args, call: Claim & Omit<ContextParts, "store">): Promise<T> {
    if (this.#options.withContext !== true) return this.#work.apply(self, args);
    const context = contextOf({ ...call, store: this.#host.store }, (value: T) => this.#text(value));
    return this.#work.apply(self, [...args, context]);
  }

  /** Records the end of `work`; answers what this call's caller gets. */
  async #recorded(
    run: FunctionRun,
    work: Promise<T>,
    args: Args,
    signal: AbortSignal | undefined,
  ): Promise<{ output: T; confirmed: boolean }> {
    let output: T;
    try {
      output = await work;
    } catch (error) {
      // Cut off by its own caller, it did not fail: whether it had an effect is for the next claim to find out.
      await (signal?.aborted ? run.abandon() : run.threw(errorText(error)));
      throw error;
    }
    const { instead, confirmed } = await run.returned(this.#text(output));
    if (instead === undefined) return { output, confirmed };
    const previous = this.#read(instead);
    const { mergeResults } = this.#options;
    const merged = mergeResults === undefined ? previous : await mergeResults(previous, output, { args });
    return { output: merged, confirmed };
  }

  /** Makes a call that nothing guards; should the store be back at its end, the result is recorded, and nobody waits for that. */
  async #unrecorded(run: FunctionRun, work: Promise<T>): Promise<T> {
    try {
      const output = await work;
      void run.returned(this.#text(output));
      return output;
    } catch (error) {
      void run.threw(errorText(error));
      throw error;
    }
  }

  /** Asks whether a call that has an end may be made again all the same, and makes it. */
  async #again(args: Args, previous: T, make: () => Promise<T>): Promise<{ readonly output: T } | undefined> {
    const { isSafeToRetry, mergeResults } = this.#options;
    const context: RetryContext<Args> = { args };
    const safe = isSafeToRetry !== undefined && (await isSafeToRetry(this.#about(args), previous, context));
    if (!safe) return undefined;
    const current = await make();
    return { output: mergeResults === undefined ? current : await mergeResults(previous, current, context) };
  }

  /** What the call is about: the one argument, or the list of them. */
  #about(args: Args): unknown {
    const { input } = this.#options;
    return input === undefined ? (args.length === 1 ? args[0] : args) : input(...args);
  }

  #read(ended: Ended): T {
    if (ended.how === "failed") throw ended.error;
    return readResult<T>(ended.text, this.#options.codec);
  }

  /** The text that is recorded. The work is done by now, so nothing that goes wrong here may keep its run from hearing that. */
  #text(value: T): string | undefined {
    const { codec } = this.#options;
    try {
      const text: unknown = resultText(value, codec);
      if (typeof text === "string") return text;
      this.#warn(
        codec === undefined
          ? "would not come back equal from JSON (give it a codec)"
          : "was not made a text of by its codec",
      );
    } catch (error) {
      this.#warn(`cannot be written: ${error instanceof Error ? error.name : typeof error}`);
    }
    return undefined;
  }

  #warn(why: string): void {
    if (this.#warned) return;
    this.#warned = true;
    const { name } = this.#opened;
    console.warn(`once-again: what ${name} returned ${why}, so it is recorded as done but cannot be replayed`);
  }
}

/** Its functions are called when the work is done, where a wrong one could only be warned of. */
function checkCodec(codec: { readonly encode?: unknown; readonly decode?: unknown } | null): void {
  checkFunction("codec.encode", codec?.encode);
  checkFunction("codec.decode", codec?.decode);
}

function inputText(about: unknown): string {
  try {
    return JSON.stringify(about) ?? "null";
  } catch (error) {
    throw new ConfigError(
      "arguments",
      String(error),
      "values that JSON can say, or an `input` option that answers one",
    );
  }
}

/** The options that are core's to read; the others are functions and objects of the driver's. */
function coreOptions<Args extends unknown[], T>(options: IdempotentOptions<Args, T>): object {
  const { store, key, input, codec, isSafeToRetry, mergeResults, withContext, clock, random, ...rest } = options;
  const { onUnprotected, onLostCompletion, ...config } = rest;
  return config;
}
