// A client that goes away while a stream is piped into its answer.

import assert from "node:assert/strict";
import { once } from "node:events";
import http from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { test } from "node:test";
import fastify5 from "fastify";
import { idempotencyHandler, idempotencyPlugin } from "once-again";

const PIECE = Buffer.alloc(64 * 1024, "p");
const PIECES = 8;
// More than this would be passed on and not kept.
const options = { conflict: { wait: 5_000 }, maxBodyBytes: PIECE.length * PIECES };

/** Yields its pieces one by one; the one at the gate waits until the client has gone. */
function gated() {
  const gate = deferred();
  const source = Readable.from(
    (async function* () {
      for (let at = 0; at < PIECES; at += 1) {
        if (at === 4) await gate.promise;
        yield PIECE;
      }
    })(),
    { objectMode: false },
  );
  return { source, open: gate.resolve };
}

function deferred() {
  const made = {};
  made.promise = new Promise((resolve) => {
    made.resolve = resolve;
  });
  return made;
}

const request = (port) =>
  http
    .request({ port, host: "127.0.0.1", method: "POST", path: "/", agent: false, headers: { "idempotency-key": "k" } })
    .end();

/** Reads a little of an answer and goes. */
async function leave(port) {
  const asking = request(port);
  const [answer] = await once(asking, "response");
  await once(answer, "data");
  asking.on("error", () => {});
  asking.destroy();
}

async function ask(port) {
  const [answer] = await once(request(port), "response");
  const chunks = [];
  for await (const chunk of answer) chunks.push(chunk);
  return { replay: answer.headers["x-idempotency-replay"], bytes: Buffer.concat(chunks).length };
}

/** What the next request gets when the first one's client has left an answer that `send` pipes. */
async function afterLeaving(t, send, settings = options) {
  let runs = 0;
  const server = http.createServer((req, res) => {
    handler(req, res).catch(() => {});
  });
  const handler = idempotencyHandler(settings, async (_req, res) => {
    runs += 1;
    const { source, open } = gated();
    if (runs === 1) res.once("close", () => setImmediate(open));
    else open();
    await send(source, res, runs);
  });
  t.after(() => server.close());
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address();
  await leave(port);
  return { ...(await ask(port)), runs };
}

const all = PIECE.length * PIECES;

test("what is piped is read to its end and kept, although nobody hears it", async (t) => {
  const next = await afterLeaving(t, (source, res) => void source.pipe(res));
  assert.deepEqual(next, { replay: "true", bytes: all, runs: 1 });
});

test("what is piped with end: false is ended by its handler alone", async (t) => {
  const next = await afterLeaving(
    t,
    (source, res) => {
      source.pipe(res, { end: false });
      source.once("end", () => setImmediate(() => res.end("tail")));
    },
    { ...options, maxBodyBytes: all + 4 },
  );
  assert.deepEqual(next, { replay: "true", bytes: all + 4, runs: 1 });
});

test("what pipeline() destroys counts as a handler that threw: the next request runs it again", async (t) => {
  const next = await afterLeaving(t, (source, res) => pipeline(source, res));
  assert.deepEqual(next, { replay: "false", bytes: all, runs: 2 });
});

test("a handler that writes for nobody does not wait until somebody drains it", async (t) => {
  const next = await afterLeaving(
    t,
    async (source, res, runs) => {
      res.write(PIECE);
      res.write(PIECE);
      if (runs === 1 && !res.destroyed) await once(res, "close");
      source.pipe(res);
    },
    { ...options, maxBodyBytes: all + 2 * PIECE.length },
  );
  assert.deepEqual(next, { replay: "true", bytes: all + 2 * PIECE.length, runs: 1 });
});

test("a stream that Fastify destroys runs again too", async (t) => {
  const app = fastify5({ forceCloseConnections: true });
  t.after(() => app.close());
  await app.register(idempotencyPlugin, options);
  let runs = 0;
  app.post("/", (_request, reply) => {
    runs += 1;
    const { source, open } = gated();
    if (runs === 1) reply.raw.once("close", () => setImmediate(open));
    else open();
    return reply.send(source);
  });
  const { port } = new URL(await app.listen({ port: 0, host: "127.0.0.1" }));
  await leave(port);
  const { replay, bytes } = await ask(port);
  assert.deepEqual({ replay, bytes, runs }, { replay: "false", bytes: all, runs: 2 });
});
