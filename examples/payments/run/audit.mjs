// The audit: reads the ledger itself and compares it with what was asked. It trusts no client and no record.

import { paymentsOf } from "../clients/shared.mjs";

/** One row per client: asked, charged once, charged twice, lost, attempts, replays. `ledger` are the ledger's rows. */
export function audit(ledger, clients, count, { results, attempts }) {
  const charges = new Map();
  for (const { payment, receipt } of ledger) charges.set(payment, [...(charges.get(payment) ?? []), receipt]);
  return clients.map((client) => {
    const asked = paymentsOf(client, count).map(({ payment }) => payment);
    const mine = results.filter((result) => result.client === client);
    const times = (payment) => charges.get(payment)?.length ?? 0;
    return {
      client,
      asked: asked.length,
      once: asked.filter((payment) => times(payment) === 1).length,
      twice: asked.filter((payment) => times(payment) > 1).length,
      lost: asked.filter((payment) => times(payment) === 0).length,
      // A client that was told a receipt which is not in the ledger was lied to, even if the charge happened once.
      wrongReceipts: mine.filter(({ ok, payment, receipt }) => ok && !charges.get(payment)?.includes(receipt)).length,
      gaveUp: mine.filter(({ ok }) => !ok).length,
      attempts: attempts.get(client) ?? 0,
      replays: mine.filter(({ replayed }) => replayed).length,
    };
  });
}

const COLUMNS = [
  ["client", (row) => row.client],
  ["asked", (row) => row.asked],
  ["charged once", (row) => row.once],
  ["charged twice", (row) => row.twice],
  ["lost", (row) => row.lost],
  ["attempts", (row) => row.attempts],
  ["replays", (row) => row.replays],
];

/** The audit's rows and their sum, as a table for a terminal. */
export function table(title, rows) {
  const sum = { client: "all" };
  for (const key of Object.keys(rows[0]).slice(1)) sum[key] = rows.reduce((total, row) => total + row[key], 0);
  const lines = [
    COLUMNS.map(([name]) => name),
    ...[...rows, sum].map((row) => COLUMNS.map(([, read]) => String(read(row)))),
  ];
  const widths = COLUMNS.map((_, i) => Math.max(...lines.map((line) => line[i].length)));
  const render = (line) =>
    line.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join("   ");
  const rule = "─".repeat(render(lines[0]).length);
  return [
    title,
    rule,
    render(lines[0]),
    rule,
    ...lines.slice(1, -1).map(render),
    rule,
    render(lines.at(-1)),
    rule,
  ].join("\n");
}
