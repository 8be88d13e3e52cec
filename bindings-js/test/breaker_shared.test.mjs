// A breaker that shares its state, over stores that answer what a test wants; `tests/shared_breaker` has real ones.

import assert from "node:assert/strict";
import test from "node:test";
import { api, failing, rejection, testing } from "./package.mjs";

const { CircuitBreaker, CircuitOpenError, ConfigError, RetryHandler, wrap } = api;
const { virtualClock } = testing;

/** No record. */
const CLOSED = "0 0 0 0 0 0 0 0 0";
/** Epoch 7, open for another 20 s, the next time for 10 s. */
const OPEN = "0 7 1 20000000 655360000000 0 0 0 0";
/** Epoch 8, half-open: probe 0, the only one in flight. */
const GRANTED = "0 8 2 0 655360000000 0 0 0 1";

/** Answers every script with `answer`; throws it when it is an error; holds answers back while it is a promise. */
class Store {
  asked = [];
  answer = CLOSED;

  run(_script, keys, args) {
    assert.deepEqual(keys, ["once-again:breaker:1:ledger"]);
    this.asked.push(args);
    if (this.answer instanceof Error) throw this.answer;
    return Promise.resolve(this.answer);
  }
}

function sharing() {
  const clock = virtualClock();
  const store = new Store();
  const breaker = new CircuitBreaker({
    name: "ledger",
    failureThreshold: 2,
    recoveryTimeout: 10_000,
    shared: store,
    clock,
  });
  const heard = [];
  for (const event of ["stateChange", "attached", "detached"])
    breaker.on(event, ({ from, to }) => heard.push(from === undefined ? event : `${from}>${to}`));
  return { breaker, clock, store, heard };
}

/** One that has heard that all are open, and whose wait is over. */
async function due() {
  const all = sharing();
  all.store.answer = OPEN;
  await all.breaker.execute(() => 1);
  await all.clock.advance(20_000);
  assert.equal(all.breaker.state, "OPEN");
  all.heard.length = 0;
  return all;
}

/** A promise and what ends it. */
function held() {
  let give;
  const promise = new Promise((resolve) => {
    give = resolve;
  });
  return { promise, give };
}

test("a shared breaker needs a name and a store", () => {
  const nameless = () => new CircuitBreaker({ shared: new Store() });
  assert.throws(nameless, { code: "CONFIG_INVALID", field: "name", message: /name: got nothing, expected a name/ });
  for (const shared of [null, 7, {}])
    assert.throws(
      () => new CircuitBreaker({ name: "ledger", shared }),
      (error) => {
        assert.ok(error instanceof ConfigError);
        assert.equal(error.field, "shared");
        return true;
      },
    );
});

test("a closed breaker asks once a second and waits for nobody", async () => {
  const { breaker, clock, store } = sharing();
  const { promise, give } = held();
  store.answer = promise;
  for (let i = 0; i < 10; i++) assert.equal(await breaker.execute(() => i), i);
  assert.equal(store.asked.length, 1);
  assert.equal(breaker.attached, false);
  give(CLOSED);
  await clock.advance(999);
  assert.equal(breaker.attached, true);
  await breaker.execute(() => 1);
  assert.equal(store.asked.length, 1);
  await clock.advance(1);
  await breaker.execute(() => 1);
  assert.equal(store.asked.length, 2);
});

test("it opens when another process has opened", async () => {
  const { breaker, clock, store, heard } = sharing();
  await breaker.execute(() => 1);
  await clock.advance(1_000);
  store.answer = OPEN;
  assert.equal(await breaker.execute(() => 1), 1);
  await clock.advance(0);
  const error = await rejection(breaker.execute(() => 1));
  assert.ok(error instanceof CircuitOpenError);
  assert.equal(error.retryAfter, 20_000);
  assert.deepEqual(heard, ["attached", "CLOSED>OPEN"]);
});

test("it tells the others when it opens", async () => {
  const { breaker, clock, store } = sharing();
  await breaker.execute(() => 1);
  await clock.advance(0);
  for (let i = 0; i < 2; i++) await rejection(breaker.execute(failing()));
  // Open for 10 s, the next time for 10 s; kept for the longest wait, the lease, and an hour.
  assert.deepEqual(store.asked.at(-1), ["0", "0", "1", "10000000", "655360000000", "3960000"]);
});

test("a probe is made when the store grants it, and its end is told", async () => {
  const { breaker, store, heard } = await due();
  store.answer = GRANTED;
  assert.equal(await breaker.execute(() => "probe"), "probe");
  assert.equal(breaker.state, "HALF_OPEN");
  assert.deepEqual(heard, ["OPEN>HALF_OPEN"]);
  assert.deepEqual(store.asked.at(-1), ["0", "8", "0", "success"]);
});

test("a retry around it waits for its probe too", async () => {
  const { breaker, clock, store } = await due();
  const retrying = wrap(new RetryHandler({ clock }), breaker);
  store.answer = GRANTED;
  assert.equal(await retrying.execute(() => "probe"), "probe");
});

test("a probe is not made when the store refuses it", async () => {
  const { breaker, store } = await due();
  store.answer = "-1 8 2 0 655360000000 0 0 0 3";
  const error = await rejection(breaker.execute(() => assert.fail("it was called")));
  assert.ok(error instanceof CircuitOpenError);
  assert.equal(error.state, "HALF_OPEN");
});

test("a claim that takes too long is decided alone, and its late probe given back", async () => {
  const { breaker, clock, store, heard } = await due();
  const { promise, give } = held();
  store.answer = promise;
  const call = breaker.execute(() => "probe");
  await clock.advance(249);
  assert.deepEqual(heard, []);
  await clock.advance(1);
  assert.equal(await call, "probe");
  assert.deepEqual(heard, ["OPEN>HALF_OPEN", "detached"]);
  give(GRANTED);
  store.answer = GRANTED;
  await clock.advance(1_000);
  await rejection(breaker.execute(failing()));
  await clock.advance(0);
  assert.ok(
    store.asked.some((args) => args.join(" ") === "0 8 0 nothing"),
    JSON.stringify(store.asked),
  );
});

test("without its store it goes on alone, and says so once", async () => {
  const { breaker, clock, store, heard } = sharing();
  let error;
  breaker.on("detached", (event) => {
    error = event.error;
  });
  store.answer = new Error("refused");
  for (let i = 0; i < 5; i++) {
    assert.equal(await breaker.execute(() => i), i);
    await clock.advance(1_000);
  }
  assert.deepEqual(heard, ["detached"]);
  assert.equal(error, store.answer);
  assert.equal(store.asked.length, 5);
  for (let i = 0; i < 2; i++) await rejection(breaker.execute(failing()));
  assert.equal(breaker.state, "OPEN");
  await clock.advance(10_000);
  assert.equal(await breaker.execute(() => "its own probe"), "its own probe");
  store.answer = CLOSED;
  await clock.advance(1_000);
  await breaker.execute(() => 1);
  await clock.advance(0);
  assert.equal(breaker.attached, true);
});

test("an answer that is none is a store that is away", async () => {
  for (const answer of ["OK", null, 7, "1 2 3"]) {
    const { breaker, clock, store, heard } = sharing();
    store.answer = answer;
    await breaker.execute(() => 1);
    await clock.advance(0);
    assert.deepEqual(heard, ["detached"]);
  }
});

test("answers may be bytes", async () => {
  const { breaker, clock, store } = sharing();
  store.answer = new TextEncoder().encode(OPEN);
  await breaker.execute(() => 1);
  await clock.advance(0);
  assert.equal(breaker.state, "OPEN");
});

test("who cannot wait gets the probe asked for by the one before", async () => {
  const { breaker, clock, store } = await due();
  store.answer = GRANTED;
  assert.throws(() => breaker.admit(), CircuitOpenError);
  await clock.advance(0);
  const permit = breaker.admit();
  assert.equal(breaker.settle(permit, "success"), "counted");
  await clock.advance(0);
  assert.deepEqual(
    store.asked.slice(-2).map((args) => args[3]),
    ["hold", "success"],
  );
});

test("a breaker that was closed meanwhile makes nothing of an answer", async () => {
  const { breaker, clock, store } = await due();
  const { promise, give } = held();
  store.answer = promise;
  const call = rejection(breaker.execute(() => assert.fail("it was called")));
  breaker.close();
  give(GRANTED);
  await clock.advance(0);
  assert.ok((await call) instanceof CircuitOpenError);
});
