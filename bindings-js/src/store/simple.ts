// Plain `{ get, set, delete }` stores, as people have them. Core's step decides here, between a read and a write that
// nothing joins: such a store guards one process.

import { type Clock, systemClock } from "../clock.js";
import { ConfigError } from "../errors.js";
import { shown } from "../host.js";
import { step } from "./step.js";
import type { Store, StoreOp, StoreReply } from "./store.js";

/** What is kept under one key: plain JSON. */
export interface StoredResponse {
  /** The record in core's own format, as base64. */
  readonly record: string;
}

/** The plain shape of a store. `ttl` is in seconds. */
export interface IdempotencyStore {
  get(key: string): Promise<StoredResponse | null | undefined> | StoredResponse | null | undefined;
  set(key: string, value: StoredResponse, ttl: number): unknown;
  delete(key: string): unknown;
}

/**
 * Makes a {@link Store} of a plain `{ get, set, delete }`. Operations on one key run one after the other in this process;
 * two processes over the same data may both run a request, so production wants a real store.
 */
export function simpleStore(plain: IdempotencyStore, clock: Clock = systemClock): Store {
  const queues = new Map<string, Promise<unknown>>();

  const apply = async (op: StoreOp): Promise<StoreReply> => {
    if (op.op === "sweep") return { reply: "swept", count: 0 }; // its own `ttl` does that
    const stored = await plain.get(op.key);
    const record = stored === null || stored === undefined ? undefined : fromBase64(stored.record);
    const decided = step(clock.wallNow(), record, op);
    if (decided.write === "put") await plain.set(op.key, { record: toBase64(decided.record) }, decided.ttl);
    else if (decided.write === "delete") await plain.delete(op.key);
    return decided.reply;
  };

  return {
    apply(op) {
      const key = op.op === "sweep" ? "" : op.key;
      const turn = (queues.get(key) ?? Promise.resolve()).then(() => apply(op));
      const settled = turn.catch(() => {});
      queues.set(key, settled);
      void settled.then(() => {
        if (queues.get(key) === settled) queues.delete(key);
      });
      return turn;
    },
  };
}

/** A store as it is, or a plain one wrapped; warns once that the latter guards one process only. */
export function asStore(store: Store | IdempotencyStore, clock: Clock): Store {
  // A class has an `apply` too, as every function has.
  if (typeof store === "object" && typeof (store as Partial<Store> | null)?.apply === "function") return store as Store;
  const plain = (store ?? {}) as Partial<IdempotencyStore>;
  if (typeof plain.get !== "function" || typeof plain.set !== "function" || typeof plain.delete !== "function") {
    throw new ConfigError("store", shown(store), "a store with apply(op), or an object with get, set and delete");
  }
  warnOnce();
  return simpleStore(store as IdempotencyStore, clock);
}

let warned = false;

function warnOnce(): void {
  if (warned) return;
  warned = true;
  console.warn(
    "once-again: a plain { get, set, delete } store guards a single process; use SqliteStore or a shared store for more.",
  );
}

function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(text);
}

const fromBase64 = (text: string): Uint8Array => Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
