// Captures an answer while it is written: whole answers up to a limit, so that they can be replayed. The last bytes leave
// only after the outcome is recorded, because a client that has seen them will never ask again.

import type { ServerResponse } from "node:http";
import {
  checkStatus,
  type HeadArguments,
  headersOf,
  headSent,
  readHead,
  type Shown,
  setHeaders,
  showAs,
} from "./head.js";
import { readOn } from "./piped.js";
import type { AnswerHead, Header, Settled } from "./run.js";

/** What the run behind an answer wants to know of it. */
export interface Recorder {
  /** The headers that a first answer gains; `own` tells those it has. */
  mark(own: () => readonly Header[]): readonly Header[];
  /** Called once, when the handler has ended its answer; the answer leaves when this is over, which may be at once. */
  record(answer: AnswerHead, body: Uint8Array): Settled | Promise<Settled>;
  /** Called instead when the answer has been cut short, and nobody will end it. */
  cutShort(): void;
  /** Called when an answer begins before its end: what fails from here on can have no other answer. */
  readonly began?: (() => void) | undefined;
}

type Callback = (error?: Error | null) => void;

const unrecorded: Settled = { headers: [], instead: undefined };

const HEAD: Shown = { headersSent: true, writableEnded: false };
const ALL: Shown = { headersSent: true, writableEnded: true };

/** Answers that are never held back or kept: they have no end that a replay could reach. */
const isStream = (response: ServerResponse): boolean =>
  String(response.getHeader("content-type") ?? "").startsWith("text/event-stream");

/**
 * Watches `response` on behalf of `recorder`. Whatever becomes of the record, the client gets an answer.
 *
 * The function it returns tells it that the answer is cut short.
 */
export function capture(response: ServerResponse, maxBytes: number, recorder: Recorder): () => void {
  const { write, end, writeHead, flushHeaders, destroy } = response;
  const chunks: Buffer[] = [];
  let size = 0;
  let fate: AnswerHead["body"] = "kept";
  /** The newest chunk, kept back so that the last one waits for the record. */
  let held: { chunk: Buffer; callback: Callback | undefined } | undefined;
  let ended = false;
  let marked = false;
  /** Whether the head may leave now. Until then `writeHead` only notes it: another answer may have to take its place. */
  let leaving = false;

  /** Before the first byte, and before the run is over: afterwards nobody knows the marks any more. */
  const mark = (): void => {
    if (marked || leaving) return;
    marked = true;
    setHeaders(
      response,
      recorder.mark(() => headersOf(response)),
    );
  };

  /** The same for an answer that begins before its end. */
  const begin = (): void => {
    if (marked || leaving) return;
    mark();
    recorder.began?.();
  };

  /** The head goes out with whatever is written next; from here on the response says itself what it has sent. */
  const leave = (): void => {
    leaving = true;
    showAs(response, undefined);
  };

  const keep = (chunk: Buffer): void => {
    if (fate !== "kept") return;
    if (isStream(response)) fate = "stream";
    else if (size + chunk.length > maxBytes) fate = "tooLarge";
    if (fate === "kept") {
      chunks.push(chunk);
      size += chunk.length;
    } else {
      chunks.length = 0;
    }
  };

  const passHeld = (): boolean => {
    if (held === undefined) return true;
    const { chunk, callback } = held;
    held = undefined;
    return write.call(response, chunk, "utf8", callback as Callback);
  };

  const cut = (): void => {
    if (ended) return;
    ended = true;
    recorder.cutShort();
  };

  readOn(response, cut);

  response.destroy = ((error?: Error): ServerResponse => {
    // Whoever destroys it will not end it. That its client has gone by itself says nothing: the handler may still be at work.
    const here = !response.destroyed;
    destroy.call(response, error);
    if (here) cut();
    return response;
  }) as typeof response.destroy;

  response.writeHead = ((...head: HeadArguments): ServerResponse => {
    // Node's own methods come here as well, once they really write.
    if (leaving) return writeHead.apply(response, head as Parameters<typeof writeHead>);
    if (ended) return response;
    if (response.headersSent) throw headSent();
    readHead(response, head);
    begin();
    showAs(response, HEAD);
    return response;
  }) as typeof response.writeHead;

  response.flushHeaders = (): void => {
    if (ended) return;
    begin();
    leave();
    flushHeaders.call(response);
  };

  response.write = ((chunk: unknown, encoding?: unknown, callback?: unknown): boolean => {
    if (ended) return write.call(response, chunk, encoding as BufferEncoding, callback as Callback);
    begin();
    const [bytes, done] = chunkOf(chunk, encoding, callback);
    keep(bytes);
    if (fate !== "kept" || held !== undefined) leave();
    const flowing = passHeld();
    if (fate === "kept") {
      held = { chunk: bytes, callback: done };
      if (!leaving) showAs(response, HEAD);
      // Nobody will ever drain what a client has left behind.
      return flowing || response.destroyed;
    }
    return write.call(response, bytes, "utf8", done as Callback);
  }) as typeof response.write;

  response.end = ((chunk?: unknown, encoding?: unknown, callback?: unknown): ServerResponse => {
    if (ended) return response;
    checkStatus(response.statusCode);
    ended = true;
    const [bytes, done] =
      typeof chunk === "function" ? [undefined, chunk as Callback] : lastOf(chunk, encoding, callback);
    if (bytes !== undefined) keep(bytes);
    mark();
    const head: AnswerHead = { status: response.statusCode, headers: headersOf(response), body: fate };
    const gone = leaving;

    /** Sends what is to leave, with the head as it stood when the handler ended, unless `fresh`: then it stands so still. */
    const send = ({ headers, instead }: Settled, fresh: boolean): void => {
      leave();
      if (!gone && (instead !== undefined || !fresh)) sendHead(response, instead ?? head);
      if (gone || instead === undefined) {
        if (!gone) setHeaders(response, headers);
        passHeld();
        // As text, where it was text: Node writes head and text at once.
        if (typeof chunk === "string") end.call(response, chunk, encodingOf(encoding), done as () => void);
        else end.call(response, bytes, "utf8", done as () => void);
      } else {
        response.statusMessage = "";
        end.call(response, instead.body, "utf8", done as () => void);
      }
    };

    let settled: Settled | Promise<Settled>;
    try {
      settled = recorder.record(head, chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks));
    } catch {
      settled = unrecorded;
    }
    if (settled instanceof Promise) {
      // It reads as sent, although its bytes still wait: an error handler must not start a second answer.
      showAs(response, ALL);
      void settled
        .catch(() => unrecorded)
        .then((how) => send(how, false))
        // Node refuses the head, an illegal phrase for instance: there is nobody left to tell but the client.
        .catch((error: Error) => response.destroy(error));
      return response;
    }
    try {
      send(settled, true);
    } catch (error) {
      response.destroy(error as Error);
    }
    return response;
  }) as typeof response.end;
  return cut;
}

function lastOf(chunk: unknown, encoding: unknown, callback: unknown): [Buffer | undefined, Callback | undefined] {
  if (chunk !== undefined && chunk !== null) return chunkOf(chunk, encoding, callback);
  const done = typeof encoding === "function" ? encoding : callback;
  return [undefined, (done ?? undefined) as Callback | undefined];
}

const encodingOf = (encoding: unknown): BufferEncoding =>
  typeof encoding === "string" ? (encoding as BufferEncoding) : "utf8";

function chunkOf(chunk: unknown, encoding: unknown, callback: unknown): [Buffer, Callback | undefined] {
  const done = ((typeof encoding === "function" ? encoding : callback) ?? undefined) as Callback | undefined;
  if (typeof chunk === "string") {
    return [Buffer.from(chunk, encodingOf(encoding)), done];
  }
  // The caller may reuse its buffer once write() has returned.
  return [Buffer.from(chunk as Uint8Array), done];
}

/** Status and headers as they are to go out, whatever was set while the answer waited. */
function sendHead(response: ServerResponse, { status, headers }: Pick<AnswerHead, "status" | "headers">): void {
  for (const name of response.getHeaderNames()) response.removeHeader(name);
  response.statusCode = status;
  setHeaders(response, headers);
}
