// One attempt: what the caller's function is given, and how an attempt is ended from outside.

import { onAbort } from "./abort.js";
import { after, type Clock } from "./clock.js";

/** What an operation is told about the attempt it makes. */
export interface AttemptContext {
  /** 1 for the first attempt. */
  readonly attempt: number;
  /** Fires when this attempt is to end: the caller cancelled, or a time-out passed. */
  readonly signal: AbortSignal;
}

/** Something that may be tried again. */
export type Operation<T> = (context: AttemptContext) => T | PromiseLike<T>;

/** Makes its signal only when somebody reads it: most operations never do, and a signal costs more than a retry. */
export class Attempt implements AttemptContext {
  readonly attempt: number;
  #own: AbortController | undefined;
  #ended = false;
  #reason: unknown;

  constructor(attempt: number) {
    this.attempt = attempt;
  }

  get signal(): AbortSignal {
    if (this.#own === undefined) {
      this.#own = new AbortController();
      if (this.#ended) this.#own.abort(this.#reason);
    }
    return this.#own.signal;
  }

  /** Fires the attempt's own signal. */
  end(reason: unknown): void {
    this.#ended = true;
    this.#reason = reason;
    this.#own?.abort(reason);
  }
}

/** How an attempt may be ended from outside. */
export interface Bounds {
  readonly clock: Clock;
  /** The caller's signal. */
  readonly signal?: AbortSignal | undefined;
  readonly limit?: Limit | undefined;
  /** Whether the limit's timer lets the process end. */
  readonly unref?: boolean;
}

/** The longest an attempt may take. */
export interface Limit {
  readonly ms: number;
  /** Makes the error of an attempt that reached the limit. */
  readonly timedOut: () => unknown;
}

/**
 * Runs one attempt and rejects as soon as its limit passes or the caller's signal fires, whether the operation listens to
 * its own signal or not. What an operation does after that is ignored.
 */
export function runBounded<T>(operation: Operation<T>, attempt: number, bounds: Bounds): Promise<T> {
  const { signal, limit, clock, unref } = bounds;
  if (signal === undefined && limit === undefined) return started(operation, new Attempt(attempt));
  return new Promise<T>((resolve, reject) => {
    const context = new Attempt(attempt);
    let callOff: (() => void) | undefined;
    let forget: (() => void) | undefined;
    const settle = (): void => {
      callOff?.();
      forget?.();
    };
    const endWith = (reason: unknown): void => {
      settle();
      reject(reason);
      context.end(reason);
    };
    if (signal !== undefined) forget = onAbort(signal, () => endWith(signal.reason));
    if (limit !== undefined) {
      callOff = after(clock, limit.ms, () => endWith(limit.timedOut()), { unref: unref === true });
    }
    const fail = (failure: unknown): void => {
      settle();
      reject(failure);
    };
    let running: T | PromiseLike<T>;
    try {
      running = operation(context);
    } catch (failure) {
      fail(failure);
      return;
    }
    Promise.resolve(running).then((value) => {
      settle();
      resolve(value);
    }, fail);
  });
}

/** An operation that throws before its first await fails like any other. */
async function started<T>(operation: Operation<T>, context: AttemptContext): Promise<T> {
  return operation(context);
}
