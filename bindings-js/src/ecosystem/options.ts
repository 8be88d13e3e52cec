// What a client is made of, and what one request may say.

import type { BudgetOption } from "../budget/budget.js";
import type { Clock, Random } from "../clock.js";
import type { BreakerChoice } from "../fetch/breakers.js";
import type { RefreshAuth } from "../fetch/credentials.js";
import type { IdempotencyManagerOptions } from "../idempotency/manager.js";
import type { Logger } from "../retry/log.js";
import type { PolicyWishes } from "../retry/types.js";

/** Whose requests these are; each becomes a header of all of them. */
export interface Identity {
  /** Sent as `x-squid-id`. */
  readonly squidId?: string | undefined;
  /** Sent as `x-subid`. */
  readonly subId?: string | undefined;
  /** Sent as `x-dao-id`. */
  readonly daoId?: string | undefined;
}

/**
 * Options of an `IdempotentHttpClient`; times are milliseconds. Which policy is meant, `retryPolicy`, `criticality`, `module`
 * and `realTime` say, in this order; a module that is CONSERVATIVE wins over `realTime`.
 */
export interface HttpClientOptions extends PolicyWishes {
  /** Where paths begin: an absolute URL of http or https, without query. */
  readonly baseUrl: string;
  /** The limit of each attempt. Default: the policy's own, else 10 000. */
  readonly timeout?: number | undefined;
  /** The limit of a whole call. Default: the policy's own; 10 000 for a client that is `userFacing`; else none. */
  readonly totalTimeout?: number | undefined;
  readonly identity?: Identity | undefined;
  /** Options or a preset's name of a breaker, or one that is shared. Default, and `false`: none. */
  readonly circuitBreaker?: BreakerChoice | false | undefined;
  /**
   * Has the client keep records of its own: of two writes under one key, the second joins the first, or is answered from
   * memory. Only keys that you give are recorded; a generated key is new for each call and can never be asked for again.
   * Default: none are kept.
   */
  readonly idempotency?: IdempotencyManagerOptions | undefined;
  /** Whether a write without a key gets one, so that it can be sent again. Default true. */
  readonly autoKey?: boolean | undefined;
  /** What retries are paid from, so that they never become a storm. Default true: a budget of the client's own. */
  readonly budget?: BudgetOption | undefined;
  /** Answers the headers of new credentials after a 401; see `FetchOptions.refreshAuth`. */
  readonly refreshAuth?: RefreshAuth | undefined;
  /** The fetch that sends. Default: the platform's. */
  readonly fetch?: typeof globalThis.fetch | undefined;
  readonly logger?: Logger | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
}

/** What may be said about one request. */
export interface RequestOptions {
  /** Ends the call, a wait as well as an attempt under way; the call rejects with `signal.reason`. */
  readonly signal?: AbortSignal | undefined;
  /** The operation's name in logs, hooks and dead letters. Default: method and path. */
  readonly name?: string | undefined;
  /** Lets the process end although this call is not over. */
  readonly unref?: boolean | undefined;
}

/** Headers of one request, by name; what is undefined is not sent. */
export type RequestHeaders = Headers | Readonly<Record<string, string | undefined>>;

/** What a client's call resolves to. */
export interface HttpAnswer<T = unknown> {
  readonly status: number;
  /** By name, in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Parsed JSON, a text, bytes of any other media type; null where there is no body. */
  readonly data: T;
  /** Whether the service answered from its record of an earlier request. */
  readonly replayed: boolean;
  /** How many attempts were made; 0 when none was needed. */
  readonly attempts: number;
  /** Whether the client answered from a record of its own, without a request. */
  readonly fromCache: boolean;
  /** Whether it is an earlier answer, because the breaker is open. */
  readonly stale: boolean;
  /** What answered in the service's place: a breaker's `fallback`, or its `queue`, and then `data` is a `Queued`. */
  readonly fallback?: "CACHE" | "FALLBACK" | "QUEUE";
}
