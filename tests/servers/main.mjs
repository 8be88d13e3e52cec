// Servers for tests in other languages:
//
//   node tests/servers/main.mjs redis cluster postgres
//
// starts what is named and prints one line of JSON, such as {"redis":{"port":40123,"url":"redis://127.0.0.1:40123"}}; a
// server that this machine does not have is {"missing":"why"}. They all end when standard input is closed, and when this
// process ends in any other way. A line `kill redis` ends one as a crash does, `start redis` starts it again over the same
// files; once it is done, a line {"done":"kill redis"} says so.

import { createInterface } from "node:readline";
import { postgresMissing, startPostgres } from "../../scripts/servers/postgres.mjs";
import { redisMissing, startCluster, startRedis, startReplicated } from "../../scripts/servers/redis.mjs";

const kinds = {
  redis: { missing: redisMissing, start: startRedis },
  cluster: { missing: redisMissing, start: startCluster },
  replicated: { missing: redisMissing, start: startReplicated },
  postgres: { missing: postgresMissing, start: startPostgres },
};

const names = process.argv.slice(2);
const unknown = names.find((name) => !Object.hasOwn(kinds, name));
if (names.length === 0 || unknown !== undefined) {
  console.error(`usage: node tests/servers/main.mjs ${Object.keys(kinds).join("|")}…`);
  process.exit(2);
}

const servers = new Map();
const open = async (name) => {
  const { missing, start } = kinds[name];
  if (missing !== false) return [name, { missing }];
  const server = await start({});
  servers.set(name, server);
  const { port, url, ports } = server;
  return [name, { port, url, ports }];
};
const opened = await Promise.all(names.map(open));
console.log(JSON.stringify(Object.fromEntries(opened)));

for await (const line of createInterface({ input: process.stdin })) {
  const [what, name] = line.split(" ");
  if (what !== "kill" && what !== "start") throw new Error(`kill or start, not ${what}`);
  const server = servers.get(name);
  // Its children too: PostgreSQL's may answer for a moment after their parent has gone.
  if (what === "kill") server.signal?.("SIGKILL");
  await server[what]();
  console.log(JSON.stringify({ done: line }));
}
await Promise.all([...servers.values()].map((server) => server.stop()));
process.exit();
