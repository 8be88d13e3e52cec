import { isThenable } from "./thenable.js";

/** Tells somebody who only watches: what they throw, now or later, must not become the trouble of the call they watch. */
export function observe<E>(watcher: (event: E) => unknown, event: E): void {
  try {
    const later = watcher(event);
    if (isThenable(later)) Promise.resolve(later).catch(() => {});
  } catch {
    // Theirs, not ours.
  }
}
