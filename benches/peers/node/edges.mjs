// Rows of the HTTP edge: the CPU that one request costs an Express service, asked by autocannon from this process. CPU and
// not latency: what a server can serve is bounded by it, and what else the machine does hardly touches it.

import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import autocannon from "autocannon";
import { guards } from "./edges/guards.mjs";

const ROUNDS = 5;
const REQUESTS = 2_000;
const CONNECTIONS = 10;

const program = fileURLToPath(new URL("edges/server.mjs", import.meta.url));
const body = JSON.stringify({
  customer: { id: 7, name: "Ada Lovelace" },
  items: Array.from({ length: 10 }, (_, at) => ({
    sku: `SKU-${at}`,
    quantity: at + 1,
    note: "as usual, at the back door",
  })),
});

let keys = 0;
const newKey = () => {
  keys += 1;
  return `0197b2a4-8f5e-7cc1-9d6a-${keys.toString(16).padStart(12, "0")}`;
};

class Service {
  static async start(name) {
    const service = new Service();
    service.process = fork(program, [name], { stdio: ["ignore", "ignore", "inherit", "ipc"] });
    const [{ port }] = await once(service.process, "message");
    service.url = `http://127.0.0.1:${port}`;
    return service;
  }

  async used() {
    this.process.send("used");
    const [used] = await once(this.process, "message");
    return used;
  }

  /** CPU nanoseconds a request; fails when other than `runs` handlers ran. */
  async load(key, runs) {
    const before = await this.used();
    const headers = { "content-type": "application/json" };
    const setupRequest = (request) => ({ ...request, headers: { ...headers, "idempotency-key": key() } });
    const requests = [{ method: "POST", path: "/orders", body, headers, setupRequest }];
    const result = await autocannon({ url: this.url, connections: CONNECTIONS, amount: REQUESTS, requests });
    const after = await this.used();
    const ran = after.runs - before.runs;
    if (result.non2xx + result.errors > 0 || ran !== runs) {
      throw new Error(`${result.non2xx} refused, ${result.errors} failed, ${ran} of ${runs} handlers ran`);
    }
    return (after.cpu - before.cpu) / REQUESTS;
  }
}

/** The least CPU of each name over all rounds, which take turns. */
async function least(services, measure) {
  const best = {};
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const [name, service] of services) {
      const cost = await measure(name, service);
      if (round > 0) best[name] = Math.min(best[name] ?? Number.POSITIVE_INFINITY, cost); // the first one warms up
    }
  }
  return best;
}

const microseconds = (nanoseconds) => `${(nanoseconds / 1_000).toFixed(0)} µs`;

export async function rows() {
  const services = await Promise.all(Object.keys(guards).map(async (name) => [name, await Service.start(name)]));
  try {
    const unique = await least(services, (_, service) => service.load(newKey, REQUESTS));
    const known = newKey();
    for (const [, service] of services) {
      const headers = { "content-type": "application/json", "idempotency-key": known };
      await fetch(`${service.url}/orders`, { method: "POST", headers, body });
    }
    const replay = await least(services, (name, service) =>
      service.load(() => known, name === "bare handler" ? REQUESTS : 0),
    );

    const { "once-again": ours, "bare handler": bare, ...others } = unique;
    const added = Object.fromEntries(Object.entries(others).map(([name, cost]) => [name, cost - bare]));
    const { "once-again": again, ...repeated } = replay;
    return [
      {
        id: "node-express-unique",
        work: `Express, a new key: CPU beside the bare handler's ${microseconds(bare)} a request`,
        goal: 1,
        most: 40_000,
        measured: { ours: ours - bare, ...added },
      },
      {
        id: "node-express-replay",
        work: "Express, a replay: CPU a request",
        goal: 1,
        peer_goals: { "bare handler": 1 },
        measured: { ours: again, ...repeated },
      },
    ];
  } finally {
    for (const [, service] of services) service.process.disconnect();
  }
}
