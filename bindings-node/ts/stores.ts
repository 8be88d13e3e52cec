import "./native.js";

export { MemoryStore, type MemoryStoreOptions, type MemoryStoreStats } from "@once-again/driver/store/memory";
export { type IdempotencyStore, type StoredResponse, simpleStore } from "@once-again/driver/store/simple";
export type { JointStore, ReleaseMode, Store, StoreOp, StoreReply, StoreUsage } from "@once-again/driver/store/store";
export type { PostgresClient, PostgresQuery } from "./postgres/client.js";
export { PostgresStore, type PostgresStoreOptions } from "./postgres/store.js";
export type {
  IoRedisClient,
  NodeRedisClient,
  RedisArgument,
  RedisClient,
  RedisReply,
  RedisScripts,
} from "./redis/client.js";
export { RedisStore, type RedisStoreOptions } from "./redis/store.js";
export type { SqliteDatabase, SqliteStatement } from "./sqlite/database.js";
export { SqliteStore, type SqliteStoreOptions } from "./sqlite/store.js";
