// The guide docs/stores.md as it stands, over a PostgreSQL and a Redis of its own.

import assert from "node:assert/strict";
import { test } from "node:test";
import { postgresMissing, startPostgres } from "../../scripts/servers/postgres.mjs";
import { redisMissing, startRedis } from "../../scripts/servers/redis.mjs";
import { asking, codeOf, run } from "./guide.mjs";

const [postgres, redis, joint, ...more] = await codeOf("docs/stores.md");

test("the guide has the three pieces of code that are run here", () => assert.equal(more.length, 0));

test("a payment and its record are committed together in PostgreSQL", { skip: postgresMissing }, async (t) => {
  const server = await startPostgres();
  t.after(() => server.stop());
  const table = `
    app.use(express.json());
    await pool.query("CREATE TABLE payments (id SERIAL, amount INTEGER)");\n`;
  const asks = `
    const port = await listening((await import("node:http")).createServer(app));
    for (const key of ["k1", "k1", "k2"]) console.log(await asked(port, "/payments", { amount: 5 }, key));
    console.log((await pool.query("SELECT count(*)::int AS rows FROM payments")).rows);
    process.exit();`;
  const { stdout } = await run(t, postgres + table + joint + asking + asks, { DATABASE_URL: server.url });
  assert.equal(stdout, '201 {"id":1} \n201 {"id":1} true\n201 {"id":2} \n[ { rows: 2 } ]\n');
});

test("a store over Redis, however its client is made, warns of settings that lose records", {
  skip: redisMissing,
}, async (t) => {
  const server = await startRedis({ appendonly: "no" });
  t.after(() => server.stop());
  const env = { REDIS_URL: server.url };
  const [, imported, made] = /import (\{ createClient \} from "redis");.*?(new RedisStore\(.*\))$/m.exec(redis);
  const others = `
    import ${imported};
    const { REDIS_URL: url } = process.env;
    const stores = [store, ${made}, RedisStore.fromEnv()];
    for (const each of stores) console.log((await each.check()).length);
    process.exit();`;
  assert.equal((await run(t, redis + others, env)).stdout, "1\n1\n1\n");
});
