// Redis for tests and the demo: one server, or a cluster of six (three primaries, each with a replica).

import { execFile } from "node:child_process";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { findProgram, freePorts, Server, temporaryFolder } from "./server.mjs";

const run = promisify(execFile);
const program = findProgram("redis-server") ?? findProgram("valkey-server");

/** Why no Redis can be started here; false when one can. Fits the `skip` of a test. */
export const redisMissing = program === undefined && "neither redis-server nor valkey-server is installed";

/**
 * Starts one Redis that writes nothing to disk; `settings` are lines of its configuration, as `{ appendonly: "yes" }`.
 *
 * @returns {Promise<Redis>}
 */
export async function startRedis(settings = {}) {
  const [port] = await freePorts(1);
  return new Redis(await temporaryFolder(), port, settings).start();
}

export class Redis extends Server {
  constructor(folder, port, settings = {}) {
    const all = {
      port,
      bind: "127.0.0.1",
      dir: folder,
      save: "",
      appendfsync: "always",
      "enable-debug-command": "yes",
    };
    const args = Object.entries({ ...all, ...settings }).flatMap(([name, value]) => [`--${name}`, String(value)]);
    super([program, ...args], { folder, isReady: (pid) => answers(port, pid) });
    this.port = port;
    this.url = `redis://127.0.0.1:${port}`;
  }
}

/**
 * Starts one Redis and a replica that follows it.
 *
 * @returns {Promise<{ nodes: Redis[], ports: number[], stop(): Promise<void> }>}
 */
export async function startReplicated(settings = {}) {
  // Otherwise a primary waits five seconds for more replicas to come.
  const atOnce = { "repl-diskless-sync-delay": 0, ...settings };
  const nodes = [await startRedis(atOnce), await startRedis(atOnce)];
  const ports = nodes.map(({ port }) => port);
  const stop = async () => {
    await Promise.all(nodes.map((node) => node.stop()));
  };
  await ask(ports[1], `REPLICAOF 127.0.0.1 ${ports[0]}`);
  for (let tries = 0; tries < 600; tries += 1) {
    if ((await ask(ports[0], "INFO replication")).includes("state=online")) return { nodes, ports, stop };
    await sleep(50);
  }
  await stop();
  throw new Error("the replica did not come on line within half a minute");
}

/**
 * Starts six servers and joins them; `settings` go to each.
 *
 * @returns {Promise<{ nodes: Redis[], ports: number[], stop(): Promise<void> }>}
 */
export async function startCluster(settings = {}) {
  const free = await freePorts(12);
  const [ports, buses] = [free.slice(0, 6), free.slice(6)];
  const nodes = await Promise.all(
    ports.map(async (port, index) => {
      const folder = await temporaryFolder();
      return new Redis(folder, port, {
        "cluster-enabled": "yes",
        "cluster-port": buses[index],
        "cluster-config-file": join(folder, "nodes.conf"),
        "cluster-node-timeout": 1000,
        ...settings,
      }).start();
    }),
  );
  const stop = async () => {
    await Promise.all(nodes.map((node) => node.stop()));
  };
  try {
    const cli = findProgram("redis-cli") ?? findProgram("valkey-cli");
    const addresses = ports.map((port) => `127.0.0.1:${port}`);
    await run(cli, ["--cluster", "create", ...addresses, "--cluster-replicas", "1", "--cluster-yes"]);
    await joined(ports);
  } catch (error) {
    await stop();
    throw error;
  }
  return { nodes, ports, stop };
}

/** Until every node knows every other one, and the three replicas follow. */
async function joined(ports) {
  for (let tries = 0; tries < 600; tries += 1) {
    const all = await Promise.all(
      ports.map(async (port) => [await ask(port, "CLUSTER INFO"), await ask(port, "CLUSTER NODES")]),
    );
    const settled = ([info, nodes]) =>
      info.includes("cluster_state:ok") && info.includes("cluster_known_nodes:6") && nodes.split("slave").length === 4;
    if (all.every(settled)) return;
    await sleep(50);
  }
  throw new Error("the cluster did not come together within half a minute");
}

const answers = async (port, pid) => (await ask(port, "INFO server").catch(() => "")).includes(`process_id:${pid}\r\n`);

/** Sends one inline command and answers whatever comes back first. */
export function ask(port, command) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    let reply = "";
    socket.on("connect", () => socket.write(`${command}\r\n`));
    socket.on("data", (chunk) => {
      reply += chunk;
      const length = /^\$(\d+)\r\n/.exec(reply);
      if (length !== null && reply.length < length[0].length + Number(length[1])) return;
      socket.destroy();
      resolve(reply);
    });
    socket.on("error", reject);
    socket.on("close", () => reject(new Error("the server hung up")));
  });
}
