// One guarded run: carries core's machine from the claim to the recorded outcome. The machine says what to do next; this
// file asks the store, keeps its deadlines and fires the signal of whoever does the work.

import { core } from "../binding.js";
import { after, type Clock, type Random } from "../clock.js";
import { OnceAgainError } from "../errors.js";
import type { Local } from "../store/local.js";
import type { Store, StoreOp, StoreReply } from "../store/store.js";
import { isThenable } from "../thenable.js";
import type { Counters } from "./stats.js";

/** What a run needs from the world. */
export interface RunHost {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  /** When the worker's signal fires, milliseconds after it was started; null for never. */
  readonly handlerTimeout: number | null;
  /** Whether the process waits for the run. A server waits by itself, as long as somebody wants an answer. */
  readonly holds: boolean;
  readonly counters: Counters;
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
  /** Whether bytes are to be taken as payload. */
  readonly bytes?: boolean;
  /** When it wants to hear that time has passed, milliseconds. */
  readonly deadline: number | null;
  readonly ticket?: number;
  readonly op?: StoreOp;
  readonly epoch?: number;
  readonly attempts?: number;
  /** Of a replay or a refusal by a run: whether the operation had been begun before. */
  readonly duplicate?: boolean;
  /** Why the work runs unprotected, or why its completion is lost. */
  readonly reason?: string;
}

/** The end that needs no words. */
const SETTLED: Action = { action: "settled", deadline: null };

const late = "this run has taken longer than handlerTimeout";
const lost = "the claim on this idempotency key cannot be kept any longer";

/** What will be there later, or is there already: then nobody need wait for a promise of it. */
class Later<T extends object> {
  #value: T | undefined;
  #promise: Promise<T> | undefined;
  #resolve: ((value: T) => void) | undefined;

  resolve(value: T): void {
    this.#value ??= value;
    this.#resolve?.(value);
  }

  get(): T | Promise<T> {
    if (this.#value !== undefined) return this.#value;
    this.#promise ??= new Promise((resolve) => {
      this.#resolve = resolve;
    });
    return this.#promise;
  }
}

/**
 * The life of one claim: `begin`, and when that answered `execute`, the end of the work. `Instead` is what takes the place of
 * work that is not to be done, `Settled` how the record was left.
 */
export abstract class Run<A extends Action, Instead extends object, Settled extends object> {
  /** Of the operation, as its user knows it. */
  readonly key: string;
  protected readonly handle: number;
  protected readonly host: RunHost;
  /** The store of this thread that core asks by itself; undefined: this file asks the host's. */
  readonly #local: Local | undefined;
  /** Made when somebody asks for the signal: it costs as much as a crossing, and most workers never look. */
  #worker: AbortController | undefined;
  #calledOff: Error | undefined;
  readonly #begun = new Later<Execution | Instead>();
  readonly #settled = new Later<Settled>();
  #callOff: (() => void) | undefined;
  #callOffTimeout: (() => void) | undefined;
  /** Operations whose reply is not there yet; the machine still wants to hear it after its end. */
  #underWay = 0;
  /** When it began, milliseconds. */
  #began: number | undefined;
  #counted = false;
  #over = false;
  #closed = false;

  /** `handle` is a run that core has opened, `local` the store it was opened with. */
  constructor(handle: number, key: string, host: RunHost, local?: Local) {
    this.handle = handle;
    this.key = key;
    this.host = host;
    this.#local = local;
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
  begin(): Execution | Instead | Promise<Execution | Instead> {
    this.tell({ event: "start" });
    return this.#begun.get();
  }

  /** Leaves `data` for whoever runs next, should this run not end. */
  checkpoint(data: Uint8Array): void {
    this.tell({ event: "checkpoint" }, data);
  }

  /** The claim is given up without an outcome: the caller was cancelled, or the process shuts down. */
  abandon(): Settled | Promise<Settled> {
    this.tell({ event: "abandon" });
    return this.#settled.get();
  }

  /** Forgets a run that never began. */
  discard(): void {
    this.#end();
  }

  /** What takes the place of the work. */
  protected abstract instead(action: A, payload: Uint8Array | null): Instead;
  /** How the record was left; also asked before that is known, when the answer must not wait any longer. */
  protected abstract settledBy(action: A, payload: Uint8Array | null): Settled;

  /** Goes on from `action`, which core has begun the run with. */
  protected begun(
    action: A,
    payload: Uint8Array | null,
    now: number,
  ): Execution | Instead | Promise<Execution | Instead> {
    this.#perform(action, payload, now);
    return this.#begun.get();
  }

  /** Tells core how the work ended, in the words of this kind of run. */
  protected finish(how: (now: number, draw: number, wall: number) => string | null): Settled | Promise<Settled> {
    this.#ask(how);
    return this.#settled.get();
  }

  protected tell(event: object, payload?: Uint8Array): void {
    if (this.#closed) return;
    const text = JSON.stringify(event);
    this.#ask((now, draw, wall) => core.runEvent(this.handle, now, draw, text, payload, wall));
  }

  #ask(how: (now: number, draw: number, wall: number) => string | null): void {
    const { clock, random } = this.host;
    const [now, draw, wall] = [clock.now(), random(), this.#local?.wallNow() ?? 0];
    const said = how(now, draw, wall);
    const action = said === null ? (SETTLED as A) : (JSON.parse(said) as A | { readonly invalid: string });
    if ("invalid" in action) throw new OnceAgainError("STORE_UNAVAILABLE", action.invalid);
    this.#perform(action, action.bytes === true ? (core.takePayload() ?? null) : null, now);
  }

  #perform(action: A, payload: Uint8Array | null, now: number): void {
    if (this.#began === undefined) {
      this.#began = now;
      this.host.counters.began();
    }
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
        this.host.counters.unprotected(this.key, action.reason);
        this.#begun.resolve({ action: "unprotected" });
        break;
      case "replay":
      case "refuse":
        this.host.counters.instead(action.action === "replay", action.duplicate);
        this.#count(action, now);
        this.#begun.resolve(this.instead(action, payload));
        this.#end();
        break;
      case "abortHandler":
        this.#callOffWorker(new Error(lost));
        break;
      case "answer":
        this.#count(action, now);
        this.#settled.resolve(this.settledBy(action, payload));
        break;
      case "settled":
        this.#count(action, now);
        this.#settled.resolve(this.settledBy(action, payload));
        this.#end();
        break;
      case "wait": // its deadline is set above
      case "nothing":
        break;
    }
  }

  /** Its operation has ended: an answer leaves, and the record may still be under way. */
  #count({ reason }: A, now: number): void {
    if (this.#counted) return;
    this.#counted = true;
    const { counters } = this.host;
    counters.ended(now - (this.#began as number));
    if (reason !== undefined) counters.completionLost(this.key, reason);
  }

  /** Sends one operation. A store in this process answers at once, and then nothing is awaited. */
  #apply(ticket: number, op: StoreOp): void {
    let answer: StoreReply | PromiseLike<StoreReply>;
    try {
      answer = this.host.store.apply(op);
    } catch {
      this.tell({ event: "storeFailed", ticket });
      return;
    }
    if (!isThenable(answer)) {
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
    Promise.resolve(answer).then(
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
    // Whole milliseconds: heartbeats of many runs then share one platform timer.
    const wait = Math.ceil(Math.max(0, deadline - now));
    this.#callOff = after(this.host.clock, wait, due, { unref: !this.host.holds });
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
    // Core has freed a run that it answers itself, with its last action.
    if (this.#local === undefined) core.runClose(this.handle);
  }
}

export function withPayload(op: StoreOp, payload: Uint8Array | null | undefined): StoreOp {
  return payload ? { ...op, payload } : op;
}
