import assert from "node:assert/strict";
import test from "node:test";
import { api, failing, rejection, testing } from "./package.mjs";

const { CircuitBreaker, ConfigError, DeadLetterQueue, MemoryDeadLetterStore, RetryHandler, wrap } = api;
const { injectErrors, noSleep } = testing;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** A handler of two attempts whose dead letters go to a queue of its own. */
function burying(queueOptions = {}, policy = {}) {
  const clock = noSleep({ wallNow: 1_000_000 });
  const letters = new DeadLetterQueue({ clock, ...queueOptions });
  const handler = new RetryHandler({
    maxAttempts: 2,
    baseDelay: 100,
    jitter: false,
    operationName: "charge",
    clock,
    deadLetterStore: letters,
    ...policy,
  });
  return { clock, letters, handler };
}

test("a letter says what was tried, how often, when, and how it failed", async () => {
  const { handler, letters } = burying({}, { operationType: "payment", tags: { service: "till" } });
  const error = Object.assign(new Error("connection reset"), { code: "ECONNRESET" });

  await rejection(handler.execute(failing(error), { key: "order-7", payload: { amount: 5 }, metadata: { shop: 3 } }));

  const [{ id, ...letter }, ...others] = await letters.list();
  assert.match(id, UUID);
  assert.deepEqual(letter, {
    operation: "charge",
    type: "payment",
    error: { kind: "Network", name: "Error", code: "ECONNRESET", message: "connection reset" },
    attempts: 2,
    firstAt: 1_000_000,
    lastAt: 1_000_100,
    tags: { service: "till" },
    metadata: { service: "till", shop: 3 },
    key: "order-7",
    payload: { amount: 5 },
  });
  assert.deepEqual(others, []);
});

test("a payload that is no JSON is left out, and the letter says so", async () => {
  const { handler, letters } = burying();
  for (const payload of [1n, () => {}]) {
    await rejection(handler.execute(failing(), { payload }));
    const [letter] = await letters.list();
    assert.equal(letter.payloadOmitted, true);
    assert.ok(!("payload" in letter));
    await letters.discard(letter.id);
  }
});

test("metadata that is no JSON is left out, and the rest of the letter is kept", async () => {
  const { handler, letters } = burying({}, { tags: { team: "pay" } });
  await rejection(handler.execute(failing(), { metadata: { amount: 1n, shop: 3 } }));
  assert.deepEqual((await letters.list())[0].metadata, { team: "pay", shop: 3 });
});

test("calls that a breaker rejected, that were cancelled or that succeeded leave none", async () => {
  const { handler, letters } = burying();
  const breaker = new CircuitBreaker({ failureThreshold: 1 });
  await rejection(wrap(handler, breaker).execute(failing()));
  await handler.execute(injectErrors(() => "fine", [new Error("once")]));
  await rejection(handler.execute(failing(), { signal: AbortSignal.abort() }));
  assert.deepEqual(await letters.list(), []);
});

test("a call that fails after its handler was closed is buried like any other", async () => {
  for (const [enableDeadLetter, expected] of [
    [true, 1],
    [false, 0],
  ]) {
    const { handler, letters } = burying({}, { enableDeadLetter });
    await rejection(
      handler.execute(() => {
        handler.close();
        throw new Error("down");
      }),
    );
    assert.equal((await letters.list()).length, expected);
  }
});

test("a handler hears of the metadata of the call beside the tags", async () => {
  const heard = [];
  const { handler } = burying({}, { tags: { team: "pay" }, deadLetterHandler: (...letter) => heard.push(letter) });
  const error = new Error("down");
  await rejection(handler.execute(failing(error), { name: "refund", metadata: { shop: 3 } }));
  assert.deepEqual(heard, [["refund", error, 2, { team: "pay", shop: 3 }]]);
});

test("redrive runs the operation again with the same key, and forgets the letter", async () => {
  const runs = [];
  const { handler, letters } = burying({
    handlers: { charge: (letter, { key }) => runs.push([letter.payload, key]) },
  });
  await rejection(handler.execute(failing(), { key: "order-7", payload: 5 }));
  await rejection(handler.execute(failing(), { payload: 6 }));
  const [first, second] = await letters.list();

  assert.equal(await letters.redrive(first.id), 1);
  await letters.redrive(second.id);

  assert.deepEqual(runs, [
    [5, "order-7"],
    [6, second.id],
  ]);
  assert.deepEqual(await letters.list(), []);
  assert.deepEqual(letters.stats, { buried: 2, lost: 0, redriven: 2, discarded: 0 });
});

test("a redrive that fails keeps the letter in its place, with the new failure and the attempts added", async () => {
  const { clock, handler, letters } = burying();
  const again = new RetryHandler({ maxAttempts: 3, baseDelay: 0, jitter: false, clock });
  letters.handle("charge", () => again.execute(failing(Object.assign(new Error("busy"), { status: 503 }))));
  letters.handle("refund", failing(new TypeError("a bug")));
  await rejection(handler.execute(failing()));
  await rejection(handler.execute(failing(), { name: "refund" }));
  const [charge, refund] = await letters.list();
  await clock.sleep(1_000);

  assert.equal((await rejection(letters.redrive(charge.id))).code, "RETRY_EXHAUSTED");
  assert.equal((await rejection(letters.redrive(refund.id))).message, "a bug");

  const seen = (await letters.list()).map(({ id, attempts, error, lastAt }) => [id, attempts, error.kind, lastAt]);
  assert.deepEqual(seen, [
    [charge.id, 5, "Server", 1_001_200],
    [refund.id, 3, "Permanent", 1_001_200],
  ]);
  assert.equal(letters.stats.redriven, 0);
});

test("two redrives of one letter at once are one", async () => {
  let finish;
  let runs = 0;
  const { handler, letters } = burying();
  letters.handle("charge", () => {
    runs++;
    return new Promise((resolve) => {
      finish = resolve;
    });
  });
  await rejection(handler.execute(failing()));
  const [{ id }] = await letters.list();
  const both = [letters.redrive(id), letters.redrive(id)];
  await new Promise(setImmediate);
  finish("paid");
  assert.deepEqual(await Promise.all(both), ["paid", "paid"]);
  assert.equal(runs, 1);
});

test("what cannot be redriven is refused by name, and stays", async () => {
  const { handler, letters } = burying({ handlers: { other: () => {} } });
  await rejection(handler.execute(failing()));
  const [{ id }] = await letters.list();
  const withoutHandler = await rejection(letters.redrive(id));
  assert.equal(withoutHandler.message, 'handlers: got "charge", expected an operation that has one (other)');
  assert.equal((await rejection(letters.redrive("nobody"))).field, "id");
  assert.equal(await rejection(letters.redrive(id, { signal: AbortSignal.abort("enough") })), "enough");
  assert.equal((await letters.list()).length, 1);
});

test("a letter is thrown away once", async () => {
  const { handler, letters } = burying();
  await rejection(handler.execute(failing()));
  const [{ id }] = await letters.list();
  assert.deepEqual([await letters.discard(id), await letters.discard(id)], [true, false]);
  assert.equal(letters.stats.discarded, 1);
});

test("a letter for which there is no room is logged whole and counted, and the call fails as it would", async () => {
  const lines = [];
  const { handler, letters } = burying({ maxLetters: 1, logger: (line) => lines.push(line) });
  const error = new Error("down");
  await rejection(handler.execute(failing(error), { payload: "first" }));
  assert.equal((await rejection(handler.execute(failing(error), { payload: "second" }))).cause, error);
  await letters.flush();

  assert.deepEqual(
    (await letters.list()).map(({ payload }) => payload),
    ["first"],
  );
  assert.deepEqual(letters.stats, { buried: 2, lost: 1, redriven: 0, discarded: 0 });
  assert.equal(lines.length, 1);
  assert.deepEqual(
    [lines[0].level, lines[0].event, lines[0].operation, lines[0].letter.payload, lines[0].letter.attempts],
    ["ERROR", "dead_letter_lost", "charge", "second", 2],
  );
});

test("a store that fails, at once or later, loses no letter and hides no error", async () => {
  const letterOf = (line) => line.letter?.payload;
  for (const put of [
    () => {
      throw new Error("disk full");
    },
    () => Promise.reject(new Error("disk full")),
    async () => false,
  ]) {
    const lines = [];
    const store = { put, get: () => undefined, list: () => [], remove: () => false };
    const { handler, letters } = burying({ store }, { logger: (line) => lines.push(line) });
    const error = new Error("down");
    assert.equal((await rejection(handler.execute(failing(error), { payload: 7 }))).cause, error);
    await letters.flush();
    assert.deepEqual(lines.map(letterOf).filter(Boolean), [7]);
    assert.equal(letters.stats.lost, 1);
  }
});

test("without any logger a lost letter goes to console.error", async (t) => {
  const written = [];
  t.mock.method(console, "error", (text) => written.push(JSON.parse(text)));
  const { handler, letters } = burying({ maxLetters: 1 });
  await rejection(handler.execute(failing()));
  await rejection(handler.execute(failing(), { payload: "lost" }));
  await letters.flush();
  assert.deepEqual(
    written.map(({ event, letter }) => [event, letter.payload]),
    [["dead_letter_lost", "lost"]],
  );
});

test("flush waits for a store that takes its time", async () => {
  let keep;
  const kept = new Promise((resolve) => {
    keep = resolve;
  });
  const store = { put: () => kept, get: () => undefined, list: () => [], remove: () => false };
  const { handler, letters } = burying({ store });
  await rejection(handler.execute(failing()));
  let flushed = false;
  const flush = letters.flush().then(() => {
    flushed = true;
  });
  await new Promise(setImmediate);
  assert.equal(flushed, false);
  keep(true);
  await flush;
  assert.equal(letters.stats.lost, 0);
});

test("a store by itself is enough for a handler", async () => {
  const store = new MemoryDeadLetterStore();
  const { handler } = burying({}, { deadLetterStore: store });
  await rejection(handler.execute(failing()));
  assert.deepEqual(store.stats, { letters: 1, kept: 1, refused: 0 });
  store.close();
  assert.throws(() => store.put({ id: "a" }), /was closed/);
});

test("what is no store, handler or size is refused at once", () => {
  assert.throws(() => new DeadLetterQueue({ store: { put() {} } }), ConfigError);
  assert.throws(() => new DeadLetterQueue({ store: new MemoryDeadLetterStore(), maxLetters: 5 }), ConfigError);
  assert.throws(() => new DeadLetterQueue({ maxLetters: 0 }), /maxLetters: got 0/);
  assert.throws(() => new RetryHandler({ deadLetterStore: {} }), ConfigError);
  assert.throws(() => new RetryHandler({ deadLetterHandler: "mail" }), ConfigError);
});
