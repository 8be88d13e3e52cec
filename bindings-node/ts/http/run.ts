// One guarded run: carries core's machine from the claim to the recorded outcome. The machine says what to do next; this
// file asks the store, keeps its deadlines and fires the handler's signal.

import { after, type Clock, type Random } from "@once-again/driver/clock";
import { OnceAgainError } from "@once-again/driver/errors";
import type { Store, StoreOp, StoreReply } from "@once-again/driver/store/store";
import { native } from "../native.js";

/** One header line; names may repeat. */
export type Header = readonly [name: string, value: string];

/** An answer that goes out over HTTP. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: readonly Header[];
  readonly body: Uint8Array;
}

/** How a handler has answered, but for the bytes. */
export interface AnswerHead {
  readonly status: number;
  readonly headers: readonly Header[];
  /** What was seen of the body: all of it, more than is kept, or a stream without an end. */
  readonly body: "kept" | "tooLarge" | "stream";
}

/** What is to be done with a request after the store was asked. */
export type Beginning =
  | {
      readonly action: "execute";
      readonly epoch: number;
      readonly attempts: number;
      readonly checkpoint: Uint8Array | null;
    }
  | { readonly action: "unprotected" }
  | ({ readonly action: "replay" | "refuse" } & HttpAnswer);

/** How a run ended. */
export interface Settled {
  /** Headers that the handler's answer gains by this end. */
  readonly headers: readonly Header[];
  /** The answer that must go out instead of the handler's, because another run's outcome stands. */
  readonly instead: HttpAnswer | undefined;
}

/** What core's machine answers to an event. */
interface Action {
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
  readonly status?: number;
  readonly headers?: readonly Header[];
}

/** What a run needs from the world. */
export interface RunHost {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  /** When the handler's signal fires, milliseconds after it was started; null for never. */
  readonly handlerTimeout: number | null;
}

const none = new Uint8Array(0);
const late = "the handler has taken longer than handlerTimeout";
const lost = "the claim on this idempotency key cannot be kept any longer";

/** A promise and the functions that settle it. */
class Deferred<T> {
  resolve!: (value: T) => void;
  readonly promise = new Promise<T>((resolve) => {
    this.resolve = resolve;
  });
}

/** The life of one claim: `begin`, and when that answered `execute`, `finish`. */
export class Run {
  readonly #handle: number;
  readonly #host: RunHost;
  readonly #handler = new AbortController();
  readonly #begun = new Deferred<Beginning>();
  readonly #settled = new Deferred<Settled>();
  #callOff: (() => void) | undefined;
  #callOffTimeout: (() => void) | undefined;
  /** Operations whose reply is not there yet; the machine still wants to hear it after its end. */
  #underWay = 0;
  #over = false;
  #closed = false;

  /** `handle` is a run that core has opened. */
  constructor(handle: number, host: RunHost) {
    this.#handle = handle;
    this.#host = host;
  }

  /** Fires when the handler must stop, because its claim cannot be kept. */
  get signal(): AbortSignal {
    return this.#handler.signal;
  }

  /** Claims the key, waits for another owner where that is configured, and answers what to do. */
  begin(): Promise<Beginning> {
    this.#tell({ event: "start" });
    return this.#begun.promise;
  }

  /** Records how the handler has answered. */
  finish(answer: AnswerHead, body: Uint8Array): Promise<Settled> {
    const { clock, random } = this.#host;
    const [now, draw] = [clock.now(), random()];
    this.#perform(native.runAnswered(this.#handle, now, draw, JSON.stringify(answer), body), now);
    return this.#settled.promise;
  }

  /** The claim is given up without an outcome: the caller was cancelled, or the process shuts down. */
  abandon(): Promise<Settled> {
    this.#tell({ event: "abandon" });
    return this.#settled.promise;
  }

  /** The operation that completes this run inside the caller's own transaction; undefined when it holds no claim. */
  completion(answer: AnswerHead, body: Uint8Array): StoreOp | undefined {
    const op = JSON.parse(native.runCompletion(this.#handle, JSON.stringify(answer), body)) as StoreOp | null;
    return op === null ? undefined : withPayload(op, native.takePayload());
  }

  /** The headers that mark the handler's answer as a first one; `own` are those it carries already. */
  firstAnswerHeaders(own: readonly Header[]): readonly Header[] {
    return JSON.parse(native.runFirstAnswer(this.#handle, JSON.stringify(own))) as Header[];
  }

  #tell(event: object, payload?: Uint8Array): void {
    if (this.#closed) return;
    const { clock, random } = this.#host;
    const [now, draw] = [clock.now(), random()];
    this.#perform(native.runEvent(this.#handle, now, draw, JSON.stringify(event), payload), now);
  }

  #perform(text: string, now: number): void {
    const payload = native.takePayload();
    const action = JSON.parse(text) as Action | { readonly invalid: string };
    if ("invalid" in action) throw new OnceAgainError("STORE_UNAVAILABLE", action.invalid);
    this.#wakeAt(action.deadline, now);
    switch (action.action) {
      case "apply":
        this.#apply(action.ticket as number, withPayload(action.op as StoreOp, payload));
        break;
      case "execute": {
        const { epoch = 0, attempts = 1 } = action;
        this.#limitHandler();
        this.#begun.resolve({ action: "execute", epoch, attempts, checkpoint: payload });
        break;
      }
      case "unprotected":
        this.#begun.resolve({ action: "unprotected" });
        break;
      case "replay":
      case "refuse":
        this.#begun.resolve({ action: action.action, ...answerOf(action, payload) });
        this.#end();
        break;
      case "abortHandler":
        this.#handler.abort(new Error(lost));
        break;
      case "answer":
        this.#settled.resolve({ headers: action.headers ?? [], instead: undefined });
        break;
      case "settled": {
        const instead = action.status === undefined ? undefined : answerOf(action, payload);
        this.#settled.resolve({ headers: instead === undefined ? (action.headers ?? []) : [], instead });
        this.#end();
        break;
      }
      case "wait": // its deadline is set above
      case "nothing":
        break;
    }
  }

  /** Sends one operation. A store in this process answers at once, and then nothing is awaited. */
  #apply(ticket: number, op: StoreOp): void {
    let answer: StoreReply | Promise<StoreReply>;
    try {
      answer = this.#host.store.apply(op);
    } catch {
      this.#tell({ event: "storeFailed", ticket });
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
      () => done(() => this.#tell({ event: "storeFailed", ticket })),
    );
  }

  /** A reply that cannot be read is a failure of its store like any other. */
  #replied(ticket: number, answer: StoreReply): void {
    try {
      const { payload, ...reply } = answer;
      this.#tell({ event: "reply", ticket, reply }, payload);
    } catch {
      this.#tell({ event: "storeFailed", ticket });
    }
  }

  #limitHandler(): void {
    const { clock, handlerTimeout } = this.#host;
    if (handlerTimeout === null) return;
    this.#callOffTimeout = after(clock, handlerTimeout, () => this.#handler.abort(new Error(late)), { unref: true });
  }

  /** Never keeps the process alive: a server does that itself while somebody waits for an answer. */
  #wakeAt(deadline: number | null, now: number): void {
    this.#callOff?.();
    this.#callOff = undefined;
    if (deadline === null || this.#over) return;
    const due = (): void => this.#tell({ event: "due" });
    this.#callOff = after(this.#host.clock, Math.max(0, deadline - now), due, { unref: true });
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
    native.runClose(this.#handle);
  }
}

function answerOf({ status = 500, headers = [] }: Action, body: Uint8Array | null): HttpAnswer {
  return { status, headers, body: body ?? none };
}

function withPayload(op: StoreOp, payload: Uint8Array | null): StoreOp {
  return payload === null ? op : { ...op, payload };
}
