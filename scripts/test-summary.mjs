// node scripts/test-summary.mjs SUITE...
//
// Reads what scripts/suite.sh kept of each suite, lists every skipped test with its reason, and closes with one line of
// totals. Fails when a suite failed or never ran. It understands libtest, pytest and TAP (node:test); anything else can
// print a line that starts with `SKIP: `.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

const logs = ".cache/test-logs";
const read = (name) => (existsSync(join(logs, name)) ? readFileSync(join(logs, name), "utf8") : "");
const sum = (text, pattern) => [...text.matchAll(pattern)].reduce((total, [, count]) => total + Number(count), 0);

/** The totals a runner prints when it ends: `42 passed; 0 failed; 1 ignored`, `= 3 passed, 1 skipped in …`, `# pass 7`. */
function totals(log, tap) {
  const libtest = (word) => sum(log, new RegExp(`^test result: .*?(\\d+) ${word}`, "gm"));
  const pytest = (word) => sum(log, new RegExp(`^=+ .*?(\\d+) ${word}.* in [\\d.]+s.*=+$`, "gm"));
  const node = (word) => sum(tap, new RegExp(`^# ${word} (\\d+)`, "gm"));
  return {
    passed: libtest("passed") + pytest("passed") + pytest("xfailed") + node("pass"),
    failed:
      libtest("failed") + pytest("failed") + pytest("errors?") + pytest("xpassed") + node("fail") + node("cancelled"),
    skipped: libtest("ignored") + pytest("skipped") + node("skipped") + node("todo"),
  };
}

function skips(log, tap) {
  const libtest = [...log.matchAll(/^test (.+) \.\.\. ignored(?:, (.*))?$/gm)];
  const pytest = [...log.matchAll(/^SKIPPED (?:\[\d+\] )?(\S+?:?\d*): (.*)$/gm)];
  const node = [...tap.matchAll(/^\s*(?:not )?ok \d+ - (.*) # (?:SKIP|TODO) ?(.*)$/gm)];
  return [...libtest, ...pytest, ...node].map(([, test, reason]) => `${test}: ${reason || "no reason given"}`);
}

const total = { passed: 0, failed: 0, skipped: 0 };
const skipped = [];
const broken = [];
for (const suite of process.argv.slice(2)) {
  const [log, tap, status] = [read(`${suite}.log`), read(`${suite}.tap`), read(`${suite}.status`).trim()];
  const counts = totals(log, tap);
  const own = [...log.matchAll(/^SKIP: (.*)$/gm)].map(([, reason]) => reason);
  counts.skipped += own.length;
  skipped.push(...[...skips(log, tap), ...own].map((skip) => `${suite}: ${skip}`));
  if (status !== "0") {
    broken.push(status === "" ? `${suite}: did not run` : `${suite}: failed, see ${logs}/${suite}.log`);
    counts.failed = Math.max(counts.failed, 1);
  } else if (counts.passed + counts.skipped === 0) {
    broken.push(`${suite}: ran no test`);
    counts.failed = 1;
  }
  for (const kind of Object.keys(total)) total[kind] += counts[kind];
}

console.log("");
for (const line of broken) console.log(`FAILED ${line}`);
if (skipped.length === 0) console.log("no test was skipped");
for (const line of skipped) console.log(`skipped ${line}`);
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = broken.length > 0 || total.failed > 0 ? 1 : 0;
