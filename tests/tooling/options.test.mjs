// The tables of options in the guides are complete, and name nothing that is not there.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

const read = (path) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
const declarations = read("bindings-node/types/driver.d.cts") + read("bindings-node/types/index.d.cts");

/** The fields that an interface declares itself. */
function fieldsOf(name) {
  const body = new RegExp(`interface ${name}\\b[^{]*\\{([\\s\\S]*?)\\n\\}`).exec(declarations)?.[1];
  assert.ok(body !== undefined, `${name} is declared`);
  return [...body.matchAll(/^ {4}(?:readonly )?(\w+)\??[:(]/gm)].map(([, field]) => field);
}

/** The names in the first cells of a guide's tables below a heading. */
function namesBelow(guide, heading) {
  const [, after] = guide.split(`## ${heading}\n`);
  const [section] = after.split("\n## ");
  const cells = [...section.matchAll(/^\| (`.*?) \|/gm)].map(([, cell]) => cell);
  return cells.flatMap((cell) => [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name));
}

test("docs/node-retry.md lists every option of a retry, and no other", () => {
  const interfaces = ["BackoffOptions", "RetryPolicy", "RetryHooks", "RetryOptions", "ExecuteOptions", "TraceOptions"];
  const declared = interfaces.flatMap(fieldsOf);
  assert.ok(declared.length > 40, `${declared.length} options were found`);
  assert.deepEqual(namesBelow(read("docs/node-retry.md"), "All options").sort(), declared.sort());
});

test("docs/breaker.md lists every option of a breaker, and no other", () => {
  const interfaces = ["CommonBreakerOptions", "ThresholdBreakerOptions", "RateBreakerOptions"];
  const declared = new Set(interfaces.flatMap(fieldsOf));
  assert.ok(declared.size > 25, `${declared.size} options were found`);
  assert.deepEqual(namesBelow(read("docs/breaker.md"), "All options").sort(), [...declared].sort());
});

test("docs/http.md lists every option of the middleware, and no other", () => {
  const declared = ["IdempotencyOptions", "GuardObservers"].flatMap(fieldsOf);
  assert.ok(declared.length > 25, `${declared.length} options were found`);
  assert.deepEqual(namesBelow(read("docs/http.md"), "All options").sort(), declared.sort());
});
