// A thousand callers with one key, of ten processes in three languages: the function runs once.

import assert from "node:assert/strict";
import { before, test } from "node:test";
import { booksOf, checkKey } from "./audit.mjs";
import { kinds } from "./places.mjs";
import { build, Worker } from "./workers.mjs";

const PROCESSES = 10;
const CALLERS = 100;

before(build);

for (const [kind, clients] of [
  ["sqlite", ["better-sqlite3", "sqlite3", "rusqlite"]],
  ["redis", ["ioredis", "redis-py", "redis-rs"]],
  ["postgres", ["pg", "psycopg", "deadpool"]],
]) {
  test(`${kind}: of ${PROCESSES} × ${CALLERS} callers in Node, Python and Rust, one runs`, {
    skip: kinds[kind].missing,
  }, async (t) => {
    const books = await kinds[kind].start();
    t.after(books.stop);
    const { place, ledger } = books;
    // Nobody dies here, so a lease that a busy machine outlasts would only blur the picture.
    const settings = { place, ledger, lease: 60_000, conflict: { wait: 60_000 }, storeTimeout: 60_000, pause: 20 };
    const workers = Array.from({ length: PROCESSES }, (_, at) => {
      const worker = new Worker({ ...settings, client: clients[at % clients.length], seed: at + 1 });
      t.after(() => worker.kill());
      return worker;
    });
    // All are up before anybody calls.
    await Promise.all(workers.map((worker) => worker.call(`${worker.client} is up ${workers.indexOf(worker)}`)));
    const calls = workers.flatMap((worker) => Array.from({ length: CALLERS }, () => worker.call("order-1")));
    const answers = await Promise.all(calls);

    const failures = answers.filter(({ at }) => at !== "ended");
    assert.deepEqual(failures, []);
    const first = answers.filter(({ isReplay }) => !isReplay);
    assert.equal(first.length, 1);
    const [{ output: receipt }] = first;
    for (const { output } of answers) assert.deepEqual(output, receipt);
    assert.equal(receipt.attempt, 1);
    const found = await booksOf("at_most_once", books);
    checkKey("at_most_once", receipt, found);
    console.log(`# ${kind}: ${answers.length} callers, 1 effect, ${answers.length - 1} replays equal`);
  });
}
