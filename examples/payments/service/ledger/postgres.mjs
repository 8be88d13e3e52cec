// The ledger in PostgreSQL.

import { randomUUID } from "node:crypto";
import pg from "pg";

const INSERT = `
  INSERT INTO ledger (payment, client, amount, receipt, service, key) VALUES ($1, $2, $3, $4, $5, $6)
  ON CONFLICT (key) DO UPDATE SET asked = ledger.asked + 1
  RETURNING payment, receipt, service
`;

export class PostgresLedger {
  db;

  constructor(url) {
    this.db = new pg.Pool({ connectionString: url });
  }

  async create() {
    await this.db.query(`
      CREATE TABLE IF NOT EXISTS ledger (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        payment text NOT NULL,
        client text NOT NULL,
        amount bigint NOT NULL,
        receipt text NOT NULL,
        service text NOT NULL,
        key text UNIQUE,
        asked int NOT NULL DEFAULT 1
      )
    `);
  }

  async charge({ payment, client, amount }, service, key = null, db = this.db) {
    const { rows } = await db.query(INSERT, [payment, client, amount, randomUUID(), service, key]);
    return rows[0];
  }

  async jointly(payment, service, record) {
    const client = await this.db.connect();
    try {
      await client.query("BEGIN");
      const receipt = await this.charge(payment, service, null, client);
      await record(client, receipt); // throws when another owner has taken over
      await client.query("COMMIT");
      return receipt;
    } catch (error) {
      await client.query("ROLLBACK");
      throw error;
    } finally {
      client.release();
    }
  }

  async rows() {
    const { rows } = await this.db.query("SELECT payment, receipt, service, asked FROM ledger ORDER BY id");
    return rows;
  }

  close() {
    return this.db.end();
  }
}
