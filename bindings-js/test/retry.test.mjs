import assert from "node:assert/strict";
import test from "node:test";
import { api, failing, rejection, testing } from "./package.mjs";

const { ConfigError, RetryExhaustedError, RetryHandler } = api;
const { injectErrors, noSleep, virtualClock } = testing;

/** A handler without jitter on a clock whose sleeps are over at once. */
function handlerOf(policy = {}, clock = noSleep()) {
  return { clock, handler: new RetryHandler({ jitter: false, clock, ...policy }) };
}

test("an operation that succeeds at first is called once, with attempt 1", async () => {
  const { handler, clock } = handlerOf();
  const seen = [];

  const value = await handler.execute((context) => {
    seen.push([context.attempt, context.signal.aborted]);
    return "done";
  });

  assert.equal(value, "done");
  assert.deepEqual(seen, [[1, false]]);
  assert.deepEqual(clock.slept, []);
});

test("a falsy result is a result", async () => {
  const { handler } = handlerOf();
  for (const value of [0, "", false, null, undefined, Number.NaN]) {
    assert.ok(Object.is(await handler.execute(() => value), value));
  }
});

test("an operation that throws before its first await is retried like any other", async () => {
  const { handler } = handlerOf();
  let calls = 0;
  const value = await handler.execute(() => {
    calls++;
    if (calls === 1) throw new Error("at once");
    return calls;
  });
  assert.equal(value, 2);
});

test("delays grow from the base delay and stop at the cap", async () => {
  const { handler, clock } = handlerOf({ maxAttempts: 6, baseDelay: 100, multiplier: 2, maxDelay: 500 });
  await rejection(handler.execute(failing()));
  assert.deepEqual(clock.slept, [100, 200, 400, 500, 500]);
});

test("each retry is told its own number", async () => {
  const { handler } = handlerOf({ maxAttempts: 4 });
  const attempts = [];
  await rejection(
    handler.execute(({ attempt }) => {
      attempts.push(attempt);
      throw new Error("no");
    }),
  );
  assert.deepEqual(attempts, [1, 2, 3, 4]);
});

test("full jitter takes its draw from the given random", async () => {
  const clock = noSleep();
  const handler = new RetryHandler({ maxAttempts: 3, baseDelay: 100, clock, random: () => 0.5 });
  await rejection(handler.execute(failing()));
  assert.deepEqual(clock.slept.map(Math.round), [50, 100]);
});

test("a policy that is exhausted rejects with the whole story", async () => {
  const { handler } = handlerOf({ maxAttempts: 3, baseDelay: 100 });
  const errors = [new Error("first"), new Error("second"), new Error("third")];

  const error = await rejection(
    handler.execute(
      injectErrors(() => "never", errors),
      { name: "pay" },
    ),
  );

  assert.ok(error instanceof RetryExhaustedError);
  assert.equal(error.code, "RETRY_EXHAUSTED");
  assert.equal(error.reason, "EXHAUSTED");
  assert.equal(error.attempts, 3);
  assert.deepEqual(error.errors, errors);
  assert.equal(error.cause, errors[2]);
  assert.equal(error.elapsed, 300);
  assert.equal(error.message, "pay: given up after 3 attempts: every attempt failed");
});

test("an error that is not retryable comes out as it is, at once", async () => {
  const { handler } = handlerOf();
  for (const error of [
    new TypeError("a bug"),
    new RangeError("a bug"),
    Object.assign(new Error("no"), { status: 404 }),
  ]) {
    const operation = failing(error);
    assert.equal(await rejection(handler.execute(operation)), error);
    assert.equal(operation.calls, 1);
  }
});

test("a single attempt that fails comes out as it is", async () => {
  const { handler } = handlerOf({ maxAttempts: 1 });
  const error = new Error("once");
  assert.equal(await rejection(handler.execute(failing(error))), error);
});

test("whatever is thrown, there is a verdict", async () => {
  const { handler } = handlerOf({ maxAttempts: 2 });
  const hostile = new Proxy(
    {},
    {
      get() {
        throw new Error("do not look");
      },
      getPrototypeOf: () => null,
    },
  );
  for (const thrown of [
    undefined,
    null,
    0,
    "text",
    Symbol("s"),
    {},
    Object.create(null),
    hostile,
    () => {},
    "\ud800",
  ]) {
    const error = await rejection(handler.execute(failing(thrown)));
    assert.ok(error instanceof RetryExhaustedError, String(typeof thrown));
    assert.equal(error.cause, thrown);
  }
});

test("an error's own kind wins over what it looks like", async () => {
  const { handler } = handlerOf();
  const permanent = failing(Object.assign(new Error("no"), { kind: "Permanent", code: "ECONNRESET" }));
  const transient = failing(Object.assign(new TypeError("yes"), { kind: "Transient" }));
  await rejection(handler.execute(permanent));
  await rejection(handler.execute(transient));
  assert.deepEqual([permanent.calls, transient.calls], [1, 3]);
});

test("the status is read from statusCode, status and response.status", async () => {
  const { handler } = handlerOf({ retryableStatusCodes: [503] });
  const calls = [];
  for (const fields of [{ statusCode: 503 }, { status: 503 }, { response: { status: 503 } }, { status: 500 }]) {
    const operation = failing(Object.assign(new Error("http"), fields));
    await rejection(handler.execute(operation));
    calls.push(operation.calls);
  }
  assert.deepEqual(calls, [3, 3, 3, 1]);
});

test("the code of a cause speaks for an error without one", async () => {
  const { handler } = handlerOf();
  const refused = failing(
    new TypeError("fetch failed", { cause: Object.assign(new Error(), { code: "ECONNREFUSED" }) }),
  );
  await rejection(handler.execute(refused));
  assert.equal(refused.calls, 3);
});

test("only what is listed is retried, and what is permanent never is", async () => {
  const { handler } = handlerOf({ retryableErrors: ["E_BUSY", "Timeout"], permanentErrors: ["E_GONE"] });
  const calls = [];
  for (const code of ["E_BUSY", "ETIMEDOUT", "ECONNRESET", "E_GONE"]) {
    const operation = failing(Object.assign(new Error(code), { code }));
    await rejection(handler.execute(operation));
    calls.push(operation.calls);
  }
  assert.deepEqual(calls, [3, 3, 1, 1]);
});

test("every custom condition must agree, and none can make a permanent error retryable", async () => {
  const asked = [];
  const { handler } = handlerOf({
    maxAttempts: 5,
    customConditions: [
      () => true,
      (error, attempt) => {
        asked.push([error.message, attempt]);
        return attempt < 2;
      },
    ],
  });
  const error = new Error("flaky");
  const operation = failing(error);
  assert.equal(await rejection(handler.execute(operation)), error, "a veto throws the error as it came");
  assert.equal(operation.calls, 2);
  const bug = failing(new TypeError("a bug"));
  await rejection(handler.execute(bug));
  assert.equal(bug.calls, 1);
  assert.deepEqual(asked, [
    ["flaky", 1],
    ["flaky", 2],
  ]);
});

test("conditions are not asked about a failure that ends the call anyway", async () => {
  const asked = [];
  const { handler } = handlerOf({
    maxAttempts: 2,
    customConditions: [(_, attempt) => asked.push(attempt) < 99],
  });
  assert.equal((await rejection(handler.execute(failing()))).reason, "EXHAUSTED");
  assert.deepEqual(asked, [1]);
});

test("a backoff of the caller's own is called with the attempt that failed, and capped", async () => {
  const asked = [];
  const { handler, clock } = handlerOf({
    maxAttempts: 4,
    baseDelay: 10,
    maxDelay: 50,
    customBackoff(attempt, baseDelay) {
      asked.push([attempt, baseDelay]);
      return attempt * 20;
    },
  });
  await rejection(handler.execute(failing()));
  assert.deepEqual(
    asked,
    [
      [1, 10],
      [2, 10],
      [3, 10],
    ],
    "and not when no attempt follows",
  );
  assert.deepEqual(clock.slept, [20, 40, 50]);
});

test("a backoff that gives no delay is refused by name", async () => {
  const { handler } = handlerOf({ customBackoff: () => Number.NaN });
  const error = await rejection(handler.execute(failing()));
  assert.ok(error instanceof ConfigError);
  assert.equal(error.field, "customBackoff");
  assert.equal(error.value, "NaN");
});

test("a schedule is followed, and its last delay repeats", async () => {
  const { handler, clock } = handlerOf({ maxAttempts: 5, schedule: [5, 0, 30] });
  await rejection(handler.execute(failing()));
  assert.deepEqual(clock.slept, [5, 30, 30], "a delay of nothing is no sleep at all");
});

test("Retry-After is never undercut", async () => {
  const { handler, clock } = handlerOf({ maxAttempts: 2, baseDelay: 1, maxDelay: 2 });
  const limited = (extra) => failing(Object.assign(new Error("slow down"), { status: 429, ...extra }));
  await rejection(handler.execute(limited({ headers: new Headers({ "retry-after": "3" }) })));
  await rejection(handler.execute(limited({ response: { headers: { "Retry-After": "4" } } })));
  await rejection(handler.execute(limited({ retryAfter: 5 })));
  assert.deepEqual(clock.slept, [3_000, 4_000, 5_000]);
});

test("Retry-After is found wherever a client keeps its headers", async () => {
  const { handler, clock } = handlerOf({ maxAttempts: 2, baseDelay: 1, maxDelay: 2 });
  const broken = {
    get() {
      throw new Error("closed");
    },
  };
  const limits = [
    { headers: {}, response: { headers: new Headers({ "retry-after": "3" }) } },
    { headers: { "retry-after": "1" }, response: { headers: { "Retry-After": "4" } } },
    { headers: new Map([["Retry-After", "5"]]) },
    {
      headers: [
        ["content-type", "text/plain"],
        ["RETRY-AFTER", "6"],
      ],
    },
    { headers: ["Content-Type", "text/plain", "Retry-After", "7"] },
    { headers: broken, response: { headers: { "retry-after": ["8", "9"] } } },
    { headers: { "retry-after": 9 }, retryAfter: "" },
  ];
  for (const limit of limits) {
    await rejection(handler.execute(failing(Object.assign(new Error("slow down"), { status: 429, ...limit }))));
  }
  assert.deepEqual(clock.slept, [3_000, 4_000, 5_000, 6_000, 7_000, 8_000, 9_000]);
});

test("a date in Retry-After is read against the given wall clock", async () => {
  const clock = noSleep({ wallNow: Date.UTC(2030, 0, 1) });
  const { handler } = handlerOf({ maxAttempts: 2 }, clock);
  const headers = new Headers({ "retry-after": "Tue, 01 Jan 2030 00:00:07 GMT" });
  await rejection(handler.execute(failing(Object.assign(new Error("later"), { status: 503, headers }))));
  assert.deepEqual(clock.slept, [7_000]);
});

test("a Retry-After beyond maxRetryAfter ends the call at once", async () => {
  const { handler, clock } = handlerOf({ maxRetryAfter: 1_000 });
  const error = await rejection(
    handler.execute(failing(Object.assign(new Error("later"), { status: 503, retryAfter: 2 }))),
  );
  assert.equal(error.reason, "RETRY_AFTER_TOO_LONG");
  assert.equal(error.attempts, 1);
  assert.deepEqual(clock.slept, []);
});

test("observers hear of retries, of the end, and of success, and cannot change anything", async () => {
  const events = [];
  const watch = (kind) => (event) => {
    events.push([kind, event]);
    throw new Error("an observer's own trouble");
  };
  const { handler } = handlerOf({
    maxAttempts: 2,
    baseDelay: 100,
    operationName: "charge",
    onRetry: watch("retry"),
    onGiveUp: watch("giveUp"),
    onSuccess: async (event) => watch("success")(event),
  });
  const error = new Error("down");

  await handler.execute(injectErrors(() => "up", [error]));
  await rejection(handler.execute(failing(error), { name: "refund" }));
  await rejection(handler.execute(failing(new TypeError("a bug"))));

  assert.deepEqual(events.slice(0, 4), [
    ["retry", { name: "charge", attempt: 1, delay: 100, error, kind: "Unknown" }],
    ["success", { name: "charge", attempts: 2, elapsed: 100 }],
    ["retry", { name: "refund", attempt: 1, delay: 100, error, kind: "Unknown" }],
    ["giveUp", { name: "refund", attempts: 2, elapsed: 100, error, kind: "Unknown", reason: "EXHAUSTED" }],
  ]);
  assert.equal(events.length, 5);
  assert.deepEqual([events[4][1].reason, events[4][1].kind], ["NOT_RETRYABLE", "Permanent"]);
});

test("a dead letter is handed over once per call given up, and never hides the error", async () => {
  const letters = [];
  const { handler } = handlerOf({
    maxAttempts: 2,
    operationName: "charge",
    tags: { team: "payments" },
    deadLetterHandler(...letter) {
      letters.push(letter);
      throw new Error("the letter box is full");
    },
  });
  const down = new Error("down");
  const bug = new TypeError("a bug");

  assert.equal((await rejection(handler.execute(failing(down)))).cause, down);
  assert.equal(await rejection(handler.execute(failing(bug))), bug);
  await handler.execute(() => "fine");
  await rejection(handler.execute(failing(down), { signal: AbortSignal.abort() }));

  assert.deepEqual(letters, [
    ["charge", down, 2, { team: "payments" }],
    ["charge", bug, 1, { team: "payments" }],
  ]);

  const without = handlerOf({ enableDeadLetter: false, deadLetterHandler: () => letters.push("unwanted") });
  await rejection(without.handler.execute(failing(down)));
  assert.equal(letters.length, 2);
});

test("a call whose next attempt could not start in time does not wait for it", async () => {
  const { handler, clock } = handlerOf({ maxAttempts: 9, baseDelay: 400, multiplier: 1, totalTimeout: 1_000 });
  const error = await rejection(handler.execute(failing()));
  assert.equal(error.reason, "DEADLINE");
  assert.equal(error.attempts, 3);
  assert.deepEqual(clock.slept, [400, 400]);
});

test("ten thousand calls on one handler never mix", async () => {
  const clock = virtualClock();
  const handler = new RetryHandler({ maxAttempts: 4, baseDelay: 10, clock });
  const calls = Array.from({ length: 10_000 }, (_, call) => {
    const errors = Array.from({ length: call % 4 }, (_, n) => new Error(`${call}:${n}`));
    let attempts = 0;
    const operation = injectErrors(() => `${call} after ${attempts}`, errors);
    return handler.execute(({ attempt }) => {
      attempts = attempt;
      return operation();
    });
  });
  await clock.advance(1_000);
  const values = await Promise.all(calls);
  for (const [call, value] of values.entries()) assert.equal(value, `${call} after ${(call % 4) + 1}`);
});

test("a handler that was closed stops retrying", async () => {
  const { handler } = handlerOf();
  handler.close();
  handler.close();
  const error = new Error("down");
  assert.equal(await rejection(handler.execute(failing(error))), error);
});
