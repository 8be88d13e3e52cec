import assert from "node:assert/strict";
import test from "node:test";
import { emptyPage, folders, openBrowser, openPage, serve } from "./harness.mjs";

test("a page gives the answers of every other language", async (t) => {
  const origin = await serve(t, { ...folders, "/page": emptyPage });
  const { page, complaints } = await openPage(await openBrowser(t), `${origin}/page`);

  const { listed, played, failures } = await page.evaluate(async () => {
    const api = await import("once-again-web");
    const { check, spelled } = await import("/vectors/play.mjs");
    await api.init();
    const read = async (name) => JSON.parse(spelled(await (await fetch(`/vectors/${name}`)).text()));
    const files = (await read("index.json")).files.filter(({ hosts }) => hosts.includes("web"));
    const failures = [];
    let played = 0;
    for (const { file, module } of files) {
      for (const one of (await read(file)).cases) {
        played++;
        const wrong = await check(module, one, api).catch(String);
        if (wrong !== undefined) failures.push(`${module}: ${one.name}${wrong}`);
      }
    }
    return { listed: files.reduce((sum, { cases }) => sum + cases, 0), played, failures };
  });

  assert.deepEqual(failures, []);
  assert.ok(listed > 0);
  assert.equal(played, listed);
  assert.deepEqual(complaints, []);
});
