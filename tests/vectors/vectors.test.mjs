// The vectors through both JavaScript packages, in Node.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import * as node from "once-again";
import * as web from "once-again-web";
import { check, spelled } from "./play.mjs";

const read = (name) => JSON.parse(spelled(readFileSync(new URL(name, import.meta.url), "utf8")));
const { version, files } = read("index.json");

await web.init();

test("the index is of a version this runner reads", () => assert.equal(version, 1));

/** Requests and keys meet a server: they are played through the middleware. */
const behindServers = ({ module }) => /^(http|idempotency)\./.test(module);

for (const [host, api] of Object.entries({ node, web })) {
  for (const { file, module, cases: listed } of files.filter((one) => one.hosts.includes(host) && !behindServers(one))) {
    test(`${module}, in ${host}`, async (t) => {
      const { cases } = read(file);
      assert.equal(cases.length, listed, "every listed case is there");
      for (const one of cases) {
        await t.test(one.name, async () => assert.equal(await check(module, one, api), undefined));
      }
    });
  }
}
