// What cases are made of.

import { randomUUID } from "node:crypto";

/** A key that no other case uses. */
export const newKey = () => randomUUID();

/** The header lines of a JSON request under `key`. */
export const keyed = (key, ...more) => [["Idempotency-Key", key], ["Content-Type", "application/json"], ...more];

/** A JSON request without a key. */
export const json = (...more) => [["Content-Type", "application/json"], ...more];

export const order = '{"amount":5,"to":"b"}';

/** Waits until `check` is true. */
export async function until(check, what) {
  const limit = performance.now() + 15_000;
  while (!(await check())) {
    if (performance.now() > limit) throw new Error(`gave up waiting until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Sends `request` and resolves when its handler has begun; `answered` is what becomes of it. */
export async function begin(server, request) {
  const before = await server.runs();
  const answered = server.ask(request);
  answered.catch(() => {}); // it may be cut off on purpose
  await until(async () => (await server.runs()) > before, "the handler has begun");
  return { answered };
}
