// Random histories: a few keys, a few owners, and every operation at any moment, also by those who lost their claim.

import fc from "fast-check";

const owners = fc.integer({ min: 1, max: 5 }).map((owner) => `0${owner}`.repeat(16));
const keys = fc.integer({ min: 0, max: 4 });
const span = (most) => fc.integer({ min: 0, max: most }).map((millis) => millis * 1_000);
const blobs = fc.uint8Array({ maxLength: 300 });
const digest = (byte) => byte.toString(16).padStart(2, "0").repeat(32);
const usually = (weight, arbitrary) =>
  fc.oneof({ weight, arbitrary }, { weight: 1, arbitrary: fc.constant(undefined) });

const begin = fc.record({
  op: fc.constant("begin"),
  key: keys,
  owner: owners,
  fingerprint: fc.constantFrom(...Array(9).fill(`jcs:${digest(9)}`), `raw:${digest(9)}`),
  caller: fc.constantFrom(undefined, undefined, undefined, digest(1), digest(2)),
  lease: usually(9, span(200)),
  retention: span(1_500),
  onOrphan: fc.constantFrom("reexecute", "reexecute", "reexecute", "fail"),
  maxTakeovers: fc.integer({ min: 0, max: 3 }),
  derived: fc.boolean(),
});

/** Done under one of the claims that were granted so far, whichever `claim` picks. */
const under = fc.record({
  claim: fc.nat(),
  op: fc.oneof(
    { weight: 3, arbitrary: fc.record({ op: fc.constant("renew"), lease: span(200) }) },
    { weight: 1, arbitrary: fc.record({ op: fc.constant("checkpoint"), payload: blobs }) },
    { weight: 4, arbitrary: fc.record({ op: fc.constant("complete"), retention: span(1_500), payload: blobs }) },
    {
      weight: 2,
      arbitrary: fc.record({ op: fc.constant("release"), mode: fc.constantFrom("forget", "retryable", "unknown") }),
    },
    { weight: 1, arbitrary: fc.record({ op: fc.constant("abandon") }) },
  ),
});

const resolve = fc
  .record({ op: fc.constant("resolve"), key: keys, retention: span(1_000), payload: usually(1, blobs) })
  .map((op) => ({ ...op, how: op.payload === undefined ? "forget" : "complete" }));

const move = fc.oneof(
  { weight: 10, arbitrary: begin },
  { weight: 10, arbitrary: under },
  { weight: 1, arbitrary: resolve },
  { weight: 1, arbitrary: fc.record({ op: fc.constant("get"), key: keys }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant("sweep"), limit: fc.nat(3) }) },
);
const pause = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 1, max: 20 }) },
  { weight: 3, arbitrary: fc.integer({ min: 20, max: 150 }) },
  { weight: 1, arbitrary: fc.integer({ min: 150, max: 2_000 }) },
);

/** Moves, each with the milliseconds that pass before it. */
export const histories = fc.array(fc.record({ pause, move }), { minLength: 1, maxLength: 60 });

/** A wall clock in our days that a history moves; times in it have all their digits. */
export class HistoryClock {
  #millis = 1_795_000_000_000;
  now() {
    return this.#millis;
  }
  wallNow() {
    return this.#millis;
  }
  // A store asks for the time and waits for nothing.
  async sleep() {}
  pass(millis) {
    this.#millis += millis;
  }
}

/**
 * Plays a history: `apply` gets each operation and answers its reply. Keys begin with `run`, so that no two histories on one
 * server meet.
 */
export async function play(history, run, clock, apply) {
  const claims = [];
  for (const { pause, move } of history) {
    clock.pass(pause);
    const op = operation(move, run, claims);
    if (op === undefined) continue;
    const reply = await apply(op);
    if (reply.reply === "acquired") claims.push({ key: op.key, owner: op.owner, epoch: reply.epoch });
  }
}

function operation(move, run, claims) {
  if ("claim" in move) {
    return claims.length === 0 ? undefined : { ...claims[move.claim % claims.length], ...move.op };
  }
  if (move.op === "sweep") return move;
  const key = run.toString(16).padStart(8, "0") + move.key.toString(16).padStart(56, "0");
  // What JSON leaves out must not be there as undefined either.
  return Object.fromEntries(Object.entries({ ...move, key }).filter(([, value]) => value !== undefined));
}
