// `createFetch`: a drop-in `fetch` that tries again, with the same key and the same bytes. Which answers are worth another
// attempt is core's table; the sender sends.

import type { BudgetOption } from "../budget/budget.js";
import type { Clock, Random } from "../clock.js";
import { ConfigError, RetryExhaustedError } from "../errors.js";
import { fieldsOf, refuseUnknown } from "../host.js";
import { RetryHandler } from "../retry/handler.js";
import type { Logger } from "../retry/log.js";
import { type HttpSignals, httpSignals } from "../retry/signals.js";
import type { RetryEvent, RetryOptions } from "../retry/types.js";
import { type BreakerChoice, fetchBreakersOf } from "./breakers.js";
import type { RefreshAuth } from "./credentials.js";
import { type FetchIdempotency, keyOf, keyRules } from "./keys.js";
import { isProblem, problemTypeOf } from "./problem.js";
import { repeatable } from "./request.js";
import { isReplay, Sender } from "./sender.js";

/** Options of {@link createFetch}; all are optional. */
export interface FetchOptions {
  /** A policy, or the name of a preset. Default `http`. */
  policy?: RetryOptions | string;
  /**
   * What is asked before each attempt and told its result: one breaker for all requests, or options, a preset's name or a
   * registry, and then there is one for each origin. Its `fallback` answers a `Response`; `CACHE` and `QUEUE`, which answer
   * something else, are refused. Default, and `false`: none.
   */
  breaker?: BreakerChoice | false;
  /** What retries are paid from, so that they never become a storm. Default true: a budget of its own; false: none. */
  budget?: BudgetOption;
  idempotency?: FetchIdempotency;
  /**
   * Called after a 401, once per call and once for all calls that were refused meanwhile: answers the headers that carry new
   * credentials, and the request is sent once more with them, and with the same key. Where it fails, the 401 is the answer.
   */
  refreshAuth?: RefreshAuth;
  /** The fetch that sends. Default: the platform's. */
  fetch?: typeof globalThis.fetch;
  /** Called before each further attempt, with the number of the attempt that failed. */
  onRetry?: (event: RetryEvent) => unknown;
  /** Takes log lines; a request's `traceparent` or `x-request-id` is their trace. */
  logger?: Logger;
  clock?: Clock;
  random?: Random;
}

const FIELDS: readonly (keyof FetchOptions)[] = [
  "policy",
  "breaker",
  "budget",
  "idempotency",
  "refreshAuth",
  "fetch",
  "onRetry",
  "logger",
  "clock",
  "random",
];

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

/**
 * A `fetch` with the same arguments and answers. A write carries one idempotency key in all its attempts; without a key only
 * idempotent methods are repeated. The last answer is returned when attempts run out; a network failure rejects with
 * `RetryExhaustedError`, or with the platform's own error when it is not repeated.
 *
 * @throws ConfigError when an option is unknown or wrong.
 */
export function createFetch(options: FetchOptions = {}): typeof globalThis.fetch {
  const {
    policy = "http",
    breaker,
    budget,
    idempotency,
    refreshAuth,
    fetch,
    onRetry,
    logger,
    clock,
    random,
    ...rest
  } = fieldsOf(options, "options");
  refuseUnknown(rest, FIELDS);
  const given = { clock, random, onRetry, logger };
  const own = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const whole = { ...named(policy), ...own };
  const sender = new Sender({ policy: whole, breakerOf: fetchBreakersOf(breaker, whole), budget, refreshAuth, fetch });
  const rules = keyRules(idempotency);

  return async (input, init) => {
    const request = await repeatable(input, init);
    // Null takes a request's own signal away.
    const own = init?.signal === undefined && input instanceof Request ? input.signal : init?.signal;
    const signal = own ?? undefined;
    let answered: Response | undefined;
    let received: Response | undefined;
    try {
      const response = await sender.send<Response>({
        request,
        key: keyOf(request, rules),
        options: { signal, ...traceOf(request.headers) },
        async exchange(send, facts) {
          discard(answered);
          const response = await send();
          received = response;
          if (response.status < 400) return response;
          answered = response;
          throw new AnsweredBadly(response, facts.signals(isReplay(response.headers), await problemOf(response)));
        },
      });
      if (response === received || response instanceof Response) return response;
      throw new ConfigError("breaker.fallback", typeof response, "a function that answers a Response");
    } catch (error) {
      const last = error instanceof RetryExhaustedError ? error.cause : error;
      if (last instanceof AnsweredBadly) return last.response;
      discard(answered);
      throw error;
    }
  };
}

/** A preset's fields, so that the host's own can stand beside them. */
const named = (policy: RetryOptions | string): RetryOptions =>
  typeof policy === "string" ? new RetryHandler(policy).config : fieldsOf(policy, "policy");

/** The trace that a request belongs to. */
export function traceOf(headers: Headers): { traceparent?: string; requestId?: string } {
  const [traceparent, requestId] = [headers.get("traceparent"), headers.get("x-request-id")];
  return { ...(traceparent !== null && { traceparent }), ...(requestId !== null && { requestId }) };
}

/** An answer that nobody will read holds its connection until it is collected. */
function discard(response: Response | undefined): void {
  if (response !== undefined && !response.bodyUsed) response.body?.cancel().catch(() => {});
}

/** The type of a problem; the answer stays unread for the caller. */
async function problemOf(response: Response): Promise<string | undefined> {
  if (!isProblem(response.headers)) return undefined;
  try {
    return problemTypeOf(await response.clone().json());
  } catch {
    return undefined;
  }
}
