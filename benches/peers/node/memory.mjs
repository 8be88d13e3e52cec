// What a record costs in memory: each store alone in a process of its own. express-idempotency is not among them: it looks
// through all its records at each request, so that so many would take an hour.

import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const program = fileURLToPath(new URL("memory/fill.mjs", import.meta.url));

async function bytes(name) {
  const { stdout } = await promisify(execFile)(process.execPath, ["--expose-gc", program, name]);
  return Number(stdout);
}

export async function rows() {
  return [
    {
      id: "node-memory-bytes",
      work: "memory store of 100 k records of a 1 KB answer: bytes a record",
      goal: 0.8,
      unit: "B",
      measured: { ours: await bytes("once-again"), "node-idempotency": await bytes("node-idempotency") },
    },
  ];
}
