// One process of many: calls its dependency all the time through a breaker that it shares, and tells what it hears.
//
// node worker.mjs NAME CLIENT REDIS_PORT DEPENDENCY_URL

import { CircuitBreaker } from "once-again";
import { RedisStore } from "once-again/stores";
import { ioredis, nodeRedis } from "../stores/stores.mjs";

const [name, client, port, url] = process.argv.slice(2);
const tell = (event) => console.log(JSON.stringify({ name, ...event }));

const { client: redis } = await { ioredis, nodeRedis }[client]({
  port: Number(port),
  url: `redis://127.0.0.1:${port}`,
});
redis.on("error", () => {});

const breaker = new CircuitBreaker({
  name: "dependency",
  window: "none",
  failureRate: false,
  consecutiveFailures: 2,
  openWait: { base: 1_500, jitter: 0 },
  halfOpen: { calls: 3, maxConcurrent: 2, minSuccesses: 3 },
  shared: new RedisStore(redis),
});
breaker.on("stateChange", ({ to }) => tell({ event: to }));
for (const event of ["attached", "detached"]) breaker.on(event, () => tell({ event }));

async function call() {
  const response = await fetch(url, { headers: { "x-name": name, "x-state": breaker.state } });
  if (!response.ok) throw new Error(String(response.status));
  await response.arrayBuffer();
}

// Two callers at once, so that a process alone could already make too many probes.
for (const _ of [1, 2]) {
  (async () => {
    for (;;) {
      await breaker.execute(call).catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  })();
}
// Ends with the test, however that ends.
process.stdin.on("end", () => process.exit()).resume();
