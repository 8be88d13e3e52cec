// What all our HTTP clients have in common: one logical call, sent until it is answered for good. Each attempt goes through
// the breaker of its origin; which failures are worth another one, and what a breaker counts, is core's table.

import { acquit } from "../breaker/blame.js";
import { guardsOf } from "../breaker/breaker.js";
import type { BudgetOption } from "../budget/budget.js";
import { checkFunction } from "../host.js";
import { planOf, RetryHandler } from "../retry/handler.js";
import { kindOf } from "../retry/kinds.js";
import { COUNTED_BIT, type Plan } from "../retry/plan.js";
import { facts, type HttpSignals, httpSignals } from "../retry/signals.js";
import type { ErrorKind, ExecuteOptions, RetryOptions } from "../retry/types.js";
import { executeGuarded } from "../wrap.js";
import type { BreakerOf } from "./breakers.js";
import { Credentials, type RefreshAuth } from "./credentials.js";
import type { Repeatable } from "./request.js";

export interface SenderOptions {
  readonly policy: RetryOptions;
  readonly breakerOf: BreakerOf;
  /** Default true: retries of all requests together are limited. */
  readonly budget?: BudgetOption | undefined;
  readonly refreshAuth?: RefreshAuth | undefined;
  readonly fetch?: typeof globalThis.fetch | undefined;
}

/** One logical call. */
export interface Letter<T> {
  readonly request: Repeatable;
  /** Its idempotency key. */
  readonly key: string | undefined;
  /** Under which a breaker that answers in the service's place keeps an answer. */
  readonly cacheKey?: string | undefined;
  readonly options: ExecuteOptions;
  /** One exchange: sends, and throws what must not be taken for an answer. */
  exchange(send: () => Promise<Response>, facts: ExchangeFacts): Promise<T>;
}

/** What an exchange should know. */
export interface ExchangeFacts {
  /** From 1. */
  readonly attempt: number;
  /** What core's classifier must know of a refusal. */
  signals(replayed: boolean, problemType: string | undefined): HttpSignals;
  /** What kind of failure it is when sending fails. */
  kindOf(failure: unknown): ErrorKind;
}

export class Sender {
  readonly plan: Plan;
  readonly #breakerOf: BreakerOf;
  readonly #fetch: typeof globalThis.fetch | undefined;
  readonly #credentials: Credentials | undefined;

  constructor({ policy, breakerOf, budget, refreshAuth, fetch }: SenderOptions) {
    if (fetch != null) checkFunction("fetch", fetch);
    if (refreshAuth != null) checkFunction("refreshAuth", refreshAuth);
    const handler = new RetryHandler({ ...policy, budget: budget ?? policy.budget ?? true });
    this.plan = planOf(handler);
    this.#breakerOf = breakerOf;
    this.#fetch = fetch ?? undefined;
    this.#credentials = refreshAuth == null ? undefined : new Credentials(refreshAuth);
  }

  /** Sends until there is an answer, or none is to be had. */
  send<T>(letter: Letter<T>): Promise<T> {
    const { request, key, cacheKey, options } = letter;
    const attempts = new Attempts(this.plan, letter, this.#fetch, this.#credentials);
    const about = { ...options, key, [httpSignals]: attempts.about };
    const breaker = this.#breakerOf(request.url);
    const guards = breaker && guardsOf(breaker);
    return executeGuarded(this.plan, guards, (context) => attempts.make(context.attempt, context.signal), about, {
      signal: options.signal,
      key: cacheKey,
    });
  }

  close(): void {
    this.plan.close();
  }
}

/** The attempts of one call. */
class Attempts<T> {
  readonly #plan: Plan;
  readonly #letter: Letter<T>;
  readonly #fetch: typeof globalThis.fetch | undefined;
  readonly #credentials: Credentials | undefined;
  /** How often credentials had been renewed when this call began. */
  readonly #renewals: number;
  /** The refusal that new credentials may change. */
  #refused: unknown;

  constructor(
    plan: Plan,
    letter: Letter<T>,
    fetch: typeof globalThis.fetch | undefined,
    credentials: Credentials | undefined,
  ) {
    this.#plan = plan;
    this.#letter = letter;
    this.#fetch = fetch;
    this.#credentials = credentials;
    this.#renewals = credentials?.renewals ?? 0;
  }

  /** What is known of the request before it is answered. */
  get about(): HttpSignals {
    const { request, key } = this.#letter;
    return { method: request.method, hasKey: key !== undefined, replayed: false };
  }

  async make(attempt: number, signal: AbortSignal): Promise<T> {
    await this.#renew();
    try {
      return await this.#letter.exchange(() => this.#send(signal), {
        attempt,
        kindOf: (failure) => kindOf(this.#plan.judge(failure, this.about)),
        signals: (replayed, problemType) => ({
          ...this.about,
          replayed,
          problemType,
          canRefresh: this.#credentials !== undefined,
          // The platform's own fetch has sent a misdirected request over a new connection before it says so.
          newConnection: this.#fetch === undefined,
        }),
      });
    } catch (failure) {
      if ((this.#plan.judge(failure, this.about) & COUNTED_BIT) === 0) acquit(failure);
      if (this.#credentials !== undefined && facts(failure).status === 401) this.#refused = failure;
      throw failure;
    }
  }

  /** Core grants one more attempt after a 401 where credentials can be renewed; so they are wanted now. */
  async #renew(): Promise<void> {
    const refused = this.#refused;
    if (this.#credentials === undefined || refused === undefined) return;
    let headers: Headers;
    try {
      headers = await this.#credentials.newer(this.#renewals);
    } catch {
      // Whoever cannot get new credentials was refused, and stays so.
      throw refused;
    }
    this.#refused = undefined;
    for (const [name, value] of headers) this.#letter.request.headers.set(name, value);
  }

  #send(signal: AbortSignal): Promise<Response> {
    // Looked up at each attempt: pages and tests replace the global one.
    const send = this.#fetch ?? globalThis.fetch.bind(globalThis);
    const caller = this.#letter.options.signal;
    // An attempt is over when the answer's head is there; its body still ends with the caller's own signal.
    const both = caller === undefined || AbortSignal.any === undefined ? signal : AbortSignal.any([signal, caller]);
    return this.#letter.request.send(send, both);
  }
}

/** Whether an answer is a stored one. */
export function isReplay(headers: Headers): boolean {
  return headers.get("idempotent-replayed") === "true" || headers.get("x-idempotency-replay") === "true";
}
