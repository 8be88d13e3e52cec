// Captures an answer while it is written: whole answers up to a limit, so that they can be replayed. The last bytes leave
// only after the outcome is recorded, because a client that has seen them will never ask again.

import type { ServerResponse } from "node:http";
import onHeaders from "on-headers";
import type { AnswerHead, Header, Settled } from "../http/run.js";

/** What the run behind an answer wants to know of it. */
export interface Recorder {
  /** The headers that a first answer gains; `own` are those it has. */
  mark(own: readonly Header[]): readonly Header[];
  /** Called once, when the handler has ended its answer; the answer leaves when this is over. */
  record(answer: AnswerHead, body: Uint8Array): Promise<Settled>;
}

type Callback = (error?: Error | null) => void;

/** Answers that are never held back or kept: they have no end that a replay could reach. */
const isStream = (response: ServerResponse): boolean =>
  String(response.getHeader("content-type") ?? "").startsWith("text/event-stream");

/** Watches `response` on behalf of `recorder`. Whatever becomes of the record, the client gets an answer. */
export function capture(response: ServerResponse, maxBytes: number, recorder: Recorder): void {
  const { write, end } = response;
  const chunks: Buffer[] = [];
  let size = 0;
  let fate: AnswerHead["body"] = "kept";
  /** The newest chunk, kept back so that the last one waits for the record. */
  let held: { chunk: Buffer; callback: Callback | undefined } | undefined;
  let ended = false;
  let marked = false;

  /** Before the first byte, and before the run is over: afterwards nobody knows the marks any more. */
  const mark = (): void => {
    if (marked || response.headersSent) return;
    marked = true;
    setHeaders(response, recorder.mark(headersOf(response)));
  };
  onHeaders(response, mark); // for a handler that calls writeHead itself

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

  response.write = ((chunk: unknown, encoding?: unknown, callback?: unknown): boolean => {
    if (ended) return write.call(response, chunk, encoding as BufferEncoding, callback as Callback);
    mark();
    const [bytes, done] = chunkOf(chunk, encoding, callback);
    keep(bytes);
    const flowing = passHeld();
    if (fate === "kept") {
      held = { chunk: bytes, callback: done };
      return flowing;
    }
    return write.call(response, bytes, "utf8", done as Callback);
  }) as typeof response.write;

  response.end = ((chunk?: unknown, encoding?: unknown, callback?: unknown): ServerResponse => {
    if (ended) return response;
    ended = true;
    const [bytes, done] =
      typeof chunk === "function" ? [undefined, chunk as Callback] : lastOf(chunk, encoding, callback);
    if (bytes !== undefined) keep(bytes);
    mark();
    const head: AnswerHead = { status: response.statusCode, headers: headersOf(response), body: fate };
    const settled = (async () => recorder.record(head, Buffer.concat(chunks)))();
    const thaw = freeze(response);
    void settled
      .catch((): Settled => ({ headers: [], instead: undefined }))
      .then(({ headers, instead }) => {
        thaw();
        if (response.headersSent) {
          passHeld();
          end.call(response, bytes, "utf8", done as () => void);
        } else if (instead === undefined) {
          sendHead(response, head);
          setHeaders(response, headers);
          passHeld();
          end.call(response, bytes, "utf8", done as () => void);
        } else {
          sendHead(response, instead);
          end.call(response, instead.body, "utf8", done as () => void);
        }
      });
    return response;
  }) as typeof response.end;
}

/**
 * An answer that has ended reads as sent, although its bytes still wait for the record: an error handler that asks
 * `headersSent` must not start a second answer. Answers how to undo it.
 */
function freeze(response: ServerResponse): () => void {
  Object.defineProperty(response, "headersSent", { value: true, configurable: true });
  return () => {
    delete (response as { headersSent?: boolean }).headersSent;
  };
}

function lastOf(chunk: unknown, encoding: unknown, callback: unknown): [Buffer | undefined, Callback | undefined] {
  if (chunk !== undefined && chunk !== null) return chunkOf(chunk, encoding, callback);
  const done = typeof encoding === "function" ? encoding : callback;
  return [undefined, done as Callback | undefined];
}

function chunkOf(chunk: unknown, encoding: unknown, callback: unknown): [Buffer, Callback | undefined] {
  const done = (typeof encoding === "function" ? encoding : callback) as Callback | undefined;
  if (typeof chunk === "string") {
    return [Buffer.from(chunk, typeof encoding === "string" ? (encoding as BufferEncoding) : "utf8"), done];
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

/** Sets header lines: the first of a name replaces what middleware has set under it, the others join the first. */
export function setHeaders(response: ServerResponse, lines: readonly Header[]): void {
  const seen = new Set<string>();
  for (const [name, value] of lines) {
    if (seen.has(name.toLowerCase())) response.appendHeader(name, value);
    else response.setHeader(name, value);
    seen.add(name.toLowerCase());
  }
}

/** Every header of the answer, repeated ones one by one. */
function headersOf(response: ServerResponse): Header[] {
  return Object.entries(response.getHeaders()).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).map((one): Header => [name, String(one)]),
  );
}
