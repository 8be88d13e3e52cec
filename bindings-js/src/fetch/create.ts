// `createFetch`: a drop-in `fetch` that tries again, with the same key and the same bytes. Which answers are worth another
// attempt is core's table; this file sends.

import type { CircuitBreaker } from "../breaker/breaker.js";
import type { Clock, Random } from "../clock.js";
import { RetryExhaustedError } from "../errors.js";
import { newId } from "../id.js";
import { RetryHandler } from "../retry/handler.js";
import type { Logger } from "../retry/log.js";
import { type HttpSignals, httpSignals } from "../retry/signals.js";
import type { RetryEvent, RetryPolicy } from "../retry/types.js";
import { wrap } from "../wrap.js";
import { type Repeatable, repeatable } from "./request.js";

/** How writes get their idempotency key. */
export interface FetchIdempotency {
  /** Methods that get a key. Default POST, PUT, PATCH. */
  methods?: readonly string[];
  /** The header that carries it. Default `Idempotency-Key`. */
  headerName?: string;
  /**
   * Other origins that know the key; the page's own always gets one. A key makes a cross-origin request preflighted, and an
   * unaware server would run a repeated write twice.
   */
  keyOrigins?: readonly string[];
  /** Whether keys are made at all; one that the caller sets is always kept. Default true. */
  autoKey?: boolean;
}

/** Options of {@link createFetch}; all are optional. */
export interface FetchOptions {
  /** A policy, or the name of a preset. Default `http`. */
  policy?: RetryPolicy | string;
  /** A breaker that is asked before each attempt and told its result. */
  breaker?: CircuitBreaker;
  idempotency?: FetchIdempotency;
  /** The fetch that sends. Default: the platform's. */
  fetch?: typeof globalThis.fetch;
  /** Called before each further attempt, with the number of the attempt that failed. */
  onRetry?: (event: RetryEvent) => unknown;
  /** Takes log lines; a request's `traceparent` or `x-request-id` is their trace. */
  logger?: Logger;
  clock?: Clock;
  random?: Random;
}

/** Carries an answer that may be worth another attempt through the retry handler. */
class AnsweredBadly extends Error {
  readonly response: Response;
  readonly status: number;
  readonly [httpSignals]: HttpSignals;

  constructor(response: Response, signals: HttpSignals) {
    super(`HTTP ${response.status}`);
    this.response = response;
    this.status = response.status;
    this[httpSignals] = signals;
  }
}

/** A network failure, with what the classifier must know of the request. */
function annotate(error: unknown, signals: HttpSignals): unknown {
  if (typeof error === "object" && error !== null) {
    try {
      Object.defineProperty(error, httpSignals, { value: signals, configurable: true });
    } catch {
      // A frozen error: then the method and key stay unknown, and the failure is not repeated on their account.
    }
  }
  return error;
}

/**
 * A `fetch` with the same arguments and answers. A write carries one idempotency key in all its attempts; without a key only
 * idempotent methods are repeated. The last answer is returned when attempts run out; a network failure rejects with
 * `RetryExhaustedError`, or with the platform's own error when it is not repeated.
 */
export function createFetch(options: FetchOptions = {}): typeof globalThis.fetch {
  const { policy = "http", breaker, idempotency = {}, clock, random, onRetry, logger } = options;
  const handler = new RetryHandler({ ...named(policy), clock, random, onRetry, logger });
  const guarded = breaker === undefined ? handler : wrap(handler, breaker);
  const keyed = keying(idempotency);

  return async (input, init) => {
    const request = await repeatable(input, init);
    const hasKey = keyed(request);
    const send = options.fetch ?? globalThis.fetch.bind(globalThis);
    const signal = init?.signal ?? (input instanceof Request ? input.signal : undefined);
    const traceparent = request.headers.get("traceparent") ?? undefined;
    const requestId = request.headers.get("x-request-id") ?? undefined;
    try {
      return await guarded.execute(({ signal: attempt }) => once(send, request, hasKey, attempt), {
        signal,
        traceparent,
        requestId,
      });
    } catch (error) {
      const last = error instanceof RetryExhaustedError ? error.cause : error;
      if (last instanceof AnsweredBadly) return last.response;
      throw error;
    }
  };
}

/** A preset's fields, so that the host's own can stand beside them. */
const named = (policy: RetryPolicy | string): RetryPolicy =>
  typeof policy === "string" ? new RetryHandler(policy).config : policy;

async function once(
  send: typeof globalThis.fetch,
  request: Repeatable,
  hasKey: boolean,
  signal: AbortSignal,
): Promise<Response> {
  const about = { method: request.method, hasKey, replayed: false };
  let response: Response;
  try {
    response = await request.send(send, signal);
  } catch (error) {
    throw annotate(error, about);
  }
  if (response.status < 400) return response;
  const problemType = await problemOf(response);
  const replayed = response.headers.get("idempotent-replayed") === "true";
  throw new AnsweredBadly(response, { ...about, replayed, ...(problemType !== undefined && { problemType }) });
}

/** The `type` of a problem body (RFC 9457); the answer stays unread for the caller. */
async function problemOf(response: Response): Promise<string | undefined> {
  if (!response.headers.get("content-type")?.startsWith("application/problem+json")) return undefined;
  try {
    const { type } = (await response.clone().json()) as { type?: unknown };
    return typeof type === "string" ? type : undefined;
  } catch {
    return undefined;
  }
}

/** Gives a request its key where it needs one; answers whether it has one. */
function keying({
  methods = ["POST", "PUT", "PATCH"],
  headerName = "Idempotency-Key",
  keyOrigins = [],
  autoKey = true,
}: FetchIdempotency) {
  const own = (globalThis as { location?: { origin?: string } }).location?.origin;
  const origins = new Set(own === undefined ? keyOrigins : [...keyOrigins, own]);
  return (request: Repeatable): boolean => {
    if (request.headers.has(headerName)) return true;
    if (!autoKey || !methods.includes(request.method) || !origins.has(new URL(request.url).origin)) return false;
    request.headers.set(headerName, newId());
    return true;
  };
}
