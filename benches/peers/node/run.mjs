// Prints the Node rows as one JSON list; `benches/bench.mjs` puts them beside the other languages'.

import * as breaker from "./breaker.mjs";
import * as edges from "./edges.mjs";
import * as fingerprint from "./fingerprint.mjs";
import { printRows } from "./measure.mjs";
import * as memory from "./memory.mjs";
import * as retry from "./retry.mjs";

await printRows([breaker, retry, fingerprint, edges, memory]);
process.exit(0); // opossum keeps a rolling timer alive
