// The memory store: core holds the records, this file holds the clock and the timer that sweeps.

import { core } from "../binding.js";
import { type Clock, systemClock } from "../clock.js";
import { OnceAgainError } from "../errors.js";
import { checkClock, fieldsOf } from "../host.js";
import { dispose, Machine } from "../machine.js";
import { readAnswer, specText } from "../spec.js";
import type { Local } from "./local.js";
import { opText, replyOf, type Store, type StoreOp, type StoreReply, type StoreUsage } from "./store.js";
import { SWEEP_LIMIT, Sweeper } from "./sweeper.js";

/** Limits of a {@link MemoryStore}. */
export interface MemoryStoreOptions {
  /** The most records it holds; a full store refuses new work and drops nothing that is alive. */
  maxRecords?: number;
  /** The most bytes its records take, about. Default 256 MiB. */
  maxBytes?: number;
  /** What happens when it is full: `refuse` (default) or `evictCompleted`, the oldest completed record first. */
  whenFull?: "refuse" | "evictCompleted";
  /** How often expired records are swept, milliseconds. Default 5 minutes; expiry itself is exact without it. */
  cleanupInterval?: number;
  clock?: Clock;
}

/** What a memory store holds. */
export interface MemoryStoreStats {
  readonly records: number;
  readonly bytes: number;
  readonly evicted: number;
}

interface Opened {
  readonly handle: number;
  readonly cleanupInterval: number;
}

/** `store` as core finds it; undefined when it is another kind of store, or one whose operations somebody listens to. */
export let localOf: (store: Store) => Local | undefined;

/** Records in this process's memory: fast, bounded, gone with the process, not shared with another one. */
export class MemoryStore implements Store {
  static {
    localOf = (store) => (#machine in store && store.apply === MemoryStore.prototype.apply ? store.#local : undefined);
  }

  readonly #machine: Machine;
  readonly #clock: Clock;
  readonly #sweeper: Sweeper<MemoryStore>;
  readonly #local: Local;

  constructor(options: MemoryStoreOptions = {}) {
    const { clock = systemClock, ...config } = fieldsOf(options, "options");
    checkClock(clock);
    // Whoever chooses keys must not foresee which of them collide in the store's index.
    const { handle, cleanupInterval } = readAnswer<Opened>(core.memoryOpen(specText(config), Math.random()));
    this.#machine = new Machine(this, handle, core.memoryClose);
    this.#sweeper = new Sweeper<MemoryStore>(this, cleanupInterval, MemoryStore.#sweep);
    this.#clock = clock;
    const [machine, sweeper] = [this.#machine, this.#sweeper];
    this.#local = {
      get handle() {
        return machine.handle;
      },
      wallNow: () => clock.wallNow(),
      began: () => sweeper.start(),
    };
  }

  apply(op: StoreOp): StoreReply {
    const { handle } = this.#machine;
    if (handle === 0) throw new OnceAgainError("STORE_UNAVAILABLE", "the memory store was closed");
    const text = core.memoryApply(handle, this.#clock.wallNow(), opText(op), op.payload);
    const reply = replyOf(text, core.takePayload());
    if (op.op === "begin") this.#sweeper.start();
    return reply;
  }

  /** How much it holds now. */
  get stats(): MemoryStoreStats {
    return JSON.parse(core.memoryStats(this.#machine.handle)) as MemoryStoreStats;
  }

  /** As other stores tell it. */
  usage(): StoreUsage {
    const { records, bytes } = this.stats;
    return { records, bytes };
  }

  /** Forgets everything and stops the sweep. */
  close(): void {
    this.#sweeper.stop();
    this.#machine.free();
  }

  [dispose](): void {
    this.close();
  }

  /** Ends when the store is empty. */
  static #sweep(store: MemoryStore): boolean {
    store.apply({ op: "sweep", limit: SWEEP_LIMIT });
    return store.stats.records > 0;
  }
}
