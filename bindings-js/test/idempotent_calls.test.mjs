// Idempotent calls that meet: at the same time, after their owner fell silent, and when their caller has gone.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { api, rejection, testing } from "./package.mjs";

const { idempotent, MemoryStore } = api;
const { virtualClock } = testing;

/** A function that counts how often it ran. */
function counted(work) {
  const counting = (...args) => {
    counting.runs += 1;
    return work(...args, counting.runs);
  };
  counting.runs = 0;
  return counting;
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe("calls at the same time", () => {
  test("are one run: 1 000 callers get its result", async () => {
    let finish;
    const work = counted(() => new Promise((resolve) => (finish = resolve)));
    const clock = virtualClock();
    const once = idempotent(work, { name: "crowd", key: () => "k", clock });
    const calls = Array.from({ length: 1_000 }, () => once.execute());
    await turn();
    finish("one");
    await clock.advance(2_000);
    const results = await Promise.all(calls);
    assert.equal(work.runs, 1);
    assert.ok(results.every(({ output }) => output === "one"));
    assert.equal(results.filter(({ isReplay }) => !isReplay).length, 1);
  });

  test("are refused with `reject`, and after the wait is over", async () => {
    const clock = virtualClock();
    const work = counted(() => new Promise(() => {}));
    const options = { name: "busy", key: () => "k", clock, store: new MemoryStore({ clock }) };
    void idempotent(work, options)();
    await turn();
    const busy = await rejection(idempotent(work, { ...options, conflict: "reject" })());
    assert.deepEqual([busy.code, busy.statusCode], ["IDEMPOTENCY_IN_PROGRESS", 409]);
    const waiting = rejection(idempotent(work, { ...options, conflict: { wait: 1_000 } })());
    await clock.advance(1_500);
    assert.equal((await waiting).code, "IDEMPOTENCY_IN_PROGRESS");
    assert.equal(work.runs, 1);
  });

  test("take over from an owner that fell silent, with its checkpoint", async () => {
    const clock = virtualClock();
    const store = new MemoryStore({ clock });
    let silent = false;
    // The owner's process stops in the middle: nothing it sends arrives any more.
    const cut = { apply: (op) => (silent ? new Promise(() => {}) : store.apply(op)) };
    const options = { name: "orphan", key: () => "k", clock, withContext: true };
    const dying = idempotent(
      async (context) => {
        context.saveCheckpoint(new Uint8Array([7]));
        await turn();
        await turn();
        silent = true;
        return new Promise(() => {});
      },
      { ...options, store: cut },
    );
    void dying().catch(() => {});
    for (let i = 0; i < 8; i += 1) await turn();
    const heir = idempotent((context) => [context.attempt, [...(context.checkpoint ?? [])]], {
      ...options,
      store,
    });
    const result = heir.execute();
    await clock.advance(25_000);
    assert.deepEqual((await result).output, [2, [7]]);
  });
});

describe("one call", () => {
  test("may bring its own key", async () => {
    const once = idempotent(
      counted((run) => run),
      { name: "keyed", key: () => "default" },
    );
    assert.deepEqual([await once(), await once.with({ key: "mine" })(), await once.with({ key: "mine" })()], [1, 2, 2]);
  });

  test("ends when its signal fires; work that goes on all the same is recorded", async () => {
    const clock = virtualClock();
    let finish;
    let heard;
    const work = counted((context) => {
      context.signal.addEventListener("abort", () => (heard = context.signal.reason));
      return new Promise((resolve) => (finish = resolve));
    });
    const once = idempotent(work, { name: "gone", key: () => "k", withContext: true, clock });
    const caller = new AbortController();
    const call = rejection(once.with({ signal: caller.signal })());
    await turn();
    caller.abort("left");
    assert.equal(await call, "left");
    assert.equal(heard, "left");
    finish("done anyway");
    await turn();
    assert.equal(await once(), "done anyway");
    assert.equal(work.runs, 1);
    assert.equal(await rejection(once.with({ signal: AbortSignal.abort("no") })()), "no");
  });

  test("that was cut off by its caller is an orphan at once, not a failure", async () => {
    const clock = virtualClock();
    const work = counted(async (context, run) => {
      if (run === 1) await new Promise((_, reject) => context.signal.addEventListener("abort", () => reject("cut")));
      return context.attempt;
    });
    const once = idempotent(work, { name: "cut", key: () => "k", withContext: true, clock });
    const caller = new AbortController();
    const call = rejection(once.with({ signal: caller.signal })());
    await turn();
    caller.abort("left");
    assert.equal(await call, "left");
    await turn();
    assert.equal(await once(), 2);
  });
});
