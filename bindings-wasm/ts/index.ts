export * from "@once-again/driver/index";
export { createFetch } from "./fetch.js";
export { IndexedDbStore, type IndexedDbStoreOptions } from "./indexeddb/store.js";
export { init } from "./init.js";
