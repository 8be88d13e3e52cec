// Many callers at once: whatever the store, one of them runs.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { IdempotencyManager } from "once-again";
import { stores } from "./stores.mjs";

const CALLERS = 1_000;

const begin = (key) => ({
  op: "begin",
  key,
  owner: randomBytes(16).toString("hex"),
  fingerprint: `jcs:${"09".repeat(32)}`,
  lease: 60_000_000,
  retention: 3_600_000_000,
  onOrphan: "reexecute",
  maxTakeovers: 5,
  derived: false,
});

for (const { name, missing, start } of stores) {
  test(`${name}: of ${CALLERS} concurrent callers with one key, one runs`, { skip: missing }, async (t) => {
    const { open, stop } = await start();
    t.after(stop);
    const store = open();
    const key = randomBytes(32).toString("hex");
    const replies = await Promise.all(Array.from({ length: CALLERS }, () => store.apply(begin(key))));
    const count = (name) => replies.filter(({ reply }) => reply === name).length;
    assert.deepEqual([count("acquired"), count("busy")], [1, CALLERS - 1]);
    store.close();
  });

  test(`${name}: the manager of a second process sees what the first has stored`, { skip: missing }, async (t) => {
    const { open, stop } = await start();
    t.after(stop);
    const first = open();
    // In memory there is only one process to share it.
    const second = name === "memory" ? first : open();
    const [one, two] = [first, second].map((store) => new IdempotencyManager({ store }));
    const fingerprint = one.createRequestFingerprint("POST", "/payments", {}, { amount: 5 });
    assert.equal((await one.checkDuplicate("k", fingerprint)).isDuplicate, false);
    assert.equal((await two.checkDuplicate("k", fingerprint)).record.state, "inProgress");
    await one.storeResponse("k", { receipt: "a", bytes: "\u0000ü" });
    const { isDuplicate, record } = await two.checkDuplicate("k", fingerprint);
    assert.deepEqual([isDuplicate, record.response], [true, { receipt: "a", bytes: "\u0000ü" }]);
    const other = two.createRequestFingerprint("POST", "/payments", {}, { amount: 6 });
    await assert.rejects(two.checkDuplicate("k", other), { code: "IDEMPOTENCY_KEY_REUSED" });
  });

  test(`${name}: usage counts what is alive`, { skip: missing }, async (t) => {
    const { open, stop } = await start();
    t.after(stop);
    let millis = 1_795_000_000_000;
    const store = open({ now: () => millis, wallNow: () => millis, sleep: async () => {} });
    assert.deepEqual((await store.usage()).records, 0);
    for (let records = 0; records < 30; records += 1) {
      const key = randomBytes(32).toString("hex");
      const retention = records < 10 ? 1_000_000 : 3_600_000_000;
      const { owner } = begin(key);
      const { epoch } = await store.apply({ ...begin(key), owner, lease: 1_000_000, retention });
      const payload = randomBytes(1_000);
      await store.apply({ op: "complete", key, owner, epoch, retention, payload });
    }
    const { records, bytes } = await store.usage();
    assert.equal(records, 30);
    assert.ok(bytes > 30 * 1_000 && bytes < 400_000, `${bytes} bytes`);
    millis += 2_000;
    await store.apply({ op: "sweep", limit: 100 });
    // Redis drops records on its own clock, which no test moves.
    assert.equal((await store.usage()).records, name.startsWith("redis") ? 30 : 20);
    await store.close();
  });
}
