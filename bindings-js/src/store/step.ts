// Core's step over one encoded record: the whole meaning of a store that keeps one value per key.

import { core } from "../binding.js";
import { opText, readable, replyOf, type StoreOp, type StoreReply } from "./store.js";

/** What is to be written, and what to answer once it has been. */
export type Step = { readonly reply: StoreReply } & (
  | { readonly write: "keep" | "delete" }
  | {
      readonly write: "put";
      readonly record: Uint8Array;
      /** When the record expires, whole microseconds since the Unix epoch. */
      readonly expiresAt: number;
      /** For how many whole seconds it must be kept. */
      readonly ttl: number;
    }
);

interface Stepped {
  readonly write: "keep" | "put" | "delete";
  readonly expiresAt: number;
  readonly ttl: number;
  readonly reply: object;
}

/** Decides `op` when the wall clock shows `now` milliseconds, where `found` is what lies under its key. */
export function step(now: number, found: Uint8Array | undefined, op: StoreOp): Step {
  const { write, expiresAt, ttl, reply } = readable<Stepped>(core.storeStep(now, found, opText(op), op.payload));
  // Core left the record first, then the reply's bytes.
  const record = write === "put" ? (core.takePayload() as Uint8Array) : undefined;
  const answer = replyOf(JSON.stringify(reply), core.takePayload());
  return record === undefined
    ? { write: write as "keep" | "delete", reply: answer }
    : { write: "put", record, expiresAt, ttl, reply: answer };
}
