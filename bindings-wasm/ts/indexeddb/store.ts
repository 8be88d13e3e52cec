// Records in the browser's own database: they outlive a reload and are shared by the tabs and workers of one origin. The
// rules are core's `store::step`, which runs inside one transaction with the look-up before it and the write after it.

import { type Clock, systemClock } from "@once-again/driver/clock";
import { ConfigError } from "@once-again/driver/errors";
import { checkClock, fieldsOf, refuseUnknown } from "@once-again/driver/host";
import { dispose } from "@once-again/driver/machine";
import { step } from "@once-again/driver/store/step";
import type { Store, StoreOp, StoreReply, StoreUsage } from "@once-again/driver/store/store";
import { SWEEP_LIMIT, Sweeper } from "@once-again/driver/store/sweeper";
import { init } from "../init.js";
import { Database, type Layout } from "./database.js";
import { committed, type Work } from "./transaction.js";

/** Where records lie, one per key, and the index that finds the expired ones. */
const RECORDS = "records";
const BY_EXPIRY = "expiresAt";

const layout: Layout = {
  version: 1,
  upgrade: (database) => void database.createObjectStore(RECORDS).createIndex(BY_EXPIRY, BY_EXPIRY),
};

/** What lies under a record's key. */
interface Row {
  /** The record in core's own format, the same bytes as in every other store. */
  readonly record: Uint8Array;
  /** Whole microseconds since the Unix epoch. */
  readonly expiresAt: number;
}

/** Settings of an {@link IndexedDbStore}. */
export interface IndexedDbStoreOptions {
  /** The database's name; stores of one name share their records. Default `once-again`. */
  readonly name?: string | undefined;
  /** How often expired records are swept, milliseconds; 0 never. Default 5 minutes. */
  readonly cleanupInterval?: number | undefined;
  /** Where databases come from. Default: the global `indexedDB`. */
  readonly indexedDB?: IDBFactory | undefined;
  /** Tabs of one browser share records by the wall clock they share. */
  readonly clock?: Clock | undefined;
}

/**
 * A store in IndexedDB. It waits for `init()` by itself. What the browser refuses (no space left, a private window without a
 * database) rejects with `STORE_UNAVAILABLE`.
 *
 * A browser may throw a site's data away when space runs low, unless `navigator.storage.persist()` was granted.
 */
export class IndexedDbStore implements Store {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #sweeper: Sweeper<IndexedDbStore>;

  constructor(options: IndexedDbStoreOptions = {}) {
    const {
      name = "once-again",
      cleanupInterval,
      clock = systemClock,
      indexedDB,
      ...rest
    } = fieldsOf(options, "options");
    refuseUnknown(rest, ["name", "cleanupInterval", "clock", "indexedDB"]);
    checkClock(clock);
    const factory = indexedDB ?? globalThis.indexedDB;
    if (factory === undefined) throw new ConfigError("indexedDB", "nothing", "an IDBFactory: there is none here");
    if (typeof name !== "string" || name === "") throw new ConfigError("name", String(name), "a database's name");
    this.#sweeper = new Sweeper<IndexedDbStore>(this, cleanupInterval, IndexedDbStore.#sweep);
    this.#database = new Database(factory, name, layout);
    this.#clock = clock;
  }

  async apply(op: StoreOp): Promise<StoreReply> {
    // A transaction ends by itself when nothing is asked of it, so everything else has to be there before it begins.
    await init();
    const transaction = await this.#database.begin(RECORDS, op.op === "get" ? "readonly" : "readwrite");
    const reply = await (op.op === "sweep" ? this.#sweepIn(transaction, op.limit) : this.#stepIn(transaction, op));
    if (op.op === "begin") this.#sweeper.start();
    return reply;
  }

  /** How much it holds: the records that are alive, and the bytes of them and of their keys. */
  async usage(): Promise<StoreUsage> {
    const alive = IDBKeyRange.lowerBound(this.#now(), true);
    return this.#committed(await this.#database.begin(RECORDS, "readonly"), ({ records, ask, answer }) => {
      let usage: StoreUsage = { records: 0, bytes: 0 };
      answer(usage);
      ask(records.index(BY_EXPIRY).openCursor(alive), (cursor) => {
        if (cursor === null) return;
        const { record } = cursor.value as Row;
        usage = {
          records: usage.records + 1,
          bytes: usage.bytes + record.byteLength + String(cursor.primaryKey).length,
        };
        answer(usage);
        cursor.continue();
      });
    });
  }

  /** Stops sweeping and lets go of the database. */
  close(): Promise<void> {
    this.#sweeper.stop();
    return this.#database.close();
  }

  [dispose](): void {
    void this.close();
  }

  /** Whole microseconds since the Unix epoch. */
  #now(): number {
    return Math.round(this.#clock.wallNow() * 1_000);
  }

  #stepIn(transaction: IDBTransaction, op: Exclude<StoreOp, { op: "sweep" }>): Promise<StoreReply> {
    return this.#committed(transaction, ({ records, ask, answer }) => {
      ask<Row | undefined>(records.get(op.key), (row) => {
        const decided = step(this.#clock.wallNow(), row?.record, op);
        if (decided.write === "put") {
          const { record, expiresAt } = decided;
          records.put({ record, expiresAt } satisfies Row, op.key);
        } else if (decided.write === "delete") records.delete(op.key);
        answer(decided.reply);
      });
    });
  }

  #sweepIn(transaction: IDBTransaction, limit: number): Promise<StoreReply> {
    return this.#committed(transaction, ({ records, ask, answer }) => {
      const expired = IDBKeyRange.upperBound(this.#now());
      let count = 0;
      answer({ reply: "swept", count });
      if (limit === 0) return;
      ask(records.index(BY_EXPIRY).openCursor(expired), (cursor) => {
        if (cursor === null) return;
        cursor.delete();
        count++;
        answer({ reply: "swept", count });
        if (count < limit) cursor.continue();
      });
    });
  }

  /** What `work` answered, once what it wrote is on disk. */
  #committed<T>(
    transaction: IDBTransaction,
    work: (tools: Work<T> & { readonly records: IDBObjectStore }) => void,
  ): Promise<T> {
    const records = transaction.objectStore(RECORDS);
    return committed<T>(transaction, (tools) => work({ ...tools, records }));
  }

  static async #sweep(store: IndexedDbStore): Promise<boolean> {
    const reply = await store.apply({ op: "sweep", limit: SWEEP_LIMIT });
    return reply.reply === "swept" && reply.count > 0;
  }
}
