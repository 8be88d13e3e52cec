// README.md as it stands: its JavaScript is run, and does what is said beside it.

import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryFolder } from "../../scripts/servers/server.mjs";
import { startServer } from "../clients/server.mjs";
import { asking, codeOf, run } from "./guide.mjs";

const [express, joint, once, retrying, letters, client, browser, fingerprints, ...more] = await codeOf("README.md");

test("the README has the eight pieces of code that are run here", () => assert.equal(more.length, 0));

test("an order in Express is created once per key, and its answer is kept in a file", async (t) => {
  const shop = `
    let orders = 0;
    const createOrder = async ({ item }) => ({ order: ++orders, item });
    const server = (await import("node:http")).createServer(app);
    const port = await listening(server);
    for (const [item, key] of [["tea", "k1"], ["tea", "k1"], ["coffee", "k1"], ["tea", "k2"]]) {
      console.log(await asked(port, "/orders", { item }, key));
    }
    process.exit();`;
  const { stdout } = await run(t, express + asking + shop);
  const [first, again, other, second] = stdout.split("\n");
  assert.equal(first, '201 {"order":1,"item":"tea"} ');
  assert.equal(again, '201 {"order":1,"item":"tea"} true');
  assert.match(other, /^422 .*key-reused/);
  assert.equal(second, '201 {"order":2,"item":"tea"} ');
});

test("a payment and its record are written together", async (t) => {
  const names = `
    import Database from "better-sqlite3";
    import express from "express";
    import { createServer } from "node:http";
    import { idempotencyMiddleware } from "once-again";
    import { SqliteStore } from "once-again/stores";
    const db = new Database("shop.db");
    db.exec("CREATE TABLE payments (amount INTEGER)");
    const charge = ({ amount }) => ({ charged: db.prepare("INSERT INTO payments VALUES (?)").run(amount).changes });
    const app = express().use(express.json());`;
  const shop = `
    const port = await listening(createServer(app));
    for (let i = 0; i < 2; i++) console.log(await asked(port, "/payments", { amount: 5 }, "k"));
    console.log(db.prepare("SELECT count(*) AS rows FROM payments").get().rows);
    process.exit();`;
  const { stdout } = await run(t, names + joint + asking + shop);
  assert.equal(stdout, '201 {"charged":1} \n201 {"charged":1} true\n1\n');
});

test("a function runs once, also in another process over the same store", async (t) => {
  const names = `
    import { SqliteStore } from "once-again/stores";
    const store = new SqliteStore(process.env.RECORDS), order = { id: "A-1" };
    const chargeCard = async ({ id }) => (console.log("charged", id), { receipt: id });`;
  const shown = `${names}${once}console.log(await charge(order));`;
  const folder = await temporaryFolder();
  t.after(() => rm(folder, { recursive: true }));
  const env = { RECORDS: join(folder, "records.db") };
  assert.equal((await run(t, shown, env)).stdout, "charged A-1\n{ receipt: 'A-1' }\n");
  assert.equal((await run(t, shown, env)).stdout, "{ receipt: 'A-1' }\n");
});

test("retries, letters and clients print what their comments say", async (t) => {
  assert.equal((await run(t, retrying)).stdout, "attempt 3 of 3, cancelled: false\n");
  assert.equal((await run(t, letters)).stdout.split("\n")[1], "charged 5 as order-7");
  assert.equal((await run(t, client)).stdout, "p-1 2\n");
});

test("the browser's fetch sends a write again under one key and with the same bytes", async (t) => {
  const server = await startServer();
  t.after(() => server.close());
  const steps = [{ do: "resetAfter" }, { do: "effect", status: 201, body: "{}" }];
  await fetch(`${server.url}/_script/readme`, { method: "POST", body: JSON.stringify(steps) });
  // Where a page of this shop would be. Node's fetch knows no relative addresses.
  const page = `globalThis.location = new URL("${server.url}");\n`;
  await run(t, page + browser.replace('"/payments"', `"${server.url}/r/readme"`));
  const { requests, effects } = await (await fetch(`${server.url}/_log/readme`)).json();
  assert.equal(requests.length, 2);
  assert.equal(new Set(requests.map(({ bodySha256 }) => bodySha256)).size, 1);
  assert.deepEqual(Object.values(effects), [1]);
});

test("one value has one fingerprint, parsed or as bytes", async (t) => {
  const [expression] = fingerprints.split(";");
  const { stdout } = await run(t, `import { fingerprint } from "once-again"; console.log(${expression});`);
  assert.equal(stdout, "true\n");
});
