// DeadLetterQueue: where given-up calls wait for somebody who sends them again or throws them away.

import { type Clock, systemClock } from "../clock.js";
import { ConfigError, RetryExhaustedError } from "../errors.js";
import { checkClock, checkFunction, checkLogger, fieldsOf, refuseUnknown } from "../host.js";
import { dispose } from "../machine.js";
import { kindOfError } from "../retry/kinds.js";
import { hand, type Journal, type Logger, lineOf } from "../retry/log.js";
import { type DeadLetter, errorOf } from "./letter.js";
import { type DeadLetterStore, MemoryDeadLetterStore } from "./memory.js";

/** What a redrive is told beside the letter. */
export interface RedriveContext {
  /** The idempotency key: that of the call, and the same in every redrive of the letter. */
  readonly key: string;
  readonly signal: AbortSignal | undefined;
}

/** Runs a dead letter's operation again. What it throws keeps the letter where it is. */
export type RedriveHandler = (letter: DeadLetter, context: RedriveContext) => unknown;

/** What a {@link DeadLetterQueue} is made of. */
export interface DeadLetterQueueOptions {
  /** Default: letters in memory, `maxLetters` of them. */
  readonly store?: DeadLetterStore | undefined;
  /** Of the store in memory: 1 to 10 000 000; default 10 000. */
  readonly maxLetters?: number | undefined;
  /** How the operations are run again, by their names. More may be added by `handle`. */
  readonly handlers?: Readonly<Record<string, RedriveHandler>> | undefined;
  /** Takes the whole letter where it could not be kept. Default: the policy's logger, and without one `console.error`. */
  readonly logger?: Logger | undefined;
  readonly clock?: Clock | undefined;
}

/** What passed through a {@link DeadLetterQueue}. */
export interface DeadLetterQueueStats {
  /** Letters it was given. */
  readonly buried: number;
  /** Of these, letters that no store kept: the log has them. */
  readonly lost: number;
  readonly redriven: number;
  readonly discarded: number;
}

/**
 * Keeps calls that were given up, and runs them again when asked.
 *
 * ```ts
 * const letters = new DeadLetterQueue({ handlers: { charge: (letter, { key }) => charge(letter.payload, key) } });
 * const handler = new RetryHandler({ deadLetterStore: letters });
 * await handler.execute(() => charge(order, key), { name: "charge", key, payload: order });
 * for (const { id } of await letters.list()) await letters.redrive(id);
 * ```
 */
export class DeadLetterQueue {
  readonly #store: DeadLetterStore;
  readonly #own: MemoryDeadLetterStore | undefined;
  readonly #handlers: Map<string, RedriveHandler>;
  readonly #logger: Logger | undefined;
  readonly #clock: Clock;
  readonly #pending = new Set<Promise<void>>();
  readonly #running = new Map<string, Promise<unknown>>();
  #counts = { buried: 0, lost: 0, redriven: 0, discarded: 0 };

  constructor(options: DeadLetterQueueOptions = {}) {
    const { store, maxLetters, handlers = {}, logger, clock = systemClock, ...rest } = fieldsOf(options, "options");
    refuseUnknown(rest, ["store", "maxLetters", "handlers", "logger", "clock"]);
    for (const [operation, handler] of Object.entries(fieldsOf(handlers, "handlers"))) {
      checkFunction(`handlers.${operation}`, handler);
    }
    checkLogger(logger);
    checkClock(clock);
    if (store !== undefined) {
      for (const method of ["put", "get", "list", "remove"] as const) {
        if (typeof store[method] !== "function")
          throw new ConfigError(`store.${method}`, typeof store[method], "a method");
      }
      if (maxLetters !== undefined) throw new ConfigError("maxLetters", String(maxLetters), "nothing beside a store");
    }
    this.#own = store === undefined ? new MemoryDeadLetterStore({ maxLetters }) : undefined;
    this.#store = store ?? (this.#own as MemoryDeadLetterStore);
    this.#handlers = new Map(Object.entries(handlers));
    this.#logger = logger;
    this.#clock = clock;
  }

  /** Says how an operation is run again. */
  handle(operation: string, handler: RedriveHandler): this {
    checkFunction("handler", handler);
    this.#handlers.set(operation, handler);
    return this;
  }

  /**
   * Takes a letter. It throws nothing and keeps nobody waiting: a letter that the store cannot keep is logged whole and
   * counted. `flush` waits for stores that take their time.
   */
  bury(letter: DeadLetter, journal?: Journal): void {
    this.#counts.buried++;
    const put = this.#put(letter, journal);
    this.#pending.add(put);
    put.finally(() => this.#pending.delete(put)).catch(() => {});
  }

  /** Resolves when every letter taken so far is kept or logged: before the process ends, for instance. */
  async flush(): Promise<void> {
    await Promise.all(this.#pending);
  }

  /** At most `limit` letters, the oldest first. Default: all. */
  async list(limit = Number.POSITIVE_INFINITY): Promise<readonly DeadLetter[]> {
    return this.#store.list(limit);
  }

  /**
   * Runs a letter's operation again, with the same key, and forgets the letter when that succeeds. When it fails the letter
   * stays, with the new failure and the attempts added, and the failure is thrown. Two redrives of one letter at once are one.
   *
   * @throws ConfigError when there is no such letter, or nobody said how its operation is run.
   */
  redrive(id: string, options: { readonly signal?: AbortSignal | undefined } = {}): Promise<unknown> {
    let running = this.#running.get(id);
    if (running === undefined) {
      running = this.#redrive(id, options.signal).finally(() => this.#running.delete(id));
      this.#running.set(id, running);
    }
    return running;
  }

  /** Throws a letter away; false when there is none with this id. */
  async discard(id: string): Promise<boolean> {
    const removed = await this.#store.remove(id);
    if (removed) this.#counts.discarded++;
    return removed;
  }

  get stats(): DeadLetterQueueStats {
    return { ...this.#counts };
  }

  /** Forgets the letters in memory; a store that was handed over is left alone. */
  close(): void {
    this.#own?.close();
  }

  [dispose](): void {
    this.close();
  }

  async #put(letter: DeadLetter, journal: Journal | undefined): Promise<void> {
    try {
      if (await this.#store.put(letter)) return;
    } catch {
      // What the store could not keep the log must.
    }
    this.#counts.lost++;
    const { operation, attempts, error } = letter;
    const said = {
      operation,
      attempt: attempts,
      error: `${error.kind}: ${error.code ?? error.status ?? error.name}`,
      letter,
    };
    if (journal !== undefined && this.#logger === undefined) {
      journal.write("error", "dead_letter_lost", said);
      return;
    }
    const line = lineOf(this.#clock, "error", "dead_letter_lost", said);
    hand(this.#logger ?? console, "error", line);
  }

  async #redrive(id: string, signal: AbortSignal | undefined): Promise<unknown> {
    signal?.throwIfAborted();
    const letter = await this.#store.get(id);
    if (letter === undefined) throw new ConfigError("id", JSON.stringify(id), "the id of a letter in this queue");
    const handler = this.#handlers.get(letter.operation);
    if (handler === undefined) {
      const known = [...this.#handlers.keys()].join(", ") || "none";
      throw new ConfigError("handlers", JSON.stringify(letter.operation), `an operation that has one (${known})`);
    }
    let value: unknown;
    try {
      value = await handler(letter, { key: letter.key ?? letter.id, signal });
    } catch (failure) {
      await this.#put(this.#again(letter, failure), undefined);
      throw failure;
    }
    await this.#store.remove(id);
    this.#counts.redriven++;
    return value;
  }

  #again(letter: DeadLetter, failure: unknown): DeadLetter {
    const [cause, made] =
      failure instanceof RetryExhaustedError ? [failure.cause, failure.attempts] : ([failure, 1] as const);
    return {
      ...letter,
      error: errorOf(cause, kindOfError(cause)),
      attempts: letter.attempts + made,
      lastAt: this.#clock.wallNow(),
    };
  }
}
