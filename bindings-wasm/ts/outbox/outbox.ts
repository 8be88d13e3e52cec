// The outbox: writes are on disk before they are first sent, and whoever is there later sends what was left.

import { type Clock, type Random, systemClock } from "@once-again/driver/clock";
import { OnceAgainError } from "@once-again/driver/errors";
import { dispose } from "@once-again/driver/machine";
import { Decisions } from "./decisions.js";
import { type FreshHeaders, fresh } from "./fresh.js";
import { type Ended, Judge } from "./judge.js";
import { Locks } from "./locks.js";
import { News } from "./news.js";
import { Postman } from "./postman.js";
import { afresh, Rows } from "./rows.js";
import type { Flushed, Outbox, OutboxEvents, QueuedWrite } from "./types.js";
import { came, initOf, type NewWrite, type Placed, type Row, redacted, seen } from "./write.js";

/** What an outbox is made of. */
export interface OutboxParts {
  readonly name: string;
  readonly indexedDB: IDBFactory;
  readonly locks: LockManager | undefined;
  /** For core. */
  readonly settings: object;
  /** The header that carries keys, in lower case. */
  readonly keyHeader: string;
  readonly omitHeaders: ReadonlySet<string>;
  readonly headers: FreshHeaders | undefined;
  /** The fetch that sends, with the same attempts, breaker and budget for every write. */
  readonly fetch: typeof globalThis.fetch;
  readonly policy: ConstructorParameters<typeof Judge>[0];
  readonly clock: Clock | undefined;
  readonly random: Random | undefined;
}

/** How a write went that its caller waited for: answered, or put off. */
export type Posted = { readonly response: Response } | { readonly queued: string };

/** An outbox over its database, locks and sender. */
export class OpenOutbox implements Outbox {
  readonly #rows: Rows;
  readonly #locks: Locks;
  readonly #decisions: Decisions;
  readonly #judge: Judge;
  readonly #news: News;
  readonly #postman: Postman;
  readonly #parts: OutboxParts;
  readonly #clock: Clock;
  #closed = false;

  constructor(parts: OutboxParts) {
    const { name, clock = systemClock, random = Math.random } = parts;
    this.#parts = parts;
    this.#clock = clock;
    this.#locks = new Locks(parts.locks, name);
    this.#decisions = new Decisions(parts.settings);
    this.#judge = new Judge(parts.policy);
    this.#rows = new Rows(parts.indexedDB, name);
    this.#news = new News(name, (taken) => (taken === undefined ? this.#postman.wake() : this.#postman.watch(taken)));
    this.#postman = new Postman({
      rows: this.#rows,
      locks: this.#locks,
      decisions: this.#decisions,
      news: this.#news,
      send: (row, body) => this.#send(row, body),
      clock,
      random,
    });
    this.#postman.wake();
  }

  async pending(): Promise<readonly QueuedWrite[]> {
    return this.#list((row) => row.givenUp === undefined);
  }

  async givenUp(): Promise<readonly QueuedWrite[]> {
    return this.#list((row) => row.givenUp !== undefined);
  }

  async flush(): Promise<Flushed> {
    this.#refuseClosed();
    const before = await this.pending();
    await this.#postman.deliver(this.#clock.wallNow());
    const after = new Set((await this.#rows.all()).map(({ id }) => id));
    return { sent: before.filter(({ id }) => !after.has(id)).length, pending: (await this.pending()).length };
  }

  async retry(id: string): Promise<boolean> {
    const changed = await this.#change(id, async (row) => {
      if (row.givenUp === undefined) return undefined;
      const again = afresh(row);
      await this.#rows.put(again);
      return again;
    });
    if (changed !== undefined) this.#news.tell("queued", { write: seen(changed, false) });
    this.#postman.wake();
    return changed !== undefined;
  }

  async discard(id: string): Promise<boolean> {
    const row = await this.#change(id, async (row) => {
      await this.#rows.remove(row.seq);
      return row;
    });
    if (row !== undefined) this.#news.tell("discarded", { write: seen(row, false) });
    this.#postman.wake();
    return row !== undefined;
  }

  on<E extends keyof OutboxEvents>(event: E, listener: (event: OutboxEvents[E]) => unknown): () => void {
    return this.#news.on(event, listener);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#postman.close();
    this.#news.close();
    this.#decisions.close();
    this.#judge.close();
    await this.#rows.close();
  }

  [dispose](): void {
    void this.close();
  }

  /**
   * Takes a write and sends it, unless it has to wait: offline, or behind an older one. When its signal fires the write is
   * thrown away.
   */
  async post(write: NewWrite, signal: AbortSignal | undefined): Promise<Posted> {
    this.#refuseClosed();
    signal?.throwIfAborted();
    const posted = await this.#locks.holding(write.row.id, async (): Promise<Posted> => {
      const row = await this.#take(write);
      if (row.queued) return this.#queued(row);
      this.#news.taken(row.id);
      const ended = await this.#judge.ended(() => this.#fetch(write.row, write.body, signal), row.method);
      if (signal?.aborted && ended.response === undefined) {
        await this.#rows.remove(row.seq);
        throw signal.reason;
      }
      return this.#settled(row, ended);
    });
    if ("queued" in posted) this.#postman.wake();
    return posted;
  }

  /** Writes it down, and that it waits if it has to. */
  async #take({ row, body }: NewWrite): Promise<Placed> {
    const busy = await this.#locks.busy();
    const offline = globalThis.navigator?.onLine === false;
    const kept = redacted(row, this.#parts.omitHeaders);
    // One that is sent for the first time was made at the same time; one that had to wait was there before.
    const ahead = ({ origin, id, givenUp, queued }: Placed) =>
      origin === row.origin && givenUp === undefined && (queued === true || !busy.has(id));
    return this.#rows.add({ row: kept, body }, (line) => {
      const full = this.#decisions.full(line, row.bytes);
      if (full !== "") {
        throw new OnceAgainError("STORE_FULL", `the outbox holds as much as ${full} allows: flush it, or discard some`);
      }
      return offline || line.some(ahead);
    });
  }

  /** The caller is told how it ended, unless it has not. */
  async #settled(row: Placed, ended: Ended): Promise<Posted> {
    const { random = Math.random } = this.#parts;
    const fate = this.#decisions.fate(row, ended, true, random());
    if (fate.fate === "later") {
      const { wait, failures, answers } = fate;
      ended.response?.body?.cancel().catch(() => {});
      const failedAt = this.#clock.wallNow();
      const later = { ...row, queued: true, failures, answers, wait, failedAt, ...came(ended) };
      // Should the database fail now, the write is there all the same, as it was before this attempt.
      await this.#rows.put(later).catch(() => {});
      return this.#queued(later);
    }
    // Should the database fail now, the write is sent once more, under its key, and answered from the service's record.
    if (fate.fate !== "gone") await this.#rows.remove(row.seq).catch(() => {});
    if (ended.response === undefined) throw ended.error;
    return { response: ended.response };
  }

  #queued(row: Placed): Posted {
    this.#news.tell("queued", { write: seen(row, false) });
    return { queued: row.id };
  }

  /** Sends a write that nobody waits for. */
  async #send(row: Placed, body: ArrayBuffer | undefined): Promise<Ended> {
    const { headers } = this.#parts;
    const { attemptTimeout } = this.#judge;
    return this.#judge.ended(async () => {
      const more = await fresh(headers, seen(row, true), this.#clock, attemptTimeout);
      return this.#fetch(row, body, undefined, more);
    }, row.method);
  }

  #fetch(row: Row, body: ArrayBuffer | undefined, signal?: AbortSignal, more?: HeadersInit): Promise<Response> {
    const init = initOf(row, body, this.#parts.keyHeader, more);
    return this.#parts.fetch(row.url, signal === undefined ? init : { ...init, signal });
  }

  async #list(which: (row: Placed) => boolean): Promise<readonly QueuedWrite[]> {
    const [line, busy] = await Promise.all([this.#rows.all(), this.#locks.busy()]);
    return line.filter(which).map((row) => seen(row, busy.has(row.id)));
  }

  async #change(id: string, change: (row: Placed) => Promise<Placed | undefined>): Promise<Placed | undefined> {
    this.#refuseClosed();
    return this.#locks.holding(id, async () => {
      const row = (await this.#rows.all()).find((row) => row.id === id);
      return row && change(row);
    });
  }

  #refuseClosed(): void {
    if (this.#closed) throw new OnceAgainError("STORE_UNAVAILABLE", "the outbox was closed");
  }
}
