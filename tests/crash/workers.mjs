// Workers in three languages, as their parent sees them: they are given keys, heard, and killed.

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const file = (path) => fileURLToPath(new URL(path, import.meta.url));
const node = [process.execPath, "--no-warnings", file("worker.mjs")];
const python = [file("../../.venv/bin/python"), "-W", "ignore", file("worker.py")];
const rust = [resolve(process.env.CARGO_TARGET_DIR ?? file("../../target"), "debug/examples/crash_worker")];
const languages = {
  "better-sqlite3": node,
  ioredis: node,
  "node-redis": node,
  "ioredis, cluster": node,
  "node-redis, cluster": node,
  pg: node,
  sqlite3: python,
  "redis-py": python,
  "redis-py, asyncio": python,
  "redis-py, cluster": python,
  psycopg: python,
  asyncpg: python,
  rusqlite: rust,
  "redis-rs": rust,
  deadpool: rust,
};

/** Cargo builds Rust's worker, if it has to. Before the first of them: it takes longer than anybody lives here. */
export function build() {
  const told = ["build", "--quiet", "--package", "once-again-tests", "--example", "crash_worker"];
  const { status } = spawnSync("cargo", told, { stdio: "inherit" });
  assert.equal(status, 0, "cargo builds Rust's worker");
}

const usual = { mode: "reexecute", lease: 1_000, conflict: "reject", storeTimeout: 5_000, pause: 3 };

export class Worker {
  /** All that it has told. */
  lines = [];
  alive = true;
  #calls = new Map();
  #listener = () => {};
  #child;
  #closed;
  /** What calls come to when it is there no more. */
  #end;

  /** `settings` are those of `worker.mjs`: a `client` and its `place`, a `ledger`, a `seed`, and what differs from the usual. */
  constructor(settings) {
    const [program, ...args] = languages[settings.client];
    this.client = settings.client;
    this.#child = spawn(program, [...args, JSON.stringify({ ...usual, ...settings })], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    this.#child.stdin.on("error", () => {}); // who writes to the dead hears of it by `call`
    createInterface({ input: this.#child.stdout }).on("line", (line) => this.#hear(line));
    this.#closed = once(this.#child, "close").then(([code]) => {
      this.alive = false;
      this.#end = code === null ? { at: "killed" } : { at: "failed", code: `${this.client} ended with ${code}` };
      for (const resolve of this.#calls.values()) resolve(this.#end);
    });
  }

  /** Calls `listener` with each line from now on. */
  listen(listener) {
    this.#listener = listener;
  }

  #hear(text) {
    if (!text.endsWith("}")) return; // cut off by its death
    const line = JSON.parse(text);
    this.lines.push(line);
    this.#listener(line);
    if (line.at !== "ended" && line.at !== "failed") return;
    this.#calls.get(line.call)(line);
    this.#calls.delete(line.call);
  }

  #count = 0;
  /** One call; resolves to its last line, or to `{ at: "killed" }`; a worker that ends by itself has failed. */
  call(key) {
    if (!this.alive) return Promise.resolve(this.#end);
    this.#count += 1;
    const call = this.#count;
    this.#child.stdin.write(`${JSON.stringify({ call, key })}\n`);
    return new Promise((resolve) => this.#calls.set(call, resolve));
  }

  /** As `kill -9`; resolves when all it had told is heard. */
  async kill() {
    this.#child.kill("SIGKILL");
    await this.#closed;
  }
}

/** Numbers from 0 to 1, the same for the same seed (Park and Miller). */
export function generator(seed) {
  let state = (seed % 2_147_483_646) + 1;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}
