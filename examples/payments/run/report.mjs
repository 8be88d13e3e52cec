// What the demo says at its end.

import { table } from "./audit.mjs";

/** The audit, and what the run had to bear. */
export function tell(title, { rows, kills, closed, counts }) {
  const { dropped, unavailable, delayed, refused } = counts;
  console.log(`\n${table(title, rows)}`);
  console.log(
    `services killed ${kills}×, a tab closed ${closed}×, ${dropped} answers dropped after the charge, ` +
      `${unavailable} × 503, ${delayed} delayed, ${refused} connections lost`,
  );
}

/** Whether the promise held, and what to say about it. */
export function verdict({ rows, charges, results, counts, kills, closed, output }, { services, joint }, seed) {
  const bad = rows.filter((row) => row.twice + row.lost + row.wrongReceipts + row.gaveUp > 0);
  if (bad.length > 0) {
    const gaveUp = results.filter(({ ok }) => !ok).map((result) => `gave up: ${JSON.stringify(result)}`);
    const what = `a protected payment was lost, charged twice or answered wrongly (SEED=${seed}): ${JSON.stringify(bad)}`;
    return { failed: true, lines: [...gaveUp, output, `\nFAILED: ${what}`] };
  }
  if (kills < 3 || closed === 0 || counts.dropped === 0) {
    const what = `the faults did not happen, so this run proves nothing (SEED=${seed})`;
    return { failed: true, lines: [`\nFAILED: ${what}`] };
  }

  const lines = [];
  const byOutbox = results.filter(({ outbox }) => outbox).length;
  lines.push(
    `The closed tab left ${byOutbox} ${byOutbox === 1 ? "payment" : "payments"} to its outbox, which sent them once it was open again.`,
  );
  if (services.length > 1) {
    const shares = services.map((name) => `${name} ${charges.filter(({ service }) => service === name).length}`);
    lines.push(
      `Charged by ${shares.join(", ")}; ${counts.crossed} answers that one of them recorded were replayed by the other.`,
    );
  }
  if (!joint) {
    const again = charges.reduce((sum, { asked }) => sum + asked - 1, 0);
    lines.push(
      "Redis and a ledger elsewhere have no common transaction, so what is promised is at least once: when a service dies",
      "between a charge and its record, the charge is asked for again, and the ledger knows its key. " +
        (again === 0 ? "This time that did not happen." : `That happened ${again}×.`),
    );
  }
  lines.push(`Every protected payment was charged exactly once. SEED=${seed} repeats this fault plan.`);
  return { failed: false, lines: ["", ...lines] };
}
