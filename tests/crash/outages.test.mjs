// Servers die under load, as by `kill -9`, and come back: while one is away calls are refused and nothing runs; afterwards
// the same clients go on by themselves, and no outcome that was confirmed is forgotten.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { ask } from "../../scripts/servers/redis.mjs";
import { booksOf, checkKey, checkTold } from "./audit.mjs";
import { Keys } from "./keys.mjs";
import { kinds } from "./places.mjs";
import { Worker } from "./workers.mjs";

const CALLERS = 3;
const AWAY = 500;
/** Replies that were under way are read by then, and acted upon. */
const DRAINED = 300;
const PATIENCE = 60_000;

/** Workers of every client under load over one place. */
class Load {
  refusals = [];
  keys = new Keys(() => false);
  #listeners = new Set();

  constructor(t, books, clients, mode) {
    const { place, ledger } = books;
    this.workers = clients.map((client, at) => {
      const settings = { client, place, ledger, mode, lease: 5_000, storeTimeout: 500, pause: 40, seed: at + 1 };
      const worker = new Worker(settings);
      t.after(() => worker.kill());
      worker.listen((line) => {
        for (const listener of this.#listeners) listener(line, worker);
      });
      return worker;
    });
    const refused = (worker) => (line) => this.refusals.push({ ...line, client: worker.client });
    this.done = Promise.all(
      this.workers.flatMap((worker) => Array.from({ length: CALLERS }, () => this.keys.work(worker, refused(worker)))),
    );
  }

  get lines() {
    return this.workers.flatMap(({ lines }) => lines);
  }

  /** Until somebody tells `at`. */
  heard(at) {
    return new Promise((resolve) => {
      const listener = (line) => {
        if (line.at !== at) return;
        this.#listeners.delete(listener);
        resolve(line);
      };
      this.#listeners.add(listener);
    });
  }

  /** Until each client has had `count` claims that began after `since`, and `count` answers to them. */
  async goesOn(since, count) {
    const limit = Date.now() + PATIENCE;
    const isOn = ({ lines }) => {
      const claimed = new Set(lines.filter(({ at, when }) => at === "claimed" && when > since).map(({ key }) => key));
      return lines.filter(({ at, key, when }) => at === "ended" && when > since && claimed.has(key)).length >= count;
    };
    while (!this.workers.every(isOn)) {
      assert.ok(
        this.workers.every(({ alive }) => alive),
        "a worker ended",
      );
      const waiting = this.workers.filter((worker) => !isOn(worker)).map(({ client }) => client);
      assert.ok(Date.now() < limit, `${waiting} did not recover`);
      await sleep(20);
    }
  }

  /** Each client is called in vain; the load will do it later. */
  async isRefused() {
    const call = async (worker) => {
      const key = this.keys.more();
      const line = await worker.call(key);
      assert.deepEqual([line.at, line.code], ["failed", "STORE_UNAVAILABLE"], worker.client);
      this.refusals.push({ ...line, client: worker.client });
      this.keys.later(key, 0);
    };
    await Promise.all(this.workers.map(call));
  }

  async stop() {
    this.keys.grows = false;
    await this.done;
  }
}

/**
 * What every key answers in the end, each client asked for its share; and which of them had to run again, though somebody was
 * told of a confirmed outcome.
 */
async function replayed({ workers, keys, lines }) {
  const confirmed = new Set(lines.filter((line) => line.confirmed).map(({ key }) => key));
  const receipts = new Map();
  const forgotten = [];
  const all = [...keys.outcomes.keys()];
  const share = async (worker, at) => {
    for (const key of all.filter((_, index) => index % workers.length === at)) {
      const { output, isReplay } = await worker.call(key);
      receipts.set(key, output);
      if (!isReplay && confirmed.has(key)) forgotten.push(key);
    }
  };
  await Promise.all(workers.map(share));
  return { receipts, forgotten };
}

const own = ["STORE_UNAVAILABLE", "IDEMPOTENCY_IN_PROGRESS"];
/** Store operations are refused as such. In joint mode the function's own transaction may break, with an error of its client. */
function checkRefusals(refusals, mode) {
  for (const { code, status, client } of refusals) {
    if (mode === "joint" && !code.startsWith("IDEMPOTENCY") && !own.includes(code)) continue;
    assert.ok(own.includes(code), `${client}: ${code}`);
    assert.equal(status, code === "STORE_UNAVAILABLE" ? 503 : 409, client);
  }
  return refusals.filter(({ code }) => code === "STORE_UNAVAILABLE").length;
}

const singles = [
  ["redis", "reexecute", ["ioredis", "node-redis", "redis-py", "redis-py, asyncio"], ["claimed", "begun", "done"]],
  ["postgres", "joint", ["pg", "psycopg", "asyncpg"], ["begun", "done", "begun"]],
];

for (const [kind, mode, clients, instants] of singles) {
  test(`${kind} is killed three times under load: it fails closed, recovers, and nothing confirmed is lost`, {
    skip: kinds[kind].missing,
  }, async (t) => {
    const books = await kinds[kind].start();
    t.after(books.stop);
    const load = new Load(t, books, clients, mode);
    await load.goesOn(0, 3);
    for (const instant of instants) {
      await load.heard(instant);
      // Its children too, which else may finish what they are at.
      books.server.signal("SIGKILL");
      await books.server.kill();
      const killed = Date.now();
      await load.isRefused();
      await sleep(AWAY);
      const started = Date.now();
      await books.server.start();
      await load.goesOn(Date.now(), 3);
      const during = ({ when }) => when > killed + DRAINED && when < started;
      assert.deepEqual(
        load.lines.filter((line) => line.at === "claimed" && during(line)),
        [],
        "nothing runs unprotected",
      );
    }
    await load.stop();

    const refused = checkRefusals(load.refusals, mode);
    const { receipts, forgotten } = await replayed(load);
    assert.deepEqual(forgotten, [], "what was confirmed is kept");
    const told = checkTold(load.lines, receipts);
    const found = await booksOf(mode, books);
    for (const receipt of receipts.values()) checkKey(mode, receipt, found);
    const kept = new Set(found.list.map(({ epoch, key }) => `${key} ${epoch}`));
    const cut = load.lines.filter(({ at, key, epoch }) => at === "begun" && !kept.has(`${key} ${epoch}`)).length;
    if (mode === "joint") assert.ok(cut > 0, "some died in mid-transaction");
    const bound =
      mode === "joint" ? `${cut} effects rolled back, exactly once` : "at least once, no more effects than claims";
    console.log(
      `# ${kind}, ${mode}: ${instants.length} kills under load; ${receipts.size} keys, ${found.list.length} effects, ` +
        `${refused} calls refused with 503, ${told} confirmed answers kept: ${bound} held`,
    );
  });
}

test("a Cluster's primary dies: its replica takes over by itself, and only the last writes may be lost", {
  skip: kinds.cluster.missing,
}, async (t) => {
  const books = await kinds.cluster.start();
  t.after(books.stop);
  const { nodes, ports } = books.server;
  const clients = ["ioredis, cluster", "node-redis, cluster", "redis-py, cluster"];
  const load = new Load(t, books, clients, "reexecute");
  await load.goesOn(0, 10);
  const roles = await Promise.all(ports.map((port) => ask(port, "ROLE")));
  const primary = roles.findIndex((role) => role.includes("master"));
  await load.heard("begun");
  await nodes[primary].kill();
  const killed = Date.now();
  await failedOver(ports.filter((_, at) => at !== primary));
  await load.goesOn(Date.now(), 10);
  await nodes[primary].start();
  await load.goesOn(Date.now(), 3);
  await load.stop();

  const refused = checkRefusals(load.refusals, "reexecute");
  const { receipts, forgotten } = await replayed(load);
  assert.ok(refused > 0, "its slots were refused while nobody served them");
  const firstAnswer = (key) => load.lines.find((line) => line.key === key && line.at === "ended").when;
  // Replication lags by far less than a second on one machine.
  const old = forgotten.filter((key) => firstAnswer(key) < killed - 1_000);
  assert.deepEqual(old, [], "what was answered a second before the death is kept");
  const found = await booksOf("reexecute", books);
  for (const [key, effects] of found.begun) {
    assert.equal(new Set(effects.map(({ epoch }) => epoch)).size, effects.length, `${key}: one effect a claim`);
  }
  console.log(
    `# cluster, reexecute: primary killed under load; ${receipts.size} keys, ${found.list.length} effects, ${refused} calls ` +
      `refused with 503, ${forgotten.length} answers lost with the last writes: best effort across a failover, as documented`,
  );
});

/** Until those left all say that the cluster serves every slot again, by a primary that was a replica. */
async function failedOver(ports) {
  const limit = Date.now() + PATIENCE;
  for (;;) {
    const all = await Promise.all(
      ports.map(async (port) => [await ask(port, "CLUSTER INFO"), await ask(port, "ROLE")]),
    );
    const primaries = all.filter(([, role]) => role.includes("master"));
    if (all.every(([info]) => info.includes("cluster_state:ok")) && primaries.length === 3) return;
    assert.ok(Date.now() < limit, "no replica took over");
    await sleep(50);
  }
}
