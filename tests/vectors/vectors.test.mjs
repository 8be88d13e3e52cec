// The vectors through both JavaScript packages, in Node.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import Database from "better-sqlite3";
import * as node from "once-again";
import { SqliteStore } from "once-again/stores";
import * as web from "once-again-web";
import { check, spelled } from "./play.mjs";
import { play as http } from "./players/http.mjs";
import { play as redirect } from "./players/redirect.mjs";

const read = (name) => JSON.parse(spelled(readFileSync(new URL(name, import.meta.url), "utf8")));
const { version, files } = read("index.json");

await web.init();

test("the index is of a version this runner reads", () => assert.equal(version, 1));

/** What only Node has: SQLite, servers, and redirects that a program sees. */
const sqliteStore = (clock) => new SqliteStore(new Database(":memory:"), { clock, cleanupInterval: 0 });
const servers = { http, "http.redirect": redirect, "idempotency.key": http };

const hosts = { node: [{ ...node, sqliteStore }, servers], web: [web, {}] };

for (const [host, [api, more]] of Object.entries(hosts)) {
  for (const { file, module, cases: listed } of files.filter((one) => one.hosts.includes(host))) {
    test(`${module}, in ${host}`, async (t) => {
      const { cases } = read(file);
      assert.equal(cases.length, listed, "every listed case is there");
      for (const one of cases) {
        await t.test(one.name, async () => assert.equal(await check(module, one, api, more), undefined));
      }
    });
  }
}
