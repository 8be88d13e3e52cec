// The guide docs/idempotent.md as it stands: its functions are called.

import assert from "node:assert/strict";
import { test } from "node:test";
import { codeOf, run } from "./guide.mjs";

const [charging, joint, ...more] = await codeOf("docs/idempotent.md");

test("the guide has the two pieces of code that are run here", () => assert.equal(more.length, 0));

test("a card is charged by the first call of three, and the third says that it is a replay", async (t) => {
  const names = `
    const order = { id: "A-1" };
    const chargeCard = async ({ id }) => (console.log("charged", id), { receipt: id });`;
  const { stdout, stderr } = await run(t, `${names}${charging}console.log(output, isReplay);`);
  assert.deepEqual([stdout, stderr], ["charged A-1\n{ receipt: 'A-1' } true\n", ""]);
});

test("a booking and its record are one transaction", async (t) => {
  const names = `
    import Database from "better-sqlite3";
    import { idempotent } from "once-again";
    import { SqliteStore } from "once-again/stores";
    const db = new Database("shop.db");
    db.exec("CREATE TABLE orders (id TEXT)");
    const book = ({ id }) => (db.prepare("INSERT INTO orders VALUES (?)").run(id), { receipt: id });`;
  const calls = `
    for (const id of ["A-1", "A-1", "A-2"]) console.log(await charge({ id }));
    console.log(db.prepare("SELECT id FROM orders").all());`;
  const { stdout } = await run(t, names + joint + calls);
  const receipt = (id) => `{ receipt: '${id}' }\n`;
  assert.equal(stdout, `${receipt("A-1")}${receipt("A-1")}${receipt("A-2")}[ { id: 'A-1' }, { id: 'A-2' } ]\n`);
});
