// pg's clients and pools, as far as a store uses them.

import { ConfigError } from "@once-again/driver/errors";
import type { Cell } from "../store/dialect.js";
import { firstInstalled, fromEnv } from "../store/env.js";

/** A `Pool`, a pooled client or a `Client` of pg. */
export interface PostgresClient {
  query(query: PostgresQuery): Promise<{ rows: unknown[][] }>;
  /** Of a client: `I` outside a transaction, `T` or `E` inside one. */
  getTransactionStatus?(): string | null;
}

/** One statement; its rows come as arrays. */
export interface PostgresQuery {
  text: string;
  values: Cell[];
  rowMode: "array";
}

/** Whether a transaction is open on it; undefined for a pool, and where the client cannot tell. */
export function inTransaction(client: PostgresClient): boolean | undefined {
  const status = client.getTransactionStatus?.();
  return status === undefined || status === null ? undefined : status !== "I";
}

/** The user's own client, if it is one. */
export function asPostgres(client: unknown): PostgresClient {
  if (typeof (client as Partial<PostgresClient> | null)?.query === "function") return client as PostgresClient;
  const given = client === null ? "null" : `a ${typeof client}`;
  throw new ConfigError("client", given, "a Pool or a Client of pg");
}

/** A pool for `DATABASE_URL`, and how to end it. */
export function openPostgres(): { client: PostgresClient; end: () => Promise<void> } {
  const connectionString = fromEnv("DATABASE_URL", "an address such as postgres://user@localhost:5432/database");
  const [, module] = firstInstalled(["pg"]);
  const { Pool } = module as { Pool: new (options: object) => PostgresClient & Closeable };
  const pool = new Pool({ connectionString });
  // A connection that breaks while nobody uses it; the pool makes another.
  pool.on("error", () => {});
  return { client: pool, end: () => pool.end() };
}

interface Closeable {
  on(event: "error", listen: () => void): unknown;
  end(): Promise<void>;
}
