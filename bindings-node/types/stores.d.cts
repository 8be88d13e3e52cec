import { S as Store, ba as StoreOp, bb as StoreReply, az as JointStore } from './driver.cjs';
import { Clock, dispose } from './index.cjs';
export { I as IdempotencyStore, aF as MemoryStore, aG as MemoryStoreOptions, aH as MemoryStoreStats, aU as ReleaseMode, bc as StoredResponse, bw as simpleStore } from './driver.cjs';
import { Buffer } from 'node:buffer';

/** A client of ioredis, also its `Cluster`. */
interface IoRedisClient {
    callBuffer(command: string, args: (string | Buffer | number)[]): Promise<unknown>;
}
/** A client, pool, cluster or sentinel of node-redis (`redis` 5 or later). */
interface NodeRedisClient {
    withTypeMapping(mapping: any): NodeRedisScripts;
}
/** What is used of such a client. */
interface NodeRedisScripts {
    evalSha(sha: string, given: ScriptInput): Promise<unknown>;
    eval(script: string, given: ScriptInput): Promise<unknown>;
}
interface ScriptInput {
    keys: (string | Buffer)[];
    arguments: (string | Buffer)[];
}
/** The user's own client. */
type RedisClient = IoRedisClient | NodeRedisClient;
/** What a script is given. */
type RedisArgument = string | number | Uint8Array;
/** What a script answers: its strings as bytes. */
type RedisReply = null | number | bigint | string | Uint8Array | readonly RedisReply[];
/** Runs Lua scripts on a Redis. */
interface RedisScripts {
    /** Runs `script` where its keys live: one round trip, two when the server does not know the script yet. */
    run(script: string, keys: readonly string[], args: readonly RedisArgument[]): Promise<RedisReply>;
}

/** Settings of a {@link RedisStore}. */
interface RedisStoreOptions {
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
declare class RedisStore implements Store {
    #private;
    constructor(client: RedisClient, { clock, ...config }?: RedisStoreOptions);
    /** A store at `REDIS_URL`, over whichever of ioredis and node-redis is installed; `close` closes its connection. */
    static fromEnv(options?: RedisStoreOptions): RedisStore;
    apply(op: StoreOp): Promise<StoreReply>;
    /** Applies many operations in one round trip; each is atomic by itself. */
    applyMany(ops: readonly StoreOp[]): Promise<StoreReply[]>;
    /** What about the server's settings endangers records; the first operation warns of it too, once. */
    check(): Promise<readonly string[]>;
    close(): void;
    [dispose](): void;
}

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

export { JointStore, RedisStore, SqliteStore, Store, StoreOp, StoreReply };
export type { IoRedisClient, NodeRedisClient, RedisArgument, RedisClient, RedisReply, RedisScripts, RedisStoreOptions, SqliteDatabase, SqliteStatement, SqliteStoreOptions };
