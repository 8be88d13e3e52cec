// Time-outs on the platform's own clock, whose `setTimeout` and `performance.now` the tests move by hand.

import assert from "node:assert/strict";
import { describe, mock, test } from "node:test";
import { api } from "./package.mjs";

const { RetryHandler } = api;

/** Both of the platform's clocks, moved together. */
function platform(t) {
  let now = 1_000;
  t.mock.method(performance, "now", () => now);
  mock.timers.enable({ apis: ["setTimeout"] });
  t.after(() => mock.timers.reset());
  return {
    async advance(ms) {
      for (let i = 0; i < ms; i += 1) {
        now += 1;
        mock.timers.tick(1);
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
  };
}

const handlerOf = (attemptTimeout) => new RetryHandler({ maxAttempts: 1, attemptTimeout });
const never = () => new Promise(() => {});

describe("time-outs of equal length", () => {
  test("each ring at their own time", async (t) => {
    const { advance } = platform(t);
    const handler = handlerOf(40);
    const rung = [];
    const begin = (name) => handler.execute(never).catch((error) => rung.push([name, error.code]));
    begin("first");
    await advance(10);
    begin("second");
    await advance(29);
    assert.deepEqual(rung, []);
    await advance(1);
    assert.deepEqual(rung, [["first", "TIMEOUT_ERROR"]]);
    await advance(9);
    assert.equal(rung.length, 1);
    await advance(1);
    assert.deepEqual(rung[1], ["second", "TIMEOUT_ERROR"]);
  });

  test("do not ring for calls that ended, and leave the others alone", async (t) => {
    const { advance } = platform(t);
    const handler = handlerOf(41);
    const ended = [];
    const finish = new Map();
    for (const name of ["a", "b", "c", "d"]) {
      handler
        .execute(() => new Promise((resolve) => finish.set(name, resolve)))
        .then(
          () => ended.push(`${name} done`),
          () => ended.push(`${name} timed out`),
        );
    }
    await advance(5);
    finish.get("b")();
    finish.get("d")();
    await advance(36);
    assert.deepEqual(ended, ["b done", "d done", "a timed out", "c timed out"]);
  });

  test("begin anew after a time of idleness", async (t) => {
    const { advance } = platform(t);
    const handler = handlerOf(42);
    assert.equal(await handler.execute(() => "quick"), "quick");
    await advance(500);
    let code;
    handler.execute(never).catch((error) => {
      code = error.code;
    });
    await advance(41);
    assert.equal(code, undefined);
    await advance(1);
    assert.equal(code, "TIMEOUT_ERROR");
  });
});
