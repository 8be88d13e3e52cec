// Sends what waits: one postman at a time in all tabs and workers, who asks core whose turn it is and does that, until nobody's
// turn is now. Then every tab sleeps until the next wait is over, and whichever wakes first is the postman.

import { after, type Clock, type Random } from "@once-again/driver/clock";
import type { Decisions } from "./decisions.js";
import type { Ended } from "./judge.js";
import type { Locks } from "./locks.js";
import type { News } from "./news.js";
import type { Rows } from "./rows.js";
import type { GivenUp } from "./types.js";
import { came, type Placed, seen } from "./write.js";

export interface PostmanParts {
  readonly rows: Rows;
  readonly locks: Locks;
  readonly decisions: Decisions;
  readonly news: News;
  readonly send: (row: Placed, body: ArrayBuffer | undefined) => Promise<Ended>;
  readonly clock: Clock;
  readonly random: Random;
}

/** How long until a round that the database or the browser broke off is taken up again, milliseconds. */
const BROKEN_OFF = 30_000;

/** How long until a write is looked at again that a tab held on to just then, milliseconds. */
const HELD_ON = 1_000;

export class Postman {
  readonly #parts: PostmanParts;
  readonly #closing = new AbortController();
  readonly #online = (): void => void this.#round(this.#parts.clock.wallNow());
  /** A round that has not begun yet, which is as good as another one. */
  #next: Promise<void> | undefined;
  #running: Promise<void> | undefined;
  readonly #watched = new Set<string>();
  #askedAt = 0;
  #callOff: (() => void) | undefined;

  constructor(parts: PostmanParts) {
    this.#parts = parts;
    globalThis.addEventListener?.("online", this.#online);
  }

  /** Something may have changed: has a look, in the background. */
  wake(): void {
    void this.#round(0);
  }

  /** Has a look when another tab is done with a write, or is gone. */
  watch(id: string): void {
    if (this.#watched.has(id)) return;
    this.#watched.add(id);
    const done = (): void => {
      this.#watched.delete(id);
      if (!this.#closing.signal.aborted) this.wake();
    };
    this.#parts.locks.released(id, this.#closing.signal).then(done, done);
  }

  /** Sends all that waits and failed before `askedAt`. */
  deliver(askedAt: number): Promise<void> {
    this.#askedAt = Math.max(this.#askedAt, askedAt);
    this.#next ??= this.#begin();
    return this.#next;
  }

  /** Ends when the writes that are on their way have found their end. */
  async close(): Promise<void> {
    globalThis.removeEventListener?.("online", this.#online);
    this.#callOff?.();
    this.#closing.abort();
    await this.#running?.catch(() => {});
  }

  async #round(askedAt: number): Promise<void> {
    try {
      await this.deliver(askedAt);
    } catch {
      // The database, or the browser: there is nobody to tell, and later may be better.
      this.#arm(BROKEN_OFF);
    }
  }

  #begin(): Promise<void> {
    const { signal } = this.#closing;
    if (signal.aborted) return Promise.resolve();
    const round = this.#parts.locks.asSender(signal, () => {
      this.#next = undefined;
      this.#running = this.#deliver();
      return this.#running;
    });
    return round.catch((error: unknown) => {
      this.#next = undefined;
      // Closed while it stood in line.
      if (!signal.aborted) throw error;
    });
  }

  async #deliver(): Promise<void> {
    const { rows, locks, decisions, clock } = this.#parts;
    while (!this.#closing.signal.aborted) {
      const [all, busy] = await Promise.all([rows.all(), locks.busy()]);
      const line = all.filter(({ givenUp }) => givenUp === undefined);
      const online = globalThis.navigator.onLine !== false;
      const plan = decisions.plan(line, busy, clock.wallNow(), online, this.#askedAt);
      const rowsOf = (places: readonly number[]) => places.map((place) => line[place] as Placed);
      await Promise.all(rowsOf(plan.expired).map((row) => this.#free(row, () => this.#expire(row.seq))));
      const sent = await Promise.all(rowsOf(plan.send).map((row) => this.#free(row, () => this.#send(row.seq))));
      if (sent.includes(true)) continue;
      for (const { id } of line) if (busy.has(id)) this.watch(id);
      if (sent.length > 0) this.#arm(HELD_ON);
      else if (plan.wake !== null) this.#arm(plan.wake);
      return;
    }
  }

  #arm(wait: number): void {
    this.#callOff?.();
    if (this.#closing.signal.aborted) return;
    this.#callOff = after(this.#parts.clock, wait, () => this.wake(), { unref: true });
  }

  #free(row: Placed, work: () => Promise<void>): Promise<boolean> {
    return this.#parts.locks.ifFree(row.id, work);
  }

  async #send(seq: number): Promise<void> {
    const { rows, decisions, news, send, clock, random } = this.#parts;
    // Since the plan was made, another tab may have sent it, or its user thrown it away.
    const taken = await rows.take(seq);
    if (taken === undefined || taken.row.givenUp !== undefined) return;
    const { row, body } = taken;
    const ended = await send(row, body);
    const fate = decisions.fate(row, ended, false, random());
    const status = ended.response?.status;
    if (fate.fate === "settled") {
      await rows.remove(seq);
      if (ended.response === undefined || status === undefined) return;
      news.tell("sent", { write: seen(row, false), status, response: ended.response });
    } else if (fate.fate === "later") {
      const { wait, failures, answers } = fate;
      ended.response?.body?.cancel().catch(() => {});
      const failedAt = clock.wallNow();
      await rows.put({ ...row, failures, answers, wait, failedAt, ...came(ended) });
    } else if (fate.fate === "dead") {
      await this.#giveUp({ ...row, ...came(ended) }, fate.reason, ended.response);
    }
  }

  async #expire(seq: number): Promise<void> {
    const taken = await this.#parts.rows.take(seq);
    if (taken !== undefined && taken.row.givenUp === undefined) await this.#giveUp(taken.row, "expired");
  }

  async #giveUp(row: Placed, givenUp: GivenUp, response?: Response): Promise<void> {
    const dead = { ...row, givenUp };
    await this.#parts.rows.put(dead);
    const write = seen(dead, false);
    this.#parts.news.tell("givenUp", response === undefined ? { write } : { write, response });
  }
}
