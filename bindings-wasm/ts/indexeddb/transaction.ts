// One transaction: what is asked and written inside it, and what came of it once that is on disk.

import { unavailable } from "./database.js";

/** What goes on inside one transaction. */
export interface Work<T> {
  /** Calls `then` with what a request brings, each time it brings something. What `then` throws undoes everything. */
  ask<R>(request: IDBRequest<R>, then: (result: R) => void): void;
  /** The last answer counts. */
  answer(reply: T): void;
}

/** What `work` answered, once what it wrote is on disk. */
export function committed<T>(transaction: IDBTransaction, work: (tools: Work<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    let reply: T;
    let thrown: unknown;
    transaction.oncomplete = () => resolve(reply);
    transaction.onabort = () => reject(unavailable("nothing was written", thrown ?? transaction.error));
    work({
      ask(request, then) {
        request.onsuccess = () => {
          try {
            then(request.result);
          } catch (error) {
            // Left alone, it would end up in the page's console.
            thrown = error;
            transaction.abort();
          }
        };
      },
      answer(last) {
        reply = last;
      },
    });
  });
}
