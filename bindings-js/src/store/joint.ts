// Joint mode: the outcome is recorded inside the caller's own transaction, so that the effect and its record are one.

import { ConfigError, OnceAgainError } from "../errors.js";
import { isThenable } from "../thenable.js";
import type { JointStore, Store, StoreOp, StoreReply } from "./store.js";

/**
 * Applies `completion` inside the transaction that is open on `db`; throws, and so rolls back, when the claim is lost. Answers
 * a promise when the store answers one.
 *
 * @param completion the operation; undefined when the run holds no claim.
 */
export function completeJointly(store: Store, db: object, completion: StoreOp | undefined): void | Promise<void> {
  if (typeof (store as Partial<JointStore>).completeIn !== "function") {
    throw new ConfigError("store", store.constructor.name, "a store with transactions, such as SqliteStore");
  }
  const reply = completion === undefined ? undefined : (store as JointStore).completeIn(db, completion);
  return isThenable(reply) ? Promise.resolve(reply).then(mustBeCompleted) : mustBeCompleted(reply);
}

function mustBeCompleted(reply: StoreReply | undefined): void {
  if (reply?.reply === "completed") return;
  throw new OnceAgainError("IDEMPOTENCY_IN_PROGRESS", "this run holds its claim no longer; roll back", {
    details: { reply: reply?.reply ?? "none" },
  });
}
