// The keys of a test that still want an outcome. New ones are made as long as nothing older is due.

import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";

export class Keys {
  /** By key, what it ended in: a receipt, or "unknown". */
  outcomes = new Map();
  /** Whether there may be more of them. */
  grows = true;
  #due = [];
  #made = 0;
  #isWantedTwice;

  /** `isWantedTwice()` says whether another worker gets the next new key too, at the same time. */
  constructor(isWantedTwice) {
    this.#isWantedTwice = isWantedTwice;
  }

  #take(now) {
    const at = this.#due.findIndex(({ from }) => from <= now);
    if (at >= 0) return this.#due.splice(at, 1)[0].key;
    if (!this.grows) return undefined;
    const key = this.more();
    if (this.#isWantedTwice()) this.later(key, 0);
    return key;
  }

  /** One that nobody has used yet. */
  more() {
    this.#made += 1;
    return `order-${this.#made}`;
  }

  /** To be called `wait` milliseconds from now. */
  later(key, wait) {
    this.#due.push({ key, from: Date.now() + wait });
  }

  #settle(key, outcome) {
    if (this.outcomes.has(key)) assert.deepEqual(outcome, this.outcomes.get(key), key);
    this.outcomes.set(key, outcome);
  }

  /** Has `worker` call until it is dead, or nothing is left to do. `refused(line)` looks at refusals that end no key. */
  async work(worker, refused) {
    while (worker.alive) {
      const key = this.#take(Date.now());
      if (key === undefined && this.#due.length === 0) return;
      if (key === undefined) {
        await sleep(20);
        continue;
      }
      const line = await worker.call(key);
      if (line.at === "ended") this.#settle(key, line.output);
      else if (line.code === "IDEMPOTENCY_OUTCOME_UNKNOWN") this.#settle(key, "unknown");
      else {
        this.later(key, 100);
        if (line.at !== "killed") refused(line);
      }
    }
  }
}
