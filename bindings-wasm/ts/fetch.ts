// `createFetch` for pages: it may be made at once, and waits for the wasm by itself.

import { createFetch as create, type FetchOptions } from "@once-again/driver/fetch/create";
import { init, isReady } from "./init.js";

/**
 * A `fetch` with the same arguments and answers. A write carries one idempotency key in all its attempts; without a key only
 * idempotent methods are repeated. The last answer is returned when attempts run out; a network failure rejects with
 * `RetryExhaustedError`, or with the platform's own error when it is not repeated.
 *
 * Made before `init()` has resolved, it loads the wasm itself, and a wrong option rejects the first call instead of throwing
 * here.
 */
export function createFetch(options: FetchOptions = {}): typeof globalThis.fetch {
  if (isReady()) return create(options);
  // Loading begins now and not with the first call. If it fails, the next call tries again.
  init().catch(() => {});
  let made: typeof globalThis.fetch | undefined;
  return async (input, more) => {
    if (made === undefined) {
      await init();
      made ??= create(options);
    }
    return made(input, more);
  };
}
