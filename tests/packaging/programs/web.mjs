import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { CircuitBreaker, coreVersion, createFetch, fingerprint, init } from "once-again-web";

assert.throws(() => new CircuitBreaker(), { code: "NOT_READY" });
await init(await readFile(fileURLToPath(import.meta.resolve("once-again-web/once_again_bg.wasm"))));
assert.equal(fingerprint({ b: 1, a: 2 }), fingerprint(new TextEncoder().encode('{"a":2.0,"b":1}')));

let sent = 0;
const fetch = createFetch({
  policy: { maxAttempts: 2, baseDelay: 0, jitter: false },
  fetch: async () => new Response("", { status: sent++ === 0 ? 503 : 200 }),
});
assert.equal((await fetch("http://127.0.0.1/")).status, 200);
console.log(`once-again-web ${coreVersion()}`);
