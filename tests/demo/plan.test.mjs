// The demo's fault plan is what makes a run repeatable.

import assert from "node:assert/strict";
import test from "node:test";
import { FaultPlan } from "../../examples/payments/run/plan.mjs";

const faults = (seed) => {
  const plan = new FaultPlan(seed);
  return Array.from({ length: 2_000 }, (_, i) => plan.fault(`node-${i}`, 1 + (i % 3)).kind);
};

test("a seed repeats its faults, and another seed has others", () => {
  assert.deepEqual(faults(7), faults(7));
  assert.notDeepEqual(faults(7), faults(8));
});

test("every fault happens about as often as it should", () => {
  const seen = faults(1);
  for (const [kind, share] of Object.entries({ unavailable: 0.1, "drop-answer": 0.15, latency: 0.15, none: 0.6 })) {
    const found = seen.filter((one) => one === kind).length / seen.length;
    assert.ok(Math.abs(found - share) < 0.03, `${kind}: ${found}`);
  }
});

test("each kill falls into its own part of the work", () => {
  for (let seed = 0; seed < 100; seed += 1) {
    const kills = new FaultPlan(seed).kills(6);
    for (const [i, { share, laterMs }] of kills.entries()) {
      assert.ok(share > i / 6 && share < (i + 1) / 6, `seed ${seed}, kill ${i}: ${share}`);
      assert.ok(laterMs >= 0 && laterMs <= 50);
    }
  }
});

test("the tab is closed in the middle of its work", () => {
  for (let seed = 0; seed < 100; seed += 1) {
    const share = new FaultPlan(seed).closing();
    assert.ok(share >= 0.3 && share <= 0.7, `seed ${seed}: ${share}`);
  }
});
