import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { api } from "./package.mjs";

const { CircuitBreakerRegistry } = api;

const KEYS = ["a", "b", "c", "d", "e", "f", "g"];
const steps = fc.array(
  fc.record({ key: fc.constantFrom(...KEYS), act: fc.constantFrom("nothing", "isolate", "reset") }),
  { maxLength: 60 },
);

test("a registry never passes its bound, and forgets what it must in the order it was asked", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 4 }), steps, (maxBreakers, asked) => {
      const evicted = [];
      const breakers = new CircuitBreakerRegistry({
        maxBreakers,
        onEvict: ({ key, state }) => evicted.push(`${key} ${state}`),
      });
      // Slow and obvious: the keys, the one that was asked for longest ago first, and who of them is held open.
      let order = [];
      const held = new Map();
      const expected = [];
      for (const { key, act } of asked) {
        const breaker = breakers.get(key);
        if (!order.includes(key) && order.length === maxBreakers) {
          const victim = order.find((one) => !held.has(one)) ?? order[0];
          expected.push(`${victim} ${held.has(victim) ? "FORCED_OPEN" : "CLOSED"}`);
          order = order.filter((one) => one !== victim);
          held.delete(victim);
        }
        order = [...order.filter((one) => one !== key), key];
        if (act === "isolate" && !held.has(key)) held.set(key, breaker.isolate());
        if (act === "reset") {
          held.get(key)?.release();
          held.delete(key);
        }
      }
      assert.deepEqual(
        [...breakers].map(([key]) => key),
        order,
      );
      assert.deepEqual(evicted, expected);
      breakers.close();
    }),
  );
});
