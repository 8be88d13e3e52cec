// The guide docs/clients.md as it stands: what it shows is run against a service on this machine.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startServer } from "../clients/server.mjs";
import { codeOf, run } from "./guide.mjs";

const [client, fetching, ...more] = await codeOf("docs/clients.md");

let server;
before(async () => {
  server = await startServer();
});
after(() => server.close());

/** Runs code whose services are ours, and answer like this; what it prints, and what was asked. */
async function asked(t, code, ...steps) {
  const id = `guide${Math.random()}`;
  await fetch(`${server.url}/_script/${id}`, { method: "POST", body: JSON.stringify(steps) });
  const ours = (text) =>
    text.replaceAll("/payments", `/r/${id}/payments`).replace(/https:\/\/\w+\.example\.com/g, server.url);
  const { stdout, stderr } = await run(t, ours(code));
  const { requests } = await (await fetch(`${server.url}/_log/${id}`)).json();
  return { stdout, stderr, requests };
}

const json = (status, body) => ({ do: "answer", status, headers: { "content-type": "application/json" }, body });

test("the guide has the two pieces of code that are run here", () => assert.equal(more.length, 0));

test("a payment of the client is sent again under its key, and its refusal is an error with a code", async (t) => {
  const paid = await asked(t, client, { do: "resetAfter" }, json(201, '{"id":"p1"}'));
  assert.deepEqual([paid.stdout, paid.stderr], ["p1\n", ""]);
  const keys = paid.requests.map(({ headers }) => headers["idempotency-key"]);
  assert.deepEqual(keys, ["payment-12345", "payment-12345"]);
  const refused = await asked(t, client, json(402, "{}"));
  assert.match(refused.stderr, /^INSUFFICIENT_FUNDS 402 false \[ 'Add funds/);
});

test("a payment of createFetch has one key in all its attempts, and every answer is one of fetch", async (t) => {
  const shown = `${fetching}\nconsole.log(response.status, await response.text());`;
  const paid = await asked(t, shown, { do: "resetBefore" }, json(201, '{"id":"p1"}'));
  assert.deepEqual([paid.stdout, paid.stderr], ['201 {"id":"p1"}\n', ""]);
  const keys = paid.requests.map(({ headers }) => headers["idempotency-key"]);
  assert.equal(keys.length, 2);
  assert.deepEqual([keys[0].length, keys[1]], [36, keys[0]]);
  assert.equal((await asked(t, shown, json(402, "{}"))).stdout, "402 {}\n");
});
