import { aN as JointStore, bu as StoreOp, bv as StoreReply, bS as StoreUsage, S as Store } from './driver.cjs';
import { Clock, dispose } from './index.cjs';
export { I as IdempotencyStore, aT as MemoryStore, aU as MemoryStoreOptions, aV as MemoryStoreStats, b8 as ReleaseMode, bw as StoredResponse, bQ as simpleStore } from './driver.cjs';
import { Buffer } from 'node:buffer';

/** A value of a command, and what a server's answer is made of. */
type Cell$1 = null | number | string | Uint8Array;

/** A `Pool`, a pooled client or a `Client` of pg. */
interface PostgresClient {
    query(query: PostgresQuery): Promise<{
        rows: unknown[][];
    }>;
    /** Of a client: `I` outside a transaction, `T` or `E` inside one. */
    getTransactionStatus?(): string | null;
}
/** One statement; its rows come as arrays. */
interface PostgresQuery {
    text: string;
    values: Cell$1[];
    rowMode: "array";
}

/** Settings of a {@link PostgresStore}. */
interface PostgresStoreOptions {
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
declare class PostgresStore implements JointStore {
    #private;
    constructor(client: PostgresClient, options?: PostgresStoreOptions);
    /** A store at `DATABASE_URL`, over a pool of its own; `close` ends that. Needs the package pg. */
    static fromEnv(options?: PostgresStoreOptions): PostgresStore;
    /** Makes table, indexes and functions, or brings them up to date. Harmless to repeat, also by several processes at once. */
    ensureSchema(): Promise<void>;
    apply(op: StoreOp): Promise<StoreReply>;
    /**
     * Applies many operations at once: claims in one round trip for each thousand, all made or none; anything else over as many
     * connections as the pool has, each atomic by itself.
     */
    applyMany(ops: readonly StoreOp[]): Promise<StoreReply[]>;
    /**
     * Applies an operation inside the transaction that is open on `db`, a client of pg: the record is committed or rolled back
     * together with whatever else that transaction writes.
     */
    completeIn(db: object, op: StoreOp): Promise<StoreReply>;
    /** Rejects when the schema is not there; the first operation warns of it too, once. */
    check(): Promise<readonly string[]>;
    /** How much it holds: records that are alive, and the bytes of table and indexes. */
    usage(): Promise<StoreUsage>;
    /** Stops sweeping, and ends the pool if this store has made it. */
    close(): Promise<void>;
    [dispose](): void;
}

/** A client of ioredis, also its `Cluster`. */
interface IoRedisClient {
    callBuffer(command: string, args: (string | Buffer | number)[]): Promise<unknown>;
    /** Of a `Cluster`. */
    nodes?(role: "master"): IoRedisClient[];
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
declare class RedisStore implements Store, RedisScripts {
    #private;
    constructor(client: RedisClient, options?: RedisStoreOptions);
    /** A store at `REDIS_URL`, over whichever of ioredis and node-redis is installed; `close` closes its connection. */
    static fromEnv(options?: RedisStoreOptions): RedisStore;
    apply(op: StoreOp): Promise<StoreReply>;
    /** Applies many operations in one round trip; each is atomic by itself. */
    applyMany(ops: readonly StoreOp[]): Promise<StoreReply[]>;
    /** Runs a script of core's over the same client: what a `CircuitBreaker` whose state is `shared` needs. */
    run(script: string, keys: readonly string[], args: readonly RedisArgument[]): Promise<RedisReply>;
    /** What about the server's settings endangers records; the first operation warns of it too, once. */
    check(): Promise<readonly string[]>;
    /** How much it holds, in a Cluster on all primaries; about, since Redis counts while others write. */
    usage(): Promise<StoreUsage>;
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
    /** @throws ConfigError when an option is unknown or out of its range, or `database` is no database. */
    constructor(database: string | SqliteDatabase, options?: SqliteStoreOptions);
    apply(op: StoreOp): StoreReply;
    /**
     * Applies an operation inside the transaction that is open on `db`, a handle on the same database file: the record is
     * committed or rolled back together with whatever else that transaction writes.
     */
    completeIn(db: object, op: StoreOp): StoreReply;
    /** How much it holds: records that are alive, and about the bytes they take. */
    usage(): StoreUsage;
    /** Stops sweeping, and closes the file if this store has opened it. */
    close(): void;
    [dispose](): void;
}

export { JointStore, PostgresStore, RedisStore, SqliteStore, Store, StoreOp, StoreReply, StoreUsage };
export type { IoRedisClient, NodeRedisClient, PostgresClient, PostgresQuery, PostgresStoreOptions, RedisArgument, RedisClient, RedisReply, RedisScripts, RedisStoreOptions, SqliteDatabase, SqliteStatement, SqliteStoreOptions };
