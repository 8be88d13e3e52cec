// One request of a client: what each of its attempts receives, and the error that is made of its failures.

import { RetryExhaustedError, TimeoutError } from "../errors.js";
import { traceOf } from "../fetch/create.js";
import { isProblem, problemTypeOf } from "../fetch/problem.js";
import type { Repeatable } from "../fetch/request.js";
import type { ExchangeFacts, Letter } from "../fetch/sender.js";
import { fingerprint } from "../fingerprint.js";
import { codeIn, Received } from "./body.js";
import { HttpError } from "./error.js";
import type { RequestOptions } from "./options.js";
import { RedirectError } from "./redirect.js";

/** What an answer does not depend on. Anything else may say who asks, and one caller's must never stand in for another's. */
const OF_THE_CALL = ["traceparent", "tracestate", "x-request-id", "idempotency-key"];

export class Exchange {
  readonly request: Repeatable;
  readonly options: RequestOptions;
  /** What the service has answered to this very request. */
  received: Received | undefined;
  attempts = 0;
  readonly #key: string | undefined;
  /** Method and path, without a query. */
  readonly #name: string;

  constructor(request: Repeatable, key: string | undefined, options: RequestOptions) {
    this.request = request;
    this.options = options;
    this.#key = key;
    this.#name = `${request.method} ${new URL(request.url).pathname}`;
  }

  get letter(): Letter<Received> {
    const { request, options } = this;
    return {
      request,
      key: this.#key,
      cacheKey: request.method === "GET" ? this.#cacheKey() : undefined,
      options: { name: this.#name, ...options, ...traceOf(request.headers) },
      exchange: (send, facts) => this.#attempt(send, facts),
    };
  }

  /** What the call rejects with when the sender rejects with `failure`. */
  failed(failure: unknown): unknown {
    if (failure instanceof RetryExhaustedError) {
      const { reason, attempts, elapsed } = failure;
      const last = this.#named(failure.cause);
      return last instanceof HttpError ? last.because(failure, { reason, attempts, elapsed }) : failure;
    }
    return this.#named(failure);
  }

  /** One attempt: the answer is read to its end, and a refusal is thrown. */
  async #attempt(send: () => Promise<Response>, facts: ExchangeFacts): Promise<Received> {
    this.attempts = facts.attempt;
    let answer: Received;
    let problem: boolean;
    try {
      const response = await send();
      problem = isProblem(response.headers);
      answer = await Received.of(response);
    } catch (failure) {
      throw this.#unanswered(failure, facts);
    }
    if (answer.status >= 400) throw this.#refused(answer, problem, facts);
    this.received = answer;
    return answer;
  }

  #refused(response: Received, isProblem: boolean, facts: ExchangeFacts): HttpError {
    const { status, replayed, data } = response;
    const problemType = isProblem ? problemTypeOf(data) : undefined;
    const refused = { status, replayed, problemType, code: codeIn(data) };
    return HttpError.of(refused, `${this.#name} was answered with ${status}`, {
      response,
      attempts: facts.attempt,
      requestId: response.headers["x-request-id"] ?? this.request.headers.get("x-request-id") ?? undefined,
      signals: facts.signals(replayed, problemType),
    });
  }

  /** A failure of the network. What is wrong with the request itself is the caller's to see as it is. */
  #unanswered(cause: unknown, facts: ExchangeFacts): unknown {
    const kind = facts.kindOf(cause);
    if ((kind === "Permanent" || kind === "Client") && !(cause instanceof RedirectError)) return cause;
    return HttpError.of({ timedOut: kind === "Timeout" }, `${this.#name} was not answered`, {
      cause,
      attempts: facts.attempt,
      requestId: this.request.headers.get("x-request-id") ?? undefined,
      kind,
    });
  }

  /** A time-out by its name in the Q ecosystem; everything else is called something already. */
  #named(failure: unknown): unknown {
    if (!(failure instanceof TimeoutError)) return failure;
    const requestId = this.request.headers.get("x-request-id") ?? undefined;
    const message = `${this.#name} was not answered in time`;
    return HttpError.of({ timedOut: true }, message, { cause: failure, attempts: this.attempts, requestId });
  }

  #cacheKey(): string {
    const { method, url, headers } = this.request;
    const named = [...headers].filter(([name]) => !OF_THE_CALL.includes(name));
    if (named.length === 0) return `${method} ${url}`;
    // The key is told to listeners, who need not know anybody's credentials.
    return `${method} ${url} ${fingerprint(null, { headers: Object.fromEntries(named) })}`;
  }
}
