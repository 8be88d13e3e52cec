// Who sends: one sender per outbox, and nobody else a write that somebody is sending. Web Locks say so, because the browser
// itself lets go of a tab's locks when the tab is closed or dies.

import { ConfigError } from "@once-again/driver/errors";

export class Locks {
  readonly #locks: LockManager;
  readonly #prefix: string;

  constructor(locks: LockManager | undefined, name: string) {
    if (locks === undefined) {
      throw new ConfigError("outbox.locks", "nothing", "a LockManager: navigator.locks, which pages over HTTPS have");
    }
    this.#locks = locks;
    this.#prefix = `${name}/`;
  }

  /** Runs `work` as the one sender, after whoever is it now; rejects with the signal's reason when it fires before that. */
  asSender<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    return this.#locks.request(this.#prefix, { signal }, work) as Promise<T>;
  }

  /** Runs `work` while nobody else sends this write; waits for whoever does. */
  holding<T>(id: string, work: () => Promise<T>): Promise<T> {
    return this.#locks.request(this.#prefix + id, work) as Promise<T>;
  }

  /** Runs `work` if nobody else sends this write right now; answers whether it did. */
  ifFree(id: string, work: () => Promise<void>): Promise<boolean> {
    return this.#locks.request(this.#prefix + id, { ifAvailable: true }, async (lock) => {
      if (lock !== null) await work();
      return lock !== null;
    }) as Promise<boolean>;
  }

  /** Resolves when nobody sends this write any more, because it has found its end or its tab has. */
  async released(id: string, signal: AbortSignal): Promise<void> {
    // Shared, so that the tabs that watch do not wait for each other.
    await this.#locks.request(this.#prefix + id, { mode: "shared", signal }, async () => {});
  }

  /** The ids of writes that somebody is sending. */
  async busy(): Promise<ReadonlySet<string>> {
    const { held = [] } = await this.#locks.query();
    const sending = held.filter(({ mode, name = "" }) => mode === "exclusive" && name.startsWith(this.#prefix));
    return new Set(sending.map(({ name = "" }) => name.slice(this.#prefix.length)));
  }
}
