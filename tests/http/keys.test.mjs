// Ten thousand keys through one server: it keeps their records, and nothing else of them.

import assert from "node:assert/strict";
import { test } from "node:test";
import { keyed, newKey, order } from "./cases/case.mjs";
import { Fixture } from "./fixture.mjs";
import { frameworks } from "./frameworks.mjs";

const KEYS = 10_000;
const ANSWER = 20_000;
/** The answers alone would be 200 MB; their records, which leave them out, are 5. */
const GROWTH = 80 << 20;

const missing = process.platform !== "linux" && "how much memory a process has is read from Linux's /proc";

for (const framework of frameworks) {
  const name = `${framework.name}: ${KEYS} keys take the memory of their records, and no more`;
  test(name, { skip: framework.missing || missing }, async (t) => {
    const server = await Fixture.start(framework, { options: { maxBodyBytes: 1_000 } });
    t.after(() => server.stop());
    const send = async (count) => {
      for (let sent = 0; sent < count; sent += 1) {
        const answer = await server.ask({ path: `/large?bytes=${ANSWER}`, headers: keyed(newKey()), body: order });
        assert.equal(answer.status, 200);
      }
    };
    const many = (count) => Promise.all(Array.from({ length: 10 }, () => send(count / 10)));

    await many(1_000); // code is compiled, and pools are filled
    const before = server.memory();
    await many(KEYS);
    const growth = server.memory() - before;
    t.diagnostic(`grew by ${(growth / (1 << 20)).toFixed(1)} MiB`);
    assert.ok(growth < GROWTH, `grew by ${growth} bytes`);
    assert.equal(await server.runs(), KEYS + 1_000);
  });
}
