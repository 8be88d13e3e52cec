// `make demo`: three clients in three languages pay through a network that loses answers, to a service that is killed.
// First without once-again, then with it. The audit reads the ledger.
//
//   node demo.mjs [--payments N] [--python PATH]      SEED=n repeats a run's fault plan

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { findChromium } from "../../tests/browser/harness.mjs";
import { audit, table } from "./run/audit.mjs";
import { openPage, pageClient, processClient } from "./run/clients.mjs";
import { Network } from "./run/network.mjs";
import { FaultPlan } from "./run/plan.mjs";
import { showProgress } from "./run/progress.mjs";
import { Service } from "./run/service.mjs";

const { values: options } = parseArgs({
  options: {
    payments: { type: "string", default: "200" },
    python: { type: "string", default: join(import.meta.dirname, "../../.venv/bin/python") },
    help: { type: "boolean", short: "h", default: false },
  },
});
if (options.help) {
  console.log("node demo.mjs [--payments N per client] [--python PATH]; SEED=n repeats a fault plan");
  process.exit(0);
}

const CLIENTS = ["node", "python", "browser"];
const IN_FLIGHT = 4;
const KILLS = 6;

const count = Number(options.payments);
if (!Number.isInteger(count) || count < 1 || count > 10_000) {
  console.error(`--payments: got ${options.payments}, expected a whole number from 1 to 10000`);
  process.exit(2);
}
const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 1e6));
if (!Number.isInteger(seed)) {
  console.error(`SEED: got ${process.env.SEED}, expected a whole number`);
  process.exit(2);
}

/** One whole run; answers the audit's rows and what the network and the kills did. */
async function run(folder, { naive }) {
  const label = naive ? "without once-again" : "with once-again";
  const file = join(folder, naive ? "naive.db" : "protected.db");
  const plan = new FaultPlan(seed);
  const network = new Network(plan);
  const base = await network.listen();
  const service = new Service(file, network, { naive, kills: plan.kills(KILLS) });
  await service.start();
  const browser = await openPage(base, findChromium());

  const results = [];
  const began = Date.now();
  const done = (client) => results.filter((result) => result.client === client).length;
  const stopProgress = showProgress(
    () =>
      `${label} · ${((Date.now() - began) / 1000).toFixed(0)} s · ` +
      CLIENTS.map((client) => `${client} ${done(client)}/${count}`).join(" · ") +
      ` · ${service.kills} kills · ${network.counts.dropped} answers dropped · ${network.counts.unavailable} × 503`,
  );

  network.faults = true;
  const load = { base, count, inFlight: IN_FLIGHT, naive };
  const note = (result) => {
    results.push(result);
    service.progress(results.length / (CLIENTS.length * count));
  };
  try {
    await Promise.all([
      processClient(process.execPath, "node.mjs", load, note),
      processClient(options.python, "worker.py", load, note),
      pageClient(browser, load, note),
    ]);
  } finally {
    stopProgress();
    await browser.close();
    await service.stop();
    network.close();
  }
  return { rows: audit(file, CLIENTS, count, results), kills: service.kills, counts: network.counts, results };
}

const folder = await mkdtemp(join(tmpdir(), "once-again-demo-"));
console.log(`${CLIENTS.length} clients × ${count} payments, ${IN_FLIGHT} in flight each; fault plan SEED=${seed}\n`);
const control = await run(folder, { naive: true });
const guarded = await run(folder, { naive: false });
await rm(folder, { recursive: true, force: true });

for (const [title, outcome] of [
  ["Without once-again (retries by hand)", control],
  ["With once-again", guarded],
]) {
  const { dropped, unavailable, delayed, refused } = outcome.counts;
  console.log(`\n${table(title, outcome.rows)}`);
  console.log(
    `service killed ${outcome.kills}×, ${dropped} answers dropped after the charge, ${unavailable} × 503, ${delayed} delayed, ${refused} connections lost`,
  );
}

const bad = guarded.rows.filter((row) => row.twice + row.lost + row.wrongReceipts + row.gaveUp > 0);
for (const result of guarded.results.filter(({ ok }) => !ok)) console.error(`gave up: ${JSON.stringify(result)}`);
if (bad.length > 0) {
  console.error(
    `\nFAILED: a protected payment was lost, charged twice or answered wrongly (SEED=${seed}): ${JSON.stringify(bad)}`,
  );
  process.exit(1);
}
if (guarded.kills < 3 || guarded.counts.dropped === 0) {
  console.error(`\nFAILED: the faults did not happen, so this run proves nothing (SEED=${seed})`);
  process.exit(1);
}
console.log(`\nEvery protected payment was charged exactly once. SEED=${seed} repeats this fault plan.`);
