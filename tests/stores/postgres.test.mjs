// What only PostgreSQL has: a schema, and transactions that a record can be part of.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { after, before, describe, test } from "node:test";
import { IdempotencyManager } from "once-again";
import { PostgresStore } from "once-again/stores";
import pg from "pg";
import { postgresMissing, startPostgres } from "../../scripts/servers/postgres.mjs";
import { serve } from "./service.mjs";

const get = { op: "get", key: "ab".repeat(32) };
const begin = (owner) => ({
  op: "begin",
  key: get.key,
  owner: owner.repeat(32),
  fingerprint: `raw:${"00".repeat(32)}`,
  lease: 60_000_000,
  retention: 3_600_000_000,
  onOrphan: "reexecute",
  maxTakeovers: 5,
  derived: false,
});

test("what is no client of pg is refused by name", () => {
  for (const client of [undefined, null, {}, "postgres://localhost"]) {
    assert.throws(() => new PostgresStore(client), {
      code: "CONFIG_INVALID",
      field: "client",
      message: /Client of pg/,
    });
  }
});

test("a wrong setting is refused by name, with its range", () => {
  const client = { query() {} };
  const refused = { field: "table", message: /got "a b", expected 1 to 40 letters, digits and underscores/ };
  assert.throws(() => new PostgresStore(client, { table: "a b" }), refused);
  assert.throws(() => new PostgresStore(client, { partition: "weekly" }), { field: "partition", message: /monthly/ });
  assert.throws(() => new PostgresStore(client, { cleanupInterval: -1 }), { field: "cleanupInterval" });
});

test("fromEnv without DATABASE_URL names the variable", () => {
  assert.equal(process.env.DATABASE_URL, undefined);
  assert.throws(() => PostgresStore.fromEnv(), { code: "CONFIG_INVALID", field: "DATABASE_URL" });
});

test("a sweep goes on for as long as it is full", async () => {
  const counts = [1000, 1000, 3];
  let done;
  const swept = new Promise((resolve) => {
    done = resolve;
  });
  const client = {
    async query({ text, values }) {
      if (text.startsWith("SELECT 'schema'")) return { rows: [["schema", "1"]] };
      if (text.includes("_begin_1")) return { rows: [["acquired", "7", "1", null, null, null]] };
      assert.equal(values[1], 1000);
      const count = counts.shift();
      if (counts.length === 0) done();
      return { rows: [["swept", String(count)]] };
    },
  };
  const store = new PostgresStore(client, { cleanupInterval: 1 });
  const keepsTheProcess = setTimeout(() => {}, 10_000);
  await store.apply(begin("1"));
  await swept;
  clearTimeout(keepsTheProcess);
  await store.close();
});

describe("on a real server", { skip: postgresMissing }, () => {
  let server;
  let pool;
  before(async () => {
    server = await startPostgres();
    pool = new pg.Pool({ connectionString: server.url });
    pool.on("error", () => {});
  });
  after(async () => {
    await pool.end();
    await server.stop();
  });
  let tables = 0;
  const newStore = async () => {
    tables += 1;
    const store = new PostgresStore(pool, { table: `keys_${tables}`, cleanupInterval: 0 });
    await store.ensureSchema();
    return store;
  };

  test("without its schema a store refuses, warns, and says what to do", async () => {
    const store = new PostgresStore(pool, { table: "nowhere" });
    const expected = /table: got nowhere, expected a table with schema 1/;
    await assert.rejects(store.check(), { code: "CONFIG_INVALID", message: expected });
    const warned = once(process, "warning");
    await assert.rejects(store.apply(get), ({ code, cause }) => code === "STORE_UNAVAILABLE" && cause.code === "42P01");
    const [{ message }] = await warned;
    assert.match(message, expected);
    await store.ensureSchema();
    assert.deepEqual(await store.check(), []);
    assert.deepEqual(await store.apply(get), { reply: "notFound" });
  });

  test("many processes may make the schema at once", async () => {
    const stores = Array.from({ length: 5 }, () => new PostgresStore(pool, { table: "at_once" }));
    await Promise.all(stores.map((store) => store.ensureSchema()));
    assert.equal((await stores[0].apply(begin("1"))).reply, "acquired");
  });

  test("a store lives in the schema it is told", async () => {
    await pool.query('CREATE SCHEMA "App"');
    const store = new PostgresStore(pool, { schema: "App", table: "user" });
    await store.ensureSchema();
    await store.apply(begin("1"));
    const { rows } = await pool.query('SELECT count(*)::int FROM "App"."user"');
    assert.deepEqual(rows, [{ count: 1 }]);
  });

  test("large numbers are read however the client was told to bring them", async () => {
    const store = await newStore();
    const types = { getTypeParser: (oid, format) => (oid === 20 ? BigInt : pg.types.getTypeParser(oid, format)) };
    const other = new pg.Pool({ connectionString: server.url, types });
    const { epoch } = await store.apply(begin("1"));
    const again = await new PostgresStore(other, { table: `keys_${tables}` }).apply(begin("1"));
    assert.deepEqual([again.reply, again.epoch], ["acquired", epoch]);
    await other.end();
  });

  test("a first run is two statements, a replay one", async (t) => {
    const store = await newStore();
    await store.check();
    let statements = 0;
    const counting = {
      query(query) {
        statements += 1;
        return pool.query(query);
      },
    };
    const counted = new PostgresStore(counting, { table: `keys_${tables}`, cleanupInterval: 0 });
    const ask = await serve(t, { store: counted }, (_request, response) => response.status(201).json({ paid: true }));
    await ask("first-asks-for-the-schema");
    statements = 0;
    await ask("k");
    assert.equal(statements, 2);
    assert.equal((await ask("k")).replayed, true);
    assert.equal(statements, 3);
  });

  test("many claims are one statement, answered in their order", async () => {
    await newStore();
    const statements = [];
    const counting = {
      query(query) {
        statements.push(query.text);
        return pool.query(query);
      },
    };
    const store = new PostgresStore(counting, { table: `keys_${tables}`, cleanupInterval: 0 });
    const claim = (key, owner) => ({ ...begin(owner), key: key.repeat(64) });
    // The third comes second on its key, whatever the order of the keys.
    const replies = await store.applyMany([claim("b", "1"), claim("a", "2"), claim("b", "3"), claim("0", "4")]);
    assert.deepEqual(
      replies.map(({ reply }) => reply),
      ["acquired", "acquired", "busy", "acquired"],
    );
    assert.equal(statements.length, 1);
    const [mixed] = await store.applyMany([{ op: "get", key: "a".repeat(64) }, claim("c", "5")]);
    assert.equal(mixed.reply, "found");
    assert.deepEqual(await store.applyMany([]), []);
  });

  test("batches of the same claims in opposite orders never wait for each other", async () => {
    const store = await newStore();
    const claims = Array.from({ length: 200 }, (_, at) => ({ ...begin("1"), key: at.toString(16).padStart(64, "0") }));
    const by = (owner) => claims.map((claim) => ({ ...claim, owner: owner.repeat(32) }));
    const batches = await Promise.all([store.applyMany(by("1")), store.applyMany(by("2").reverse())]);
    const acquired = batches.flat().filter(({ reply }) => reply === "acquired");
    assert.equal(acquired.length, 200);
  });

  describe("joint mode", () => {
    const charge = (client) => client.query("INSERT INTO ledger (amount) VALUES (5)");
    const charges = async () => (await pool.query("SELECT count(*)::int AS n FROM ledger")).rows[0].n;
    /** A transaction as people write it. */
    const transaction = async (work) => {
      const client = await pool.connect();
      try {
        await client.query("BEGIN");
        const result = await work(client);
        await client.query("COMMIT");
        return result;
      } catch (error) {
        await client.query("ROLLBACK");
        throw error;
      } finally {
        client.release();
      }
    };
    before(() => pool.query("CREATE TABLE ledger (amount int NOT NULL)"));

    test("the charge and its record are committed together, and replayed", async (t) => {
      const store = await newStore();
      const before = await charges();
      const ask = await serve(t, { store }, async (request, response) => {
        const answer = { status: 201, body: { charged: request.body.amount } };
        await transaction(async (client) => {
          await charge(client);
          await request.idempotency.completeIn(client, answer);
        });
        response.status(201).json(answer.body);
      });
      assert.deepEqual(await ask("joint-1"), { status: 201, text: '{"charged":5}', replayed: false });
      assert.deepEqual(await ask("joint-1"), { status: 201, text: '{"charged":5}', replayed: true });
      assert.equal(await charges(), before + 1);
    });

    test("who has lost the claim is rolled back, charge and all", async (t) => {
      const store = await newStore();
      const before = await charges();
      const ask = await serve(t, { store }, async (request, response) => {
        // Another process took over while this one stood still.
        await pool.query(`UPDATE keys_${tables} SET epoch = epoch + 1, owner = decode(repeat('ff', 16), 'hex')`);
        await transaction(async (client) => {
          await charge(client);
          await request.idempotency.completeIn(client, { body: "charged" });
        });
        response.json({});
      });
      const { status } = await ask("joint-2");
      assert.notEqual(status, 200);
      assert.equal(await charges(), before);
    });

    test("a client without an open transaction is refused", async () => {
      const store = await newStore();
      const client = await pool.connect();
      await assert.rejects(store.completeIn(client, get), { code: "CONFIG_INVALID", field: "completeIn" });
      client.release();
    });

    test("a store over the very client that has a transaction open stays out of it", async () => {
      const client = new pg.Client({ connectionString: server.url });
      await client.connect();
      const store = new PostgresStore(client, { table: `keys_${tables}` });
      await client.query("BEGIN");
      await assert.rejects(store.apply(get), { code: "STORE_UNAVAILABLE", message: /give it a Pool/ });
      await client.query("ROLLBACK");
      assert.deepEqual(await store.apply(get), { reply: "notFound" });
      await client.end();
    });
  });

  test("a manager over a closed store says so", async () => {
    const store = await newStore();
    await store.close();
    const manager = new IdempotencyManager({ store });
    const fingerprint = manager.createRequestFingerprint("POST", "/", {}, {});
    await assert.rejects(manager.checkDuplicate("k", fingerprint), { code: "STORE_UNAVAILABLE" });
  });

  test("fromEnv makes a pool, and close lets the process end", () => {
    const program = `
      import { PostgresStore } from "once-again/stores";
      const store = PostgresStore.fromEnv({ table: "from_env" });
      await store.ensureSchema();
      console.log((await store.apply(${JSON.stringify(get)})).reply);
      await store.close();`;
    const ran = spawnSync(process.execPath, ["--input-type=module", "--eval", program], {
      cwd: import.meta.dirname,
      env: { ...process.env, DATABASE_URL: server.url },
      encoding: "utf8",
      timeout: 20_000,
    });
    assert.deepEqual([ran.stdout.trim(), ran.stderr, ran.status], ["notFound", "", 0]);
  });
});
