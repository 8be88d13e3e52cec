// The clients of Node that crash: each as an application would make it, and reconnecting as it does by itself. A process
// loads its own only: hundreds are started.

import { PostgresStore, RedisStore, SqliteStore } from "once-again/stores";

/** The store over `client` at `place`, and what a joint transaction is opened on. */
export const opened = (client, place) => clients[client](place);

/** Nobody looks at the events of a lost connection; calls tell of it. */
const quiet = (client) => client.on("error", () => {});

const clients = {
  async "better-sqlite3"(file) {
    const { default: Database } = await import("better-sqlite3");
    const db = new Database(file);
    return { store: new SqliteStore(db), db };
  },
  async ioredis(url) {
    const { default: Redis } = await import("ioredis");
    return { store: new RedisStore(quiet(new Redis(url))) };
  },
  async "node-redis"(url) {
    const { createClient } = await import("redis");
    return { store: new RedisStore(await quiet(createClient({ url })).connect()) };
  },
  async "ioredis, cluster"(ports) {
    const { Cluster } = await import("ioredis");
    const nodes = ports.map((port) => ({ host: "127.0.0.1", port }));
    return { store: new RedisStore(quiet(new Cluster(nodes))) };
  },
  async "node-redis, cluster"(ports) {
    const { createCluster } = await import("redis");
    const rootNodes = ports.map((port) => ({ url: `redis://127.0.0.1:${port}` }));
    return { store: new RedisStore(await quiet(createCluster({ rootNodes })).connect()) };
  },
  async pg(url) {
    const { default: pg } = await import("pg");
    const pool = quiet(new pg.Pool({ connectionString: url, max: 20 }));
    return { store: new PostgresStore(pool, { cleanupInterval: 0 }), pool };
  },
};
