// What can be read off an error, as core's classifier wants it. Nothing is decided here: which of these mean "try again"
// is core's table.

import { core } from "../binding.js";
import { CircuitOpenError } from "../errors.js";
import { INT32_MAX } from "../int32.js";

/** What an HTTP client knows about a failed request; kept on the error under `httpSignals`. */
export interface HttpSignals {
  readonly method: string;
  /** Whether the request carried an idempotency key. */
  readonly hasKey: boolean;
  /** Whether the answer was a replay: then it is final. */
  readonly replayed: boolean;
  /** The `type` of a problem body. */
  readonly problemType?: string | undefined;
  /** Whether the caller can get new credentials after a 401. */
  readonly canRefresh?: boolean | undefined;
  /** Whether the platform has tried a new connection already: then a 421 is final. */
  readonly newConnection?: boolean | undefined;
}

/** Where our HTTP clients leave what the classifier should know of a request. */
export const httpSignals = Symbol("once-again.http");

type Bag = Record<PropertyKey, unknown>;

/** A property of something thrown, which may be anything: a getter may throw, a proxy may lie. */
function read(from: unknown, key: PropertyKey): unknown {
  if ((typeof from !== "object" && typeof from !== "function") || from === null) return undefined;
  try {
    return (from as Bag)[key];
  } catch {
    return undefined;
  }
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function integer(value: unknown, lowest: number, highest: number): number | undefined {
  return Number.isInteger(value) && (value as number) >= lowest && (value as number) <= highest
    ? (value as number)
    : undefined;
}

/** The error's own name, then its classes, most derived first. */
function namesOf(error: unknown): string[] {
  const names: string[] = [];
  const add = (name: unknown): void => {
    if (typeof name === "string" && name !== "" && !names.includes(name)) names.push(name);
  };
  add(read(error, "name"));
  if (typeof error !== "object" || error === null) return names;
  let prototype: unknown = Object.getPrototypeOf(error);
  for (let depth = 0; depth < 16 && prototype !== null && prototype !== Object.prototype; depth++) {
    add(read(read(prototype, "constructor"), "name"));
    prototype = Object.getPrototypeOf(prototype);
  }
  return names;
}

function statusOf(error: unknown): number | undefined {
  return (
    integer(read(error, "statusCode"), 0, 999) ??
    integer(read(error, "status"), 0, 999) ??
    integer(read(read(error, "response"), "status"), 0, 999)
  );
}

/** What can be said about anything thrown. */
export interface Facts {
  readonly code: string | undefined;
  /** Of HTTP. */
  readonly status: number | undefined;
  /** Its name, or its type when it is no error. */
  readonly name: string;
  readonly message: string | undefined;
}

export function facts(error: unknown): Facts {
  return {
    code: text(read(error, "code")),
    status: statusOf(error),
    name: text(read(error, "name")) ?? typeof error,
    message: text(read(error, "message")) ?? text(error),
  };
}

/** Browsers say only in a TypeError's message that a fetch failed. */
function fetchMessage(error: unknown): string | undefined {
  return error instanceof TypeError ? text(read(error, "message"))?.slice(0, 200) : undefined;
}

/**
 * The signals of one failure, as the JSON text that core judges; equal texts get equal verdicts. A failure that says nothing
 * of its request, a time-out for instance, is one of the request `about`.
 */
export function signalsText(error: unknown, about?: HttpSignals): string {
  const cause = read(error, "cause");
  return JSON.stringify({
    host: core.host,
    kind: text(read(error, "kind")),
    // A failed fetch in Node says what happened only in its cause.
    code: text(read(error, "code")) ?? text(read(cause, "code")),
    names: namesOf(error),
    message: fetchMessage(error),
    errno: integer(read(error, "errno") ?? read(cause, "errno"), -INT32_MAX - 1, INT32_MAX),
    status: statusOf(error),
    http: read(error, httpSignals) ?? about,
  });
}

/** What a client's own `get` answers, which may throw. */
function asked(headers: unknown, name: string): unknown {
  const get = read(headers, "get");
  if (typeof get !== "function") return undefined;
  try {
    return get.call(headers, name);
  } catch {
    return undefined;
  }
}

/** Pairs of a Map or of `Headers`, a list of pairs, Node's flat list of names and values, or a plain object. */
function pairsOf(headers: object): Iterable<readonly unknown[]> {
  if (Array.isArray(headers)) {
    if (headers.every(Array.isArray)) return headers;
    return headers.flatMap((name, index) => (index % 2 === 0 ? [[name, headers[index + 1]]] : []));
  }
  const entries = read(headers, "entries");
  return typeof entries === "function"
    ? entries.call(headers)
    : Object.keys(headers).map((key) => [key, read(headers, key)]);
}

/** All headers by their name in lower case; of one that is there twice, the first. */
function scan(headers: unknown): Map<string, unknown> {
  const found = new Map<string, unknown>();
  if (typeof headers !== "object" || headers === null) return found;
  try {
    for (const [key, value] of pairsOf(headers)) {
      const name = String(key).toLowerCase();
      if (!found.has(name)) found.set(name, value);
    }
  } catch {
    // What was read until then counts.
  }
  return found;
}

/** Reads a header by its name in lower case. A Map's `get` minds the case, so what it does not find is looked for by hand. */
function headersOf(holder: unknown): (name: string) => string | undefined {
  const headers = read(holder, "headers");
  let scanned: Map<string, unknown> | undefined;
  const one = (value: unknown): string | undefined => {
    const line: unknown = Array.isArray(value) ? value[0] : value;
    return text(typeof line === "number" ? String(line) : line);
  };
  return (name) => {
    const answer = one(asked(headers, name));
    if (answer !== undefined) return answer;
    scanned ??= scan(headers);
    return one(scanned.get(name));
  };
}

/** How long the failure asks us to wait, as the JSON text that core reads; undefined when it does not ask. */
export function retryAfterHints(error: unknown): string | undefined {
  const own = read(error, "retryAfter");
  if (typeof own === "number" && !Number.isNaN(own)) {
    // A breaker of ours speaks of milliseconds; whoever else has such a property mirrors the header, in seconds.
    const ms = Math.ceil(error instanceof CircuitOpenError ? own : own * 1_000);
    return JSON.stringify({ retryAfterMs: String(ms) });
  }
  if (text(own) !== undefined) return JSON.stringify({ retryAfter: own });
  // Some clients put headers of their own on the error, so the response's come first.
  const response = headersOf(read(error, "response"));
  const onError = headersOf(error);
  const header = (...names: string[]): string | undefined => {
    for (const name of names) {
      const found = response(name) ?? onError(name);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  const hints = {
    retryAfter: header("retry-after"),
    retryAfterMs: header("retry-after-ms"),
    rateLimit: header("ratelimit"),
    rateLimitReset: header("ratelimit-reset", "x-ratelimit-reset"),
    rateLimitRemaining: header("ratelimit-remaining", "x-ratelimit-remaining"),
  };
  if (Object.values(hints).every((hint) => hint === undefined)) return undefined;
  return JSON.stringify({ ...hints, date: header("date") });
}
