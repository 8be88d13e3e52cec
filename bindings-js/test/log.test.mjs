import assert from "node:assert/strict";
import test from "node:test";
import { api, failing, rejection, testing } from "./package.mjs";

const { CircuitBreaker, RetryHandler, retryWithCheckpoint, wrap } = api;
const { injectErrors, noSleep } = testing;

/** A handler without jitter, and the lines it writes. */
function logged(policy = {}) {
  const lines = [];
  const handler = new RetryHandler({
    maxAttempts: 3,
    baseDelay: 100,
    jitter: false,
    operationName: "fetch",
    clock: noSleep({ wallNow: Date.UTC(2030, 0, 1) }),
    logger: (line) => lines.push(line),
    ...policy,
  });
  return { handler, lines };
}

const reset = (message = "reset by 10.0.0.7") => Object.assign(new Error(message), { code: "ECONNRESET" });
const shown = (lines) => lines.map(({ level, event, attempt, delay }) => [level, event, attempt, delay]);

test("a line is that of the retry policy standards", async () => {
  const { handler, lines } = logged({ tags: { service: "lake" } });
  await handler.execute(
    injectErrors(() => 1, [reset()]),
    { requestId: "req-1" },
  );
  assert.deepEqual(lines[0], {
    timestamp: "2030-01-01T00:00:00.000Z",
    level: "WARNING",
    event: "retry",
    service: "lake",
    operation: "fetch",
    attempt: 1,
    delay: 0.1,
    error: "Network: ECONNRESET",
    trace_id: "req-1",
  });
  assert.deepEqual(lines[1], {
    ...lines[0],
    timestamp: "2030-01-01T00:00:00.100Z",
    level: "INFO",
    event: "success_after_retry",
    attempt: 2,
    delay: null,
    error: null,
  });
  assert.equal(lines.length, 2);
});

test("a retry is a warning, giving up an error, and a first success is not worth a line", async () => {
  const { handler, lines } = logged();
  await handler.execute(() => "at once");
  assert.deepEqual(lines, []);
  await rejection(handler.execute(failing(reset())));
  assert.deepEqual(shown(lines), [
    ["WARNING", "retry", 1, 0.1],
    ["WARNING", "retry", 2, 0.2],
    ["ERROR", "give_up", 3, null],
  ]);
});

test("at debug every attempt, classification and backoff is told", async () => {
  const { handler, lines } = logged({ logLevel: "debug" });
  await handler.execute(injectErrors(() => 1, [reset()]));
  assert.deepEqual(shown(lines), [
    ["DEBUG", "attempt", 1, null],
    ["DEBUG", "classified", 1, null],
    ["DEBUG", "backoff", 1, 0.1],
    ["WARNING", "retry", 1, 0.1],
    ["DEBUG", "attempt", 2, null],
    ["INFO", "success_after_retry", 2, null],
  ]);
});

test("a level leaves out what is below it", async () => {
  for (const [logLevel, events] of [
    ["warning", ["retry", "retry", "give_up"]],
    ["error", ["give_up"]],
  ]) {
    const { handler, lines } = logged({ logLevel });
    await rejection(handler.execute(failing(reset())));
    assert.deepEqual(
      lines.map(({ event }) => event),
      events,
    );
  }
});

test("without enableLogging nothing is written", async () => {
  const { handler, lines } = logged({ enableLogging: false, logLevel: "debug" });
  await rejection(handler.execute(failing(reset())));
  assert.deepEqual(lines, []);
});

test("an error's own message is written only when that is asked for", async () => {
  const silent = logged();
  await rejection(silent.handler.execute(failing(reset("token abc"))));
  assert.doesNotMatch(JSON.stringify(silent.lines), /token/);
  const open = logged({ logMessages: true });
  await rejection(open.handler.execute(failing(reset("token abc"))));
  assert.equal(open.lines[0].error, "Network: ECONNRESET: token abc");
});

test("an error that fits no rule is warned of once per operation", async () => {
  const { handler, lines } = logged({ maxAttempts: 2 });
  for (const name of ["a", "a", "b"]) await rejection(handler.execute(failing(new Error("strange")), { name }));
  assert.deepEqual(
    lines.filter(({ event }) => event === "unknown_error").map(({ operation, error }) => [operation, error]),
    [
      ["a", "Unknown: Error"],
      ["b", "Unknown: Error"],
    ],
  );
});

test("a dead letter is a line of its own when somebody takes it", async () => {
  const { handler, lines } = logged({ deadLetterHandler: () => {} });
  await rejection(handler.execute(failing(new TypeError("a bug"))));
  assert.deepEqual(shown(lines), [["ERROR", "dead_letter", 1, null]]);
});

test("a logger's methods are called on it, warn or warning, and their trouble is their own", async () => {
  class Logger {
    told = [];
    warning(line) {
      this.told.push(line.event);
      throw new Error("disk full");
    }
  }
  const logger = new Logger();
  const { handler } = logged({ logger });
  assert.equal(await handler.execute(injectErrors(() => "fine", [reset()])), "fine");
  assert.deepEqual(logger.told, ["retry"]);
  assert.throws(() => new RetryHandler({ logger: "console" }), api.ConfigError);
});

test("console is handed one line of JSON", async (t) => {
  const { mock } = t.mock.method(console, "warn", () => {});
  const { handler } = logged({ logger: console, logLevel: "warn" });
  await handler.execute(injectErrors(() => 1, [Object.assign(new Error("busy"), { status: 503 })]));
  assert.equal(mock.calls.length, 1);
  const [text, ...others] = mock.calls[0].arguments;
  assert.deepEqual(others, []);
  assert.deepEqual([JSON.parse(text).event, JSON.parse(text).error], ["retry", "Server: 503"]);
  assert.doesNotMatch(text, /\n/);
});

test("one call has one trace id, and without a request it is a new UUID", async () => {
  const { handler, lines } = logged();
  await rejection(handler.execute(failing(reset())));
  await rejection(handler.execute(failing(reset())));
  const ids = lines.map((line) => line.trace_id);
  assert.match(ids[0], /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.deepEqual(ids.slice(0, 3), [ids[0], ids[0], ids[0]]);
  assert.deepEqual(ids.slice(3), [ids[3], ids[3], ids[3]]);
  assert.notEqual(ids[0], ids[3]);
});

test("a traceparent or request id that is no text says nothing, and the call ends as it would have", async () => {
  for (const wrong of [null, 7, [], { trim: 1 }]) {
    const failure = Object.assign(new Error("busy"), { status: 503 });
    const lines = [];
    const handler = new RetryHandler({ maxAttempts: 2, clock: noSleep(), logger: (line) => lines.push(line) });
    const given = await rejection(handler.execute(failing(failure), { traceparent: wrong, requestId: wrong }));
    assert.equal(given.cause, failure);
    assert.match(lines[0].trace_id, /^[0-9a-f]{8}-/);
  }
});

test("traceparent gives the trace id, a malformed one does not", async () => {
  const trace = "4bf92f3577b34da6a3ce929d0e0e4736";
  const { handler, lines } = logged({ maxAttempts: 2 });
  const id = async (options) => {
    await rejection(handler.execute(failing(reset()), options));
    return lines.at(-1).trace_id;
  };
  const requestId = "req-1";
  assert.equal(await id({ traceparent: `00-${trace}-00f067aa0ba902b7-01`, requestId }), trace);
  for (const traceparent of [
    "",
    "00-short-00f067aa0ba902b7-01",
    `00-${"0".repeat(32)}-00f067aa0ba902b7-01`,
    `00-${trace}-0000000000000000-01`,
    `ff-${trace}-00f067aa0ba902b7-01`,
  ]) {
    assert.equal(await id({ traceparent, requestId }), requestId, traceparent);
  }
});

test("an attempt through a breaker is told like any other", async () => {
  const { handler, lines } = logged();
  await rejection(wrap(handler, new CircuitBreaker({ failureThreshold: 2 })).execute(failing(reset())));
  assert.deepEqual(
    lines.map(({ event, error }) => [event, error]),
    [
      ["retry", "Network: ECONNRESET"],
      ["retry", "Network: ECONNRESET"],
      ["give_up", "CircuitBreaker: CIRCUIT_BREAKER_OPEN"],
    ],
  );
});

test("a breaker with a logger writes its changes of state, and what it would have done", async () => {
  const lines = [];
  const clock = noSleep({ wallNow: Date.UTC(2030, 0, 1) });
  const breaker = new CircuitBreaker({ name: "lake", failureThreshold: 1, clock }, (line) => lines.push(line));
  await rejection(breaker.execute(failing()));
  const line = { timestamp: "2030-01-01T00:00:00.000Z", level: "INFO", breaker: "lake" };
  assert.deepEqual(lines, [{ ...line, event: "breaker_state_change", from: "CLOSED", to: "OPEN" }]);

  const watching = new CircuitBreaker(
    { name: "lake", failureThreshold: 1, clock },
    { info: (line) => lines.push(line) },
  );
  watching.monitor();
  lines.length = 0;
  await rejection(watching.execute(failing()));
  assert.deepEqual(lines, [{ ...line, event: "breaker_would_open" }]);
  assert.throws(() => new CircuitBreaker({}, "console"), api.ConfigError);
});

test("a checkpoint that cannot be saved is a line, and the result is returned", async () => {
  const lines = [];
  const run = retryWithCheckpoint(async (task) => `${task} done`, {
    config: { logger: (line) => lines.push(line), operationName: "task" },
    checkpointSaver: failing(reset()),
  });
  assert.equal(await run("t1"), "t1 done");
  assert.equal(run.failedSaves, 1);
  assert.deepEqual(
    lines.map(({ event, operation, error }) => [event, operation, error]),
    [["checkpoint_not_saved", "task", "Network: ECONNRESET"]],
  );
});
