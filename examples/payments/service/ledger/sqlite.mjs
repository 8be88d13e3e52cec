// The ledger in a SQLite file, which any number of services of one machine may share.

import { randomUUID } from "node:crypto";
import Database from "better-sqlite3";

export class SqliteLedger {
  db;
  #insert;

  constructor(file) {
    this.db = new Database(file);
    this.db.pragma("journal_mode = WAL");
    this.db.pragma("synchronous = FULL");
    this.db.pragma("busy_timeout = 5000");
    this.create();
    this.#insert = this.db.prepare(`
      INSERT INTO ledger (payment, client, amount, receipt, service, key)
      VALUES (:payment, :client, :amount, :receipt, :service, :key)
      ON CONFLICT (key) DO UPDATE SET asked = asked + 1
      RETURNING payment, receipt, service
    `);
  }

  create() {
    this.db.exec(`
      CREATE TABLE IF NOT EXISTS ledger (
        id INTEGER PRIMARY KEY,
        payment TEXT NOT NULL,
        client TEXT NOT NULL,
        amount INTEGER NOT NULL,
        receipt TEXT NOT NULL,
        service TEXT NOT NULL,
        key TEXT UNIQUE,
        asked INTEGER NOT NULL DEFAULT 1
      ) STRICT
    `);
  }

  charge({ payment, client, amount }, service, key = null) {
    return this.#insert.get({ payment, client, amount, receipt: randomUUID(), service, key });
  }

  jointly(payment, service, record) {
    const both = this.db.transaction(() => {
      const receipt = this.charge(payment, service);
      record(this.db, receipt); // throws, and so rolls the charge back, when another owner has taken over
      return receipt;
    });
    return both.immediate();
  }

  rows() {
    return this.db.prepare("SELECT payment, receipt, service, asked FROM ledger ORDER BY id").all();
  }

  close() {
    this.db.close();
  }
}
