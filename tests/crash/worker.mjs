// A process that may die at any instant: runs `charge` once per key, over the client that it is told.
//
//   node worker.mjs '{"client": "ioredis", "place": "redis://…", "ledger": FILE, "mode": "reexecute", "lease": 1000, …}'
//
// A line `{"call": 1, "key": "k"}` of its input is one call. It tells how far each is, one JSON text a line, written before
// it goes on: `calling`, then from inside the function `claimed`, `begun` (the effect), `done`, then `ended` or `failed`.

import { appendFileSync, closeSync, fsyncSync, openSync, writeSync } from "node:fs";
import { createInterface } from "node:readline";
import { idempotent } from "once-again";
import { opened } from "./clients.mjs";

const { client, place, ledger, mode, lease, conflict, storeTimeout, pause, seed } = JSON.parse(process.argv[2]);
const { store, db, pool } = await opened(client, place);

const tell = (at, fields) => writeSync(1, `${JSON.stringify({ at, when: Date.now(), ...fields })}\n`);

/** Numbers from 0 to 1, the same for the same seed (Park and Miller). */
let state = seed;
const draw = () => {
  state = (state * 48_271) % 2_147_483_647;
  return state / 2_147_483_647;
};
const sleep = () => new Promise((resolve) => setTimeout(resolve, draw() * pause));
const block = () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, draw() * pause);

/** A line of the ledger: on the disk when this returns. */
function write(fields) {
  const file = openSync(ledger, "a");
  appendFileSync(file, `${JSON.stringify(fields)}\n`);
  fsyncSync(file);
  closeSync(file);
}

/** The effect is elsewhere, so a crash may come between it and its record. */
async function twoPhase(receipt) {
  const { key, epoch } = receipt;
  await sleep();
  write({ effect: "begun", key, epoch });
  tell("begun", { key, epoch });
  await sleep();
  write({ effect: "done", key, epoch });
  tell("done", { key, epoch });
  await sleep();
}

/** The effect is a row beside the record. */
function inSqlite({ key, epoch, attempt }, complete) {
  db.transaction(() => {
    db.prepare("INSERT INTO effects VALUES (?, ?, ?)").run(key, epoch, attempt);
    tell("begun", { key, epoch });
    block();
    complete(db);
    tell("done", { key, epoch });
    block();
  }).immediate();
}

async function inPostgres({ key, epoch, attempt }, complete) {
  const connection = await pool.connect();
  // pg tells of a connection that dies while it is lent by an event too, which nobody may leave unheard.
  const heard = () => {};
  connection.on("error", heard);
  try {
    await connection.query("BEGIN");
    await connection.query("INSERT INTO effects VALUES ($1, $2, $3)", [key, epoch, attempt]);
    tell("begun", { key, epoch });
    await sleep();
    await complete(connection);
    tell("done", { key, epoch });
    await sleep();
    await connection.query("COMMIT");
    connection.release();
  } catch (error) {
    await connection.query("ROLLBACK").catch(() => {});
    connection.release(error);
    throw error;
  } finally {
    connection.off("error", heard);
  }
}

async function work(key, context) {
  const { epoch, attempt } = context;
  tell("claimed", { key, epoch, attempt });
  const receipt = { key, epoch, attempt, by: process.pid };
  const complete = (connection) => context.completeIn(connection, receipt);
  if (mode !== "joint") await twoPhase(receipt);
  else await (db === undefined ? inPostgres : inSqlite)(receipt, complete);
  return receipt;
}

const charge = idempotent(work, {
  name: "charge",
  store,
  key: (key) => key,
  withContext: true,
  lease,
  conflict,
  storeTimeout,
  maxTakeovers: 1_000,
  profile: mode === "at_most_once" ? mode : "default",
});

async function answer({ call, key }) {
  tell("calling", { call, key });
  await sleep();
  try {
    const { output, isReplay, confirmed } = await charge.execute(key);
    tell("ended", { call, key, output, isReplay, confirmed });
  } catch (error) {
    tell("failed", { call, key, code: String(error.code ?? error.message), status: error.statusCode });
  }
}

tell("ready");
createInterface({ input: process.stdin })
  .on("line", (line) => answer(JSON.parse(line)))
  .on("close", () => process.exit());
