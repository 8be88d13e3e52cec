// Joint mode: the outcome is recorded inside the caller's own transaction, so that the effect and its record are one.

import { Buffer } from "node:buffer";
import { ConfigError, OnceAgainError } from "@once-again/driver/errors";
import type { JointStore, Store } from "@once-again/driver/store/store";
import type { Header, Run } from "../http/run.js";

/** The answer that a joint completion records, and that the handler sends afterwards. */
export interface JointAnswer {
  /** Default 200. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Bytes and strings are kept as they are; anything else is kept as JSON, as `res.json` would send it. */
  readonly body?: unknown;
}

/** Records `answer` inside the transaction that is open on `db`; throws, and so rolls back, when the claim is lost. */
export function completeIn(store: Store, run: Run, db: object, answer: JointAnswer): void {
  if (typeof (store as Partial<JointStore>).completeIn !== "function") {
    throw new ConfigError("store", store.constructor.name, "a store with transactions, such as SqliteStore");
  }
  const { status = 200, headers = {}, body } = answer;
  const [bytes, type] = encode(body);
  const lines: Header[] = Object.entries(headers);
  if (type !== undefined && !lines.some(([name]) => name.toLowerCase() === "content-type"))
    lines.push(["content-type", type]);
  const op = run.completion({ status, headers: lines, body: "kept" }, bytes);
  const reply = op === undefined ? undefined : (store as JointStore).completeIn(db, op);
  if (reply?.reply !== "completed") {
    throw new OnceAgainError("IDEMPOTENCY_IN_PROGRESS", "this run holds its claim no longer; roll back", {
      details: { reply: reply?.reply ?? "none" },
    });
  }
}

function encode(body: unknown): [bytes: Uint8Array, type: string | undefined] {
  if (body === undefined || body === null) return [Buffer.alloc(0), undefined];
  if (body instanceof Uint8Array) return [body, undefined];
  if (typeof body === "string") return [Buffer.from(body), undefined];
  return [Buffer.from(JSON.stringify(body)), "application/json; charset=utf-8"];
}
