// What `--store` chooses: which services run, where their ledger and records are, and what may be promised for it.

import { join } from "node:path";
import pg from "pg";
import { postgresMissing, startPostgres } from "../../../scripts/servers/postgres.mjs";
import { redisMissing, startRedis } from "../../../scripts/servers/redis.mjs";

const JOINT = "a charge and its record are one transaction";

export const STORES = {
  sqlite: {
    services: ["express"],
    joint: true,
    missing: false,
    about: `Express; ledger and records in one SQLite file, where ${JOINT}`,
    async open(folder) {
      const places = async (run) => {
        const file = join(folder, `${run}.db`);
        return { records: file, ledger: file };
      };
      return { places, stop: async () => {} };
    },
  },
  redis: {
    services: ["express", "fastapi"],
    joint: false,
    missing: redisMissing,
    about: "Express and FastAPI; records in Redis, and a ledger elsewhere that knows a charge by its key",
    async open(folder) {
      const redis = await startRedis({ appendonly: "yes" });
      const places = async (run) => ({ records: redis.url, ledger: join(folder, `${run}.db`) });
      return { places, stop: () => redis.stop() };
    },
  },
  postgres: {
    services: ["express", "fastapi"],
    joint: true,
    missing: postgresMissing,
    about: `Express and FastAPI; ledger and records in one PostgreSQL database, where ${JOINT}`,
    async open() {
      const postgres = await startPostgres();
      const places = async (run) => {
        const client = new pg.Client(postgres.url);
        await client.connect();
        await client.query(`CREATE DATABASE ${run}`);
        await client.end();
        const url = postgres.url.replace(/\/postgres$/, `/${run}`);
        return { records: url, ledger: url };
      };
      return { places, stop: () => postgres.stop() };
    },
  },
};

/** The store of this name. @throws when there is none, or when this machine has no such server. */
export function storeNamed(name) {
  if (!Object.hasOwn(STORES, name)) {
    throw new Error(`STORE: got ${name}, expected sqlite, redis or postgres`);
  }
  const store = STORES[name];
  if (store.missing !== false) throw new Error(`${store.missing}: scripts/setup.sh demo ${name} installs it`);
  return store;
}
