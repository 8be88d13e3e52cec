// New random ids.

import { core } from "./binding.js";

/** A version 4 UUID. Not `crypto.randomUUID`: pages that were not loaded over HTTPS have none. */
export function newId(): string {
  return core.generateKey(crypto.getRandomValues(new Uint8Array(16)));
}
