export * from "@once-again/driver/index";
export type { StoreUsage } from "@once-again/driver/store/store";
export { createFetch, type OutboxFetch, type WebFetchOptions } from "./fetch.js";
export { IndexedDbStore, type IndexedDbStoreOptions } from "./indexeddb/store.js";
export { init } from "./init.js";
export { queuedId } from "./outbox/fetch.js";
export type { Flushed, GivenUp, Outbox, OutboxEvents, OutboxOptions, QueuedWrite } from "./outbox/types.js";
