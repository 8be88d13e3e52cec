// Prints the retry and breaker rows as one JSON list, beside the newest releases of the same libraries.
//
// The rows are the very same files as in ../node. What this folder's package.json names is taken from here.

import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";

const { dependencies } = JSON.parse(readFileSync(new URL("package.json", import.meta.url), "utf8"));

registerHooks({
  resolve: (specifier, context, next) =>
    next(specifier, Object.hasOwn(dependencies, specifier) ? { ...context, parentURL: import.meta.url } : context),
});

const { printRows } = await import("../node/measure.mjs");
const groups = [await import("../node/breaker.mjs"), await import("../node/retry.mjs")];
await printRows(groups, (id) => id.replace("node-", "node24-"));
process.exit(0); // opossum keeps a rolling timer alive
