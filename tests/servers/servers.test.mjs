import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { test } from "node:test";
import { postgresMissing, startPostgres } from "../../scripts/servers/postgres.mjs";
import { ask, redisMissing, startCluster, startRedis } from "../../scripts/servers/redis.mjs";

test("a killed Redis comes back over the same files", { skip: redisMissing }, async () => {
  const redis = await startRedis({ appendonly: "yes" });
  assert.match(await ask(redis.port, "SET colour green"), /^\+OK/);
  await redis.kill();
  await assert.rejects(ask(redis.port, "PING"));
  await redis.start();
  assert.equal(await ask(redis.port, "GET colour"), "$5\r\ngreen\r\n");
  await redis.stop();
  await assert.rejects(ask(redis.port, "PING"));
});

test("a cluster has three primaries, and a replica for each", { skip: redisMissing }, async () => {
  const cluster = await startCluster();
  const nodes = await ask(cluster.ports[5], "CLUSTER NODES");
  assert.equal(nodes.match(/\bmaster\b/g).length, 3);
  assert.equal(nodes.match(/\bslave\b/g).length, 3);
  await cluster.stop();
});

test("PostgreSQL is ready when it has started", { skip: postgresMissing }, async () => {
  const postgres = await startPostgres();
  assert.match(postgres.url, /^postgres:\/\/postgres@127\.0\.0\.1:\d+\/postgres$/);
  await postgres.kill();
  await postgres.start();
  await postgres.stop();
});

test("the program for other languages stops its servers when its input ends", { skip: redisMissing }, async () => {
  const program = spawn(process.execPath, [join(import.meta.dirname, "main.mjs"), "redis"]);
  const [line] = await once(program.stdout, "data");
  const { port } = JSON.parse(line).redis;
  assert.match(await ask(port, "PING"), /^\+PONG/);
  program.stdin.end();
  assert.deepEqual(await once(program, "exit"), [0, null]);
  await assert.rejects(ask(port, "PING"));
});
