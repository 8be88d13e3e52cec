// `createFetch` with an outbox: a drop-in `fetch` whose writes are not lost.

import { systemClock } from "@once-again/driver/clock";
import { ConfigError } from "@once-again/driver/errors";
import { createFetch as create, type FetchOptions } from "@once-again/driver/fetch/create";
import { keyOf, keyRules } from "@once-again/driver/fetch/keys";
import { fieldsOf, shown } from "@once-again/driver/host";
import { newId } from "@once-again/driver/id";
import { OpenOutbox } from "./outbox.js";
import type { Outbox, OutboxOptions } from "./types.js";
import { read } from "./write.js";

/** The header of a 202 that says that the write waits in the outbox, under this id. */
const QUEUED = "idempotency-outbox";

/** A `fetch` and its outbox. */
export interface Made {
  readonly fetch: typeof globalThis.fetch;
  readonly outbox: Outbox;
}

/** The id of the write that waits in the outbox, when this answer says so; undefined for an answer of the service's. */
export function queuedId(response: Response): string | undefined {
  return response.headers.get(QUEUED) ?? undefined;
}

/** The answer to a write that waits. */
const accepted = (id: string): Response =>
  new Response(JSON.stringify({ queued: true, id }), {
    status: 202,
    headers: { "content-type": "application/json", [QUEUED]: id },
  });

export function withOutbox(options: FetchOptions, wanted: true | OutboxOptions): Made {
  const plain = create(options);
  const rules = keyRules(options.idempotency);
  const outbox = new OpenOutbox({
    ...partsOf(wanted === true ? {} : fieldsOf(wanted, "outbox"), rules.headerName),
    fetch: plain,
    policy: options.policy ?? "http",
    clock: options.clock,
    random: options.random,
  });
  const clock = options.clock ?? systemClock;

  const fetch: typeof globalThis.fetch = async (input, init) => {
    const request = new Request(input, init);
    const headers = new Headers(request.headers);
    const { url, method, mode } = request;
    // Without a key nobody could send it a second time, so it is not for the outbox.
    if (keyOf({ url, method, headers, mode }, rules) === undefined) return plain(request);
    const signal = signalOf(input, init);
    const write = await read(request, newId(), headers, rules.headerName, clock.wallNow(), signal);
    const posted = await outbox.post(write, signal);
    return "queued" in posted ? accepted(posted.queued) : posted.response;
  };
  return { fetch, outbox };
}

/**
 * What calls a write back. A request that a service worker was handed has a signal as well, but that fires when its page is
 * closed, which is what the outbox is there for.
 */
function signalOf(input: RequestInfo | URL, init: RequestInit | undefined): AbortSignal | undefined {
  if (init?.signal != null) return init.signal;
  const inServiceWorker = "ServiceWorkerGlobalScope" in globalThis;
  return input instanceof Request && !inServiceWorker ? input.signal : undefined;
}

function partsOf(options: OutboxOptions, headerName: string) {
  const { name = "once-again-outbox", omitHeaders = [], headers, indexedDB, locks, ...settings } = options;
  if (typeof name !== "string" || name === "") throw new ConfigError("outbox.name", String(name), "a database's name");
  if (headers !== undefined && typeof headers !== "function") {
    throw new ConfigError("outbox.headers", typeof headers, "a function that answers headers");
  }
  if (!Array.isArray(omitHeaders) || !omitHeaders.every((header) => typeof header === "string")) {
    throw new ConfigError("outbox.omitHeaders", shown(omitHeaders), "a list of header names");
  }
  const keyHeader = headerName.toLowerCase();
  const omitted = new Set(omitHeaders.map((header) => header.toLowerCase()));
  if (omitted.has(keyHeader)) {
    throw new ConfigError(
      "outbox.omitHeaders",
      headerName,
      "headers other than the key's, under which a write is sent again",
    );
  }
  const factory = indexedDB ?? globalThis.indexedDB;
  if (factory === undefined) throw new ConfigError("outbox.indexedDB", "nothing", "an IDBFactory: there is none here");
  return {
    name,
    settings,
    headers,
    indexedDB: factory,
    locks: locks ?? globalThis.navigator?.locks,
    keyHeader,
    omitHeaders: omitted,
  };
}
