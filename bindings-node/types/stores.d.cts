import { J as JointStore, S as StoreOp, a as StoreReply } from './driver.cjs';
import { Clock, dispose } from './index.cjs';
export { I as IdempotencyStore, M as MemoryStore, b as MemoryStoreOptions, c as MemoryStoreStats, R as ReleaseMode, e as Store, f as StoredResponse, s as simpleStore } from './driver.cjs';

/** What can be bound, and what a column holds. */
type Cell = null | number | bigint | string | Uint8Array;
/** A prepared statement of either package. */
interface SqliteStatement {
    get(...args: Cell[]): unknown;
    run(...args: Cell[]): {
        changes: number | bigint;
    };
}
/** A database handle of better-sqlite3 (`new Database(file)`) or node:sqlite (`new DatabaseSync(file)`). */
interface SqliteDatabase {
    prepare(sql: string): SqliteStatement;
    exec(sql: string): unknown;
    close(): unknown;
    /** better-sqlite3: whether a transaction is open. */
    readonly inTransaction?: boolean;
    /** node:sqlite: the same. */
    readonly isTransaction?: boolean;
}

/** Settings of a {@link SqliteStore}. */
interface SqliteStoreOptions {
    /** How often expired records are swept, milliseconds; 0 never. Default 5 minutes. */
    cleanupInterval?: number;
    clock?: Clock;
}
/**
 * A store in an SQLite file, over better-sqlite3 or node:sqlite. Given a file name it opens a connection of its own (WAL,
 * `synchronous = FULL`, `busy_timeout` 5 s); given a handle it uses that, with the settings you gave it.
 */
declare class SqliteStore implements JointStore {
    #private;
    constructor(database: string | SqliteDatabase, { cleanupInterval, clock }?: SqliteStoreOptions);
    apply(op: StoreOp): StoreReply;
    /**
     * Applies an operation inside the transaction that is open on `db`, a handle on the same database file: the record is
     * committed or rolled back together with whatever else that transaction writes.
     */
    completeIn(db: object, op: StoreOp): StoreReply;
    /** Stops sweeping, and closes the file if this store has opened it. */
    close(): void;
    [dispose](): void;
}

export { JointStore, SqliteStore, StoreOp, StoreReply };
export type { SqliteDatabase, SqliteStatement, SqliteStoreOptions };
