// The stores that fixtures are run over: real servers of their own, one for all tests of a file.

import { rm } from "node:fs/promises";
import { join } from "node:path";
import { postgresMissing, startPostgres } from "../../scripts/servers/postgres.mjs";
import { redisMissing, startRedis } from "../../scripts/servers/redis.mjs";
import { temporaryFolder } from "../../scripts/servers/server.mjs";

const nothing = async () => {};

/** `start` answers an `at` to be a fixture's `STORE`, and how to `stop`. */
const all = [
  { name: "memory", missing: false, start: async () => ({ at: "memory", stop: nothing }) },
  {
    name: "redis",
    missing: redisMissing,
    start: async () => {
      const server = await startRedis();
      return { at: server.url, stop: () => server.stop() };
    },
  },
  {
    name: "postgres",
    missing: postgresMissing,
    start: async () => {
      const server = await startPostgres();
      return { at: server.url, stop: () => server.stop() };
    },
  },
  {
    name: "sqlite",
    missing: false,
    start: async () => {
      const folder = await temporaryFolder();
      return { at: `sqlite:${join(folder, "records.db")}`, stop: () => rm(folder, { recursive: true, force: true }) };
    },
  },
];

const wanted = process.env.STORES?.split(",");

export const stores = all.filter(({ name }) => wanted === undefined || wanted.includes(name));
