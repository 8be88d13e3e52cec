// The guide docs/http.md as it stands: its servers are started and asked.

import assert from "node:assert/strict";
import { test } from "node:test";
import { redisMissing, startRedis } from "../../scripts/servers/redis.mjs";
import { asking, codeOf, run } from "./guide.mjs";

const [express, fastify, plain, joint, counts, ...more] = await codeOf("docs/http.md");

test("the guide has the five pieces of code that are run here", () => assert.equal(more.length, 0));

const orders = `
  let orders = 0;
  const createOrder = async () => ({ order: ++orders });
  const askedThree = async (port) => {
    for (const key of ["k1", "k1", "k2"]) console.log(await asked(port, "/orders", { item: "tea" }, key));
    process.exit();
  };`;
const answers = '201 {"order":1} \n201 {"order":1} true\n201 {"order":2} \n';

test("Express and Fastify create an order once per key, over Redis", { skip: redisMissing }, async (t) => {
  const server = await startRedis();
  t.after(() => server.stop());
  const env = { REDIS_URL: server.url };
  const redis = `
    import Redis from "ioredis";
    const redis = new Redis(process.env.REDIS_URL);
    await redis.config("SET", "maxmemory-policy", "noeviction", "appendonly", "yes");`;
  const authenticate = `
    const authenticate = (req, res, next) => {
      req.user = { id: "ada" };
      next();
    };`;
  const asksExpress = 'await askedThree(await listening((await import("node:http")).createServer(app)));';
  const inExpress = await run(t, [redis, authenticate, express, asking, orders, asksExpress].join("\n"), env);
  assert.equal(inExpress.stdout, answers);

  const app = `
    import Fastify from "fastify";
    import { RedisStore } from "once-again/stores";
    const app = Fastify();`;
  const asksFastify = `
    const address = await app.listen({ port: 0 });
    await redis.flushall();
    await askedThree(new URL(address).port);`;
  const inFastify = await run(t, [redis, app, fastify, asking, orders, asksFastify].join("\n"), env);
  assert.equal(inFastify.stdout, answers);
});

test("Node's own server creates an order once per key, and wants one", async (t) => {
  const names = 'import { MemoryStore } from "once-again/stores";\nconst store = new MemoryStore();\n';
  // The guide says nothing of a port.
  const served = plain.replace("createServer((", "const server = createServer((");
  const asks = `
    const port = await listening(server);
    console.log(await asked(port, "/orders", {}));
    await askedThree(port);`;
  const { stdout } = await run(t, [names, served, asking, orders, asks].join("\n"));
  const [refused, ...rest] = stdout.split("\n");
  assert.match(refused, /^400 .*key-missing/);
  assert.equal(rest.join("\n"), answers);
});

test("a booking and its record are written together", async (t) => {
  const before = `
    import Database from "better-sqlite3";
    import express from "express";
    import { createServer } from "node:http";
    import { idempotencyMiddleware } from "once-again";
    import { SqliteStore } from "once-again/stores";
    const db = new Database("shop.db");
    db.exec("CREATE TABLE orders (id INTEGER PRIMARY KEY)");
    const book = () => ({ order: Number(db.prepare("INSERT INTO orders DEFAULT VALUES").run().lastInsertRowid) });
    const app = express().use(express.json()).use(idempotencyMiddleware({ store: new SqliteStore(db) }));
    app.post("/orders", (req, res) => {`;
  const asks = "await askedThree(await listening(createServer(app)));";
  const { stdout } = await run(t, [before, joint, "});", asking, orders, asks].join("\n"));
  assert.equal(stdout, answers);
});

test("a guard counts its orders, and the one that was answered from a record", async (t) => {
  const before = `
    import express from "express";
    import { createServer } from "node:http";
    import { idempotencyMiddleware } from "once-again";
    import { MemoryStore } from "once-again/stores";
    const store = new MemoryStore();
    const app = express();`;
  const asks = `
    app.post("/orders", async (req, res) => res.status(201).json(await createOrder()));
    process.on("exit", showStats);
    await askedThree(await listening(createServer(app)));`;
  const { stdout, stderr } = await run(t, [before, counts, asking, orders, asks].join("\n"));
  assert.ok(stdout.startsWith(answers));
  assert.match(stdout, /totalOperations: 3,\s+duplicates: 1,.*active: 0,\s+unprotected: 0,\s+lostCompletions: 0/s);
  assert.equal(stderr, "");
});
