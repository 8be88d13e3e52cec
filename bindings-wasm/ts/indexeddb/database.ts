// A database of the browser's: opened when first needed, and again after the browser closed it.

import { OnceAgainError } from "@once-again/driver/errors";

/** What a database holds. */
export interface Layout {
  /** Grows with the layout; a browser that holds a newer one refuses to open it. */
  readonly version: number;
  /** Makes what an older layout, or none, has not. */
  upgrade(database: IDBDatabase): void;
}

/** Whatever goes wrong in there is the store's failure, not the caller's. */
export function unavailable(what: string, cause: unknown): OnceAgainError {
  if (cause instanceof OnceAgainError) return cause;
  const why = cause instanceof Error || cause instanceof DOMException ? `: ${cause.name}, ${cause.message}` : "";
  return new OnceAgainError("STORE_UNAVAILABLE", `IndexedDB: ${what}${why}`, { cause });
}

export class Database {
  readonly #factory: IDBFactory;
  readonly #name: string;
  readonly #layout: Layout;
  #open: Promise<IDBDatabase> | undefined;
  #closed = false;

  constructor(factory: IDBFactory, name: string, layout: Layout) {
    this.#factory = factory;
    this.#name = name;
    this.#layout = layout;
  }

  /** A transaction on these object stores. It ends by itself as soon as nothing is asked of it any more. */
  async begin(stores: string | string[], mode: IDBTransactionMode): Promise<IDBTransaction> {
    if (this.#closed) throw new OnceAgainError("STORE_UNAVAILABLE", "the IndexedDB store was closed");
    // What lies here guards money: what is reported as written must survive the machine's power going.
    const attempt = async () => (await this.#opened()).transaction(stores, mode, { durability: "strict" });
    return attempt().catch((error: unknown) => {
      if (!(error instanceof DOMException && error.name === "InvalidStateError")) throw error;
      // The browser closed it under us, and this is how it says so.
      this.#open = undefined;
      return attempt();
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#forget();
  }

  #opened(): Promise<IDBDatabase> {
    this.#open ??= this.#connect().catch((error: unknown) => {
      // The next operation tries again.
      this.#open = undefined;
      throw unavailable(`cannot open ${this.#name}`, error);
    });
    return this.#open;
  }

  #connect(): Promise<IDBDatabase> {
    return new Promise((resolve, reject) => {
      const request = this.#factory.open(this.#name, this.#layout.version);
      request.onupgradeneeded = () => this.#layout.upgrade(request.result);
      request.onerror = () => reject(request.error);
      request.onsuccess = () => {
        const database = request.result;
        database.onclose = () => {
          this.#open = undefined;
        };
        // Another tab deletes or upgrades the database, and would wait for us.
        database.onversionchange = () => void this.#forget();
        resolve(database);
      };
    });
  }

  async #forget(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    (await open?.catch(() => undefined))?.close();
  }
}
