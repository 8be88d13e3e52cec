// A store that core finds on its own thread.

/** A memory store as core finds it on this thread: it can be asked there, and nothing crosses in between. */
export interface Local {
  /** 0 when the store was closed. */
  readonly handle: number;
  /** What the store's own clock shows. */
  wallNow(): number;
  /** A record has begun, so there will be something to sweep. */
  began(): void;
}
