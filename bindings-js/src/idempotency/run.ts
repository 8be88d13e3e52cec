// One guarded run: carries core's machine from the claim to the recorded outcome. The machine says what to do next; this
// file asks the store, keeps its deadlines and fires the signal of whoever does the work.

import { core } from "../binding.js";
import { after, type Clock, type Random } from "../clock.js";
import { OnceAgainError } from "../errors.js";
import type { Store, StoreOp, StoreReply } from "../store/store.js";

/** What a run needs from the world. */
export interface RunHost {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  /** When the worker's signal fires, milliseconds after it was started; null for never. */
  readonly handlerTimeout: number | null;
  /** Whether the process waits for the run. A server waits by itself, as long as somebody wants an answer. */
  readonly holds: boolean;
}

/** The work is to be done now. */
export type Execution =
  | {
      readonly action: "execute";
      /** Grows with every claim on this key: a fencing token. */
      readonly epoch: number;
      /** 1 for the first run under this record. */
      readonly attempts: number;
      /** What an earlier run left. */
      readonly checkpoint: Uint8Array | null;
    }
  /** Without a record: the store is away, and the configuration lets work go on. */
  | { readonly action: "unprotected" };

/** What core's machine answers to an event; each kind of run has fields of its own beside these. */
export interface Action {
  readonly action:
    | "apply"
    | "execute"
    | "unprotected"
    | "replay"
    | "refuse"
    | "wait"
    | "abortHandler"
    | "answer"
    | "settled"
    | "nothing";
  /** When it wants to hear that time has passed, milliseconds. */
  readonly deadline: number | null;
  readonly ticket?: number;
  readonly op?: StoreOp;
  readonly epoch?: number;
  readonly attempts?: number;
}

const late = "this run has taken longer than handlerTimeout";
const lost = "the claim on this idempotency key cannot be kept any longer";

/** A promise and the function that settles it. */
class Deferred<T> {
  resolve!: (value: T) => void;
  readonly promise = new Promise<T>((resolve) => {
    this.resolve = resolve;
  });
}

/**
 * The life of one claim: `begin`, and when that answered `execute`, the end of the work. `Instead` is what takes the place of
 * work that is not to be done, `Settled` how the record was left.
 */
export abstract class Run<A extends Action, Instead, Settled> {
  protected readonly handle: number;
  protected readonly host: RunHost;
  /** Made when somebody asks for the signal: it costs as much as a crossing, and most workers never look. */
  #worker: AbortController | undefined;
  #calledOff: Error | undefined;
  readonly #begun = new Deferred<Execution | Instead>();
  readonly #settled = new Deferred<Settled>();
  #callOff: (() => void) | undefined;
  #callOffTimeout: (() => void) | undefined;
  /** Operations whose reply is not there yet; the machine still wants to hear it after its end. */
  #underWay = 0;
  #over = false;
  #closed = false;

  /** `handle` is a run that core has opened. */
  constructor(handle: number, host: RunHost) {
    this.handle = handle;
    this.host = host;
  }

  /** Fires when the work must stop, because its claim cannot be kept. */
  get signal(): AbortSignal {
    if (this.#worker === undefined) {
      this.#worker = new AbortController();
      if (this.#calledOff !== undefined) this.#worker.abort(this.#calledOff);
    }
    return this.#worker.signal;
  }

  /** Claims the key, waits for another owner where that is configured, and answers what to do. */
  begin(): Promise<Execution | Instead> {
    this.tell({ event: "start" });
    return this.#begun.promise;
  }

  /** Leaves `data` for whoever runs next, should this run not end. */
  checkpoint(data: Uint8Array): void {
    this.tell({ event: "checkpoint" }, data);
  }

  /** The claim is given up without an outcome: the caller was cancelled, or the process shuts down. */
  abandon(): Promise<Settled> {
    this.tell({ event: "abandon" });
    return this.#settled.promise;
  }

  /** Forgets a run that never began. */
  discard(): void {
    this.#end();
  }

  /** What takes the place of the work. */
  protected abstract instead(action: A, payload: Uint8Array | null): Instead;
  /** How the record was left; also asked before that is known, when the answer must not wait any longer. */
  protected abstract settledBy(action: A, payload: Uint8Array | null): Settled;

  /** Tells core how the work ended, in the words of this kind of run. */
  protected finish(how: (now: number, draw: number) => string): Promise<Settled> {
    const { clock, random } = this.host;
    const [now, draw] = [clock.now(), random()];
    this.#perform(how(now, draw), now);
    return this.#settled.promise;
  }

  protected tell(event: object, payload?: Uint8Array): void {
    if (this.#closed) return;
    const { clock, random } = this.host;
    const [now, draw] = [clock.now(), random()];
    this.#perform(core.runEvent(this.handle, now, draw, JSON.stringify(event), payload), now);
  }

  #perform(text: string, now: number): void {
    const payload = core.takePayload() ?? null;
    const action = JSON.parse(text) as A | { readonly invalid: string };
    if ("invalid" in action) throw new OnceAgainError("STORE_UNAVAILABLE", action.invalid);
    this.#wakeAt(action.deadline, now);
    switch (action.action) {
      case "apply":
        this.#apply(action.ticket as number, withPayload(action.op as StoreOp, payload));
        break;
      case "execute": {
        const { epoch = 0, attempts = 1 } = action;
        this.#limitWorker();
        this.#begun.resolve({ action: "execute", epoch, attempts, checkpoint: payload });
        break;
      }
      case "unprotected":
        this.#begun.resolve({ action: "unprotected" });
        break;
      case "replay":
      case "refuse":
        this.#begun.resolve(this.instead(action, payload));
        this.#end();
        break;
      case "abortHandler":
        this.#callOffWorker(new Error(lost));
        break;
      case "answer":
        this.#settled.resolve(this.settledBy(action, payload));
        break;
      case "settled":
        this.#settled.resolve(this.settledBy(action, payload));
        this.#end();
        break;
      case "wait": // its deadline is set above
      case "nothing":
        break;
    }
  }

  /** Sends one operation. A store in this process answers at once, and then nothing is awaited. */
  #apply(ticket: number, op: StoreOp): void {
    let answer: StoreReply | Promise<StoreReply>;
    try {
      answer = this.host.store.apply(op);
    } catch {
      this.tell({ event: "storeFailed", ticket });
      return;
    }
    if (!(answer instanceof Promise)) {
      this.#replied(ticket, answer);
      return;
    }
    this.#underWay += 1;
    const done = (tell: () => void): void => {
      this.#underWay -= 1;
      tell();
      this.#closeWhenDone();
    };
    // What went wrong is the store's business; the machine treats every failure alike.
    answer.then(
      (reply) => done(() => this.#replied(ticket, reply)),
      () => done(() => this.tell({ event: "storeFailed", ticket })),
    );
  }

  /** A reply that cannot be read is a failure of its store like any other. */
  #replied(ticket: number, answer: StoreReply): void {
    try {
      const { payload, ...reply } = answer;
      this.tell({ event: "reply", ticket, reply }, payload);
    } catch {
      this.tell({ event: "storeFailed", ticket });
    }
  }

  #callOffWorker(why: Error): void {
    this.#calledOff ??= why;
    this.#worker?.abort(why);
  }

  #limitWorker(): void {
    const { clock, handlerTimeout } = this.host;
    if (handlerTimeout === null) return;
    this.#callOffTimeout = after(clock, handlerTimeout, () => this.#callOffWorker(new Error(late)), { unref: true });
  }

  #wakeAt(deadline: number | null, now: number): void {
    this.#callOff?.();
    this.#callOff = undefined;
    if (deadline === null || this.#over) return;
    const due = (): void => this.tell({ event: "due" });
    this.#callOff = after(this.host.clock, Math.max(0, deadline - now), due, { unref: !this.host.holds });
  }

  #end(): void {
    this.#over = true;
    this.#callOff?.();
    this.#callOffTimeout?.();
    this.#closeWhenDone();
  }

  #closeWhenDone(): void {
    if (!this.#over || this.#underWay > 0 || this.#closed) return;
    this.#closed = true;
    core.runClose(this.handle);
  }
}

export function withPayload(op: StoreOp, payload: Uint8Array | null | undefined): StoreOp {
  return payload ? { ...op, payload } : op;
}
