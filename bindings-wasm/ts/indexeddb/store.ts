// Records in the browser's own database: they outlive a reload and are shared by the tabs and workers of one origin. The
// rules are core's `store::step`, which runs inside one transaction with the look-up before it and the write after it.

import { type Clock, systemClock } from "@once-again/driver/clock";
import { ConfigError } from "@once-again/driver/errors";
import { dispose } from "@once-again/driver/machine";
import { step } from "@once-again/driver/store/step";
import type { Store, StoreOp, StoreReply } from "@once-again/driver/store/store";
import { CLEANUP_INTERVAL, SWEEP_LIMIT, Sweeper } from "@once-again/driver/store/sweeper";
import { init } from "../init.js";
import { BY_EXPIRY, Database, RECORDS, type Row, unavailable } from "./database.js";

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
    const { name = "once-again", cleanupInterval = CLEANUP_INTERVAL, clock = systemClock } = options;
    const factory = options.indexedDB ?? globalThis.indexedDB;
    if (factory === undefined) throw new ConfigError("indexedDB", "nothing", "an IDBFactory: there is none here");
    if (typeof name !== "string" || name === "") throw new ConfigError("name", String(name), "a database's name");
    this.#sweeper = new Sweeper<IndexedDbStore>(this, cleanupInterval, IndexedDbStore.#sweep);
    this.#database = new Database(factory, name);
    this.#clock = clock;
  }

  async apply(op: StoreOp): Promise<StoreReply> {
    // A transaction ends by itself when nothing is asked of it, so everything else has to be there before it begins.
    await init();
    const transaction = await this.#database.begin(op.op === "get" ? "readonly" : "readwrite");
    const reply = await (op.op === "sweep" ? this.#sweepIn(transaction, op.limit) : this.#stepIn(transaction, op));
    if (op.op === "begin") this.#sweeper.start();
    return reply;
  }

  /** Stops sweeping and lets go of the database. */
  close(): Promise<void> {
    this.#sweeper.stop();
    return this.#database.close();
  }

  [dispose](): void {
    void this.close();
  }

  #stepIn(transaction: IDBTransaction, op: Exclude<StoreOp, { op: "sweep" }>): Promise<StoreReply> {
    return committed(transaction, ({ records, ask, answer }) => {
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
    return committed(transaction, ({ records, ask, answer }) => {
      const expired = IDBKeyRange.upperBound(Math.round(this.#clock.wallNow() * 1_000));
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

  static async #sweep(store: IndexedDbStore): Promise<boolean> {
    const reply = await store.apply({ op: "sweep", limit: SWEEP_LIMIT });
    return reply.reply === "swept" && reply.count > 0;
  }
}

/** What goes on inside one transaction. */
interface Work {
  readonly records: IDBObjectStore;
  /** Calls `then` with what a request brings, each time it brings something. What `then` throws undoes everything. */
  ask<T>(request: IDBRequest<T>, then: (result: T) => void): void;
  /** The last answer counts. */
  answer(reply: StoreReply): void;
}

/** What `work` answered, once what it wrote is on disk. */
function committed(transaction: IDBTransaction, work: (tools: Work) => void): Promise<StoreReply> {
  return new Promise((resolve, reject) => {
    let reply: StoreReply;
    let thrown: unknown;
    transaction.oncomplete = () => resolve(reply);
    transaction.onabort = () => reject(unavailable("nothing was written", thrown ?? transaction.error));
    work({
      records: transaction.objectStore(RECORDS),
      ask(request, then) {
        request.onsuccess = () => {
          try {
            then(request.result);
          } catch (error) {
            // Left alone, it would end up in the page's console.
            thrown = error;
            transaction.abort();
          }
        };
      },
      answer(last) {
        reply = last;
      },
    });
  });
}
