// Headers that are asked for when a write is sent later. Whoever is asked may never answer, and the sender stands in everybody's way.

import { after, type Clock } from "@once-again/driver/clock";
import { TimeoutError } from "@once-again/driver/errors";
import type { QueuedWrite } from "./types.js";

/** Answers headers for a write that is sent later. */
export type FreshHeaders = (write: QueuedWrite) => HeadersInit | PromiseLike<HeadersInit>;

/** How long they may take where the policy limits no attempt, milliseconds: as long as an attempt of an HTTP client's. */
const PATIENCE = 10_000;

/** What `headers` answers; rejects when it takes longer than an attempt may. */
export function fresh(
  headers: FreshHeaders | undefined,
  write: QueuedWrite,
  clock: Clock,
  limit = PATIENCE,
): Promise<HeadersInit | undefined> {
  return new Promise((resolve, reject) => {
    const late = () => reject(new TimeoutError(`outbox.headers took longer than ${limit} ms`, limit, clock.wallNow()));
    const callOff = after(clock, limit, late);
    const answer = async () => headers?.(write);
    answer().finally(callOff).then(resolve, reject);
  });
}
