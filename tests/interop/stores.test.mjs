// Three languages, one store: what one of them has begun, completed or lost, the other one knows.

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { PostgresStore } from "once-again/stores";
import pg from "pg";
import { postgresMissing, startPostgres } from "../../scripts/servers/postgres.mjs";
import { redisMissing, startRedis } from "../../scripts/servers/redis.mjs";
import { node, python, rust } from "./peers.mjs";

const CALLERS = 1_000;
const BODY = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));

const languages = [node, python, rust];
const pairs = languages.flatMap((one, first) =>
  languages.flatMap((other, second) => (one === other ? [] : [[first, second, `${one.name} and ${other.name}`]])),
);

const kinds = [
  { kind: "sqlite", missing: false, start: startFile },
  { kind: "redis", missing: redisMissing, start: startServer(startRedis, { appendonly: "yes" }) },
  { kind: "postgres", missing: postgresMissing, start: startServer(startPostgres, {}) },
];

async function startFile() {
  const folder = await mkdtemp(join(tmpdir(), "once-again-interop-"));
  return { place: join(folder, "records.db"), stop: () => rm(folder, { recursive: true, force: true }) };
}

function startServer(start, settings) {
  return async () => {
    const server = await start(settings);
    if (start === startPostgres) await ensureSchema(server.url);
    return { place: server.url, stop: () => server.stop() };
  };
}

async function ensureSchema(url) {
  const pool = new pg.Pool({ connectionString: url });
  const store = new PostgresStore(pool, { cleanupInterval: 0 });
  await store.ensureSchema();
  await store.close();
  await pool.end();
}

const hex = (length) => randomBytes(length).toString("hex");
const digest = (byte) => byte.toString(16).padStart(2, "0").repeat(32);
const begin = (key, fields = {}) => ({
  op: "begin",
  key,
  owner: hex(16),
  fingerprint: `jcs:${digest(9)}`,
  lease: 60_000_000,
  retention: 3_600_000_000,
  onOrphan: "reexecute",
  maxTakeovers: 5,
  derived: false,
  ...fields,
});
const complete = ({ key, owner }, { epoch }, payload) => ({
  op: "complete",
  key,
  owner,
  epoch,
  retention: 3_600_000_000,
  payload,
});

for (const { kind, missing, start } of kinds) {
  describe(kind, { skip: missing }, () => {
    let peers;
    let stop;
    before(async () => {
      const started = await start();
      stop = started.stop;
      peers = languages.map((language) => language(kind, started.place));
    });
    after(async () => {
      await Promise.all(peers.map((peer) => peer.close()));
      await stop();
    });

    for (const [first, second, names] of pairs) {
      const both = () => [peers[first], peers[second]];

      test(`${names}: begun by one is busy for the other, completed by one is replayed by the other`, async () => {
        const [one, other] = both();
        const claim = begin(hex(32));
        const acquired = await one.apply(claim);
        assert.equal(acquired.reply, "acquired");
        assert.deepEqual(await other.apply(begin(claim.key)), { reply: "busy", leaseUntil: acquired.leaseUntil });
        assert.deepEqual(await one.apply(complete(claim, acquired, BODY)), { reply: "completed" });
        const replay = await other.apply(begin(claim.key));
        assert.equal(replay.reply, "replay");
        assert.deepEqual(Buffer.from(replay.payload), BODY);
        const [mine, yours] = await Promise.all(both().map((peer) => peer.apply({ op: "get", key: claim.key })));
        assert.equal(mine.reply, "found");
        assert.deepEqual(Buffer.from(mine.payload), Buffer.from(yours.payload), "the record's own bytes");
      });

      test(`${names}: another body or another caller under the same key is refused`, async () => {
        const [one, other] = both();
        const claim = begin(hex(32), { caller: digest(1) });
        await one.apply(claim);
        const body = begin(claim.key, { caller: digest(1), fingerprint: `jcs:${digest(8)}` });
        assert.deepEqual(await other.apply(body), { reply: "mismatch", what: "fingerprint" });
        const caller = begin(claim.key, { caller: digest(2) });
        assert.deepEqual(await other.apply(caller), { reply: "mismatch", what: "caller" });
      });

      test(`${names}: an orphan is taken over with its checkpoint, and its late owner has lost`, async () => {
        const [one, other] = both();
        const orphan = begin(hex(32), { lease: 0 });
        const acquired = await one.apply(orphan);
        const checkpoint = { op: "checkpoint", key: orphan.key, owner: orphan.owner, epoch: acquired.epoch };
        assert.equal((await one.apply({ ...checkpoint, payload: BODY })).reply, "checkpointed");
        const heir = begin(orphan.key);
        const taken = await other.apply(heir);
        assert.deepEqual([taken.reply, taken.attempts], ["acquired", 2]);
        assert.ok(taken.epoch > acquired.epoch);
        assert.deepEqual(Buffer.from(taken.payload), BODY);
        assert.deepEqual(await one.apply(complete(orphan, acquired, Buffer.from("late"))), { reply: "lost" });
        await other.apply(complete(heir, taken, BODY));
        const lost = await one.apply(complete(orphan, acquired, Buffer.from("later")));
        assert.equal(lost.reply, "lost");
        assert.deepEqual(Buffer.from(lost.payload), BODY, "the late owner is told what it ended in");
      });

      test(`${names}: a function of both runs in one and is replayed in the other`, async () => {
        const [one, other] = both();
        const order = { id: hex(8), amount: 5 };
        const output = { by: one.name, amount: 5, note: "für \u2603\0" };
        assert.deepEqual(await one.charge(order), { output, isReplay: false });
        assert.deepEqual(await other.charge(order), { output, isReplay: true });
      });
    }

    test("of many calls of a function at once in all of them, one runs, and all get its result", async () => {
      const order = { id: hex(8), amount: 7 };
      const all = await Promise.all(peers.flatMap((peer) => Array.from({ length: 10 }, () => peer.charge(order))));
      const [first, ...more] = all.filter(({ isReplay }) => !isReplay);
      assert.deepEqual(more, []);
      for (const { output } of all) assert.deepEqual(output, first.output);
    });

    test(`of ${CALLERS} concurrent callers in all of them, one runs`, async () => {
      const key = hex(32);
      const replies = await Promise.all(
        Array.from({ length: CALLERS }, (_, caller) => peers[caller % peers.length].apply(begin(key))),
      );
      const count = (name) => replies.filter(({ reply }) => reply === name).length;
      assert.deepEqual([count("acquired"), count("busy")], [1, CALLERS - 1]);
    });
  });
}
