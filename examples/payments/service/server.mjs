// A payment service in Express. Where ledger and records are one database, a charge and its record are one transaction: a
// process killed at any instant leaves both or neither. Elsewhere the charge carries the request's key.
//
//   node server.mjs <records: a file, redis://… or postgres://…> <ledger: a file or postgres://…> [--naive]

import { setTimeout as sleep } from "node:timers/promises";
import express from "express";
import { Redis } from "ioredis";
import { idempotencyMiddleware } from "once-again";
import { PostgresStore, RedisStore, SqliteStore } from "once-again/stores";
import { isPostgres, openLedger } from "./ledger/open.mjs";
import { servePage } from "./page.mjs";

const [records, place, mode] = process.argv.slice(2);
const ledger = openLedger(place);
const joint = records === place;

async function openStore() {
  if (records.startsWith("redis:")) return new RedisStore(new Redis(records));
  const store = isPostgres(records) ? new PostgresStore(ledger.db) : new SqliteStore(ledger.db);
  await store.ensureSchema?.();
  return store;
}

/** The card network takes its time: this is where a kill hurts most. */
const cardNetwork = () => sleep(5 + Math.random() * 40);

function charge({ body: payment, idempotency: claim }) {
  if (claim === undefined) return ledger.charge(payment, "express");
  if (!joint) return ledger.charge(payment, "express", claim.key);
  return ledger.jointly(payment, "express", (db, receipt) => claim.completeIn(db, { status: 201, body: receipt }));
}

const app = express();
servePage(app);
app.use(express.json());
if (mode !== "--naive") app.use(idempotencyMiddleware({ store: await openStore(), lease: 3_000 }));

app.post("/payments", async (req, res) => {
  await cardNetwork();
  const receipt = await charge(req);
  await cardNetwork();
  res.status(201).json(receipt);
});

const server = app.listen(0, "127.0.0.1", () => console.log(`listening on ${server.address().port}`));
