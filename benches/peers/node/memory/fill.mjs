// `fill.mjs NAME`: fills one in-memory store with records of a 1 KB answer, and prints the bytes that each of them takes of
// this process.

import { createHash } from "node:crypto";

const RECORDS = 100_000;
/** A new text each time, as bodies that came over the wire are. */
const answer = (number) => `${number}`.padEnd(1_024, "0123456789abcdef");

const stores = {
  "once-again": async () => {
    const { MemoryStore } = await import("once-again/stores");
    const store = new MemoryStore({ maxRecords: RECORDS, maxBytes: 2 ** 30 });
    const hex = (text, length) => createHash("sha256").update(text).digest("hex").slice(0, length);
    const put = (number) => {
      const claim = { key: hex(`key ${number}`, 64), owner: hex(`owner ${number}`, 32) };
      const fingerprint = `jcs:${hex(`body ${number}`, 64)}`;
      const { epoch } = store.apply({ op: "begin", ...claim, fingerprint, lease: 60e6, retention: 86_400e6 });
      const payload = Buffer.from(`201 content-type: application/json; charset=utf-8 ${answer(number)}`);
      store.apply({ op: "complete", ...claim, epoch, retention: 86_400e6, payload });
    };
    return { store, put };
  },

  "node-idempotency": async () => {
    const { Idempotency } = await import("@node-idempotency/core");
    const { MemoryStorageAdapter } = await import("@node-idempotency/storage-adapter-memory");
    const store = new Idempotency(new MemoryStorageAdapter());
    const put = async (number) => {
      const headers = { "idempotency-key": `0197b2a4-8f5e-7cc1-9d6a-${number.toString(16).padStart(12, "0")}` };
      const request = { headers, path: "/orders", method: "POST", body: { number } };
      await store.onRequest(request);
      await store.onResponse(request, { body: answer(number), additional: { statusCode: 201 } });
    };
    return { store, put };
  },
};

const settled = () => {
  for (let turn = 0; turn < 4; turn += 1) gc();
  return process.memoryUsage.rss();
};

const { store, put } = await stores[process.argv[2]]();
for (let number = 0; number < 1_000; number += 1) await put(number); // the code itself, compiled, is no record
const before = settled();
for (let number = 1_000; number < RECORDS; number += 1) await put(number);
console.log((settled() - before) / (RECORDS - 1_000));
globalThis.kept = store; // until here
