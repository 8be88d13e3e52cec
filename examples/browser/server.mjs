// An order form that works offline, and the service behind it. One command:
//
//   node examples/browser/server.mjs [port]
//
// Open the address it prints, switch the browser offline (developer tools, Network), order, close the tab if you like, and
// come back online: each order arrives once.

import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import express from "express";
import { idempotencyMiddleware } from "once-again";

const here = dirname(fileURLToPath(import.meta.url));
const web = dirname(fileURLToPath(import.meta.resolve("once-again-web")));

const orders = [];
const app = express();
app.get("/", (_req, res) => res.sendFile("page.html", { root: here }));
app.get("/page.mjs", (_req, res) => res.sendFile("page.mjs", { root: here }));
app.use("/once-again-web", express.static(web));

app.get("/orders", (_req, res) => res.json(orders));
app.use(express.json());
app.post("/orders", idempotencyMiddleware(), (req, res) => {
  const { item, quantity } = req.body ?? {};
  if (typeof item !== "string" || !(quantity >= 1 && quantity <= 10)) {
    return res.status(422).json({ reason: "An order is an item, and a quantity from 1 to 10." });
  }
  const order = { number: orders.length + 1, item, quantity };
  orders.push(order);
  res.status(201).json(order);
});

const server = app.listen(Number(process.argv[2] ?? 0), "127.0.0.1", () => {
  console.log(`Open http://127.0.0.1:${server.address().port}/`);
});
