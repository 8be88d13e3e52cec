// One guarded request: the run's answers as they go out over HTTP.

import { type Action, type Execution, Run, type RunHost, withPayload } from "@once-again/driver/idempotency/run";
import type { Local } from "@once-again/driver/store/local";
import type { StoreOp } from "@once-again/driver/store/store";
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

/** The answer to a request whose handler does not run. */
export type Instead = { readonly action: "replay" | "refuse" } & HttpAnswer;

/** What is to be done with a request after the store was asked. */
export type Beginning = Execution | Instead;

/** How a run ended. */
export interface Settled {
  /** Headers that the handler's answer gains by this end. */
  readonly headers: readonly Header[];
  /** The answer that must go out instead of the handler's, because another run's outcome stands. */
  readonly instead: HttpAnswer | undefined;
}

/** What core makes of a request, or of an event of its run. */
export interface HttpAction extends Action {
  readonly status?: number;
  readonly headers?: readonly Header[];
}

/** A run's first action. */
export interface First extends HttpAction {
  /** The handle of a run that goes on. */
  readonly run?: number;
  /** Its key, as answers show it. */
  readonly key?: string;
  /** What marks its handler's answer as a first one, unless that depends on the answer. */
  readonly marks?: readonly Header[];
}

const none = new Uint8Array(0);

/** The life of one guarded request: `start`, and when that answered `execute`, `answered`. */
export class HttpRun extends Run<HttpAction, Instead, Settled> {
  readonly key: string;
  readonly #marks: readonly Header[] | undefined;

  constructor(
    { run = 0, key = "", marks }: Pick<First, "run" | "key" | "marks">,
    host: RunHost,
    local: Local | undefined,
  ) {
    super(run, host, local);
    this.key = key;
    this.#marks = marks;
  }

  /** Goes on from the run's first action. */
  start(first: First, payload: Uint8Array | null, now: number): Beginning | Promise<Beginning> {
    return this.begun(first, payload, now);
  }

  /** Records how the handler has answered. */
  answered(answer: AnswerHead, body: Uint8Array): Settled | Promise<Settled> {
    const text = JSON.stringify(answer);
    return this.finish((now, draw, wall) => native.runAnswered(this.handle, now, draw, wall, text, body));
  }

  /** The handler will not answer any more. */
  thrown(): Settled | Promise<Settled> {
    return this.finish((now, draw, wall) => native.runThrown(this.handle, now, draw, wall));
  }

  /** The operation that completes this run inside the caller's own transaction; undefined when it holds no claim. */
  completion(answer: AnswerHead, body: Uint8Array): StoreOp | undefined {
    const op = JSON.parse(native.runCompletion(this.handle, JSON.stringify(answer), body)) as StoreOp | null;
    return op === null ? undefined : withPayload(op, native.takePayload());
  }

  /** The headers that mark the handler's answer as a first one; `own` tells those it carries already. */
  firstAnswerHeaders(own: () => readonly Header[]): readonly Header[] {
    return this.#marks ?? (JSON.parse(native.runFirstAnswer(this.handle, JSON.stringify(own()))) as Header[]);
  }

  protected instead(action: HttpAction, payload: Uint8Array | null): Instead {
    return { action: action.action as Instead["action"], ...answerOf(action, payload) };
  }

  protected settledBy(action: HttpAction, payload: Uint8Array | null): Settled {
    return action.status === undefined
      ? { headers: action.headers ?? [], instead: undefined }
      : { headers: [], instead: answerOf(action, payload) };
  }
}

/** The answer that an action carries. */
export function answerOf(
  { status = 500, headers = [] }: Pick<HttpAction, "status" | "headers">,
  body: Uint8Array | null,
): HttpAnswer {
  return { status, headers, body: body ?? none };
}
