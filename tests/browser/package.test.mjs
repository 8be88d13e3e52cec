import assert from "node:assert/strict";
import { createRequire } from "node:module";
import test from "node:test";
import { emptyPage, folders, openBrowser, openPage, serve } from "./harness.mjs";

const { version } = createRequire(import.meta.url)("once-again-web/package.json");

test("a page loads the wasm that lies beside the code and asks the core", async (t) => {
  const origin = await serve(t, { ...folders, "/page": emptyPage });
  const { page, complaints } = await openPage(await openBrowser(t), `${origin}/page`);

  const answer = await page.evaluate(async () => {
    const { coreVersion, init } = await import("once-again-web");
    await init();
    return coreVersion();
  });

  assert.equal(answer, version);
  assert.deepEqual(complaints, []);
});
