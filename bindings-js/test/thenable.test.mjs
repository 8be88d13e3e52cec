// Promises that are not this realm's own: those of other libraries, and of another realm.

import assert from "node:assert/strict";
import { test } from "node:test";
import { runInNewContext } from "node:vm";
import { api } from "./package.mjs";

const print = `jcs:${"f1".repeat(32)}`;
const { IdempotencyManager, idempotent, MemoryStore, RetryHandler } = api;

/** What another realm promises. */
const foreign = runInNewContext(
  "({ resolve: (value) => Promise.resolve(value), reject: (error) => Promise.reject(error) })",
);

/** A thenable without any of the other methods of a promise, which does nothing before somebody waits for it. */
const lazy = (make) => ({
  // biome-ignore lint/suspicious/noThenProperty: it is one
  then: (resolve, reject) => {
    try {
      resolve(make());
    } catch (error) {
      reject(error);
    }
  },
});

const forms = {
  "of another realm": (memory) => ({ apply: (op) => foreign.resolve(memory.apply(op)) }),
  "that are lazy thenables": (memory) => ({ apply: (op) => lazy(() => memory.apply(op)) }),
};

for (const [name, storeOf] of Object.entries(forms)) {
  test(`a store may answer with promises ${name}`, async () => {
    const store = storeOf(new MemoryStore());
    let runs = 0;
    const charge = idempotent(
      async () => {
        runs += 1;
        return { runs };
      },
      { name: "charge", store },
    );
    assert.deepEqual([await charge("a"), await charge("a"), runs], [{ runs: 1 }, { runs: 1 }, 1]);

    const manager = new IdempotencyManager({ store });
    assert.equal((await manager.checkDuplicate("k", print)).isDuplicate, false);
    await manager.storeResponse("k", { done: true });
    assert.deepEqual((await manager.checkDuplicate("k", print)).record.response, { done: true });
  });
}

test("a store whose foreign promises reject is away", async () => {
  const store = { apply: () => foreign.reject(new Error("gone")) };
  const charge = idempotent(async () => "charged", { name: "charge", store });
  await assert.rejects(charge("a"), { code: "STORE_UNAVAILABLE" });
  await assert.rejects(new IdempotencyManager({ store }).checkDuplicate("k", print), /gone/);
});

test("what an observer or a logger promises in another realm, and does not keep, ends no process", async (t) => {
  const unheard = [];
  const hear = (error) => unheard.push(error);
  process.on("unhandledRejection", hear);
  t.after(() => process.off("unhandledRejection", hear));
  const breach = () => foreign.reject(new Error("an observer's own trouble"));
  const logger = {
    get info() {
      throw new Error("a logger's own trouble");
    },
    warn: breach,
    error: breach,
  };
  const options = { maxAttempts: 2, baseDelay: 0, onRetry: breach, onSuccess: breach, logger };
  let attempts = 0;
  const answer = await new RetryHandler(options).execute(async () => {
    attempts += 1;
    if (attempts === 1) throw Object.assign(new Error("try again"), { status: 503 });
    return "done";
  });
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual([answer, unheard], ["done", []]);
});
