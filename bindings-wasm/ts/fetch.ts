// `createFetch` for pages and workers: it may be made at once, and waits for the wasm by itself.

import { createFetch as create, type FetchOptions } from "@once-again/driver/fetch/create";
import { fieldsOf } from "@once-again/driver/host";
import { init, isReady } from "./init.js";
import { withOutbox } from "./outbox/fetch.js";
import type { Outbox, OutboxOptions } from "./outbox/types.js";

/** Options of a `createFetch` in a page or worker; all are optional. */
export interface WebFetchOptions extends FetchOptions {
  /**
   * Whether writes that carry a key are on disk before they are sent, so that one that was made offline, or lost with a closed
   * tab, is sent once, later, with its own key. Default: no outbox.
   */
  outbox?: boolean | OutboxOptions;
}

/** A `fetch` with an outbox. A write that has to wait is answered 202; `queuedId` tells that from an answer of the service. */
export interface OutboxFetch {
  (...call: Parameters<typeof globalThis.fetch>): Promise<Response>;
  /** Resolves when the wasm is there; rejects where an option is wrong, or there is no database. */
  readonly outbox: Promise<Outbox>;
}

/**
 * A `fetch` with the same arguments and answers. A write carries one idempotency key in all its attempts; without a key only
 * idempotent methods are repeated. The last answer is returned when attempts run out; a network failure rejects with
 * `RetryExhaustedError`, or with the platform's own error when it is not repeated.
 *
 * With an `outbox`, a write that carries a key is on disk before it is first sent. Where it finds no final answer, because the
 * page is offline, attempts run out or an older write waits, its caller is answered 202, and it is sent later.
 *
 * Made before `init()` has resolved, it loads the wasm itself, and a wrong option rejects the first call instead of throwing
 * here.
 */
export function createFetch(options: WebFetchOptions & { outbox: true | OutboxOptions }): OutboxFetch;
export function createFetch(options?: WebFetchOptions): typeof globalThis.fetch;
export function createFetch(options: WebFetchOptions = {}): typeof globalThis.fetch | OutboxFetch {
  const { outbox, ...rest } = fieldsOf(options, "options");
  if (outbox === undefined || outbox === false) {
    const made = whenReady(() => create(rest));
    return async (input, more) => (await made())(input, more);
  }
  const made = whenReady(() => withOutbox(rest, outbox));
  // At once, and not with the first call: there may be something left of an earlier visit.
  // What is wrong is said at the first call.
  Promise.resolve(made()).catch(() => {});
  const fetch = async (...call: Parameters<typeof globalThis.fetch>) => (await made()).fetch(...call);
  return Object.defineProperty(fetch, "outbox", { get: async () => (await made()).outbox }) as OutboxFetch;
}

/** What `make` makes, once: now if the wasm is there, and otherwise as soon as somebody asks and it is. */
function whenReady<T>(make: () => T): () => T | Promise<T> {
  if (isReady()) {
    const made = make();
    return () => made;
  }
  // Loading begins now and not with the first call. If it fails, the next call tries again.
  init().catch(() => {});
  let made: { readonly it: T } | undefined;
  return async () => {
    if (made === undefined) {
      await init();
      made ??= { it: make() };
    }
    return made.it;
  };
}
