// The SQLite store on real files: durable, shared, and joint with the caller's own transaction.

import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import Database from "better-sqlite3";
import express from "express";
import { idempotencyMiddleware } from "once-again";
import { SqliteStore } from "once-again/stores";

const folder = mkdtempSync(join(tmpdir(), "once-again-sqlite-"));
after(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;
const newFile = () => join(folder, `${++files}.db`);

const begin = (owner, more = {}) => ({
  op: "begin",
  key: "ab".repeat(32),
  owner: owner.repeat(32),
  fingerprint: `raw:${"00".repeat(32)}`,
  lease: 1_000_000,
  retention: 3_600_000_000,
  onOrphan: "reexecute",
  maxTakeovers: 5,
  derived: false,
  ...more,
});

test("a record outlives the process that wrote it", () => {
  const file = newFile();
  const first = new SqliteStore(file);
  const { epoch } = first.apply(begin("1"));
  const {
    op: _,
    lease: __,
    fingerprint: ___,
    onOrphan: ____,
    maxTakeovers: _____,
    derived: ______,
    ...owned
  } = begin("1");
  assert.equal(
    first.apply({ op: "release", key: owned.key, owner: owned.owner, epoch, mode: "unknown" }).reply,
    "released",
  );
  first.close();
  const second = new SqliteStore(file);
  assert.equal(second.apply(begin("2")).reply, "outcomeUnknown");
  second.close();
});

test("two processes over one file: of many concurrent claims exactly one is acquired", async () => {
  const file = newFile();
  new SqliteStore(file).close();
  const script = fileURLToPath(new URL("./fixtures/claim.mjs", import.meta.url));
  const claims = await Promise.all(
    ["1", "2", "3"].map(
      (owner) =>
        new Promise((resolve, reject) => {
          const child = fork(script, [file, owner]);
          child.once("message", resolve);
          child.once("exit", (code) => code !== 0 && reject(new Error(`exit ${code}`)));
        }),
    ),
  );
  const acquired = claims.flat().filter((reply) => reply === "acquired");
  assert.equal(claims.flat().length, 300);
  assert.equal(acquired.length, 100, "each of the 100 keys was acquired by one process");
});

test("in joint mode the effect and its record are committed together, or rolled back together", async () => {
  const db = new Database(newFile());
  db.exec("CREATE TABLE ledger (amount INTEGER)");
  const store = new SqliteStore(db);
  const app = express();
  app.use(express.json());
  let runs = 0;
  app.post("/pay", idempotencyMiddleware({ store }), (req, res) => {
    runs += 1;
    const answer = db.transaction(() => {
      db.prepare("INSERT INTO ledger VALUES (?)").run(req.body.amount);
      const answer = { status: 201, body: { runs } };
      req.idempotency.completeIn(db, answer);
      if (runs === 1) throw new Error("the transaction fails after both writes");
      return answer;
    })();
    res.status(answer.status).json(answer.body);
  });
  app.use((error, _req, res, _next) => res.status(500).json({ error: error.message }));
  const server = app.listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const pay = () =>
    fetch(`http://127.0.0.1:${server.address().port}/pay`, {
      method: "POST",
      headers: { "content-type": "application/json", "idempotency-key": "k" },
      body: '{"amount":5}',
    });
  const count = () => db.prepare("SELECT count(*) AS n FROM ledger").get().n;

  assert.equal((await pay()).status, 500);
  assert.equal(count(), 0, "the rolled back charge left nothing");
  const second = await pay();
  assert.deepEqual([second.status, second.headers.get("x-idempotency-replay"), count()], [201, "false", 1]);
  const third = await pay();
  assert.deepEqual([third.status, third.headers.get("x-idempotency-replay"), count()], [201, "true", 1]);
  assert.deepEqual(await third.json(), { runs: 2 });
  server.close();
  store.close();
  db.close();
});

test("a late owner's joint completion throws, so its effect is rolled back", () => {
  const db = new Database(newFile());
  let now = 1_000_000;
  const clock = { now: () => now, wallNow: () => now, sleep: async () => {} };
  const store = new SqliteStore(db, { clock });
  const first = store.apply(begin("1"));
  now += 2_000; // milliseconds: the lease of one second is over
  const second = store.apply(begin("2"));
  assert.deepEqual([second.reply, second.attempts], ["acquired", 2]);
  const late = db.transaction(() =>
    store.completeIn(db, {
      op: "complete",
      key: "ab".repeat(32),
      owner: "1".repeat(32),
      epoch: first.epoch,
      retention: 1_000_000,
      payload: new Uint8Array([1]),
    }),
  )();
  assert.equal(late.reply, "lost");
  store.close();
});

test("joint mode outside a transaction, and a store that has none, are refused by name", () => {
  const db = new Database(newFile());
  const store = new SqliteStore(db);
  assert.throws(() => store.completeIn(db, begin("1")), { code: "CONFIG_INVALID", field: "completeIn" });
  assert.throws(() => new SqliteStore(42), { code: "CONFIG_INVALID", field: "database" });
  store.close();
});

test("a row that is no record of this version is a failure of the store", () => {
  const db = new Database(newFile());
  const store = new SqliteStore(db);
  store.apply(begin("1"));
  const { name } = db.prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE '%record%'").get();
  db.prepare(`UPDATE ${name} SET fingerprint = 'md5:00'`).run();
  assert.throws(() => store.apply(begin("2")), { code: "STORE_UNAVAILABLE" });
  store.close();
});

test("a file that a later version has written is refused, and let go of", () => {
  const file = newFile();
  new SqliteStore(file).close();
  const database = new Database(file);

  database.prepare("INSERT INTO once_again_schema (version) VALUES (99)").run();
  database.close();
  assert.throws(() => new SqliteStore(file), { code: "CONFIG_INVALID", field: "database" });
  // SQLite takes the log away with the file's last connection.
  assert.equal(existsSync(`${file}-wal`), false);
});

test("expired rows go by themselves as new ones come", () => {
  const db = new Database(newFile());
  let now = 1_000_000;
  const clock = { now: () => now, wallNow: () => now, sleep: async () => {} };
  const store = new SqliteStore(db, { clock });
  const keyOf = (i) => i.toString(16).padStart(64, "0");
  for (let i = 0; i < 10; i += 1) store.apply(begin("1", { key: keyOf(i), retention: 1_000_000 }));
  now += 60_000;
  for (let i = 10; i < 15; i += 1) store.apply(begin("1", { key: keyOf(i) }));
  const tables = db.prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE '%record%'").all();
  assert.equal(tables.length, 1);
  assert.equal(db.prepare(`SELECT count(*) AS n FROM ${tables[0].name}`).get().n, 5);
  store.close();
});

const builtIn = await import("node:sqlite").catch(() => undefined);

test("Node's own SQLite serves as well, by file name and by handle, jointly too", {
  skip: builtIn === undefined && `Node ${process.versions.node} has no node:sqlite (22.5 and later have)`,
}, () => {
  const db = new builtIn.DatabaseSync(newFile());
  const store = new SqliteStore(db);
  const { epoch } = store.apply(begin("1"));
  assert.equal(store.apply(begin("2")).reply, "busy");
  const { key, owner } = begin("1");
  const done = { op: "complete", key, owner, epoch, retention: 1_000_000_000, payload: new Uint8Array([1, 2, 3]) };
  assert.throws(() => store.completeIn(db, done), { code: "CONFIG_INVALID", field: "completeIn" });
  db.exec("BEGIN IMMEDIATE");
  assert.equal(store.completeIn(db, done).reply, "completed");
  db.exec("COMMIT");
  const replay = store.apply(begin("3"));
  assert.deepEqual([replay.reply, [...replay.payload]], ["replay", [1, 2, 3]]);
  store.close();
});

test("options that a store does not know are refused, and nothing is opened", () => {
  const file = join(folder, "never.db");
  assert.throws(() => new SqliteStore(file, { cleanupIntervall: 5 }), { field: "cleanupIntervall", value: "5" });
  assert.throws(() => new SqliteStore(file, { clock: {} }), { field: "clock.now" });
  assert.throws(() => new SqliteStore(file, null), { field: "options", value: "null" });
  assert.ok(!existsSync(file));
});
