// One Express service with one guard in front, in a process of its own: `server.mjs NAME`. It sends its port over IPC, and at
// each message the CPU it has used so far, in nanoseconds, and how many handlers have run.

import express from "express";
import { guards } from "./guards.mjs";

let runs = 0;
const app = express().disable("x-powered-by").set("env", "production");
app.use(express.json());
const { guard, isHit } = await guards[process.argv[2]]();
if (guard !== undefined) app.use(guard);
app.post("/orders", (req, res) => {
  if (isHit?.(req)) return;
  runs += 1;
  res.status(201).json({ order: runs, items: req.body.items, total: 125 });
});

const server = app.listen(0, "127.0.0.1", () => process.send({ port: server.address().port }));
process.on("message", () => {
  const { user, system } = process.cpuUsage();
  process.send({ cpu: (user + system) * 1_000, runs });
});
process.on("disconnect", () => process.exit());
