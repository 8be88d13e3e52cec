// Records in Redis: shared by all processes that reach it. The rules run in Redis, as core's Lua scripts; this file carries
// them over the user's own client.

import type { Clock } from "@once-again/driver/clock";
import { fieldsOf } from "@once-again/driver/host";
import { dispose } from "@once-again/driver/machine";
import type { Store, StoreOp, StoreReply, StoreUsage } from "@once-again/driver/store/store";
import { type Cell, Dialect } from "../store/dialect.js";
import {
  openRedis,
  primariesOver,
  type RedisArgument,
  type RedisClient,
  type RedisReply,
  type RedisScripts,
  scriptsOver,
} from "./client.js";

/** Settings of a {@link RedisStore}. */
export interface RedisStoreOptions {
  /** What keys begin with. Default `idempotency:`. */
  prefix?: string;
  /** For tests: takes the place of the server's own clock, which otherwise decides what has expired. */
  clock?: Clock;
}

/**
 * A store in Redis or Valkey, also as a Cluster, over a client of ioredis or node-redis. A replay is one round trip, a first
 * run two. Set `maxmemory-policy noeviction`, and `appendonly yes` where a restart must lose nothing; a failover may lose the
 * last writes in any case. The client stays yours: `close` does not close it.
 */
export class RedisStore implements Store, RedisScripts {
  readonly #client: RedisClient;
  readonly #dialect: Dialect;
  readonly #scripts: RedisScripts;
  #quit: (() => void) | undefined;

  constructor(client: RedisClient, options: RedisStoreOptions = {}) {
    const { clock, ...config } = fieldsOf(options, "options");
    const scripts = scriptsOver(client);
    this.#client = client;
    this.#scripts = scripts;
    this.#dialect = new Dialect("redis", config, clock, ({ text, args: [key, ...args] }) =>
      run(scripts, [key as string], text, args),
    );
  }

  /** A store at `REDIS_URL`, over whichever of ioredis and node-redis is installed; `close` closes its connection. */
  static fromEnv(options?: RedisStoreOptions): RedisStore {
    const { client, quit } = openRedis();
    try {
      const store = new RedisStore(client, options);
      store.#quit = quit;
      return store;
    } catch (error) {
      // It would keep the process alive, and nobody could end it.
      quit();
      throw error;
    }
  }

  apply(op: StoreOp): Promise<StoreReply> {
    return this.#dialect.apply(op);
  }

  /** Applies many operations in one round trip; each is atomic by itself. */
  applyMany(ops: readonly StoreOp[]): Promise<StoreReply[]> {
    return Promise.all(ops.map((op) => this.#dialect.apply(op)));
  }

  /** Runs a script of core's over the same client: what a `CircuitBreaker` whose state is `shared` needs. */
  run(script: string, keys: readonly string[], args: readonly RedisArgument[]): Promise<RedisReply> {
    return this.#scripts.run(script, keys, args);
  }

  /** What about the server's settings endangers records; the first operation warns of it too, once. */
  check(): Promise<readonly string[]> {
    return this.#dialect.check();
  }

  /** How much it holds, in a Cluster on all primaries; about, since Redis counts while others write. */
  async usage(): Promise<StoreUsage> {
    const servers = await primariesOver(this.#client);
    return this.#dialect.usage(servers.map((server) => (command) => run(server, [], command.text, command.args)));
  }

  close(): void {
    this.#dialect.close();
    this.#quit?.();
  }

  [dispose](): void {
    this.close();
  }
}

async function run(
  scripts: RedisScripts,
  keys: readonly string[],
  text: string,
  args: readonly Cell[],
): Promise<readonly RedisReply[]> {
  // Core gives a script no NULL, and its scripts answer lists.
  return (await scripts.run(text, keys, args as RedisArgument[])) as readonly RedisReply[];
}
