// A request as it lies in the database, and back: the same bytes, headers and credentials mode whenever it is sent.

import { cancellable } from "@once-again/driver/abort";
import { RetryExhaustedError } from "@once-again/driver/errors";
import type { Ended } from "./judge.js";
import type { GivenUp, QueuedWrite } from "./types.js";

/** Everything about a write but its body. */
export interface Row {
  readonly id: string;
  readonly method: string;
  readonly url: string;
  readonly origin: string;
  readonly headers: readonly [string, string][];
  /** Which of them is its key. */
  readonly keyHeader: string;
  readonly options: RequestInit;
  readonly bytes: number;
  /** Milliseconds since the Unix epoch. */
  readonly madeAt: number;
  readonly failures: number;
  readonly answers: number;
  /** When it last failed, and how long it waits from then. */
  readonly failedAt?: number;
  readonly wait: number;
  readonly status?: number;
  readonly error?: string | undefined;
  /** Its caller was told that it waits, so what is made from then on stands behind it, also while it is on its way. */
  readonly queued?: boolean;
  readonly givenUp?: GivenUp;
}

/** A row with its place in line. */
export interface Placed extends Row {
  readonly seq: number;
}

/** A write on its way into the database. */
export interface NewWrite {
  readonly row: Row;
  readonly body: ArrayBuffer | undefined;
}

/** What else a request says. A navigation cannot be made by hand; what a host does not know is left to its default. */
function optionsOf(request: Request): RequestInit {
  const { cache, credentials, integrity, keepalive, redirect, referrer, referrerPolicy } = request;
  const mode = request.mode === "navigate" ? undefined : request.mode;
  const options = { cache, credentials, integrity, keepalive, mode, redirect, referrer, referrerPolicy };
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined && value !== ""));
}

/** Reads a request to its end: whatever its body was (a stream, a form, a blob), from here on it is bytes. */
export async function read(
  request: Request,
  id: string,
  headers: Headers,
  keyHeader: string,
  madeAt: number,
  signal: AbortSignal | undefined,
): Promise<NewWrite> {
  signal?.throwIfAborted();
  // A stream may never end, and reading it does not end with the signal.
  const read = await cancellable(request.arrayBuffer(), signal);
  const body = read.byteLength === 0 ? undefined : read;
  const { method, url } = request;
  const pairs = [...headers];
  const text = pairs.reduce((sum, [name, value]) => sum + name.length + value.length, url.length);
  const row = {
    id,
    method,
    url,
    origin: new URL(url).origin,
    headers: pairs,
    keyHeader,
    options: optionsOf(request),
    bytes: text + read.byteLength,
    madeAt,
    failures: 0,
    answers: 0,
    wait: 0,
  };
  return { row, body };
}

/** The row without the headers that must not lie on a disk. */
export function redacted(row: Row, omit: ReadonlySet<string>): Row {
  return { ...row, headers: row.headers.filter(([name]) => !omit.has(name)) };
}

/**
 * What `fetch` is called with. Whatever `more` says, a write keeps the key it was made with, and has no other one: it goes out in the
 * header `key`, also where another one carried it when it was made.
 */
export function initOf(
  row: Row,
  body: ArrayBuffer | undefined,
  key: string,
  more: HeadersInit | undefined,
): RequestInit {
  const headers = new Headers([...row.headers]);
  const own = headers.get(row.keyHeader);
  for (const [name, value] of new Headers(more)) headers.set(name, value);
  headers.delete(row.keyHeader);
  if (own !== null) headers.set(key, own);
  return { ...row.options, method: row.method, headers, ...(body === undefined ? {} : { body }) };
}

/** What is kept of how a sending ended that was not the last: the status of an answer, or what was wrong. */
export function came({ response, error }: Ended): Pick<Row, "status" | "error"> {
  if (response !== undefined) return { status: response.status, error: undefined };
  const last = error instanceof RetryExhaustedError ? error.cause : error;
  return { error: last instanceof Error ? `${last.name}: ${last.message}` : String(last) };
}

/** What its user may see. */
export function seen(row: Row, sending: boolean): QueuedWrite {
  const { id, method, url, madeAt, failures, bytes, status, error, givenUp } = row;
  return {
    id,
    method,
    url,
    madeAt,
    attempts: failures,
    bytes,
    sending,
    ...(status === undefined ? {} : { status }),
    ...(error === undefined ? {} : { error }),
    ...(givenUp === undefined ? {} : { givenUp }),
  };
}
