// The scripted server itself: whoever writes a script can rely on this.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import http from "node:http";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { startServer } from "./server.mjs";

let server;

before(async () => {
  server = await startServer();
});
after(() => server.close());

/** One plain request, by a client that adds nothing and tries nothing again. */
function send(path, { method = "GET", headers = {}, body, agent = false } = {}) {
  return new Promise((resolve, reject) => {
    const request = http.request(`${server.url}${path}`, { method, headers, agent }, async (response) => {
      try {
        const chunks = [];
        for await (const chunk of response) chunks.push(chunk);
        resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks).toString() });
      } catch (error) {
        reject(error);
      }
    });
    request.on("error", reject);
    request.end(body);
  });
}

const script = (id, steps) => send(`/_script/${id}`, { method: "POST", body: JSON.stringify(steps) });
const log = async (id) => JSON.parse((await send(`/_log/${id}`)).body);
const reset = { code: "ECONNRESET" };

test("steps are taken in order, the last one repeats, and a new script begins anew", async () => {
  await script("order", [
    { do: "answer", status: 503, headers: { "X-Lines": ["a", "b"] } },
    { do: "answer", body: "ok" },
  ]);
  const first = await send("/r/order/deep?q=1", { method: "PUT", body: "abc", headers: { "x-own": "mine" } });
  assert.deepEqual([first.status, first.headers["x-lines"], first.headers.connection], [503, "a, b", "close"]);
  assert.equal((await send("/r/order")).body, "ok");
  assert.equal((await send("/r/order")).body, "ok");
  const { requests, effects } = await log("order");
  assert.equal(requests.length, 3);
  const { at, connection, headers, ...rest } = requests[0];
  assert.deepEqual(rest, {
    method: "PUT",
    url: "/r/order/deep?q=1",
    bodySha256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  });
  assert.ok(Math.abs(Date.now() - at) < 60_000 && Number.isInteger(connection) && headers["x-own"] === "mine");
  assert.deepEqual(effects, {});
  await script("order", [{ do: "answer" }]);
  assert.deepEqual((await log("order")).requests, []);
});

test("a reset before leaves no effect, a reset after leaves one; a key's effect happens once", async () => {
  await script("effects", [{ do: "resetBefore" }, { do: "resetAfter" }, { do: "effect", status: 201, body: "done" }]);
  const keyed = { method: "POST", headers: { "Idempotency-Key": "k" } };
  await assert.rejects(send("/r/effects", keyed), reset);
  assert.deepEqual((await log("effects")).effects, {});
  await assert.rejects(send("/r/effects", keyed), reset);
  assert.deepEqual((await log("effects")).effects, { k: 1 });
  assert.equal((await send("/r/effects", keyed)).status, 201);
  await send("/r/effects", { method: "POST" });
  await send("/r/effects", { method: "POST" });
  assert.deepEqual((await log("effects")).effects, { k: 1, "": 2 });
});

test("slow headers come late, a truncated body breaks off, and what hangs does not answer", async () => {
  await script("broken", [{ do: "slowHeaders", ms: 30, status: 202 }, { do: "truncate", body: "par" }, { do: "hang" }]);
  const begin = performance.now();
  assert.equal((await send("/r/broken")).status, 202);
  assert.ok(performance.now() - begin >= 29);
  await assert.rejects(send("/r/broken"), reset);
  const hanging = http.get(`${server.url}/r/broken`, { agent: false, timeout: 100 });
  await once(hanging, "timeout");
  hanging.on("error", () => {});
  hanging.destroy();
});

test("a connection is kept where a step says so", async () => {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  await script("kept", [{ do: "answer", headers: { Connection: "keep-alive" } }, { do: "answer" }]);
  for (let i = 0; i < 3; i++) await send("/r/kept", { agent });
  const [a, b, c] = (await log("kept")).requests.map((request) => request.connection);
  assert.ok(a === b && b !== c, `${a} ${b} ${c}`);
  agent.destroy();
});

test("any origin may ask, and preflights are logged apart", async () => {
  await script("cors", [{ do: "answer", headers: { etag: '"v1"' } }]);
  const headers = {
    origin: "http://a.test",
    "access-control-request-method": "PUT",
    "access-control-request-headers": "x-a",
  };
  const preflight = await send("/r/cors", { method: "OPTIONS", headers });
  assert.deepEqual(
    [
      preflight.status,
      preflight.headers["access-control-allow-methods"],
      preflight.headers["access-control-allow-headers"],
    ],
    [204, "PUT", "x-a"],
  );
  const answer = await send("/r/cors", { method: "OPTIONS" });
  assert.deepEqual(
    [answer.status, answer.headers["access-control-allow-origin"], answer.headers.etag],
    [200, "*", '"v1"'],
  );
  const { requests, preflights } = await log("cors");
  assert.deepEqual([requests.length, preflights.length], [1, 1]);
});

test("a script that is none is refused, and a name without a script is unknown", async () => {
  for (const steps of [[], [{ do: "dance" }], { do: "answer" }]) assert.equal((await script("bad", steps)).status, 400);
  assert.equal((await send("/_script/bad", { method: "POST", body: "{" })).status, 400);
  assert.equal((await send("/r/bad")).status, 404);
  const page = await send("/_page");
  assert.deepEqual([page.status, page.headers["content-type"]], [200, "text/html"]);
});

test("the program says where it listens", async () => {
  const program = spawn(process.execPath, [join(import.meta.dirname, "server.mjs")]);
  const [line] = await once(program.stdout, "data");
  const [, port] = /^listening on (\d+)\n$/.exec(line);
  const response = await fetch(`http://127.0.0.1:${port}/_page`);
  assert.equal(await response.text(), "<!doctype html>");
  program.kill();
  await once(program, "exit");
});
