// Records in PostgreSQL: shared, durable, and joint with the user's own transaction. The rules run in PostgreSQL, as core's
// functions; this file carries them over the user's own client.

import type { Clock } from "@once-again/driver/clock";
import { ConfigError, OnceAgainError } from "@once-again/driver/errors";
import { fieldsOf } from "@once-again/driver/host";
import { dispose } from "@once-again/driver/machine";
import type { JointStore, StoreOp, StoreReply, StoreUsage } from "@once-again/driver/store/store";
import { SWEEP_LIMIT, Sweeper } from "@once-again/driver/store/sweeper";
import { type Cell, type Command, Dialect } from "../store/dialect.js";
import { asPostgres, inTransaction, openPostgres, type PostgresClient } from "./client.js";

/** Settings of a {@link PostgresStore}. */
export interface PostgresStoreOptions {
  /** The table's name. Default `idempotency_keys`. */
  table?: string;
  /** The schema it is in. Default: where the connection's search path leads. */
  schema?: string;
  /** `monthly`: one partition a month, dropped whole. Takes effect when `ensureSchema` makes the table. Default `none`. */
  partition?: "none" | "monthly";
  /** How often expired records are swept, milliseconds; 0 never. Default 5 minutes. */
  cleanupInterval?: number;
  /** For tests: takes the place of the server's own clock, which otherwise decides what has expired. */
  clock?: Clock;
}

/**
 * A store in PostgreSQL 12 or later, over a `Pool` of pg. Call `ensureSchema` once before, at start or when deploying. A replay
 * is one round trip, a first run two. The pool stays yours: `close` does not end it.
 */
export class PostgresStore implements JointStore {
  readonly #client: PostgresClient;
  readonly #dialect: Dialect;
  readonly #sweeper: Sweeper<PostgresStore>;
  #end: (() => Promise<void>) | undefined;

  constructor(client: PostgresClient, options: PostgresStoreOptions = {}) {
    const { clock, cleanupInterval, ...config } = fieldsOf(options, "options");
    this.#client = asPostgres(client);
    this.#dialect = new Dialect("postgres", config, clock, (command) => run(client, command));
    this.#sweeper = new Sweeper<PostgresStore>(this, cleanupInterval, PostgresStore.#sweep);
  }

  /** A store at `DATABASE_URL`, over a pool of its own; `close` ends that. Needs the package pg. */
  static fromEnv(options?: PostgresStoreOptions): PostgresStore {
    const { client, end } = openPostgres();
    try {
      const store = new PostgresStore(client, options);
      store.#end = end;
      return store;
    } catch (error) {
      end().catch(() => {});
      throw error;
    }
  }

  /** Makes table, indexes and functions, or brings them up to date. Harmless to repeat, also by several processes at once. */
  ensureSchema(): Promise<void> {
    return this.#dialect.install();
  }

  async apply(op: StoreOp): Promise<StoreReply> {
    this.#stayOutside();
    const reply = await this.#dialect.apply(op);
    if (op.op === "begin") this.#sweeper.start();
    return reply;
  }

  /**
   * Applies many operations at once: claims in one round trip for each thousand, all made or none; anything else over as many
   * connections as the pool has, each atomic by itself.
   */
  async applyMany(ops: readonly StoreOp[]): Promise<StoreReply[]> {
    this.#stayOutside();
    const claims = this.#dialect.beginMany(ops, (command) => rows(this.#client, command));
    if (claims === undefined) return Promise.all(ops.map((op) => this.apply(op)));
    this.#sweeper.start();
    return claims;
  }

  /**
   * Applies an operation inside the transaction that is open on `db`, a client of pg: the record is committed or rolled back
   * together with whatever else that transaction writes.
   */
  async completeIn(db: object, op: StoreOp): Promise<StoreReply> {
    const client = asPostgres(db);
    if (inTransaction(client) === false) {
      throw new ConfigError("completeIn", "a client without an open transaction", "a call between BEGIN and COMMIT");
    }
    return this.#dialect.apply(op, (command) => run(client, command));
  }

  /** Rejects when the schema is not there; the first operation warns of it too, once. */
  check(): Promise<readonly string[]> {
    return this.#dialect.check();
  }

  /** How much it holds: records that are alive, and the bytes of table and indexes. */
  usage(): Promise<StoreUsage> {
    return this.#dialect.usage([(command) => run(this.#client, command)]);
  }

  /** Stops sweeping, and ends the pool if this store has made it. */
  async close(): Promise<void> {
    this.#sweeper.stop();
    this.#dialect.close();
    await this.#end?.();
  }

  [dispose](): void {
    void this.close();
  }

  /** A renewal that finds the caller's transaction open on this very client must not become part of it. */
  #stayOutside(): void {
    if (inTransaction(this.#client) !== true) return;
    throw new OnceAgainError("STORE_UNAVAILABLE", "a transaction is open on the store's own client: give it a Pool");
  }

  /** Nothing else takes expired records away, so a sweep goes on until it finds less than it may take. */
  static async #sweep(store: PostgresStore): Promise<boolean> {
    let [all, last] = [0, SWEEP_LIMIT];
    while (last === SWEEP_LIMIT) {
      const reply = await store.apply({ op: "sweep", limit: SWEEP_LIMIT });
      last = reply.reply === "swept" ? reply.count : 0;
      all += last;
    }
    return all > 0;
  }
}

async function rows(client: PostgresClient, { text, args }: Command): Promise<unknown[][]> {
  return (await client.query({ text, values: args as Cell[], rowMode: "array" })).rows;
}

const run = async (client: PostgresClient, command: Command): Promise<unknown[] | undefined> =>
  (await rows(client, command))[0];
