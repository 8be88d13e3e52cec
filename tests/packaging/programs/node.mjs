import assert from "node:assert/strict";
import { createServer } from "node:http";
import {
  CircuitBreaker,
  coreVersion,
  fingerprint,
  IdempotencyManager,
  idempotencyMiddleware,
  RetryHandler,
} from "once-again";
import { MemoryStore } from "once-again/stores";
import { noSleep } from "once-again/testing";

const handler = new RetryHandler({ maxAttempts: 3, baseDelay: 50, jitter: false, clock: noSleep() });
const attempts = await handler.execute(({ attempt }) => {
  if (attempt < 3) throw new Error("not yet");
  return attempt;
});
assert.equal(attempts, 3);

assert.equal(await new CircuitBreaker().execute(async () => "closed"), "closed");
assert.equal(fingerprint({ b: 1, a: 2 }), fingerprint(Buffer.from('{"a":2.0,"b":1}')));
const manager = new IdempotencyManager();
assert.equal((await manager.checkDuplicate("key", fingerprint({}))).isDuplicate, false);

// The middleware needs no framework: this is node:http.
const guard = idempotencyMiddleware({ store: new MemoryStore() });
let runs = 0;
const server = createServer((request, response) => guard(request, response, () => response.end(`run ${++runs}`)));
server.listen(0, "127.0.0.1", async () => {
  const ask = () =>
    fetch(`http://127.0.0.1:${server.address().port}/`, {
      method: "POST",
      headers: { "idempotency-key": "k" },
      body: "x",
    });
  assert.deepEqual([await (await ask()).text(), await (await ask()).text()], ["run 1", "run 1"]);
  server.close();
  console.log(`once-again ${coreVersion()}`);
});
