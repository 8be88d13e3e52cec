// The last lines of `make test` are what people and CI believe, so they are tested too. The logs are what the runners print.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { fileURLToPath } from "node:url";

const script = fileURLToPath(new URL("../../scripts/test-summary.mjs", import.meta.url));

/** Runs the summary over suites given as `{ suite: { log, tap, status } }`. */
function summary(t, suites) {
  const folder = mkdtempSync(join(tmpdir(), "once-again-summary-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const logs = join(folder, ".cache/test-logs");
  mkdirSync(logs, { recursive: true });
  for (const [suite, files] of Object.entries(suites)) {
    for (const [kind, text] of Object.entries(files)) writeFileSync(join(logs, `${suite}.${kind}`), text);
  }
  const { stdout, status } = spawnSync(process.execPath, [script, ...Object.keys(suites)], {
    cwd: folder,
    encoding: "utf8",
  });
  return { lines: stdout.trim().split("\n"), status };
}

test("every runner's skips are listed with their reasons, and its totals added up", (t) => {
  const { lines, status } = summary(t, {
    core: {
      log: "test retry::waits ... ok\ntest jcs::ten_thousand ... ignored, takes an hour\n\ntest result: ok. 1 passed; 0 failed; 1 ignored; 0 measured\n\ntest result: ok. 2 passed; 0 failed; 0 ignored; 0 measured\n",
      status: "0\n",
    },
    node: {
      log: "✔ plain\nSKIP: no shared test data beside the repository\n",
      tap: "TAP version 13\nok 1 - plain\n    ok 1 - inner # SKIP\nok 2 - needs a server # SKIP no Redis here\n1..2\n# tests 3\n# pass 1\n# fail 0\n# cancelled 0\n# skipped 2\n# todo 0\n",
      status: "0\n",
    },
    python: {
      log: "SKIPPED [2] tests/test_store.py:6: no PostgreSQL here\n===== 4 passed, 2 skipped, 1 xfailed in 0.69s =====\n",
      status: "0\n",
    },
  });

  assert.deepEqual(lines, [
    "skipped core: jcs::ten_thousand: takes an hour",
    "skipped node: inner: no reason given",
    "skipped node: needs a server: no Redis here",
    "skipped node: no shared test data beside the repository",
    "skipped python: tests/test_store.py:6: no PostgreSQL here",
    "9 passed, 0 failed, 6 skipped",
  ]);
  assert.equal(status, 0);
});

test("nothing skipped is said too", (t) => {
  const { lines, status } = summary(t, {
    core: { log: "test result: ok. 3 passed; 0 failed; 0 ignored\n", status: "0" },
  });
  assert.deepEqual(lines, ["no test was skipped", "3 passed, 0 failed, 0 skipped"]);
  assert.equal(status, 0);
});

test("a failing test, a suite that crashed, one that never ran and one without a test all fail the run", (t) => {
  const passing = "test result: ok. 3 passed; 0 failed; 0 ignored\n";
  const cases = {
    "1 passed, 2 failed, 0 skipped": { log: "==== 2 failed, 1 passed in 0.10s ====\n", status: "1" },
    "3 passed, 1 failed, 0 skipped": { log: passing, status: "101" },
    "0 passed, 1 failed, 0 skipped": {},
  };
  for (const [total, files] of Object.entries(cases)) {
    const { lines, status } = summary(t, { only: files });
    assert.equal(lines.at(-1), total);
    assert.match(lines[0], /^FAILED only: /);
    assert.equal(status, 1);
  }
  const { lines, status } = summary(t, { only: { log: "nothing to see\n", status: "0" } });
  assert.deepEqual(lines, ["FAILED only: ran no test", "no test was skipped", "0 passed, 1 failed, 0 skipped"]);
  assert.equal(status, 1);
});
