// A memory store is asked inside core; every other store by the driver. Nobody can tell from outside which way it went.

import assert from "node:assert/strict";
import { once } from "node:events";
import http from "node:http";
import { test } from "node:test";
import { idempotencyHandler } from "once-again";
import { MemoryStore } from "once-again/stores";
import { virtualClock } from "once-again/testing";

/** What a client sees of an answer. `Date` is the machine's own. */
async function ask(port, key, { body = "{}", path = "/ok", more = {} } = {}) {
  const headers = {
    "content-type": "application/json",
    ...(key === undefined ? {} : { "idempotency-key": key }),
    ...more,
  };
  const asking = http.request({ port, host: "127.0.0.1", method: "POST", path, agent: false, headers });
  asking.end(body);
  const [answer] = await once(asking, "response");
  const chunks = [];
  for await (const chunk of answer) chunks.push(chunk);
  const { date: _, ...kept } = answer.headers;
  return { status: answer.statusCode, headers: kept, body: Buffer.concat(chunks).toString() };
}

/** A service over `store`, and the hand that lets `/gated` go on. */
async function serve(t, options) {
  let runs = 0;
  const waiting = [];
  const handler = idempotencyHandler(options, async (req, res) => {
    runs += 1;
    const { attempt, epoch, key } = req.idempotency ?? {};
    if (req.url === "/throw") throw new Error("on purpose");
    if (req.url === "/gated") {
      const entered = waiting.shift();
      await new Promise((resolve) => entered(resolve));
    }
    res.statusCode = req.url === "/broken" ? 503 : 201;
    res.setHeader("X-Multi", ["a", "b"]);
    if (req.url === "/pieces") res.write("first, ");
    res.end(JSON.stringify({ runs, attempt, epoch, key }));
  });
  const server = http.createServer((req, res) => void handler(req, res).catch(() => {}));
  t.after(() => server.close());
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address();
  return {
    ask: (key, how) => ask(port, key, how),
    /** Asks, and answers once the handler has entered: how to let it go on, and its answer. */
    enter: async (key) => {
      const entered = new Promise((resolve) => waiting.push(resolve));
      const answer = ask(port, key, { path: "/gated" });
      return { open: await entered, answer };
    },
  };
}

const stories = {
  "first answers, replays, another content, another caller": async ({ ask }) => [
    await ask("k"),
    await ask("k"),
    await ask("k", { body: '{"other":1}' }),
    await ask("k", { more: { authorization: "Bearer 2" } }),
    await ask("p", { path: "/pieces" }),
    await ask("p", { path: "/pieces" }),
    await ask("bad\u00e9 key"),
  ],
  "derived keys, and their window": async ({ ask }, { clock }) => {
    const answers = [await ask(), await ask()];
    await clock.advance(30_001);
    return [...answers, await ask()];
  },
  "what failed runs again": async ({ ask }) => [
    await ask("k", { path: "/broken" }),
    await ask("k", { path: "/broken" }),
    await ask("t", { path: "/throw" }),
    await ask("t", { path: "/throw" }),
  ],
  "a run in progress, whose lease is renewed": async ({ ask, enter }, { clock }) => {
    const first = await enter("k");
    const busy = await ask("k", { path: "/gated" });
    for (let beat = 0; beat < 5; beat += 1) await clock.advance(20_000);
    const still = await ask("k", { path: "/gated" });
    first.open();
    return [busy, still, await first.answer, await ask("k", { path: "/gated" })];
  },
  "a store that was closed while a handler ran, and before one": async ({ ask, enter }, { clock, store }) => {
    const first = await enter("k");
    store.close();
    first.open();
    let answered = false;
    void first.answer.then(() => {
      answered = true;
    });
    while (!answered) await clock.advance(1_000);
    return [await first.answer, await ask("k"), await ask("l")];
  },
};

for (const [name, story] of Object.entries(stories)) {
  for (const options of [{}, { exposeHeaders: true }, { failOpen: true }, { profile: "success_only" }]) {
    test(`${name}, with ${JSON.stringify(options)}`, async (t) => {
      const told = [];
      for (const way of ["core asks it", "the driver asks it"]) {
        const clock = virtualClock({ wallNow: 1_750_000_000_000 });
        const memory = new MemoryStore({ clock });
        const store = way === "core asks it" ? memory : { apply: (op) => memory.apply(op) };
        const service = await serve(t, { store, clock, random: () => 0.5, ...options });
        told.push({
          answers: await story(service, { clock, store: memory }),
          held: name.includes("closed") || memory.stats,
        });
      }
      assert.deepEqual(told[0], told[1]);
      assert.ok(told[0].answers.length > 2);
    });
  }
}
