import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { pythonProject } from "./project.mjs";

const { version } = JSON.parse(readFileSync(new URL("../../bindings-node/package.json", import.meta.url), "utf8"));

test("the wheel runs in an empty virtual environment", async (t) => {
  const project = await pythonProject(t);
  assert.equal(await project.run("python.py"), `once-again ${version}`);
});
