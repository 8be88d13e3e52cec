// Every store beside the memory store: the same histories, the same replies.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { MemoryStore } from "once-again/stores";
import { HistoryClock, histories, play } from "./history.mjs";
import { shared } from "./stores.mjs";

const RUNS = 40;

for (const { name, missing, start } of shared) {
  test(`${name} answers as the memory store does`, { skip: missing }, async () => {
    const { open, stop } = await start();
    let run = 0;
    try {
      await fc.assert(
        fc.asyncProperty(histories, async (history) => {
          const clock = new HistoryClock();
          const [store, memory] = [open(clock), new MemoryStore({ maxBytes: 2 ** 30, clock })];
          run += 1;
          await play(history, run, clock, async (op) => {
            const [reply, expected] = [await store.apply(op), memory.apply(op)];
            // What was swept is each store's own affair.
            if (op.op !== "sweep") assert.deepEqual(reply, expected, JSON.stringify(op));
            return reply;
          });
          store.close();
        }),
        { numRuns: RUNS },
      );
    } finally {
      await stop();
    }
  });
}
