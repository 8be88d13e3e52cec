// IdempotentHttpClient: requests of JSON that may be repeated without doing their work twice.

import { type CircuitBreaker, guardsOf } from "../breaker/breaker.js";
import { type Clock, systemClock } from "../clock.js";
import { ConfigError } from "../errors.js";
import { breakersOf } from "../fetch/breakers.js";
import { type KeyRules, keyOf, keyRules } from "../fetch/keys.js";
import { repeatable } from "../fetch/request.js";
import { Sender } from "../fetch/sender.js";
import { below } from "../host.js";
import { dispose } from "../machine.js";
import type { RetryOptions } from "../retry/types.js";
import { outgoing, Received } from "./body.js";
import { Exchange } from "./exchange.js";
import type { HttpAnswer, HttpClientOptions, RequestHeaders, RequestOptions } from "./options.js";
import { type Outcome, Records } from "./records.js";
import { following } from "./redirect.js";
import { type Settings, settingsOf } from "./settings.js";
import { globalStats } from "./stats.js";

/**
 * Sends requests to one service, each until it is answered for good: time-outs, retries under a policy and a budget, one
 * idempotency key and the same bytes in all attempts of a write, and a breaker where one is given.
 *
 * ```ts
 * const client = new IdempotentHttpClient({ baseUrl: "https://api.example.com", retryPolicy: RetryPolicyManager.STANDARD });
 * const { data } = await client.post("/payments", { amount: 100 }, { "Idempotency-Key": "payment-12345" });
 * ```
 *
 * A call rejects with a `QError` when the answer's status is 400 or more or no answer comes (`code`, `statusCode`, `response`,
 * `attempts`), with `CircuitOpenError` when the breaker is open, and with `signal.reason` when the caller's signal fired.
 */
export class IdempotentHttpClient {
  readonly #settings: Settings;
  readonly #sender: Sender;
  readonly #keys: KeyRules;
  readonly #records: Records | undefined;
  readonly #breaker: CircuitBreaker | undefined;
  readonly #clock: Clock;

  /** @throws ConfigError when an option is unknown or out of its range. */
  constructor(options: HttpClientOptions) {
    const settings = settingsOf(options);
    const { policy, idempotency, sending, baseUrl, autoKey } = settings;
    this.#settings = settings;
    this.#clock = policy.clock ?? systemClock;
    const breaker = breakersOf(settings.breaker, policy, "circuitBreaker")(baseUrl);
    this.#breaker = breaker;
    this.#sender = new Sender({ ...sending, policy: counted(policy), breakerOf: () => breaker });
    this.#keys = keyRules({ autoKey });
    this.#records = idempotency && below("idempotency", () => new Records({ clock: this.#clock, ...idempotency }));
  }

  /** The breaker of the service; undefined where none was asked for. */
  get circuitBreaker(): CircuitBreaker | undefined {
    return this.#breaker;
  }

  /** GET: repeated without a key, for it changes nothing. */
  get<T = unknown>(path: string, headers?: RequestHeaders, options?: RequestOptions): Promise<HttpAnswer<T>> {
    return this.#request("GET", path, undefined, headers, options);
  }

  /** DELETE: repeated without a key, for the second one changes nothing. */
  delete<T = unknown>(path: string, headers?: RequestHeaders, options?: RequestOptions): Promise<HttpAnswer<T>> {
    return this.#request("DELETE", path, undefined, headers, options);
  }

  /**
   * POST, under the `Idempotency-Key` of `headers` or one of its own.
   * @param body texts, bytes, forms and streams go out as they are, everything else as JSON.
   */
  post<T = unknown>(
    path: string,
    body?: unknown,
    headers?: RequestHeaders,
    options?: RequestOptions,
  ): Promise<HttpAnswer<T>> {
    return this.#request("POST", path, body, headers, options);
  }

  /** PUT, as `post`. */
  put<T = unknown>(
    path: string,
    body?: unknown,
    headers?: RequestHeaders,
    options?: RequestOptions,
  ): Promise<HttpAnswer<T>> {
    return this.#request("PUT", path, body, headers, options);
  }

  /** PATCH, as `post`. */
  patch<T = unknown>(
    path: string,
    body?: unknown,
    headers?: RequestHeaders,
    options?: RequestOptions,
  ): Promise<HttpAnswer<T>> {
    return this.#request("PATCH", path, body, headers, options);
  }

  /** Lets go of the policy, the breaker and the client's own records. Calls under way fail with what they failed last. */
  async close(): Promise<void> {
    this.#sender.close();
    await this.#records?.close();
  }

  [dispose](): void {
    void this.close();
  }

  async #request<T>(
    method: string,
    path: string,
    body: unknown,
    headers: RequestHeaders = {},
    options: RequestOptions = {},
  ): Promise<HttpAnswer<T>> {
    const url = urlOf(this.#settings.baseUrl, path);
    const out = outgoing(body);
    const stream = out.body instanceof ReadableStream ? { duplex: "half" } : {};
    const lines = this.#headers(headers, out.type);
    const { signal = null } = options;
    const request = following(
      await repeatable(url, { method, headers: lines, body: out.body ?? null, signal, ...stream }),
      this.#keys.headerName,
    );
    const given = request.headers.has(this.#keys.headerName);
    const key = keyOf(request, this.#keys, true);
    const exchange = new Exchange(request, key, options);
    if (key === undefined || !this.#keys.methods.includes(method)) return this.#sent(exchange);
    // Nobody can ask for a key again that was made here: its record would only take another one's place.
    const records = given ? this.#records : undefined;
    return this.#keyed(exchange, key, out.type === undefined ? request.body : body, records);
  }

  /** The client's identity, then what the caller says. */
  #headers(given: RequestHeaders, type: string | undefined): Headers {
    const lines = new Headers(Object.fromEntries(this.#settings.identity));
    const entries = given instanceof Headers ? given : Object.entries(given);
    for (const [name, value] of entries) if (value !== undefined) lines.set(name, value);
    if (type !== undefined && !lines.has("content-type")) lines.set("content-type", type);
    return lines;
  }

  /** A write under a key. */
  async #keyed<T>(
    exchange: Exchange,
    key: string,
    body: unknown,
    records: Records | undefined,
  ): Promise<HttpAnswer<T>> {
    const begun = this.#clock.now();
    const { request, options } = exchange;
    let [duplicate, hit] = [false, false];
    globalStats.began();
    try {
      if (records === undefined) {
        const answer = await this.#sent<T>(exchange);
        hit = answer.replayed;
        return answer;
      }
      const print = records.fingerprint(request.method, request.url, Object.fromEntries(request.headers), body);
      const { outcome, how } = await records.once(key, print, options.signal, () => this.#outcome(exchange));
      duplicate = how !== "sent";
      const answer = answerOf<T>(outcome, exchange.attempts, how === "record");
      hit = answer.replayed || answer.fromCache;
      return answer;
    } finally {
      globalStats.settled(this.#clock.now() - begun, duplicate || hit, hit);
    }
  }

  async #sent<T>(exchange: Exchange): Promise<HttpAnswer<T>> {
    return answerOf<T>(await this.#outcome(exchange), exchange.attempts, false);
  }

  /** Sends, and learns who answered: the service, or its breaker. */
  async #outcome(exchange: Exchange): Promise<Outcome> {
    const begun = this.#clock.now();
    try {
      const answer: unknown = await this.#sender.send(exchange.letter);
      globalStats.ended(exchange.attempts, this.#clock.now() - begun);
      const strategy = this.#breaker && guardsOf(this.#breaker).gate.fallbackStrategy;
      if (answer === exchange.received || strategy === undefined || strategy === "REJECT") return { answer };
      return { answer, fallback: strategy };
    } catch (failure) {
      const error = exchange.failed(failure);
      globalStats.ended(exchange.attempts, this.#clock.now() - begun, error);
      throw error;
    }
  }
}

function answerOf<T>({ answer, fallback }: Outcome, attempts: number, fromCache: boolean): HttpAnswer<T> {
  const response = answer instanceof Received ? answer : { status: 200, headers: {}, data: answer, replayed: false };
  const { status, headers, data, replayed } = response;
  const stale = fallback === "CACHE";
  return { status, headers, data: data as T, replayed, attempts, fromCache, stale, ...(fallback && { fallback }) };
}

/** Below the client's address, whatever the path holds. */
function urlOf(baseUrl: string, path: string): string {
  if (typeof path !== "string" || /^[a-z][a-z0-9+.-]*:/i.test(path)) {
    throw new ConfigError("path", typeof path === "string" ? "an absolute URL" : typeof path, "a path below baseUrl");
  }
  const url = `${baseUrl}${path.startsWith("/") || path === "" ? "" : "/"}${path}`;
  const base = new URL(baseUrl).pathname.replace(/\/$/, "");
  const { pathname } = new URL(url);
  // Dots in a path, an order's number that somebody made up, lead elsewhere under the client's credentials.
  if (pathname === base || pathname.startsWith(`${base}/`)) return url;
  throw new ConfigError("path", "dots that lead above baseUrl", "a path below baseUrl");
}

/** A policy whose retries are counted among those of all clients. */
function counted(policy: RetryOptions): RetryOptions {
  return {
    ...policy,
    onRetry(event) {
      globalStats.retried(event.kind, event.delay);
      return policy.onRetry?.(event);
    },
    onGiveUp(event) {
      globalStats.gaveUp(event.kind);
      return policy.onGiveUp?.(event);
    },
  };
}
