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
  /** Names and values in turn. */
  readonly lines: readonly string[];
  readonly body: Uint8Array;
}

/** What was seen of a body: all of it, more than is kept, or a stream without an end. */
export type Seen = "kept" | "tooLarge" | "stream";

/** The answer to a request whose handler does not run. */
export type Instead = { readonly action: "replay" | "refuse" } & HttpAnswer;

/** What is to be done with a request after the store was asked. */
export type Beginning = Execution | Instead;

/** How a run ended. */
export interface Settled {
  /** Headers that the handler's answer gains by this end: names and values in turn. */
  readonly lines: readonly string[];
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
const unchanged: Settled = { lines: [], instead: undefined };

/** The life of one guarded request: `start`, and when that answered `execute`, `answered`. */
export class HttpRun extends Run<HttpAction, Instead, Settled> {
  readonly #marks: readonly string[] | undefined;

  /** `marks` are the lines that mark its handler's answer as a first one, unless they depend on the answer. */
  constructor(
    handle: number,
    key: string,
    marks: readonly string[] | undefined,
    host: RunHost,
    local: Local | undefined,
  ) {
    super(handle, key, host, local);
    this.#marks = marks;
  }

  /** Goes on from the run's first action. */
  start(first: HttpAction, payload: Uint8Array | null, now: number): Beginning | Promise<Beginning> {
    return this.begun(first, payload, now);
  }

  /** Records how the handler has answered: `lines` are all headers, names and values in turn, a line feed between them. */
  answered(status: number, lines: string, seen: Seen, body: Uint8Array): Settled | Promise<Settled> {
    const unkept = seen === "kept" ? undefined : seen;
    return this.finish((now, draw, wall) =>
      native.runAnswered(this.handle, now, draw, wall, status, lines, body, unkept),
    );
  }

  /** The handler will not answer any more. */
  thrown(): Settled | Promise<Settled> {
    return this.finish((now, draw, wall) => native.runThrown(this.handle, now, draw, wall));
  }

  /** The operation that completes this run inside the caller's own transaction; undefined when it holds no claim. */
  completion(answer: { status: number; headers: readonly Header[] }, body: Uint8Array): StoreOp | undefined {
    const op = JSON.parse(native.runCompletion(this.handle, JSON.stringify(answer), body)) as StoreOp | null;
    return op === null ? undefined : withPayload(op, native.takePayload());
  }

  /** The headers that mark the handler's answer as a first one; `own` tells those it carries already. */
  firstAnswerLines(own: () => readonly Header[]): readonly string[] {
    if (this.#marks !== undefined) return this.#marks;
    return (JSON.parse(native.runFirstAnswer(this.handle, JSON.stringify(own()))) as Header[]).flat();
  }

  protected instead(action: HttpAction, payload: Uint8Array | null): Instead {
    return { action: action.action as Instead["action"], ...answerOf(action, payload) };
  }

  protected settledBy(action: HttpAction, payload: Uint8Array | null): Settled {
    if (action.status !== undefined) return { lines: [], instead: answerOf(action, payload) };
    return action.headers === undefined ? unchanged : { lines: action.headers.flat(), instead: undefined };
  }
}

/** The answer that an action carries. */
export function answerOf(
  { status = 500, headers = [] }: Pick<HttpAction, "status" | "headers">,
  body: Uint8Array | null,
): HttpAnswer {
  return { status, lines: headers.flat(), body: body ?? none };
}
