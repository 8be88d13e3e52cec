// When a store sweeps by itself: some time after a record began, for as long as a sweep finds that another is worth while.

import { core } from "../binding.js";
import { LONGEST_TIMER } from "../deadlines.js";
import { ConfigError } from "../errors.js";
import { shown } from "../host.js";
import { readAnswer } from "../spec.js";

/** At most this many records are taken away in one sweep, so that a sweep never holds up the event loop. */
export const SWEEP_LIMIT = 1_000;

/** How often expired records are swept unless a store is told otherwise, milliseconds: core's to say, once it is there. */
const ownInterval = (): number =>
  readAnswer<{ readonly cleanupInterval: number }>(core.managerConfig("{}")).cleanupInterval / 1_000;

/** Runs a store's sweep on a timer that keeps neither the process nor the store alive. */
export class Sweeper<S extends object> {
  readonly #store: WeakRef<S>;
  readonly #sweep: (store: S) => boolean | Promise<boolean>;
  #interval: number | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stopped = false;

  /**
   * @param interval milliseconds; 0: never; undefined: as often as core says.
   * @param sweep sweeps `store` and answers whether to do so again. It must not hold the store itself.
   */
  constructor(store: S, interval: number | undefined, sweep: (store: S) => boolean | Promise<boolean>) {
    if (interval !== undefined && !(interval >= 0 && interval <= LONGEST_TIMER)) {
      throw new ConfigError("cleanupInterval", shown(interval), `a number of milliseconds from 0 to ${LONGEST_TIMER}`);
    }
    this.#store = new WeakRef(store);
    this.#interval = interval;
    this.#sweep = sweep;
  }

  /** A record has begun, so there will be something to sweep. */
  start(): void {
    this.#interval ??= ownInterval();
    if (this.#interval === 0 || this.#timer !== undefined || this.#stopped) return;
    this.#timer = setTimeout(() => void this.#ring(), this.#interval);
    // Browsers, whose pages end anyway, give a number.
    (this.#timer as { unref?(): void }).unref?.();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  async #ring(): Promise<void> {
    this.#timer = undefined;
    const store = this.#store.deref();
    if (store === undefined) return;
    try {
      if (await this.#sweep(store)) this.start();
    } catch {
      // A store that is busy or away: the next record that begins arms the timer again.
    }
  }
}
