// The demo itself, in short, over every store that it offers. Services are killed and a tab is closed, so it takes real time.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { STORES } from "../../examples/payments/run/stores.mjs";
import { chromiumMissing } from "../../scripts/servers/chromium.mjs";

const root = join(import.meta.dirname, "../..");

/** Runs a program to its end; answers its exit code and all it has printed. */
function run(program, args, env = {}) {
  return new Promise((resolve) => {
    execFile(program, args, { cwd: root, env: { ...process.env, ...env } }, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, output: stdout + stderr }),
    );
  });
}

const demo = (args, env) => run(process.execPath, ["examples/payments/demo.mjs", ...args], env);

for (const [name, { services, missing }] of Object.entries(STORES)) {
  test(`over ${name} every protected payment is charged exactly once`, {
    skip: missing || chromiumMissing,
  }, async () => {
    const { code, output } = await demo(["--store", name, "--payments", "25"], { SEED: "1" });
    assert.equal(code, 0, output);
    const [, byHand, guarded] =
      /^Without once-again.*?(^all .*?)$.*^With once-again.*?(^all .*?)$/ms.exec(output) ?? [];
    assert.match(byHand, /^all +75 /);
    assert.match(guarded, /^all +75 +75 +0 +0 /);
    assert.match(output, /SEED=1 repeats this fault plan/);
    if (services.length === 1) return;
    const [, express, fastapi] = /^Charged by express (\d+), fastapi (\d+);/m.exec(output) ?? [];
    assert.equal(Number(express) + Number(fastapi), 75);
    assert.ok(Number(express) > 0 && Number(fastapi) > 0, output);
  });
}

test("a store that the demo does not have is refused by its name", async () => {
  const refused = { code: 2, output: "STORE: got mysql, expected sqlite, redis or postgres\n" };
  assert.deepEqual(await demo(["--store", "mysql"]), refused);
  assert.deepEqual(await run("scripts/setup.sh", ["demo", "mysql"]), refused);
});

test("who has no server of Redis is told how to get one", async () => {
  const output = "neither redis-server nor valkey-server is installed: scripts/setup.sh demo redis installs it\n";
  assert.deepEqual(await demo(["--store", "redis"], { PATH: "/nowhere" }), { code: 2, output });
});
