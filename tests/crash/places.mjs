// Where records and effects of a test are: a store of each kind, and a ledger that survives whoever writes it.

import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import Database from "better-sqlite3";
import { PostgresStore } from "once-again/stores";
import pg from "pg";
import { postgresMissing, startPostgres } from "../../scripts/servers/postgres.mjs";
import { ask, redisMissing, startCluster, startRedis } from "../../scripts/servers/redis.mjs";

const TABLE = "CREATE TABLE effects (key TEXT NOT NULL, epoch BIGINT NOT NULL, attempt BIGINT NOT NULL)";
const SELECT = "SELECT key, epoch, attempt FROM effects";

/** Each kind's `missing` (why it cannot be tested here, or false) and `start`. */
export const kinds = {
  sqlite: { missing: false, start: startSqlite },
  redis: { missing: redisMissing, start: () => startOver(startRedis, { appendonly: "yes", appendfsync: "always" }) },
  cluster: { missing: redisMissing, start: startReplicas },
  postgres: { missing: postgresMissing, start: startRows },
};

/** A folder with a ledger; `effects()` are those of the ledger, `rows()` those beside the records. */
async function folderWith(place, fields) {
  const folder = await mkdtemp(join(tmpdir(), "once-again-crash-"));
  const ledger = join(folder, "ledger");
  const effects = () => {
    const text = existsSync(ledger) ? readFileSync(ledger, "utf8") : "";
    return text.split("\n").filter(Boolean).map(JSON.parse);
  };
  const remove = () => rm(folder, { recursive: true, force: true });
  return { folder, ledger, effects, place, stop: remove, ...fields };
}

async function startSqlite() {
  const started = await folderWith();
  const place = join(started.folder, "records.db");
  const db = new Database(place);
  db.pragma("journal_mode = WAL");
  db.exec(TABLE);
  const stop = async () => {
    db.close();
    await started.stop();
  };
  return { ...started, place, rows: async () => db.prepare(SELECT).all(), stop };
}

async function startOver(start, settings) {
  const server = await start(settings);
  const started = await folderWith(server.url ?? server.ports, { server });
  const stop = async () => {
    await server.stop();
    await started.stop();
  };
  return { ...started, stop };
}

/** A cluster whose replicas have what their primaries have: none else can take over. */
async function startReplicas() {
  // Otherwise a primary waits five seconds for more replicas to come.
  const started = await startOver(startCluster, { appendonly: "yes", "repl-diskless-sync-delay": 0 });
  const { ports } = started.server;
  for (let tries = 0; tries < 600; tries += 1) {
    const all = await Promise.all(ports.map((port) => ask(port, "INFO replication")));
    if (all.filter((info) => info.includes("state=online")).length === 3) return started;
    await sleep(50);
  }
  await started.stop();
  throw new Error("the replicas did not come on line within half a minute");
}

async function startRows() {
  const started = await startOver(startPostgres, {});
  const pool = new pg.Pool({ connectionString: started.place });
  pool.on("error", () => {});
  await pool.query(TABLE);
  const store = new PostgresStore(pool, { cleanupInterval: 0 });
  await store.ensureSchema();
  const rows = async () => {
    const { rows } = await pool.query(SELECT);
    return rows.map(({ key, epoch, attempt }) => ({ key, epoch: Number(epoch), attempt: Number(attempt) }));
  };
  const stop = async () => {
    await pool.end();
    await started.stop();
  };
  return { ...started, rows, stop };
}
