// New random ids.

import { core } from "./binding.js";

const DRAWN = 256;
const SIZE = 16;
let pool = new Uint8Array(0);
let used = 0;

/**
 * 16 random bytes for an owner. The platform draws for many at once: what one drawing costs depends little on its size, and a
 * server needs an owner for every request.
 */
export function newOwner(): Uint8Array {
  if (used === pool.length) {
    pool = crypto.getRandomValues(new Uint8Array(SIZE * DRAWN));
    used = 0;
  }
  used += SIZE;
  return pool.subarray(used - SIZE, used);
}

/** A version 4 UUID. Not `crypto.randomUUID`: pages that were not loaded over HTTPS have none. */
export function newId(): string {
  return core.generateKey(crypto.getRandomValues(new Uint8Array(16)));
}
