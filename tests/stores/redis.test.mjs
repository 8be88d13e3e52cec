// What only Redis has: scripts it may have forgotten, settings that endanger records, clients of two packages.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { after, before, describe, test } from "node:test";
import { RedisStore } from "once-again/stores";
import { redisMissing, startRedis } from "../../scripts/servers/redis.mjs";
import { serve } from "./service.mjs";
import { ioredis, nodeRedis } from "./stores.mjs";

const get = { op: "get", key: "ab".repeat(32) };

test("what is no Redis client is refused by name", () => {
  for (const client of [undefined, null, {}, { get() {} }]) {
    const refused = { code: "CONFIG_INVALID", field: "client", message: /ioredis, or of node-redis/ };
    assert.throws(() => new RedisStore(client), refused);
  }
});

test("a wrong setting is refused by name, with its range", () => {
  const client = { callBuffer() {} };
  assert.throws(() => new RedisStore(client, { prefix: "" }), {
    message: 'prefix: got "", expected text of 1 to 200 bytes',
  });
  assert.throws(() => new RedisStore(client, { prefx: "a" }), { field: "prefx", message: /prefix/ });
});

test("fromEnv without REDIS_URL names the variable", () => {
  assert.equal(process.env.REDIS_URL, undefined);
  assert.throws(() => RedisStore.fromEnv(), { code: "CONFIG_INVALID", field: "REDIS_URL" });
});

test("a closed store is unavailable, its client still open", async () => {
  const store = new RedisStore({ callBuffer: async () => ["notFound"] });
  assert.deepEqual(await store.apply(get), { reply: "notFound" });
  store.close();
  await assert.rejects(store.apply(get), { code: "STORE_UNAVAILABLE", message: "the store was closed" });
});

test("an answer that is none of ours is a store that failed", async () => {
  for (const answer of [[], ["granted"], ["acquired", "many"], null]) {
    const store = new RedisStore({ callBuffer: async () => answer });
    await assert.rejects(store.apply(get), { code: "STORE_UNAVAILABLE" }, JSON.stringify(answer));
  }
});

for (const [name, connect] of [
  ["ioredis", ioredis],
  ["node-redis", nodeRedis],
]) {
  describe(name, { skip: redisMissing }, () => {
    let server;
    let connection;
    before(async () => {
      server = await startRedis({ appendonly: "yes" });
      connection = await connect(server);
    });
    after(async () => {
      connection.end();
      await server.stop();
    });
    /** Any command, whichever package the client is of. */
    const command = (...words) => {
      const { client } = connection;
      return name === "ioredis" ? client.call(...words) : client.sendCommand(words);
    };
    const scriptsRun = async () => {
      const stats = String(await command("INFO", "commandstats"));
      const calls = (name) => Number(new RegExp(`cmdstat_${name}:calls=(\\d+)`).exec(stats)?.[1] ?? 0);
      return calls("evalsha") + calls("eval");
    };

    test("a first run is two round trips, a replay one", async (t) => {
      const store = new RedisStore(connection.client);
      const ask = await serve(t, { store }, (_request, response) => response.status(201).json({ paid: true }));
      assert.equal((await ask("warm-up")).status, 201); // The server learns the scripts, and is asked about itself.
      await store.check();
      await command("CONFIG", "RESETSTAT");
      await ask("k");
      assert.equal(await scriptsRun(), 2);
      assert.equal((await ask("k")).replayed, true);
      assert.equal(await scriptsRun(), 3);
    });

    test("a server that has forgotten the scripts learns them again", async () => {
      const store = new RedisStore(connection.client);
      assert.equal((await store.apply(get)).reply, "notFound");
      await command("SCRIPT", "FLUSH");
      assert.equal((await store.apply(get)).reply, "notFound");
    });

    test("settings that endanger records are told", async () => {
      const store = new RedisStore(connection.client);
      assert.deepEqual(await store.check(), []);
      await command("CONFIG", "SET", "maxmemory-policy", "allkeys-lru");
      const [told, ...more] = await store.check();
      assert.match(told, /may evict records .* maxmemory-policy is allkeys-lru, set it to noeviction/);
      assert.deepEqual(more, []);
      await command("CONFIG", "SET", "maxmemory-policy", "noeviction");
    });

    test("many operations at once are answered in their order", async () => {
      const store = new RedisStore(connection.client);
      const begin = (key) => ({
        op: "begin",
        key: key.repeat(64),
        owner: key.repeat(32),
        fingerprint: `raw:${"00".repeat(32)}`,
        retention: 60_000_000,
        onOrphan: "fail",
        maxTakeovers: 0,
        derived: false,
      });
      const replies = await store.applyMany([begin("a"), get, begin("b"), { ...begin("a"), owner: "c".repeat(32) }]);
      assert.deepEqual(
        replies.map(({ reply }) => reply),
        ["acquired", "notFound", "acquired", "busy"],
      );
    });

    test("usage takes a prefix as it is written, also one that looks like a pattern", async () => {
      const begun = { ...get, op: "begin", owner: "a".repeat(32), fingerprint: `raw:${"00".repeat(32)}` };
      const rules = { retention: 60_000_000, onOrphan: "fail", maxTakeovers: 0, derived: false };
      const pattern = new RedisStore(connection.client, { prefix: `${name}[a-z]*?:` });
      const other = new RedisStore(connection.client, { prefix: `${name}azz:` });
      await other.apply({ ...begun, ...rules });
      assert.equal((await pattern.usage()).records, 0);
      await pattern.apply({ ...begun, ...rules });
      assert.equal((await pattern.usage()).records, 1);
      assert.equal((await other.usage()).records, 1);
    });

    test("a key of another kind in the store's place fails closed", async () => {
      const store = new RedisStore(connection.client, { prefix: "other:" });
      await command("SET", `other:${get.key}`, "a string");
      await assert.rejects(store.apply(get), { code: "STORE_UNAVAILABLE" });
    });
  });
}

test("the first operation warns of such settings by itself", { skip: redisMissing }, async () => {
  const server = await startRedis({ appendonly: "no" });
  const { client, end } = await ioredis(server);
  const warned = once(process, "warning");
  await new RedisStore(client).apply(get);
  const [{ message, code }] = await warned;
  assert.match(message, /forgets its latest records when it restarts: appendonly is no, set it to yes/);
  assert.equal(code, "ONCE_AGAIN_STORE");
  end();
  await server.stop();
});

test("fromEnv connects by itself, and close lets the process end", { skip: redisMissing }, async () => {
  const server = await startRedis();
  const program = `
    import { RedisStore } from "once-again/stores";
    const store = RedisStore.fromEnv({ prefix: "env:" });
    console.log((await store.apply(${JSON.stringify(get)})).reply);
    store.close();`;
  const ran = spawnSync(process.execPath, ["--no-warnings", "--input-type=module", "--eval", program], {
    cwd: import.meta.dirname,
    env: { ...process.env, REDIS_URL: server.url },
    encoding: "utf8",
    timeout: 20_000,
  });
  assert.deepEqual([ran.stdout.trim(), ran.stderr, ran.status], ["notFound", "", 0]);
  await server.stop();
});
