// The server dies in mid-handler, as by `kill -9`: who comes after it takes over once its lease is over, or never.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { redisMissing, startRedis } from "../../scripts/servers/redis.mjs";
import { begin, keyed, newKey, order, until } from "./cases/case.mjs";
import { isFirst, isProblem, isReplayOf } from "./expected.mjs";
import { Fixture } from "./fixture.mjs";
import { frameworks } from "./frameworks.mjs";

let redis;
before(async () => {
  if (redisMissing === false) redis = await startRedis();
});
after(() => redis?.stop());

/** Kills the server in the middle of a handler, starts it again and answers what the same request gets in the end. */
async function killed(t, framework, options) {
  const server = await Fixture.start(framework, { store: redis.url, options });
  t.after(() => server.stop());
  const done = { headers: keyed(newKey()), body: order };
  const first = await server.ask(done);
  const request = { path: "/slow?ms=700", headers: keyed(newKey()), body: order };
  const { answered } = await begin(server, request);
  await server.kill();
  await assert.rejects(answered);

  await server.restart();
  isReplayOf(first, await server.ask(done));
  let answer;
  await until(async () => {
    answer = await server.ask(request);
    if (answer.status === 409 && answer.json().type === "in-progress") return false;
    return true;
  }, "the dead owner's lease is over");
  return { server, request, answer };
}

for (const framework of frameworks) {
  const skip = framework.missing || redisMissing;

  test(`${framework.name}: the request of a killed server runs again once its lease is over`, { skip }, async (t) => {
    const { server, request, answer } = await killed(t, framework, { lease: 2_000 });
    isFirst(answer);
    assert.deepEqual([answer.status, answer.json()], [200, { run: 1 }]);
    isReplayOf(answer, await server.ask(request));
    assert.equal(await server.runs(), 1);
  });

  test(`${framework.name}: at_most_once never runs the request of a killed server again`, { skip }, async (t) => {
    const { server, answer } = await killed(t, framework, { lease: 2_000, profile: "at_most_once" });
    isProblem(
      answer,
      "outcome-unknown",
      "An earlier request with this key was cut off, and whether it took effect is not known.",
    );
    assert.equal(await server.runs(), 0);
  });
}
