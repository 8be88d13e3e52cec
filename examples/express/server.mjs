// An orders service: however often a client sends an order, it is placed once. `npm start`, or `node server.mjs`; the order
// and the record of its answer share one SQLite file, and are committed together.

import Database from "better-sqlite3";
import express from "express";
import { idempotencyMiddleware } from "once-again";
import { SqliteStore } from "once-again/stores";

const { PORT = "3000", DATABASE = "orders.db" } = process.env;

const db = new Database(DATABASE);
db.pragma("journal_mode = WAL");
db.exec("CREATE TABLE IF NOT EXISTS orders (id INTEGER PRIMARY KEY, customer TEXT NOT NULL, item TEXT NOT NULL)");
const insert = db.prepare("INSERT INTO orders (customer, item) VALUES (?, ?)");

const app = express();
app.use(express.json());

// Who asks comes first: an order key of one customer is nothing to another. A real service verifies a token here.
app.use((req, res, next) => {
  const customer = req.get("X-Customer");
  if (customer === undefined) return res.status(401).json({ error: "X-Customer is missing" });
  req.user = { id: customer };
  next();
});

app.use(idempotencyMiddleware({ store: new SqliteStore(db), missingKey: "require", ttl: 86_400 }));

app.post("/orders", (req, res) => {
  const { item } = req.body;
  if (typeof item !== "string") return res.status(422).json({ error: "item is missing" });
  const place = db.transaction(() => {
    const { lastInsertRowid } = insert.run(req.user.id, item);
    const answer = { status: 201, body: { order: Number(lastInsertRowid), item } };
    req.idempotency.completeIn(db, answer); // with the row, or not at all
    return answer;
  });
  const { status, body } = place.immediate();
  res.status(status).json(body);
});

app.get("/orders", (req, res) => {
  res.json(db.prepare("SELECT id AS 'order', item FROM orders WHERE customer = ?").all(req.user.id));
});

const server = app.listen(Number(PORT), "127.0.0.1", () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}`);
});
