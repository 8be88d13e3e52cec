// A store for tests: it behaves as the memory store does, remembers what it was asked, and fails when told to.

import { OnceAgainError } from "../errors.js";
import { MemoryStore, type MemoryStoreOptions } from "./memory.js";
import type { Store, StoreOp, StoreReply } from "./store.js";

/** How a {@link MockStore} fails. */
export interface MockFailure {
  /** Default: `STORE_UNAVAILABLE`. */
  readonly error?: unknown;
  /** Whether the operation takes effect all the same, and only its reply is lost. Default `false`. */
  readonly applied?: boolean;
}

/** A memory store that a test looks into, and breaks. */
export interface MockStore extends Store {
  /** Every operation it was asked, also those that failed, the oldest first. */
  readonly operations: readonly StoreOp[];
  /** Lets the next `times` operations fail. */
  fail(times?: number, how?: MockFailure): void;
}

/** @param options as of `MemoryStore`. */
export function mockStore(options: MemoryStoreOptions = {}): MockStore {
  const memory = new MemoryStore(options);
  const operations: StoreOp[] = [];
  const failures: MockFailure[] = [];
  return {
    operations,
    fail(times = 1, how = {}) {
      for (let i = 0; i < times; i++) failures.push(how);
    },
    async apply(op): Promise<StoreReply> {
      operations.push(op);
      const failure = failures.shift();
      if (failure === undefined) return memory.apply(op);
      if (failure.applied === true) memory.apply(op);
      throw "error" in failure
        ? failure.error
        : new OnceAgainError("STORE_UNAVAILABLE", "the mock store was told to fail");
    },
    close: () => memory.close(),
  };
}
