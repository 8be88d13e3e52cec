// The languages that share stores, each behind the same two functions: `apply(op)`, and `charge(order)`, which runs once.

import { Buffer } from "node:buffer";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import Redis from "ioredis";
import { idempotent } from "once-again";
import { PostgresStore, RedisStore, SqliteStore } from "once-again/stores";
import pg from "pg";

const file = (path) => fileURLToPath(new URL(path, import.meta.url));

/** Node's own store of this `kind`, over `place`: a file or an address. */
export function node(kind, place) {
  const [store, end] = opened(kind, place);
  const work = (order) => ({ by: "node", amount: order.amount, note: "für \u2603\0" });
  const charge = idempotent(work, { name: "charge", store, key: (order) => order.id });
  return {
    name: "node",
    apply: async (op) => store.apply(op),
    charge: async (order) => {
      const { output, isReplay } = await charge.execute(order);
      return { output, isReplay };
    },
    close: async () => {
      await store.close();
      await end();
    },
  };
}

function opened(kind, place) {
  if (kind === "sqlite") return [new SqliteStore(place), () => {}];
  if (kind === "redis") {
    const client = new Redis(place);
    return [new RedisStore(client), () => client.disconnect()];
  }
  const pool = new pg.Pool({ connectionString: place });
  return [new PostgresStore(pool), () => pool.end()];
}

/** The same in Python, in a process of its own. */
export function python(kind, place) {
  const told = ["-W", "ignore", file("store.py"), kind, place];
  return program("python", "base64", file("../../.venv/bin/python"), told);
}

/** The same in Rust. Cargo builds it first. */
export function rust(kind, place) {
  const told = ["run", "--quiet", "--package", "once-again-tests", "--example", "interop_store", "--", kind, place];
  return program("rust", "hex", "cargo", told, { REDIS_URL: place, DATABASE_URL: place });
}

/** Asks a process of its own, a line for each request; bytes travel in this `encoding`. */
function program(name, encoding, command, args, env = {}) {
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"], env: { ...process.env, ...env } });
  const waiting = new Map();
  createInterface({ input: child.stdout }).on("line", (line) => {
    const { id, ...answer } = JSON.parse(line);
    waiting.get(id).resolve(answer);
    waiting.delete(id);
  });
  child.once("exit", (code) => {
    for (const { reject } of waiting.values()) reject(new Error(`${name} ended with ${code}`));
  });
  let count = 0;
  const ask = (request) => {
    count += 1;
    const id = count;
    child.stdin.write(`${JSON.stringify({ id, ...request })}\n`);
    return new Promise((resolve, reject) => waiting.set(id, { resolve, reject }));
  };
  return {
    name,
    charge: (order) => ask({ charge: order }),
    apply: async ({ payload, ...op }) => {
      const reply = await ask(payload === undefined ? op : { ...op, payload: Buffer.from(payload).toString(encoding) });
      return "payload" in reply ? { ...reply, payload: Buffer.from(reply.payload, encoding) } : reply;
    },
    close: async () => {
      const ended = once(child, "exit");
      child.stdin.end();
      await ended;
    },
  };
}
