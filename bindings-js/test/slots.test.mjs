import assert from "node:assert/strict";
import test from "node:test";
import { api, failing, rejection, testing } from "./package.mjs";

const { ConfigError, RetryHandler } = api;

const slotted = {
  maxAttempts: 2,
  baseDelay: 0,
  jitter: false,
  coordinationEnabled: true,
  slotCount: 10_000,
  slotWidth: 1,
};

/** How long one call with these options waits before its retry. */
async function wait(options, name) {
  const clock = testing.noSleep();
  await rejection(new RetryHandler({ ...slotted, ...options, clock }).execute(failing(), name && { name }));
  return clock.slept[0] ?? 0;
}

test("a process keeps its slot from call to call and from handler to handler", async () => {
  assert.equal(await wait({}), await wait({}));
});

test("instances, services and operations have slots of their own", async () => {
  const waits = [
    await wait({ instance: "i-1" }),
    await wait({ instance: "i-2" }),
    await wait({ instance: "i-1", tags: { service: "lake" } }),
    await wait({ instance: "i-1", operationName: "fetch" }),
  ];
  assert.equal(new Set(waits).size, 4, String(waits));
  assert.equal(await wait({ instance: "i-1" }, "fetch"), waits[3], "the name of a call goes before the policy's");
});

test("a caller without names has the slot it has in every language", async () => {
  // SHA-256 as the vectors' README lays it out, modulo 10 000: of "", "default" and of "", "fetch".
  assert.equal(await wait({ instance: "i-1" }), 6_415);
  assert.equal(await wait({ instance: "i-1" }, "fetch"), 2_171);
});

test("coordination that is required is refused as long as there is no coordinator", () => {
  assert.throws(
    () => new RetryHandler({ coordinationEnabled: true, requireCoordination: true }),
    (error) => error instanceof ConfigError && error.field === "requireCoordination",
  );
  const [warning] = new RetryHandler({ requireCoordination: true }).warnings;
  assert.equal(warning, "requireCoordination has no effect: coordinationEnabled uses no slots");
});

test("an instance is a string", () => {
  assert.throws(() => new RetryHandler({ instance: 7 }), /instance: got number, expected a string/);
});

test("one line of the log says that slots follow from a hash", async () => {
  const lines = [];
  const handler = new RetryHandler({
    ...slotted,
    tags: { service: "lake" },
    logger: (line) => lines.push(line),
    clock: testing.noSleep(),
  });
  for (let i = 0; i < 3; i++) await rejection(handler.execute(failing(), { name: "fetch" }));
  const told = lines.filter(({ event }) => event === "slots_without_coordinator");
  assert.deepEqual(
    told.map(({ level, service, operation }) => ({ level, service, operation })),
    [{ level: "INFO", service: "lake", operation: "fetch" }],
  );
});
