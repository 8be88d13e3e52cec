// The store dies under a running server: requests are refused, none runs unprotected, and all is well by itself afterwards.

import assert from "node:assert/strict";
import { test } from "node:test";
import { redisMissing, startRedis } from "../../scripts/servers/redis.mjs";
import { keyed, newKey, order, until } from "./cases/case.mjs";
import { isFirst, isProblem, isReplayOf } from "./expected.mjs";
import { Fixture } from "./fixture.mjs";
import { frameworks } from "./frameworks.mjs";

for (const framework of frameworks) {
  const name = `${framework.name}: while Redis is away requests are refused, and it recovers by itself`;
  test(name, { skip: framework.missing || redisMissing }, async (t) => {
    const redis = await startRedis({ appendonly: "yes" });
    t.after(() => redis.stop());
    const server = await Fixture.start(framework, { store: redis.url, options: { storeTimeout: 500 } });
    t.after(() => server.stop());
    const [before, during] = [newKey(), newKey()].map((key) => ({ headers: keyed(key), body: order }));
    const first = await server.ask(before);
    isFirst(first);

    await redis.kill();
    for (const request of [during, before, during]) {
      const asked = performance.now();
      isProblem(
        await server.ask(request),
        "store-unavailable",
        "The idempotency store cannot be reached; nothing was run.",
      );
      assert.ok(performance.now() - asked < 5_000, "nobody waits for a store that is gone");
    }
    assert.equal(await server.runs(), 1);

    await redis.start();
    // A client that has queued the refused claims makes them now; whoever refused gives them up again, long before their
    // lease of a minute is over.
    let answer;
    await until(async () => {
      answer = await server.ask(during);
      return answer.status !== 503 && answer.status !== 409;
    }, "the server finds Redis again");
    isFirst(answer);
    isReplayOf(first, await server.ask(before));
    isReplayOf(answer, await server.ask(during));
    assert.equal(await server.runs(), 2);
  });
}
