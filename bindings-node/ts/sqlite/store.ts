// Records in an SQLite file: durable, shared by the processes of one machine. The rules are core's `store::step`; this file
// reads the row, asks, and writes the answer, inside one transaction.

import { type Clock, systemClock } from "@once-again/driver/clock";
import { ConfigError, OnceAgainError } from "@once-again/driver/errors";
import { checkClock, fieldsOf, refuseUnknown, shown } from "@once-again/driver/host";
import { dispose } from "@once-again/driver/machine";
import {
  type JointStore,
  opText,
  replyOf,
  type StoreOp,
  type StoreReply,
  type StoreUsage,
} from "@once-again/driver/store/store";
import { SWEEP_LIMIT, Sweeper } from "@once-again/driver/store/sweeper";
import { native } from "../native.js";
import { type Cell, inTransaction, openDatabase, type SqliteDatabase, type SqliteStatement } from "./database.js";

/** Settings of a {@link SqliteStore}. */
export interface SqliteStoreOptions {
  /** How often expired records are swept, milliseconds; 0 never. Default 5 minutes. */
  cleanupInterval?: number;
  clock?: Clock;
}

/** The prepared statements of one database handle. */
class Statements {
  readonly #database: SqliteDatabase;
  readonly #prepared = new Map<string, SqliteStatement>();

  constructor(database: SqliteDatabase) {
    this.#database = database;
  }

  of(sql: string): SqliteStatement {
    const known = this.#prepared.get(sql);
    if (known !== undefined) return known;
    const statement = this.#database.prepare(sql);
    this.#prepared.set(sql, statement);
    return statement;
  }
}

/**
 * A store in an SQLite file, over better-sqlite3 or node:sqlite. Given a file name it opens a connection of its own (WAL,
 * `synchronous = FULL`, `busy_timeout` 5 s); given a handle it uses that, with the settings you gave it.
 */
export class SqliteStore implements JointStore {
  readonly #database: SqliteDatabase;
  readonly #owned: boolean;
  readonly #clock: Clock;
  readonly #sweeper: Sweeper<SqliteStore>;
  readonly #dialect = native.sqliteDialect();
  readonly #statements = new WeakMap<SqliteDatabase, Statements>();
  #closed = false;

  /** @throws ConfigError when an option is unknown or out of its range, or `database` is no database. */
  constructor(database: string | SqliteDatabase, options: SqliteStoreOptions = {}) {
    const { cleanupInterval, clock = systemClock, ...rest } = fieldsOf(options, "options");
    refuseUnknown(rest, ["cleanupInterval", "clock"]);
    checkClock(clock);
    if (typeof database !== "string" && typeof (database as Partial<SqliteDatabase> | null)?.prepare !== "function") {
      throw new ConfigError("database", shown(database), "a file name, or a handle of better-sqlite3 or node:sqlite");
    }
    this.#sweeper = new Sweeper<SqliteStore>(this, cleanupInterval, SqliteStore.#sweep);
    this.#owned = typeof database === "string";
    this.#database = typeof database === "string" ? openDatabase(database, this.#dialect.open) : database;
    this.#clock = clock;
    try {
      this.#migrate();
    } catch (error) {
      // Nobody will have this store, so nobody else can close the file it opened.
      if (this.#owned) this.#database.close();
      throw error;
    }
  }

  apply(op: StoreOp): StoreReply {
    if (this.#closed) throw new OnceAgainError("STORE_UNAVAILABLE", "the SQLite store was closed");
    // A renewal that finds the caller's transaction open on this very handle must not become part of it.
    if (inTransaction(this.#database) === true) {
      throw new OnceAgainError("STORE_UNAVAILABLE", "a transaction is open on the store's own database handle");
    }
    const reply = this.#atomically(() => this.#step(this.#database, op));
    if (op.op === "begin") this.#sweeper.start();
    return reply;
  }

  /**
   * Applies an operation inside the transaction that is open on `db`, a handle on the same database file: the record is
   * committed or rolled back together with whatever else that transaction writes.
   */
  completeIn(db: object, op: StoreOp): StoreReply {
    const database = db as SqliteDatabase;
    if (inTransaction(database) === false) {
      throw new ConfigError(
        "completeIn",
        "a handle without an open transaction",
        "a call inside db.transaction(…), or between BEGIN and COMMIT",
      );
    }
    return this.#step(database, op);
  }

  /** How much it holds: records that are alive, and about the bytes they take. */
  usage(): StoreUsage {
    const now = Math.floor(this.#clock.wallNow() * 1_000);
    const row = this.#on(this.#database).of(this.#dialect.usage).get(now) as Record<string, Cell>;
    const [records, bytes] = Object.values(row).map(Number) as [number, number];
    return { records, bytes };
  }

  /** Stops sweeping, and closes the file if this store has opened it. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#sweeper.stop();
    if (this.#owned) this.#database.close();
  }

  [dispose](): void {
    this.close();
  }

  /** Looks the row up, lets core decide, and writes what it decided. */
  #step(database: SqliteDatabase, op: StoreOp): StoreReply {
    const now = this.#clock.wallNow();
    const text = opText(op);
    const lookUp = native.sqliteLookUp(now, text, op.payload);
    if (lookUp === null) throw new ConfigError("op", text.slice(0, 80), "an operation as StoreOp describes it");
    const row = this.#on(database)
      .of(lookUp.sql)
      .get(...lookUp.args) as Record<string, Cell> | undefined;
    const cells = row === undefined ? undefined : Object.values(row).map(plain);
    const { commands, reply } = native.sqliteStep(now, cells, text, op.payload);
    const payload = native.takePayload();
    for (const { sql, args } of commands)
      this.#on(database)
        .of(sql)
        .run(...args);
    return replyOf(reply, payload);
  }

  #migrate(): void {
    this.#database.exec(this.#dialect.versionTable);
    this.#atomically(() => {
      const row = this.#database.prepare(this.#dialect.version).get() as Record<string, Cell>;
      const [found = null] = Object.values(row).map(plain);
      const commands = native.sqliteMigrate(found as number | null);
      if (commands === null) {
        throw new ConfigError(
          "database",
          `a file whose records have schema ${found}`,
          "a file that no later version has written",
        );
      }
      for (const { sql, args } of commands) this.#database.prepare(sql).run(...args);
    });
  }

  #atomically<T>(work: () => T): T {
    this.#database.exec(this.#dialect.begin);
    try {
      const result = work();
      this.#database.exec("COMMIT");
      return result;
    } catch (error) {
      this.#database.exec("ROLLBACK");
      throw error;
    }
  }

  #on(database: SqliteDatabase): Statements {
    const known = this.#statements.get(database);
    if (known !== undefined) return known;
    const statements = new Statements(database);
    this.#statements.set(database, statements);
    return statements;
  }

  static #sweep(store: SqliteStore): boolean {
    const reply = store.apply({ op: "sweep", limit: SWEEP_LIMIT });
    return reply.reply === "swept" && reply.count > 0;
  }
}

/** Handles set to safe integers answer bigints; every integer of a record is below 2^53. */
const plain = (cell: Cell): Exclude<Cell, bigint> => (typeof cell === "bigint" ? Number(cell) : cell);
