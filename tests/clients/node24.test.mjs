// The same suites on the newest Node, whose fetch is another one: `benches/peers/node24` brings its binary.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";

const here = import.meta.dirname;
const node24 = join(here, "../../benches/peers/node24/node_modules/.bin/node");
const skip = existsSync(node24) ? false : "no Node 24 here: run npm ci in benches/peers/node24";

test("the clients' suites pass on Node 24", { skip }, async () => {
  const files = (await readdir(here)).filter((name) => name.endsWith(".test.mjs") && !name.startsWith("node24"));
  const paths = files.map((name) => join(here, name));
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const { stdout } = await promisify(execFile)(node24, ["--test", "--test-reporter=tap", ...paths], { env });
  assert.match(stdout, /^# fail 0$/m);
  const passed = Number(/^# pass (\d+)$/m.exec(stdout)?.[1]);
  assert.ok(passed > 60, `${passed} tests ran`);
});
