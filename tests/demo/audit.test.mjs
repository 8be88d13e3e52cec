// The audit finds what went wrong: otherwise a demo that ends well would prove nothing.

import assert from "node:assert/strict";
import test from "node:test";
import { audit } from "../../examples/payments/run/audit.mjs";
import { verdict } from "../../examples/payments/run/report.mjs";

const charge = (payment, receipt) => ({ payment, receipt, service: "express", asked: 1 });
const paid = (payment, receipt) => ({ client: "node", payment, ok: true, receipt, replayed: false });
const attempts = new Map([["node", 5]]);

test("a payment charged twice, one lost and one with a wrong receipt are found", () => {
  const ledger = [charge("node-1", "a"), charge("node-1", "b"), charge("node-3", "c")];
  const results = [paid("node-1", "a"), paid("node-2", "x"), paid("node-3", "y")];
  assert.deepEqual(audit(ledger, ["node"], 3, { results, attempts }), [
    { client: "node", asked: 3, once: 1, twice: 1, lost: 1, wrongReceipts: 2, gaveUp: 0, attempts: 5, replays: 0 },
  ]);
});

const outcome = (ledger, results, more = {}) => ({
  rows: audit(ledger, ["node"], 1, { results, attempts }),
  charges: ledger,
  results,
  counts: { dropped: 4, crossed: 0 },
  kills: 6,
  closed: 1,
  output: "",
  ...more,
});
const store = { services: ["express"], joint: true };

test("a run fails when a payment was lost, charged twice or answered wrongly, or a client gave up", () => {
  const gaveUp = { client: "node", payment: "node-1", ok: false, error: "HTTP 503" };
  for (const [ledger, result] of [
    [[], paid("node-1", "a")],
    [[charge("node-1", "a"), charge("node-1", "b")], paid("node-1", "a")],
    [[charge("node-1", "a")], paid("node-1", "b")],
    [[charge("node-1", "a")], gaveUp],
  ]) {
    const { failed, lines } = verdict(outcome(ledger, [result]), store, 1);
    assert.equal(failed, true);
    assert.match(lines.at(-1), /FAILED: a protected payment was lost, charged twice or answered wrongly \(SEED=1\)/);
  }
});

test("a run in which nothing went wrong proves nothing, and fails", () => {
  const calm = [charge("node-1", "a")];
  const results = [paid("node-1", "a")];
  assert.equal(verdict(outcome(calm, results), store, 1).failed, false);
  for (const more of [{ kills: 2 }, { closed: 0 }, { counts: { dropped: 0, crossed: 0 } }]) {
    assert.equal(verdict(outcome(calm, results, more), store, 1).failed, true);
  }
});

test("without a common transaction the demo says how often a charge was asked for again", () => {
  const twice = [{ ...charge("node-1", "a"), asked: 2 }];
  const { failed, lines } = verdict(outcome(twice, [paid("node-1", "a")]), { services: ["express"], joint: false }, 1);
  assert.equal(failed, false);
  assert.match(lines.join("\n"), /at least once[\s\S]*That happened 1×/);
});
