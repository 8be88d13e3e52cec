// examples/fastapi, as its README has it.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Server, temporaryFolder } from "../../scripts/servers/server.mjs";

const here = (path) => join(import.meta.dirname, "../..", path);
const python = process.env.PYTHON ?? here(".venv/bin/python");
const skip = !existsSync(python) && `${python} is not there`;

test("an order is placed once, also when the service is killed and the customer asks again", { skip }, async (t) => {
  const folder = await temporaryFolder();
  const address = () => /^listening on (http:\S+)$/m.exec(server.output)?.[1];
  const env = { ...process.env, PORT: "0", DATABASE: join(folder, "orders.db") };
  const command = [python, here("examples/fastapi/main.py")];
  const server = new Server(command, { folder, isReady: () => address() !== undefined, env });
  await server.start();
  t.after(() => server.stop());

  const order = async (headers, item = "tea") => {
    const response = await fetch(`${address()}/orders`, {
      method: "POST",
      headers: { "Content-Type": "application/json", ...headers },
      body: JSON.stringify({ item }),
    });
    return [response.status, response.headers.get("idempotent-replayed"), await response.json()];
  };
  const orders = async (customer) =>
    (await fetch(`${address()}/orders`, { headers: { "X-Customer": customer } })).json();
  const ada = { "X-Customer": "ada", "Idempotency-Key": "order-1" };

  assert.deepEqual(await order(ada), [201, null, { order: 1, item: "tea" }]);
  assert.deepEqual(await order(ada), [201, "true", { order: 1, item: "tea" }]);
  assert.equal((await order(ada, "coffee"))[0], 422);
  assert.equal((await order({ "X-Customer": "ada" }))[0], 400);
  assert.equal((await order({ "Idempotency-Key": "order-1" }))[0], 401);
  assert.deepEqual(await order({ ...ada, "X-Customer": "bob" }), [201, null, { order: 2, item: "tea" }]);

  await server.kill();
  await server.start();
  assert.deepEqual(await order(ada), [201, "true", { order: 1, item: "tea" }]);
  assert.deepEqual(await orders("ada"), [{ order: 1, item: "tea" }]);
});
