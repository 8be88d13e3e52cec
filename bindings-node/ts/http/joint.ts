// Joint mode over HTTP: what of an answer is recorded inside the caller's own transaction.

import { Buffer } from "node:buffer";
import { completeJointly } from "@once-again/driver/store/joint";
import type { Store } from "@once-again/driver/store/store";
import type { Header, HttpRun } from "./run.js";

/** The answer that a joint completion records, and that the handler sends afterwards. */
export interface JointAnswer {
  /** Default 200. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Bytes and strings are kept as they are; anything else is kept as JSON, as `res.json` would send it. */
  readonly body?: unknown;
}

/** Records `answer` inside the transaction that is open on `db`; throws, and so rolls back, when the claim is lost. */
export function completeIn(store: Store, run: HttpRun, db: object, answer: JointAnswer): void | Promise<void> {
  const { status = 200, headers = {}, body } = answer;
  const [bytes, type] = encode(body);
  const lines: Header[] = Object.entries(headers);
  if (type !== undefined && !lines.some(([name]) => name.toLowerCase() === "content-type"))
    lines.push(["content-type", type]);
  return completeJointly(store, db, run.completion({ status, headers: lines }, bytes));
}

function encode(body: unknown): [bytes: Uint8Array, type: string | undefined] {
  if (body === undefined || body === null) return [Buffer.alloc(0), undefined];
  if (body instanceof Uint8Array) return [body, undefined];
  if (typeof body === "string") return [Buffer.from(body), undefined];
  return [Buffer.from(JSON.stringify(body)), "application/json; charset=utf-8"];
}
