// Prints the Node rows as one JSON list; `benches/bench.mjs` puts them beside the other languages'.

import { rows as breakerRows } from "./breaker.mjs";
import { rows as fingerprintRows } from "./fingerprint.mjs";
import { measureRow } from "./measure.mjs";
import { rows as retryRows } from "./retry.mjs";

const results = [];
for (const rows of [breakerRows, retryRows, fingerprintRows]) {
  for (const row of await rows()) {
    process.stderr.write(`  ${row.id}\n`);
    results.push(await measureRow(row));
  }
}
console.log(JSON.stringify(results));
process.exit(0); // opossum keeps a rolling timer alive
