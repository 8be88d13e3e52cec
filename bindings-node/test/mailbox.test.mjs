import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import test from "node:test";
import { Worker } from "node:worker_threads";
import "once-again";

const require = createRequire(import.meta.url);
const folder = new URL("../native/", import.meta.url);
const native = require(
  new URL(
    readdirSync(folder).find((file) => file.endsWith(".node")),
    folder,
  ).pathname,
);

test("the driver and core mean the same by every word of the mailbox", () => {
  const source = readFileSync(new URL("../../bindings-js/src/mailbox.ts", import.meta.url), "utf8");
  const [, words] = /export const Word = \{(.*?)\} as const;/s.exec(source);
  const driver = Object.fromEntries(
    [...words.matchAll(/^ {2}(\w+): (\d+),$/gm)].map(([, name, word]) => [name, Number(word)]),
  );
  assert.deepEqual({ ...driver, words: 64 }, JSON.parse(native.mailboxLayout()));
});

test("a thread has one mailbox, of the right size", () => {
  assert.throws(() => native.mailboxAttach(new Float64Array(64)), /has a mailbox already/);
});

test("a driver loaded twice in one thread shares the mailbox and the classes' machines", async () => {
  const path = require.resolve("once-again");
  const first = require("once-again");
  for (const key of Object.keys(require.cache)) if (key.includes("bindings-node/dist")) delete require.cache[key];
  const second = require(path);
  assert.notEqual(first.CircuitBreaker, second.CircuitBreaker);
  for (const { CircuitBreaker } of [first, second, first]) {
    const breaker = new CircuitBreaker({ failureThreshold: 1 });
    await breaker.execute(() => Promise.reject(new Error("down"))).catch(() => {});
    assert.equal(breaker.state, "OPEN");
  }
});

test("workers have machines and mailboxes of their own", async () => {
  const work = `
    const { parentPort, workerData } = require("node:worker_threads");
    const { CircuitBreaker, RetryHandler } = require("once-again");
    const { noSleep } = require("once-again/testing");
    (async () => {
      const clock = noSleep();
      const breaker = new CircuitBreaker({ failureThreshold: workerData, clock });
      const handler = new RetryHandler({ maxAttempts: workerData, jitter: false, baseDelay: workerData, multiplier: 1, clock });
      let wrong = 0;
      for (let round = 0; round < 300; round++) {
        const error = await handler.execute(() => { throw new Error("no"); }).catch((e) => e);
        if ((error.attempts ?? 1) !== workerData || clock.slept.at(-1) !== (workerData > 1 ? workerData : undefined)) wrong++;
        for (let i = 1; i <= workerData; i++) {
          if (breaker.state !== "CLOSED") wrong++;
          await breaker.execute(() => { throw new Error("no"); }).catch(() => {});
        }
        if (breaker.state !== "OPEN") wrong++;
        await clock.sleep(30_000);
        clock.slept.pop();
        for (let i = 0; i < 3; i++) await breaker.execute(() => i);
      }
      parentPort.postMessage(wrong);
    })();`;
  const results = await Promise.all(
    [1, 2, 3, 4].map(
      (workerData) =>
        new Promise((resolve, reject) => {
          const worker = new Worker(work, { eval: true, workerData });
          worker.once("message", resolve);
          worker.once("error", reject);
        }),
    ),
  );
  assert.deepEqual(results, [0, 0, 0, 0]);
});

test("a worker that is ended in the middle of its calls takes nothing with it", async () => {
  const work = `
    const { CircuitBreaker } = require("once-again");
    const breaker = CircuitBreaker.rate();
    require("node:worker_threads").parentPort.postMessage("running");
    (async () => { for (;;) await breaker.execute(() => 1); })();`;
  for (let i = 0; i < 5; i++) {
    const worker = new Worker(work, { eval: true });
    await new Promise((resolve) => worker.once("message", resolve));
    await worker.terminate();
  }
  const { CircuitBreaker } = require("once-again");
  assert.equal(await new CircuitBreaker().execute(() => "still here"), "still here");
});
