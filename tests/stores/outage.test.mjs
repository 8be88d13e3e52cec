// A server that dies, hangs, and comes back: requests are refused with 503, nothing runs unprotected, and nobody has to
// restart the service.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { IdempotencyManager } from "once-again";
import { serve } from "./service.mjs";
import { stores } from "./stores.mjs";

const servers = stores.filter(({ name }) => ["redis, ioredis", "redis, node-redis", "postgres"].includes(name));

/** Until the service answers again, for at most half a minute. */
async function recovered(ask, key) {
  for (let tries = 0; tries < 300; tries += 1) {
    const answer = await ask(key);
    if (answer.status === 201) return answer;
    assert.ok([409, 503].includes(answer.status), `${answer.status} ${answer.text}`);
    await sleep(100);
  }
  throw new Error("the service did not recover");
}

for (const { name, missing, start } of servers) {
  test(`${name}: a killed server is a 503 until it is back`, { skip: missing }, async (t) => {
    const { open, stop, server } = await start();
    t.after(stop);
    const runs = [];
    const ask = await serve(t, { store: open(), storeTimeout: 500 }, (request, response) => {
      runs.push(request.get("idempotency-key"));
      response.status(201).json({ paid: true });
    });
    assert.equal((await ask("before")).status, 201);
    await server.kill();
    const refused = await ask("during");
    assert.equal(refused.status, 503);
    assert.match(refused.text, /store-unavailable/);
    assert.deepEqual(runs, ["before"]);
    await server.start();
    await recovered(ask, "during");
    assert.equal((await ask("during")).replayed, true);
    assert.equal((await ask("before")).replayed, true, "what was completed outlives a crash");
    assert.deepEqual(runs, ["before", "during"]);
  });

  test(`${name}: a server that hangs is a 503, and a claim it makes late is given back`, {
    skip: missing,
  }, async (t) => {
    const { open, stop, server } = await start();
    t.after(stop);
    let runs = 0;
    const ask = await serve(t, { store: open(), storeTimeout: 500 }, (_request, response) => {
      runs += 1;
      response.status(201).json({ paid: true });
    });
    assert.equal((await ask("before")).status, 201);
    server.signal("SIGSTOP");
    assert.equal((await ask("during")).status, 503);
    server.signal("SIGCONT");
    // Far sooner than a lease of a minute lapses.
    await recovered(ask, "during");
    assert.equal(runs, 2);
  });

  test(`${name}: a manager hears of a killed server in time, and goes on when it is back`, {
    skip: missing,
  }, async (t) => {
    const { open, stop, server } = await start();
    t.after(stop);
    const manager = new IdempotencyManager({ store: open(), storeTimeout: 500 });
    const fingerprint = manager.createRequestFingerprint("POST", "/payments", {}, { amount: 5 });
    await server.kill();
    await assert.rejects(manager.checkDuplicate("k", fingerprint), { code: "STORE_UNAVAILABLE", statusCode: 503 });
    await server.start();
    let first;
    for (let tries = 0; first === undefined && tries < 300; tries += 1) {
      await sleep(100);
      first = await manager.checkDuplicate("k", fingerprint).catch(() => undefined);
      // The claim of before may come late; then it is given back.
      if (first?.isDuplicate) first = undefined;
    }
    assert.equal(first.isDuplicate, false);
  });
}
