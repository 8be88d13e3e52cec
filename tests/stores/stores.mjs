// Every store of Node, over every client it works with: what a suite runs through.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import Redis, { Cluster } from "ioredis";
import { MemoryStore, PostgresStore, RedisStore, SqliteStore } from "once-again/stores";
import pg from "pg";
import { createClient, createCluster } from "redis";
import { postgresMissing, startPostgres } from "../../scripts/servers/postgres.mjs";
import { redisMissing, startCluster, startRedis } from "../../scripts/servers/redis.mjs";

const nodeSqlite = await import("node:sqlite").catch(() => undefined);
const noNodeSqlite = nodeSqlite === undefined && `Node ${process.versions.node} has no node:sqlite`;

/**
 * Each has a `name`, `missing` (why it cannot be tested here, or false), and `start`, which answers `open(clock)` for a store
 * on one shared set of records and `stop`.
 */
export const stores = [
  { name: "memory", missing: false, start: () => ({ open: (clock) => new MemoryStore({ clock }), stop() {} }) },
  { name: "sqlite, better-sqlite3", missing: false, start: () => sqlite((file) => new Database(file)) },
  {
    name: "sqlite, node:sqlite",
    missing: noNodeSqlite,
    start: () => sqlite((file) => new nodeSqlite.DatabaseSync(file)),
  },
  { name: "redis, ioredis", missing: redisMissing, start: () => redis(startRedis, ioredis) },
  { name: "redis, node-redis", missing: redisMissing, start: () => redis(startRedis, nodeRedis) },
  { name: "redis cluster, ioredis", missing: redisMissing, start: () => redis(startCluster, ioredisCluster) },
  { name: "redis cluster, node-redis", missing: redisMissing, start: () => redis(startCluster, nodeRedisCluster) },
  { name: "postgres", missing: postgresMissing, start: () => postgres({}) },
  { name: "postgres, monthly partitions", missing: postgresMissing, start: () => postgres({ partition: "monthly" }) },
];

/** Those that other processes can reach as well. */
export const shared = stores.filter(({ name }) => name !== "memory");

async function sqlite(connect) {
  const folder = await mkdtemp(join(tmpdir(), "once-again-stores-"));
  const file = join(folder, "records.db");
  const open = (clock) => {
    const database = connect(file);
    database.exec("PRAGMA busy_timeout = 5000");
    database.exec("PRAGMA journal_mode = WAL");
    return new SqliteStore(database, { cleanupInterval: 0, clock });
  };
  return { open, stop: () => rm(folder, { recursive: true, force: true }) };
}

async function redis(startServer, connect) {
  // Not for what it keeps: a Redis that forgets is warned of.
  const server = await startServer({ appendonly: "yes" });
  const { client, end } = await connect(server);
  return {
    server,
    client,
    open: (clock) => new RedisStore(client, { clock }),
    stop: async () => {
      end();
      await server.stop();
    },
  };
}

async function postgres(options) {
  const server = await startPostgres();
  const pool = quiet(new pg.Pool({ connectionString: server.url }));
  await new PostgresStore(pool, options).ensureSchema();
  return {
    server,
    pool,
    open: (clock) => new PostgresStore(pool, { cleanupInterval: 0, clock, ...options }),
    stop: async () => {
      await pool.end();
      await server.stop();
    },
  };
}

/** A lost connection is the outage suite's subject; nobody else looks at the event. */
const quiet = (client) => client.on("error", () => {});

export async function ioredis({ port }) {
  const client = quiet(new Redis(port, "127.0.0.1"));
  return { client, end: () => client.disconnect() };
}

export async function nodeRedis({ url }) {
  const client = await quiet(createClient({ url })).connect();
  return { client, end: () => client.destroy() };
}

async function ioredisCluster({ ports }) {
  const client = quiet(new Cluster(ports.map((port) => ({ host: "127.0.0.1", port }))));
  return { client, end: () => client.disconnect() };
}

async function nodeRedisCluster({ ports }) {
  const client = quiet(createCluster({ rootNodes: ports.map((port) => ({ url: `redis://127.0.0.1:${port}` })) }));
  await client.connect();
  return { client, end: () => client.destroy() };
}
