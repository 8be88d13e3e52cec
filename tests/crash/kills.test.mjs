// Owners die at any instant, as by `kill -9`: before the claim, after it, in the middle of the effect, after it, after the
// completion. Three workers, one in each language, share the keys; whoever dies is replaced, and what he left is taken over.
//
// CRASH_KILLS says how many die for each store and mode (25), CRASH_SEED makes the same choices again.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { booksOf, checkKey, checkTold } from "./audit.mjs";
import { Keys } from "./keys.mjs";
import { kinds } from "./places.mjs";
import { build, generator, Worker } from "./workers.mjs";

const KILLS = Number(process.env.CRASH_KILLS ?? 25);
const SEED = Number(process.env.CRASH_SEED ?? Date.now() % 1_000_000);
const LEASE = 1_000;

/** What a worker told last before it died, and what that means. */
const instants = {
  ready: "before a call",
  calling: "before the claim",
  claimed: "after the claim",
  begun: "in mid-effect",
  done: "after the effect",
  ended: "after the completion",
  failed: "after a refusal",
};
const aims = ["calling", "claimed", "begun", "done", "ended"];
const hits = new Map();

const matrix = [
  ["sqlite", ["better-sqlite3", "sqlite3", "rusqlite"], ["reexecute", "at_most_once", "joint"]],
  ["redis", ["ioredis", "redis-py", "redis-rs"], ["reexecute", "at_most_once"]],
  ["postgres", ["pg", "psycopg", "deadpool"], ["reexecute", "at_most_once", "joint"]],
];

/** All are up: an owner is at work, or died less than a lease ago. */
const refused = ({ code }) => assert.equal(code, "IDEMPOTENCY_IN_PROGRESS");

/** Kills `worker` at most 4 ms after it has told of `aim` in its first, second or third call. */
function killAt(worker, aim, draw) {
  const call = 1 + Math.floor(draw() * 3);
  const delay = draw() * 4;
  let calls = 0;
  return new Promise((resolve) => {
    worker.listen(({ at }) => {
      if (at === "calling") calls += 1;
      if (at !== aim || calls < call) return;
      worker.listen(() => {});
      setTimeout(() => resolve(worker.kill()), delay);
    });
  });
}

before(build);

for (const [kind, clients, modes] of matrix) {
  for (const mode of modes) {
    test(`${kind}, ${mode}: nothing is lost by ${KILLS} deaths`, { skip: kinds[kind].missing }, async (t) => {
      const books = await kinds[kind].start();
      t.after(books.stop);
      const draw = generator(SEED);
      const keys = new Keys(() => draw() < 0.25);
      const workers = [];
      const start = (client) => {
        const { place, ledger } = books;
        const worker = new Worker({ client, place, ledger, mode, lease: LEASE, seed: 1 + Math.floor(draw() * 1e9) });
        workers.push(worker);
        t.after(() => worker.kill());
        return worker;
      };

      let kills = 0;
      const deaths = new Map();
      const generations = async (client, index) => {
        let heir = start(client);
        // Some languages start sooner than others; each dies as often.
        for (let share = Math.floor((KILLS + index) / clients.length); share > 0; share -= 1) {
          const worker = heir;
          heir = start(client); // the next one comes up while this one works
          kills += 1;
          await Promise.all([keys.work(worker, refused), killAt(worker, aims[kills % aims.length], draw)]);
          const { at } = worker.lines.at(-1);
          deaths.set(at, (deaths.get(at) ?? 0) + 1);
        }
        return heir;
      };
      const heirs = await Promise.all(clients.map(generations));
      keys.grows = false;
      await Promise.all(heirs.map((heir) => keys.work(heir, refused)));

      const found = await booksOf(mode, books);
      const receipts = new Map([...keys.outcomes].filter(([, outcome]) => outcome !== "unknown"));
      for (const receipt of receipts.values()) checkKey(mode, receipt, found);

      const killed = new Set();
      for (const worker of workers.filter(({ alive }) => !alive)) {
        const ended = new Set(worker.lines.filter(({ at }) => at === "ended").map(({ key }) => key));
        for (const { at, key } of worker.lines) if (at !== "ready" && !ended.has(key)) killed.add(key);
      }
      const unknown = [...keys.outcomes.keys()].filter((key) => !receipts.has(key));
      if (mode !== "at_most_once") assert.deepEqual(unknown, [], "every key has an outcome");
      for (const key of unknown) {
        assert.ok(killed.has(key), `${key} is unknown, though nobody died of it`);
        assert.ok((found.begun.get(key)?.length ?? 0) <= 1, `${key} was done twice`);
      }
      for (const key of found.begun.keys()) assert.ok(keys.outcomes.has(key), `${key} has an effect and no outcome`);

      let replays = 0;
      for (const worker of heirs) {
        for (const [key, receipt] of receipts) {
          const { output, isReplay } = await worker.call(key);
          assert.deepEqual([output, isReplay], [receipt, true]);
          replays += 1;
        }
        for (const key of unknown) assert.equal((await worker.call(key)).code, "IDEMPOTENCY_OUTCOME_UNKNOWN");
      }
      const lines = workers.flatMap((worker) => worker.lines);
      const told = checkTold(lines, receipts);
      const claims = lines.filter(({ at }) => at === "claimed").length;

      for (const [at, count] of deaths) hits.set(at, (hits.get(at) ?? 0) + count);
      const when = [...deaths].map(([at, count]) => `${count} ${instants[at]}`).join(", ");
      const bound = { reexecute: "at least once", at_most_once: "at most once", joint: "exactly once" }[mode];
      console.log(
        `# ${kind}, ${mode} (seed ${SEED}): ${kills} killed (${when}); ${keys.outcomes.size} keys, ${claims} claims, ` +
          `${found.list.length} effects, ${unknown.length} unknown, ${told} answers, ${replays} replays equal: ${bound} held`,
      );
    });
  }
}

after(() => {
  if (hits.size === 0) return;
  for (const aim of aims) assert.ok(hits.get(aim) > 0, `nobody died ${instants[aim]}`);
});
