// Captures an answer while it is written: whole answers up to a limit, so that they can be replayed. The last bytes leave
// only after the outcome is recorded, because a client that has seen them will never ask again.

import type { ServerResponse } from "node:http";
import {
  checkStatus,
  type HeadArguments,
  headersOf,
  headSent,
  linesOf,
  readHead,
  type Shown,
  setLines,
  showAs,
} from "./head.js";
import { readOn } from "./piped.js";
import type { Header, HttpAnswer, Seen, Settled } from "./run.js";
import { passingBytes } from "./scratch.js";
import { type Methods, type Watcher, watch } from "./watched.js";

/** What the run behind an answer wants to know of it. */
export interface Recorder {
  /** The headers that a first answer gains; `own` tells those it has. */
  firstAnswerLines(own: () => readonly Header[]): readonly string[];
  /** Called once, when the handler has ended its answer; the answer leaves when this is over, which may be at once. */
  answered(status: number, lines: string, seen: Seen, body: Uint8Array): Settled | Promise<Settled>;
  /** Called instead when the answer has been cut short, and nobody will end it. */
  thrown(): unknown;
}

/** Called when an answer begins before its end: what fails from there on can have no other answer. `cut` cuts it short. */
export type Began = (response: ServerResponse, cut: () => void) => void;

type Callback = (error?: Error | null) => void;

const unrecorded: Settled = { lines: [], instead: undefined };
const nothing = new Uint8Array(0);

const HEAD: Shown = { headersSent: true, writableEnded: false };
const ALL: Shown = { headersSent: true, writableEnded: true };

/** Answers that are never held back or kept: they have no end that a replay could reach. */
const isStream = (response: ServerResponse): boolean =>
  String(response.getHeader("content-type") ?? "").startsWith("text/event-stream");

/** The last of an answer, as it waits for the record. */
interface Last {
  readonly status: number;
  /** All headers, as core takes them. */
  readonly lines: string;
  readonly chunk: unknown;
  readonly encoding: unknown;
  /** Of a text, no longer valid. */
  readonly bytes: Uint8Array | undefined;
  readonly callback: Callback | undefined;
}

/**
 * Watches one answer on behalf of its run. Whatever becomes of the record, the client gets an answer.
 *
 * One object for all that is known of the answer, and nothing of it in closures: what hangs on a response outlives it.
 */
export class Capture implements Watcher {
  readonly #response: ServerResponse;
  readonly #methods: Methods;
  readonly #maxBytes: number;
  /** Whether the answer may promise that it can be had again. */
  readonly #isMarked: boolean;
  readonly #began: Began | undefined;
  #recorder: Recorder | undefined;
  #chunks: Uint8Array[] | undefined;
  #size = 0;
  #fate: Seen = "kept";
  /** The newest chunk, kept back so that the last one waits for the record. */
  #held: Buffer | undefined;
  #heldCallback: Callback | undefined;
  #ended = false;
  #begun = false;
  /** Whether the head may leave now. Until then `writeHead` only notes it: another answer may have to take its place. */
  #leaving = false;
  #shows = false;

  constructor(response: ServerResponse, maxBytes: number, recorder: Recorder, isMarked: boolean, began?: Began) {
    this.#response = response;
    this.#maxBytes = maxBytes;
    this.#recorder = recorder;
    this.#isMarked = isMarked;
    this.#began = began;
    this.#methods = watch(response, this);
    readOn(response, this);
  }

  /** The answer is cut short: nobody will end it. One that is whole stands. */
  cut(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#recorder?.thrown();
    this.#recorder = undefined;
  }

  destroy(error?: Error): ServerResponse {
    const response = this.#response;
    // Whoever destroys it will not end it. That its client has gone by itself says nothing: the handler may still be at work.
    const here = !response.destroyed;
    this.#methods.destroy.call(response, error);
    if (here) this.cut();
    return response;
  }

  writeHead(head: readonly unknown[]): ServerResponse {
    const response = this.#response;
    // Node's own methods come here as well, once they really write.
    if (this.#leaving) return this.#methods.writeHead.apply(response, head as Parameters<ServerResponse["writeHead"]>);
    if (this.#ended) return response;
    if (response.headersSent) throw headSent();
    readHead(response, head as unknown as HeadArguments);
    this.#begin();
    this.#showAs(HEAD);
    return response;
  }

  flushHeaders(): void {
    if (this.#ended) return;
    this.#begin();
    this.#leave();
    this.#methods.flushHeaders.call(this.#response);
  }

  write(chunk: unknown, encoding?: unknown, callback?: unknown): boolean {
    const response = this.#response;
    const { write } = this.#methods;
    if (this.#ended) return write.call(response, chunk, encoding as BufferEncoding, callback as Callback);
    this.#begin();
    const [bytes, done] = chunkOf(chunk, encoding, callback);
    this.#keep(bytes);
    if (this.#fate !== "kept" || this.#held !== undefined) this.#leave();
    const flowing = this.#passHeld();
    if (this.#fate !== "kept") return write.call(response, bytes, "utf8", done as Callback);
    this.#held = bytes;
    this.#heldCallback = done;
    if (!this.#leaving) this.#showAs(HEAD);
    // Nobody will ever drain what a client has left behind.
    return flowing || response.destroyed;
  }

  end(chunk?: unknown, encoding?: unknown, callback?: unknown): ServerResponse {
    const response = this.#response;
    if (this.#ended) return response;
    checkStatus(response.statusCode);
    this.#ended = true;
    const [bytes, done] = lastOf(chunk, encoding, callback);
    if (bytes !== undefined) this.#keep(bytes);
    this.#mark();
    const last: Last = {
      status: response.statusCode,
      lines: linesOf(response),
      chunk,
      encoding,
      bytes,
      callback: done,
    };
    const settled = this.#record(last);
    if (settled instanceof Promise) {
      // It reads as sent, although its bytes still wait: an error handler must not start a second answer.
      this.#showAs(ALL);
      void settled
        .catch(() => unrecorded)
        .then((how) => this.#send(last, how, false))
        // Node refuses the head, an illegal phrase for instance: there is nobody left to tell but the client.
        .catch((error: Error) => response.destroy(error));
      return response;
    }
    try {
      this.#send(last, settled, true);
    } catch (error) {
      response.destroy(error as Error);
    }
    return response;
  }

  #record({ status, lines }: Last): Settled | Promise<Settled> {
    const [recorder, chunks = []] = [this.#recorder as Recorder, this.#chunks];
    // The response stays reachable for a while when its connection goes on; what is recorded need not.
    this.#recorder = undefined;
    this.#chunks = undefined;
    try {
      const body = chunks.length > 1 ? Buffer.concat(chunks) : (chunks[0] ?? nothing);
      return recorder.answered(status, lines, this.#fate, body);
    } catch {
      return unrecorded;
    }
  }

  /** Sends what is to leave, with the head as it stood when the handler ended, unless `fresh`: then it stands so still. */
  #send(last: Last, { lines, instead }: Settled, fresh: boolean): void {
    const response = this.#response;
    const { end } = this.#methods;
    const { chunk, encoding, bytes, callback } = last;
    const gone = this.#leaving;
    this.#leave();
    if (!gone && (instead !== undefined || !fresh)) setHead(response, instead ?? headOf(last));
    if (gone || instead === undefined) {
      if (!gone) setLines(response, lines);
      this.#passHeld();
      // As text, where it was text: Node writes head and text at once.
      if (typeof chunk === "string") end.call(response, chunk, encodingOf(encoding), callback as () => void);
      else end.call(response, bytes, "utf8", callback as () => void);
    } else {
      response.statusMessage = "";
      end.call(response, instead.body, "utf8", callback as () => void);
    }
  }

  /** Before the first byte, and before the run is over: afterwards nobody knows the marks any more. */
  #mark(): void {
    if (this.#begun || this.#leaving) return;
    this.#begun = true;
    const [response, recorder] = [this.#response, this.#recorder];
    if (!this.#isMarked || recorder === undefined) return;
    setLines(
      response,
      recorder.firstAnswerLines(() => headersOf(response)),
    );
  }

  /** The same for an answer that begins before its end. */
  #begin(): void {
    if (this.#begun || this.#leaving) return;
    this.#mark();
    this.#began?.(this.#response, () => this.cut());
  }

  /** The head goes out with whatever is written next; from here on the response says itself what it has sent. */
  #leave(): void {
    this.#leaving = true;
    if (this.#shows) showAs(this.#response, undefined);
  }

  #showAs(what: Shown): void {
    this.#shows = true;
    showAs(this.#response, what);
  }

  #keep(chunk: Uint8Array): void {
    if (this.#fate !== "kept") return;
    if (isStream(this.#response)) this.#fate = "stream";
    else if (this.#size + chunk.length > this.#maxBytes) this.#fate = "tooLarge";
    if (this.#fate !== "kept") {
      this.#chunks = undefined;
      return;
    }
    this.#size += chunk.length;
    if (this.#chunks === undefined) this.#chunks = [chunk];
    else this.#chunks.push(chunk);
  }

  #passHeld(): boolean {
    const [chunk, callback] = [this.#held, this.#heldCallback];
    if (chunk === undefined) return true;
    this.#held = undefined;
    this.#heldCallback = undefined;
    return this.#methods.write.call(this.#response, chunk, "utf8", callback as Callback);
  }
}

/** The bytes of a last chunk, to be looked at once where it is text. */
function lastOf(chunk: unknown, encoding: unknown, callback: unknown): [Uint8Array | undefined, Callback | undefined] {
  if (typeof chunk === "function") return [undefined, chunk as Callback];
  const done = ((typeof encoding === "function" ? encoding : callback) ?? undefined) as Callback | undefined;
  if (chunk === undefined || chunk === null) return [undefined, done];
  if (typeof chunk === "string" && isUtf8(encoding)) return [passingBytes(chunk), done];
  return chunkOf(chunk, encoding, callback);
}

const isUtf8 = (encoding: unknown): boolean =>
  typeof encoding !== "string" || encoding === "utf8" || encoding === "utf-8";

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

type Head = Pick<HttpAnswer, "status" | "lines">;

const headOf = ({ status, lines }: Last): Head => ({ status, lines: lines === "" ? [] : lines.split("\n") });

/** Status and headers as they are to go out, whatever was set while the answer waited. */
function setHead(response: ServerResponse, { status, lines }: Head): void {
  for (const name of response.getHeaderNames()) response.removeHeader(name);
  response.statusCode = status;
  setLines(response, lines);
}
