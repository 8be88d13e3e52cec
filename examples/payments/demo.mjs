// `make demo`: three clients in three languages pay through a network that loses answers, to services that are killed.
// First without once-again, then with it. The audit reads the ledger.
//
//   node demo.mjs [--store sqlite|redis|postgres] [--payments N] [--python PATH]      SEED=n repeats a run's fault plan

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { audit } from "./run/audit.mjs";
import { PageClient, processClient } from "./run/clients.mjs";
import { Network } from "./run/network.mjs";
import { FaultPlan } from "./run/plan.mjs";
import { showProgress } from "./run/progress.mjs";
import { tell, verdict } from "./run/report.mjs";
import { Services } from "./run/services.mjs";
import { storeNamed } from "./run/stores.mjs";
import { openLedger } from "./service/ledger/open.mjs";

const CLIENTS = ["node", "python", "browser"];
const IN_FLIGHT = 4;
const KILLS = 6;

const { values: options } = parseArgs({
  options: {
    store: { type: "string", default: "sqlite" },
    payments: { type: "string", default: "200" },
    python: { type: "string", default: join(import.meta.dirname, "../../.venv/bin/python") },
    help: { type: "boolean", short: "h", default: false },
  },
});
if (options.help) {
  console.log(
    "node demo.mjs [--store sqlite|redis|postgres] [--payments N per client] [--python PATH]; SEED=n repeats a plan",
  );
  process.exit(0);
}

function refuse(message) {
  console.error(message);
  process.exit(2);
}

const count = Number(options.payments);
if (!Number.isInteger(count) || count < 1 || count > 10_000) {
  refuse(`--payments: got ${options.payments}, expected a whole number from 1 to 10000`);
}
const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 1e6));
if (!Number.isInteger(seed)) refuse(`SEED: got ${process.env.SEED}, expected a whole number`);
const store = (() => {
  try {
    return storeNamed(options.store);
  } catch (error) {
    return refuse(error.message);
  }
})();

/** One whole run; answers the audit's rows and what the network and the kills did. */
async function run(places, { naive }) {
  const label = naive ? "without once-again" : "with once-again";
  const ledger = openLedger(places.ledger);
  await ledger.create();
  const plan = new FaultPlan(seed);
  const network = new Network(plan);
  const base = await network.listen();
  const { python } = options;
  const services = await Services.start(store.services, places, network, { naive, kills: plan.kills(KILLS), python });
  const page = await PageClient.open(base);

  const results = [];
  const began = Date.now();
  const done = (client) => results.filter((result) => result.client === client).length;
  const stopProgress = showProgress(
    () =>
      `${label} · ${((Date.now() - began) / 1000).toFixed(0)} s · ` +
      CLIENTS.map((client) => `${client} ${done(client)}/${count}`).join(" · ") +
      ` · ${services.kills} kills · ${network.counts.dropped} answers dropped · ${network.counts.unavailable} × 503`,
  );

  network.faults = true;
  const load = { base, count, inFlight: IN_FLIGHT, naive, closeAt: plan.closing() };
  const note = (result) => {
    results.push(result);
    services.progress(results.length / (CLIENTS.length * count));
  };
  try {
    await Promise.all([
      processClient(process.execPath, "node.mjs", load, note),
      processClient(python, "worker.py", load, note),
      page.pay(load, note),
    ]);
  } finally {
    stopProgress();
    await page.close();
    await services.stop();
    network.close();
  }
  const charges = await ledger.rows();
  await ledger.close();
  const { counts, attempts } = network;
  const rows = audit(charges, CLIENTS, count, { results, attempts });
  return { rows, charges, results, counts, kills: services.kills, closed: page.closed, output: services.output };
}

const folder = await mkdtemp(join(tmpdir(), "once-again-demo-"));
console.log(`${CLIENTS.length} clients × ${count} payments, ${IN_FLIGHT} in flight each; fault plan SEED=${seed}`);
console.log(`${store.about}\n`);
const server = await store.open(folder);
const outcomes = [];
try {
  outcomes.push(await run(await server.places("by_hand"), { naive: true }));
  outcomes.push(await run(await server.places("guarded"), { naive: false }));
} finally {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
}

const [control, guarded] = outcomes;
tell("Without once-again (retries by hand)", control);
tell("With once-again", guarded);
const { failed, lines } = verdict(guarded, store, seed);
for (const line of lines) (failed ? console.error : console.log)(line);
process.exit(failed ? 1 : 0);
