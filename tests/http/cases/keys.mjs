// Keys: what is one, what is none, and what a request without one gets.

import assert from "node:assert/strict";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { isFirst, isProblem, isReplayOf, isUntouched } from "../expected.mjs";
import { json, keyed, newKey, order } from "./case.mjs";

const TOO_LONG = "The body is longer than the server reads to compare it under an idempotency key.";

const line = (value) => `Idempotency-Key: ${value}\r\nContent-Type: application/json\r\n`;

/** Each malformed key as it stands on the wire. */
const malformed = [
  ["empty", line("")],
  ["an empty quoted text", line('""')],
  ["two lines", `${line("one")}Idempotency-Key: two\r\n`],
  ["twice the same", `${line("one")}Idempotency-Key: one\r\n`],
  ["a comma list", line("one, two")],
  ["with a space in it", line("one two")],
  ["beyond ASCII", line("caf\u00e9")],
  ["of 256 characters", line("k".repeat(256))],
  ["quoted and not closed", line('"one')],
  ["quoted, with parameters", line('"one";a=1')],
];

/** What a server must not take for one header: its own parser may refuse it before anybody else does. */
const injections = [
  ["a bare carriage return", "k\rX-Evil: 1"],
  ["a bare line feed", "k\nX-Evil: 1"],
  ["a null", "k\0X-Evil: 1"],
  ["a control character", "k\u0001"],
  ["a delete", "k\u007f"],
  ["a folded line", "k\r\n X-Evil: 1"],
];

export const keys = [
  ...malformed.map(([what, raw]) => ({
    name: `a key that is ${what} is refused, and nothing runs`,
    stores: ["memory"],
    run: async (server) => {
      const runs = await server.runs();
      isProblem(await server.ask({ raw, body: order }), "key-invalid", /^Idempotency-Key: got .*, expected one key/);
      assert.equal(await server.runs(), runs);
    },
  })),
  ...injections.map(([what, value]) => ({
    name: `a key with ${what} adds no header to an answer`,
    stores: ["memory"],
    run: async (server) => {
      const answer = await server.ask({ raw: line(value) });
      assert.deepEqual(answer.all("x-evil"), []);
      assert.doesNotMatch(answer.header("x-idempotency-key") ?? "", /[^ -~]/);
      assert.ok(answer.status === 400 || answer.status === 201, String(answer.status));
    },
  })),
  {
    name: "a key of encoded line breaks is a key like any other, and comes back as it was sent",
    stores: ["memory"],
    run: async (server) => {
      const key = `%0d%0aX-Evil:1-${newKey()}`;
      const answer = await server.ask({ headers: keyed(key), body: order });
      isFirst(answer, key);
      assert.deepEqual(answer.all("x-evil"), []);
    },
  },
  {
    name: "a key of 255 characters is one",
    stores: ["memory", "redis"],
    run: async (server) => {
      const key = newKey().padEnd(255, "k");
      isFirst(await server.ask({ headers: keyed(key), body: order }), key);
    },
  },
  {
    name: "a quoted key and a bare one are the same",
    stores: ["memory", "redis"],
    run: async (server) => {
      const key = newKey();
      const first = await server.ask({ headers: keyed(`"${key}"`), body: order });
      isFirst(first, key);
      isReplayOf(first, await server.ask({ headers: keyed(key), body: order }), key);
    },
  },
  {
    name: "a request without a key is one with its equal that follows at once",
    stores: ["memory", "redis"],
    run: async (server) => {
      const body = JSON.stringify({ wish: newKey() });
      const first = await server.ask({ headers: json(), body });
      isFirst(first, /^derived:[0-9a-f]{16}$/);
      isReplayOf(first, await server.ask({ headers: json(), body }), first.header("x-idempotency-key"));
      const other = await server.ask({ headers: json(), body: JSON.stringify({ wish: newKey() }) });
      isFirst(other, /^derived:[0-9a-f]{16}$/);
      assert.notEqual(other.header("x-idempotency-key"), first.header("x-idempotency-key"));
    },
  },
  {
    name: "a compressed body is compared as what it says, however it was compressed",
    stores: ["memory", "redis"],
    run: async (server) => {
      const key = newKey();
      const zipped = (body, level) => ({
        headers: keyed(key, ["Content-Encoding", "gzip"]),
        body: gzipSync(body, { level }),
      });
      const first = await server.ask(zipped(order, 9));
      isFirst(first, key);
      isReplayOf(first, await server.ask(zipped(order, 0)), key);
      const deflated = { headers: keyed(key, ["Content-Encoding", "deflate"]), body: deflateSync(order) };
      isReplayOf(first, await server.ask(deflated), key);
      const brotli = { headers: keyed(key, ["Content-Encoding", "br"]), body: brotliCompressSync(order) };
      const answer = await server.ask(brotli);
      if (server.framework.brotli === false) assert.equal(answer.status, 415);
      else isReplayOf(first, answer, key);
      isReplayOf(first, await server.ask({ headers: keyed(key), body: order }), key);
      isProblem(
        await server.ask(zipped('{"amount":6,"to":"b"}', 9)),
        "key-reused",
        "This key was used with another request.",
      );
    },
  },
  {
    name: "a few bytes that stand for many are too many",
    stores: ["memory"],
    options: { maxRequestBytes: 1_000 },
    run: async (server) => {
      const body = gzipSync(JSON.stringify(["x".repeat(100_000)]));
      assert.ok(body.length < 1_000);
      const refused = await server.ask({ headers: keyed(newKey(), ["Content-Encoding", "gzip"]), body });
      isProblem(refused, "about:blank", TOO_LONG);
      assert.equal(await server.runs(), 0);
    },
  },
  {
    name: "a body longer than is compared is refused under a key, and passes without one",
    stores: ["memory"],
    options: { maxRequestBytes: 1_000 },
    run: async (server) => {
      const key = newKey();
      const long = JSON.stringify(["x".repeat(997)]);
      const refused = await server.ask({ headers: keyed(key), body: long });
      isProblem(refused, "about:blank", TOO_LONG);
      assert.equal(await server.runs(), 0);
      isFirst(await server.ask({ headers: keyed(key), body: JSON.stringify(["x".repeat(996)]) }), key);
      for (let times = 0; times < 2; times += 1) isUntouched(await server.ask({ headers: json(), body: long }));
      assert.equal(await server.runs(), 3);
    },
  },
  {
    name: "where keys may be missing, a request without one passes each time",
    stores: ["memory"],
    options: { missingKey: "pass" },
    run: async (server) => {
      const runs = await server.runs();
      for (let times = 0; times < 2; times += 1) {
        const answer = await server.ask({ headers: json(), body: order });
        assert.equal(answer.status, 201);
        isUntouched(answer);
      }
      assert.equal(await server.runs(), runs + 2);
    },
  },
  {
    name: "where keys are required, a request without one is refused",
    stores: ["memory"],
    options: { missingKey: "require" },
    run: async (server) => {
      const answer = await server.ask({ headers: json(), body: order });
      isProblem(answer, "key-missing", "This operation requires the header Idempotency-Key.");
      assert.equal(await server.runs(), 0);
      const key = newKey();
      isFirst(await server.ask({ headers: keyed(key), body: order }), key);
    },
  },
];
