// The form without a framework, and what every form of Node does with bodies and heads.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { buffer } from "node:stream/consumers";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { idempotencyHandler } from "once-again";

/** A server of `handler` behind a guard; `ask` sends a POST. */
async function serve(t, options, handler) {
  const errors = [];
  const guarded = idempotencyHandler(options, handler);
  const server = createServer((request, response) => guarded(request, response).catch((error) => errors.push(error)));
  t.after(() => server.closeAllConnections() ?? server.close());
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const ask = async (body, headers = {}) => {
    const url = `http://127.0.0.1:${server.address().port}/pay`;
    const response = await fetch(url, { method: "POST", headers, body, duplex: "half" });
    const bytes = Buffer.from(await response.arrayBuffer());
    return {
      status: response.status,
      replay: response.headers.get("x-idempotency-replay"),
      headers: response.headers,
      bytes,
    };
  };
  return { ask, errors };
}

const key = (text) => ({ "Idempotency-Key": text });
const length = async (request, response) => response.end(String((await buffer(request)).length));

test("a handler finds its claim, and throws to its caller after a 500", async (t) => {
  let runs = 0;
  const { ask, errors } = await serve(t, {}, async (request, response) => {
    runs += 1;
    if (runs === 1) throw new Error("down");
    response.end(`${request.idempotency.key} ${request.idempotency.attempt}`);
  });
  assert.equal((await ask("a", key("k"))).status, 500);
  assert.deepEqual(
    errors.map((error) => error.message),
    ["down"],
  );
  assert.equal((await ask("a", key("k"))).bytes.toString(), "k 2");
  assert.equal((await ask("a", key("k"))).replay, "true");
});

test("an answer whose handler throws in its midst is cut off, and the next request runs again", async (t) => {
  let runs = 0;
  const { ask, errors } = await serve(t, {}, async (_request, response) => {
    runs += 1;
    response.writeHead(200);
    if (runs > 1) response.write("some ");
    if (runs > 2) response.write("more ");
    if (runs < 4) throw new Error("down");
    response.end("whole");
  });
  for (const _ of [1, 2, 3]) await assert.rejects(ask("a", key("k")));
  assert.equal((await ask("a", key("k"))).bytes.toString(), "some more whole");
  assert.deepEqual(
    errors.map((error) => error.message),
    ["down", "down", "down"],
  );
});

test("a handler that destroys its answer has ended, and one that throws after a whole answer has answered", async (t) => {
  let runs = 0;
  const { ask } = await serve(t, {}, async (_request, response) => {
    runs += 1;
    response.write("some ");
    if (runs === 1) response.destroy();
    else response.end("whole");
    throw new Error("down");
  });
  await assert.rejects(ask("a", key("k")));
  const answers = [await ask("a", key("k")), await ask("a", key("k"))];
  assert.deepEqual(
    answers.map(({ bytes, replay }) => [bytes.toString(), replay]),
    [
      ["some whole", "false"],
      ["some whole", "true"],
    ],
  );
});

test("a second head is an error, also while the first one waits", async (t) => {
  const { ask } = await serve(t, {}, async (_request, response) => {
    response.write("some ");
    assert.throws(() => response.writeHead(500), { code: "ERR_HTTP_HEADERS_SENT" });
    response.end("whole");
  });
  const { status, bytes } = await ask("a", key("k"));
  assert.deepEqual([status, bytes.toString()], [200, "some whole"]);
});

test("a body of the most that is compared is guarded, and one byte more is refused under a key", async (t) => {
  const { ask } = await serve(t, { maxRequestBytes: 100_000 }, length);
  const exact = await ask(Buffer.alloc(100_000), key("exact"));
  assert.deepEqual([exact.bytes.toString(), exact.replay], ["100000", "false"]);
  for (const body of [Buffer.alloc(100_001), Buffer.alloc(100_001, "b")]) {
    const refused = await ask(body, key("more"));
    assert.equal(refused.status, 413);
    assert.deepEqual(JSON.parse(refused.bytes).title, "Content Too Large");
  }
});

test("a large body that announces no length is refused under a key, and passes whole without one", async (t) => {
  const { ask } = await serve(t, { maxRequestBytes: 100_000 }, length);
  const pieces = () =>
    new ReadableStream({
      start(controller) {
        for (let piece = 0; piece < 50; piece += 1) controller.enqueue(new Uint8Array(10_000));
        controller.close();
      },
    });
  assert.equal((await ask(pieces(), key("k"))).status, 413);
  const passed = await ask(pieces());
  assert.deepEqual([passed.bytes.toString(), passed.replay], ["500000", null]);
});

test("a few compressed bytes that stand for many are too many", async (t) => {
  const { ask } = await serve(t, { maxRequestBytes: 100_000 }, length);
  const bomb = gzipSync(Buffer.alloc(50_000_000));
  const gzip = { "Content-Encoding": "gzip" };
  assert.equal((await ask(bomb, { ...key("k"), ...gzip })).status, 413);
  const passed = await ask(bomb, gzip);
  assert.deepEqual([passed.bytes.toString(), passed.replay], [String(bomb.length), null]);
});

test("every form of writeHead is recorded", async (t) => {
  const forms = [
    (response) => response.writeHead(201, { "X-Made": "yes" }),
    (response) => response.writeHead(201, "Made", { "X-Made": "yes" }),
    (response) => response.writeHead(201, ["X-Made", "yes"]),
    (response) => {
      response.setHeader("X-Made", "no");
      response.writeHead(201, undefined, { "x-made": "yes", "x-none": undefined });
      assert.equal(response.headersSent, true);
    },
  ];
  const { ask } = await serve(t, {}, async (request, response) => {
    forms[Number(await buffer(request))](response);
    response.end("done");
    assert.deepEqual([response.headersSent, response.writableEnded], [true, true]);
  });
  for (const at of forms.keys()) {
    const answers = [await ask(String(at), key(`k${at}`)), await ask(String(at), key(`k${at}`))];
    assert.deepEqual(
      answers.map(({ status, replay, headers }) => [status, replay, headers.get("x-made")]),
      [
        [201, "false", "yes"],
        [201, "true", "yes"],
      ],
    );
  }
});

test("a status that cannot be is an error where it is set, and nothing ends the server", async (t) => {
  const { ask, errors } = await serve(t, {}, async (request, response) => {
    if ((await buffer(request)).toString() === "head") response.writeHead(99);
    response.statusCode = 1_000;
    response.end("never");
  });
  for (const body of ["head", "end"]) assert.equal((await ask(body, key(body))).status, 500);
  assert.deepEqual(
    errors.map(({ code }) => code),
    ["ERR_HTTP_INVALID_STATUS_CODE", "ERR_HTTP_INVALID_STATUS_CODE"],
  );
});

test("a phrase that cannot be written cuts the connection, and nothing ends the server", async (t) => {
  const { ask } = await serve(t, {}, (_request, response) => {
    response.statusMessage = "two\r\nlines";
    response.end("never");
  });
  await assert.rejects(ask("a", key("k")));
  assert.equal((await ask("a", key("k"))).replay, "true");
});

test("a late owner's answer does not go out when another's outcome stands, although its head was written", async (t) => {
  const { ask } = await serve(t, { store: overtaken }, (_request, response) => {
    response.writeHead(200, { "X-Made": "late" });
    response.end("late");
  });
  const answer = await ask("a", key("k"));
  assert.deepEqual([answer.status, answer.bytes.toString(), answer.headers.get("x-made")], [409, JSON_409, null]);
});

const JSON_409 = JSON.stringify({
  type: "in-progress",
  title: "A request is outstanding for this Idempotency-Key",
  status: 409,
  detail: "The first request with this key is still being processed. Send the same request again later.",
  code: "IDEMPOTENCY_IN_PROGRESS",
});

/** A store whose claims are always lost by the time they complete. */
const overtaken = {
  apply: ({ op }) =>
    op === "begin" ? { reply: "acquired", epoch: 1, attempts: 1, leaseUntil: null } : { reply: "lost" },
};
