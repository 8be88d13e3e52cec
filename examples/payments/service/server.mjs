// A payment service. The ledger and the idempotency records share one SQLite file, so that a charge and its record are one
// transaction: a process killed at any instant leaves both or neither.
//
//   node server.mjs <database file> [--naive]

import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import Database from "better-sqlite3";
import express from "express";
import { idempotencyMiddleware } from "once-again";
import { SqliteStore } from "once-again/stores";
import { openLedger } from "./ledger.mjs";
import { servePage } from "./page.mjs";

const [file, mode] = process.argv.slice(2);
const db = new Database(file);
const ledger = openLedger(db);

/** The card network takes its time: this is where a kill hurts most. */
const cardNetwork = () => sleep(5 + Math.random() * 40);

function charge({ payment, client, amount }) {
  const receipt = randomUUID();
  ledger.insert({ payment, client, amount, receipt });
  return { status: 201, body: { payment, receipt } };
}

const app = express();
servePage(app);
app.use(express.json());

if (mode === "--naive") {
  app.post("/payments", async (req, res) => {
    await cardNetwork();
    const answer = charge(req.body);
    await cardNetwork();
    res.status(answer.status).json(answer.body);
  });
} else {
  const store = new SqliteStore(db);
  app.post("/payments", idempotencyMiddleware({ store, lease: 3_000 }), async (req, res) => {
    await cardNetwork();
    const answer = db
      .transaction(() => {
        const answer = charge(req.body);
        req.idempotency.completeIn(db, answer); // joint mode: throws, and so rolls the charge back, if another owner took over
        return answer;
      })
      .immediate();
    await cardNetwork();
    res.status(answer.status).json(answer.body);
  });
}

const server = app.listen(0, "127.0.0.1", () => process.send?.({ port: server.address().port }));
