// What the function of an idempotent call is told about its run, if it asks.

import { core } from "../binding.js";
import { completeJointly } from "../store/joint.js";
import type { Store } from "../store/store.js";
import type { FunctionRun } from "./call.js";

/** What a function learns about its run, as its last argument, with `withContext: true`. */
export interface IdempotentContext<T = unknown> {
  /** Fires when the work must stop: its claim cannot be kept, `handlerTimeout` passed, or the caller cancelled. */
  readonly signal: AbortSignal;
  /** 1 for the first run under this key. */
  readonly attempt: number;
  /** Grows with every claim on this key: a fencing token for whatever is written elsewhere. 0 without a record. */
  readonly epoch: number;
  /** What an earlier run saved before it was cut off. */
  readonly checkpoint: Uint8Array | undefined;
  /** Leaves bytes for whoever runs next, should this run not end. */
  saveCheckpoint(data: Uint8Array): void;
  /** The idempotency key that a step of this work sends onwards: the same each time the step runs again. */
  childKey(step: string, ordinal?: number): string;
  /**
   * Records `value` as the result inside the transaction that is open on `db`, so that effect and record are one; to be
   * returned afterwards. Throws, and so rolls back, when the claim is lost. To be awaited when the store answers later.
   */
  completeIn(db: object, value: T): void | Promise<void>;
}

/** What the store said about the claim; nothing when there is none. */
export interface Claim {
  readonly epoch?: number;
  readonly attempts?: number;
  readonly checkpoint?: Uint8Array | null;
}

/** What a context is made of. */
export interface ContextParts extends Claim {
  readonly run: FunctionRun;
  readonly store: Store;
  /** The record's key. */
  readonly key: string;
  /** The caller's. */
  readonly signal: AbortSignal | undefined;
}

export function contextOf<T>(parts: ContextParts, textOf: (value: T) => string | undefined): IdempotentContext<T> {
  const { run, store, key, signal, attempts, epoch, checkpoint } = parts;
  return {
    signal: signal === undefined ? run.signal : AbortSignal.any([run.signal, signal]),
    attempt: attempts ?? 1,
    epoch: epoch ?? 0,
    checkpoint: checkpoint ?? undefined,
    saveCheckpoint: (data) => run.checkpoint(data),
    childKey: (step, ordinal = 0) => core.childKey(key, step, ordinal),
    completeIn: (db, value) => completeJointly(store, db, run.completion(textOf(value))),
  };
}
