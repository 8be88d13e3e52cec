// The outbox's tables: rows in the order they were made, their bodies apart, so that looking at the line reads no bodies.

import { Database, type Layout } from "../indexeddb/database.js";
import { committed } from "../indexeddb/transaction.js";
import type { NewWrite, Placed, Row } from "./write.js";

const WRITES = "writes";
const BODIES = "bodies";
const BOTH = [WRITES, BODIES];

const layout: Layout = {
  version: 1,
  upgrade(database) {
    database
      .createObjectStore(WRITES, { keyPath: "seq", autoIncrement: true })
      .createIndex("id", "id", { unique: true });
    database.createObjectStore(BODIES);
  },
};

export class Rows {
  readonly #database: Database;

  constructor(factory: IDBFactory, name: string) {
    this.#database = new Database(factory, name, layout);
  }

  /**
   * Puts a write at the end of the line, unless `look` throws when it sees who is there; it answers whether the write waits.
   *
   * @returns the write with its place, once it is on disk
   */
  async add({ row, body }: NewWrite, look: (line: readonly Placed[]) => boolean): Promise<Placed> {
    const transaction = await this.#database.begin(BOTH, "readwrite");
    const writes = transaction.objectStore(WRITES);
    return committed<Placed>(transaction, ({ ask, answer }) => {
      ask<Placed[]>(writes.getAll(), (line) => {
        const placed = { ...row, queued: look(line) };
        ask(writes.add(placed), (key) => {
          const seq = key as number;
          if (body !== undefined) transaction.objectStore(BODIES).add(body, seq);
          answer({ ...placed, seq });
        });
      });
    });
  }

  /** Everything, the oldest first. */
  async all(): Promise<readonly Placed[]> {
    const transaction = await this.#database.begin(WRITES, "readonly");
    return committed<readonly Placed[]>(transaction, ({ ask, answer }) =>
      ask<Placed[]>(transaction.objectStore(WRITES).getAll(), answer),
    );
  }

  /** A write with its body; undefined when it has left. */
  async take(seq: number): Promise<{ readonly row: Placed; readonly body: ArrayBuffer | undefined } | undefined> {
    const transaction = await this.#database.begin(BOTH, "readonly");
    return committed<{ row: Placed; body: ArrayBuffer | undefined } | undefined>(transaction, ({ ask, answer }) => {
      ask<Placed | undefined>(transaction.objectStore(WRITES).get(seq), (row) => {
        answer(undefined);
        if (row === undefined) return;
        ask<ArrayBuffer | undefined>(transaction.objectStore(BODIES).get(seq), (body) => answer({ row, body }));
      });
    });
  }

  /** Writes down what became of a write that stays. */
  async put(row: Placed): Promise<void> {
    const transaction = await this.#database.begin(WRITES, "readwrite");
    await committed<void>(transaction, () => void transaction.objectStore(WRITES).put(row));
  }

  async remove(seq: number): Promise<void> {
    const transaction = await this.#database.begin(BOTH, "readwrite");
    await committed<void>(transaction, () => {
      transaction.objectStore(WRITES).delete(seq);
      transaction.objectStore(BODIES).delete(seq);
    });
  }

  close(): Promise<void> {
    return this.#database.close();
  }
}

/** A row that is new again: what it went through is forgotten, its age is not. */
export function afresh({ failedAt: _, givenUp: __, status: ___, error: ____, ...row }: Placed): Placed {
  return { ...row, failures: 0, answers: 0, wait: 0, queued: true };
}

export type { Placed, Row };
