import assert from "node:assert/strict";
import test from "node:test";
import { api, failing, rejection, testing } from "./package.mjs";

const { ConfigError, RetryHandler } = api;

const asking = (condition) => new RetryHandler({ clock: testing.noSleep(), customConditions: [condition] });

test("a condition that answers with a promise is refused, whatever the promise would say", async () => {
  for (const late of [Promise.resolve(false), Promise.resolve(true), Promise.reject(new Error("down too"))]) {
    const failure = new Error("flaky");
    const operation = failing(failure);
    const error = await rejection(asking(() => late).execute(operation));
    assert.ok(error instanceof ConfigError);
    assert.deepEqual([error.field, error.value], ["customConditions", "a promise"]);
    assert.equal(error.cause, failure);
    assert.equal(operation.calls, 1);
  }
});

test("a condition that cannot answer at once is refused before anything is called", () => {
  for (const condition of [async () => true, function* () {}, async function* () {}]) {
    assert.throws(
      () => asking(condition),
      (error) => error instanceof ConfigError && error.field === "customConditions",
    );
  }
});

test("the error of a condition ends the call, and says which failure it was asked about", async () => {
  const failure = new Error("flaky");
  const operation = failing(failure);
  const thrown = async (error) => {
    assert.equal(await rejection(asking(failing(error)).execute(operation)), error);
    return error.cause;
  };
  assert.equal(await thrown(new Error("no rules")), failure);
  assert.equal(await thrown(new Error("no rules", { cause: "disk" })), "disk", "a cause of its own stays");
  assert.equal(await thrown(Object.freeze(new Error("no rules"))), undefined);
  assert.equal(await thrown(failure), undefined, "no error is its own cause");
  assert.equal(operation.calls, 4);
});
