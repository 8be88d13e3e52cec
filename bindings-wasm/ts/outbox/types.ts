// What a user of the outbox writes and reads. Times are milliseconds. Ranges and defaults are core's.

/** Settings of an outbox; all are optional. */
export interface OutboxOptions {
  /** The database's name; the tabs and workers of one origin share the outbox of this name. Default `once-again-outbox`. */
  readonly name?: string | undefined;
  /** Writes it holds, those that were given up included: 1 to 1 000 000; default 1 000. */
  readonly maxRecords?: number | undefined;
  /** Bytes of their bodies, addresses and headers: 1 to 2^40; default 10 MiB. */
  readonly maxBytes?: number | undefined;
  /**
   * How long a write is tried, from when it was made, milliseconds: 1 s to 365 days; default 24 hours. No longer than the
   * service keeps its records of keys: after that, an attempt could run a second time what had arrived before.
   */
  readonly retention?: number | undefined;
  /** How many answers that ask for another attempt end it: 1 to 10 000 000; default 10. Attempts without an answer are free. */
  readonly maxAttempts?: number | undefined;
  /** The first wait between attempts; each one doubles it. 100 ms to 365 days; default 1 s. */
  readonly baseDelay?: number | undefined;
  /** The longest such wait. Default 5 minutes. */
  readonly maxDelay?: number | undefined;
  /** Headers that are sent when the caller sends them, but never written to disk: `["authorization"]`. Default: none. */
  readonly omitHeaders?: readonly string[] | undefined;
  /**
   * Headers for a write that is sent later, over those it was made with: fresh credentials. It may be async, and take as long
   * as the policy lets an attempt take, else 10 s; then the write waits for its next attempt.
   */
  readonly headers?: ((write: QueuedWrite) => HeadersInit | PromiseLike<HeadersInit>) | undefined;
  /** Where databases come from. Default: the global `indexedDB`. */
  readonly indexedDB?: IDBFactory | undefined;
  /** Locks that all users of the database share. Default: `navigator.locks`. */
  readonly locks?: LockManager | undefined;
}

/** Why a write was given up. */
export type GivenUp =
  /** The service has answered, and will not have it. */
  | "refused"
  /** It cannot be sent at all. */
  | "failed"
  /** The service has answered badly as often as `maxAttempts`. */
  | "exhausted"
  /** Its time was over. */
  | "expired";

/** A write in the outbox. Never its body, nor its headers, which may hold secrets. */
export interface QueuedWrite {
  readonly id: string;
  readonly method: string;
  readonly url: string;
  /** When it was made, milliseconds since the Unix epoch. */
  readonly madeAt: number;
  /** Attempts in vain so far. What `fetch` tried in the caller's presence counts as one. */
  readonly attempts: number;
  /** Its body's, address's and headers'. */
  readonly bytes: number;
  /** Whether somebody is sending it right now. */
  readonly sending: boolean;
  /** The status of the last answer, if there was one. */
  readonly status?: number | undefined;
  /** What went wrong with the last attempt, if nobody answered it. */
  readonly error?: string | undefined;
  /** Why it was given up; a write that still waits has none. */
  readonly givenUp?: GivenUp | undefined;
}

/** What can be heard of an outbox, in every tab and worker that has it open. */
export interface OutboxEvents {
  /** A write waits: its caller was answered 202. */
  queued: { readonly write: QueuedWrite };
  /** A write that had waited was answered, and has left. `response` is there in the tab that sent it. */
  sent: { readonly write: QueuedWrite; readonly status: number; readonly response?: Response };
  /** A write was given up; it stays until somebody retries or discards it. */
  givenUp: { readonly write: QueuedWrite; readonly response?: Response };
  /** Somebody threw a write away. */
  discarded: { readonly write: QueuedWrite };
}

/** What is still there after a `flush`. */
export interface Flushed {
  /** Writes that left the outbox. */
  readonly sent: number;
  /** Writes that still wait. */
  readonly pending: number;
}

/**
 * The writes of one origin that wait for the network, shared by its tabs and workers.
 *
 * One sender at a time sends them, the oldest of each service first, when the network comes back, when a tab is opened, and
 * after waits that grow. What the service refuses later, when no caller is left to be told, is kept until it is retried or
 * discarded.
 */
export interface Outbox {
  /** The writes that wait, the oldest first. */
  pending(): Promise<readonly QueuedWrite[]>;
  /** The writes that were given up, the oldest first: they stay until they are retried or discarded. */
  givenUp(): Promise<readonly QueuedWrite[]>;
  /** Sends what waits now, whatever wait it has left, and answers when each write was tried or is on its way elsewhere. */
  flush(): Promise<Flushed>;
  /**
   * Lets a write that was given up wait again, under the same key; false when there is none with this id. One that is older
   * than `retention` is given up again, as expired: under its key it might run twice.
   */
  retry(id: string): Promise<boolean>;
  /**
   * Throws a write away; false when there is none with this id (any more). It waits for an attempt that is on its way, since
   * nobody can call that back: where the attempt succeeds there is nothing left to throw away.
   */
  discard(id: string): Promise<boolean>;
  /** Calls `listener` at each such event, of this tab or another; answers how to stop it. */
  on<E extends keyof OutboxEvents>(event: E, listener: (event: OutboxEvents[E]) => unknown): () => void;
  /** Sends nothing more from here. What waits is left to others, and to the next visit. */
  close(): Promise<void>;
}
