import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { npmProject } from "./project.mjs";

const { version } = JSON.parse(readFileSync(new URL("../../bindings-node/package.json", import.meta.url), "utf8"));

test("once-again runs and type-checks in an empty ESM project", async (t) => {
  const project = await npmProject(t, "module", "once-again");
  assert.equal(await project.run("node.mjs"), `once-again ${version}`);
  await project.typecheck("node.mts", { module: "nodenext" });
  await project.typecheck("node.mts", { module: "node16" });
  await project.typecheck("node.mts", { module: "preserve" });
});

test("Fastify's own types take the plugin, and are not needed without it", async (t) => {
  const project = await npmProject(t, "module", "once-again");
  await project.typecheck("node.mts", { module: "nodenext" });
  await project.lend("fastify");
  await project.typecheck("fastify.mts", { module: "nodenext" });
});

test("once-again runs and type-checks in an empty CommonJS project", async (t) => {
  const project = await npmProject(t, "commonjs", "once-again");
  assert.equal(await project.run("node.cjs"), `once-again ${version}`);
  await project.typecheck("node.cts", { module: "nodenext" });
  await project.typecheck("node.cts", { module: "node16" });
});

test("once-again-web runs and type-checks in an empty project, its wasm a file of its own", async (t) => {
  const project = await npmProject(t, "module", "once-again-web");
  assert.equal(await project.run("web.mjs"), `once-again-web ${version}`);
  await project.typecheck("web.mts", { module: "nodenext", lib: ["es2022", "dom", "esnext.disposable"], types: [] });
  await project.typecheck("web.mts", { module: "preserve", lib: ["es2022", "dom", "esnext.disposable"], types: [] });
});
