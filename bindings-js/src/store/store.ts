// What a store is to the driver: something that applies one operation and answers. What an operation means is core's
// `store::step`; a store only brings record and step together, atomically.

import { ConfigError, OnceAgainError } from "../errors.js";

/** What became of a claim whose owner gives it up. */
export type ReleaseMode = "forget" | "retryable" | "unknown";

/** Fields that every operation has. All times and lengths of time in operations and replies are whole microseconds. */
interface Operation {
  /** The record's key: a SHA-256 digest in lower-case hexadecimal. */
  readonly key: string;
  /** Bytes that belong to the operation (an outcome or a checkpoint); opaque to a store. */
  readonly payload?: Uint8Array;
}

/** Who holds a claim: 16 random bytes in hexadecimal, and the epoch that `acquired` answered. */
interface Owned extends Operation {
  readonly owner: string;
  readonly epoch: number;
}

/** One operation on a store. */
export type StoreOp =
  | (Operation & {
      readonly op: "begin";
      readonly owner: string;
      readonly fingerprint: string;
      /** A digest of the caller's credentials. */
      readonly caller?: string | null;
      /** How long the claim may stay silent; null locks it until the retention is over. */
      readonly lease?: number | null;
      readonly retention: number;
      readonly onOrphan: "reexecute" | "fail";
      readonly maxTakeovers: number;
      readonly derived: boolean;
    })
  | (Owned & { readonly op: "renew"; readonly lease: number })
  | (Owned & { readonly op: "checkpoint" })
  | (Owned & { readonly op: "complete"; readonly retention: number })
  | (Owned & { readonly op: "release"; readonly mode: ReleaseMode })
  | (Owned & { readonly op: "abandon" })
  | (Operation & { readonly op: "resolve"; readonly how: "complete" | "forget"; readonly retention: number })
  | (Operation & { readonly op: "get" })
  | { readonly op: "sweep"; readonly limit: number; readonly payload?: Uint8Array };

/** What a store answers. `payload` is the outcome, the checkpoint or the encoded record that the reply speaks of. */
export type StoreReply = { readonly payload?: Uint8Array } & (
  | {
      readonly reply: "acquired";
      readonly epoch: number;
      readonly attempts: number;
      readonly leaseUntil: number | null;
    }
  | { readonly reply: "replay"; readonly created: number }
  | { readonly reply: "busy"; readonly leaseUntil: number | null }
  | { readonly reply: "mismatch"; readonly what: "fingerprint" | "caller" }
  | { readonly reply: "full"; readonly retryAfter: number }
  | { readonly reply: "renewed"; readonly leaseUntil: number }
  | { readonly reply: "swept"; readonly count: number }
  | {
      readonly reply:
        | "outcomeUnknown"
        | "completed"
        | "checkpointed"
        | "released"
        | "abandoned"
        | "lost"
        | "resolved"
        | "notFound"
        | "found";
    }
);

/** How much a store holds. */
export interface StoreUsage {
  readonly records: number;
  /** About. */
  readonly bytes: number;
}

/** A place where records live. */
export interface Store {
  /** Applies one operation atomically. A store that answers at once need not return a promise. */
  apply(op: StoreOp): StoreReply | PromiseLike<StoreReply>;
  /** How much it holds: looks at every record, so it is for dashboards, not for requests. */
  usage?(): StoreUsage | Promise<StoreUsage>;
  /** Lets go of timers and connections. */
  close?(): void | Promise<void>;
}

/** A store that can apply an operation inside a transaction of the caller's. */
export interface JointStore extends Store {
  completeIn(db: object, op: StoreOp): StoreReply | PromiseLike<StoreReply>;
}

/** The operation without its bytes, as the text that core reads. */
export function opText(op: StoreOp): string {
  if (op.payload === undefined) return JSON.stringify(op);
  const { payload: _, ...rest } = op;
  return JSON.stringify(rest);
}

/** Core's answer about an operation and a record; throws when it could not read one of them. */
export function readable<T extends object>(text: string): T {
  const answer = JSON.parse(text) as T | { invalid: string } | { unreadable: string };
  if ("invalid" in answer) throw new ConfigError("op", answer.invalid, "an operation as StoreOp describes it");
  if ("unreadable" in answer) throw new OnceAgainError("STORE_UNAVAILABLE", answer.unreadable);
  return answer;
}

/** A reply from core's text and the bytes that came with it. */
export function replyOf(text: string, payload: Uint8Array | null | undefined): StoreReply {
  const reply = readable<StoreReply>(text);
  return payload ? { ...reply, payload } : reply;
}
