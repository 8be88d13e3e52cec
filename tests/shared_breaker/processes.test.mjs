// Five processes, in two languages and over four clients, share one breaker through one Redis. In real time.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { redisMissing, startRedis } from "../../scripts/servers/redis.mjs";

const file = (path) => fileURLToPath(new URL(path, import.meta.url));
const python = [file("../../.venv/bin/python"), file("worker.py")];
const node = [process.execPath, file("worker.mjs")];
const WORKERS = [
  ["node 1", node, "ioredis"],
  ["node 2", node, "ioredis"],
  ["node 3", node, "nodeRedis"],
  ["python 1", python, "blocking"],
  ["python 2", python, "asyncio"],
];
const NAMES = WORKERS.map(([name]) => name);

/** A machine under load is slow, and nothing here is wrong because of that; what takes longer is. */
const PATIENCE = 60_000;

/** What every process calls. `fails(name)` says to whom it fails; a probe takes 100 ms, and is counted. */
class Dependency {
  fails = () => false;
  probes = { flying: 0, most: 0, total: 0 };

  async start() {
    this.server = createServer((request, response) => this.#answer(request, response));
    this.server.listen(0, "127.0.0.1");
    await once(this.server, "listening");
    this.url = `http://127.0.0.1:${this.server.address().port}/`;
    return this;
  }

  async #answer({ headers }, response) {
    const fails = this.fails(headers["x-name"]);
    if (headers["x-state"] === "HALF_OPEN") {
      const { probes } = this;
      probes.flying += 1;
      probes.total += 1;
      probes.most = Math.max(probes.most, probes.flying);
      await sleep(100);
      probes.flying -= 1;
    }
    response.writeHead(fails ? 500 : 200).end();
  }

  stop() {
    this.server.closeAllConnections();
    this.server.close();
  }
}

describe("a breaker shared by three Node and two Python processes", { skip: redisMissing }, () => {
  let redis;
  let dependency;
  let heard;
  const children = [];

  before(async () => {
    redis = await startRedis();
    dependency = await new Dependency().start();
    heard = [];
    for (const [name, [program, script], client] of WORKERS) {
      const child = spawn(program, [script, name, client, String(redis.port), dependency.url], {
        stdio: ["pipe", "pipe", "inherit"],
      });
      children.push(child);
      createInterface({ input: child.stdout }).on("line", (line) => {
        heard.push({ ...JSON.parse(line), at: performance.now() });
      });
    }
  });

  after(async () => {
    for (const child of children) child.kill("SIGKILL");
    dependency?.stop();
    await redis?.stop();
  });

  /** The last thing each process said about its state, or about its store. */
  const last = (events) =>
    NAMES.map((name) => heard.findLast((line) => line.name === name && events.includes(line.event))?.event);
  const states = () => last(["CLOSED", "OPEN", "HALF_OPEN"]);
  const count = (event) =>
    NAMES.map((name) => heard.filter((line) => line.name === name && line.event === event).length);

  async function until(what, reached) {
    const limit = performance.now() + PATIENCE;
    while (!reached()) {
      for (const { exitCode } of children) assert.equal(exitCode, null, "a process ended");
      assert.ok(performance.now() < limit, `${what}: ${JSON.stringify(heard)}`);
      await sleep(20);
    }
  }

  test("one trips, and all are open about a second later", async () => {
    await until("all attached", () => count("attached").every((times) => times === 1));
    dependency.fails = (name) => name === "node 1";
    await until("all open", () => states().every((state) => state === "OPEN" || state === "HALF_OPEN"));
    const times = NAMES.map((name) => heard.find((line) => line.name === name && line.event === "OPEN").at);
    assert.equal(Math.min(...times), times[0], "node 1 trips");
    const spread = Math.max(...times) - Math.min(...times);
    console.log(`# all five open within ${spread.toFixed(0)} ms`);
    // A refresh a second, and what a loaded machine needs on top.
    assert.ok(spread < 2_500, `${spread} ms`);
  });

  test("while the dependency fails, few probes find that out for all", async () => {
    dependency.fails = () => true;
    // No more than two fly in a trial that one failure ends: five are of three trials at least.
    await until("three trials", () => dependency.probes.total >= 5);
    assert.ok(dependency.probes.most <= 2, `${dependency.probes.most} at once`);
  });

  test("three good probes over all processes close it everywhere", async () => {
    await until("no trial", () => states().every((state) => state === "OPEN"));
    dependency.probes = { flying: 0, most: 0, total: 0 };
    dependency.fails = () => false;
    await until("all closed", () => states().every((state) => state === "CLOSED"));
    assert.deepEqual([dependency.probes.total, dependency.probes.most], [3, 2]);
  });

  test("Redis killed: each goes on alone and says so once", async () => {
    await redis.kill();
    await until("all detached", () => count("detached").every((times) => times === 1));
    dependency.fails = (name) => name === "python 1";
    await until("python 1 open", () => states()[3] === "OPEN");
    await sleep(2_000);
    assert.deepEqual(
      NAMES.filter((_, at) => states()[at] !== "CLOSED"),
      ["python 1"],
    );
    assert.deepEqual(count("detached"), [1, 1, 1, 1, 1]);
  });

  test("Redis started again: all share again, and what one found out alone reaches the others", async () => {
    const before = count("OPEN");
    await redis.start();
    // A client may find a connection of its pool broken once more.
    const attached = () => last(["attached", "detached"]).every((event) => event === "attached");
    await until("all attached again", attached);
    await until("all have opened", () => count("OPEN").every((times, at) => times > before[at]));
    dependency.fails = () => false;
    await until("all closed", () => states().every((state) => state === "CLOSED"));
  });
});
