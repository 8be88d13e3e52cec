// The two SQLite packages of Node, seen as one: better-sqlite3 and node:sqlite prepare, bind and run alike.

import { createRequire } from "node:module";
import { ConfigError } from "@once-again/driver/errors";

/** What can be bound, and what a column holds. */
export type Cell = null | number | bigint | string | Uint8Array;

/** A prepared statement of either package. */
export interface SqliteStatement {
  get(...args: Cell[]): unknown;
  run(...args: Cell[]): { changes: number | bigint };
}

/** A database handle of better-sqlite3 (`new Database(file)`) or node:sqlite (`new DatabaseSync(file)`). */
export interface SqliteDatabase {
  prepare(sql: string): SqliteStatement;
  exec(sql: string): unknown;
  close(): unknown;
  /** better-sqlite3: whether a transaction is open. */
  readonly inTransaction?: boolean;
  /** node:sqlite: the same. */
  readonly isTransaction?: boolean;
}

type Constructor = new (file: string) => SqliteDatabase;

/** Opens `file` with whichever package is there, Node's own first, and sets it up with `pragmas`. */
export function openDatabase(file: string, pragmas: readonly string[]): SqliteDatabase {
  const database = new (packageOf())(file);
  try {
    for (const pragma of pragmas) database.exec(pragma);
  } catch (error) {
    database.close();
    throw error;
  }
  return database;
}

function packageOf(): Constructor {
  const require = createRequire(import.meta.url);
  try {
    return (require("node:sqlite") as { DatabaseSync: Constructor }).DatabaseSync;
  } catch {
    // Node before 22.5 has none.
  }
  try {
    return require("better-sqlite3") as Constructor;
  } catch (cause) {
    throw new ConfigError(
      "SqliteStore",
      `no SQLite in Node ${process.versions.node}`,
      `Node 22.5 or later, or the package better-sqlite3 (${String(cause)})`,
    );
  }
}

/** Whether a transaction is open; undefined where the handle cannot tell. */
export function inTransaction(database: SqliteDatabase): boolean | undefined {
  return database.inTransaction ?? database.isTransaction;
}
